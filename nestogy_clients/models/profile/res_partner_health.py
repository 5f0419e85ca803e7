from datetime import datetime

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ...tools import ledger
from ...tools.cards import kept
from ..money.res_partner_finance import VIEWER

LEVELS = {"danger": "poor", "warning": "watch"}
LEVEL_TONES = {"good": "success", "watch": "warning", "poor": "danger"}
TONE_ORDER = ("danger", "warning", "info", "success")
FEWEST_PAID = 3  # invoices of which an average says something
LATER_DAYS = 5  # by which clients pay later than before when it is worth a word
QUIET_DAYS, SILENT_DAYS = 60, 120  # without a call, mail, meeting or text
ENDING_DAYS = 60  # before a contract ends that nobody renews


class ResPartner(models.Model):
    """How well it goes with a client, from reasons that are told.

    Each addon gives reasons, and each reason has a colour. One red reason makes the health Poor; without a red one, one
    amber reason makes it Watch; otherwise it is Good. Nothing is weighed or added up, so that whoever reads the reasons
    sees why the word is what it is. A reason is given only to who may see where it comes from, so two users may read
    different words: neither is told more than he may know.

    Red: an invoice is more than 60 days late · credit hold · no contact for 120 days. Amber: an invoice is late · he
    pays at least 5 days later than before · credit watch · no contact for 60 days · a contract ends within 60 days
    and nobody renews it. Other addons add theirs.
    """

    _inherit = "res.partner"

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env.user.has_group(VIEWER):
            widgets.append(
                self._client_dashboard_widget(
                    "health",
                    5,
                    self.env._("Health"),
                    "fa-heartbeat",
                    self._client_dashboard_health,
                    **self._client_health_asks(),
                )
            )
        return widgets

    def _client_dashboard_health(self, **answers):
        reasons = self._client_health_reasons(**answers)
        reasons.sort(key=lambda reason: TONE_ORDER.index(reason["tone"]))
        level = LEVELS.get(reasons[0]["tone"], "good") if reasons else False
        names = {"good": self.env._("Good"), "watch": self.env._("Watch"), "poor": self.env._("Poor")}
        return {
            "figures": [
                {
                    "label": self.env._("All in all"),
                    "value": names[level],
                    "tone": LEVEL_TONES[level],
                    "hint": self.env._(
                        "Poor with at least one red reason, Watch with at least one amber one, otherwise Good. "
                        "Only reasons count whose source you may see."
                    ),
                    "action": False,
                }
            ]
            if level
            else [],
            "reasons": reasons,
            "count": None,
            "empty": self.env._("Nothing is known yet. Log a call, or begin the first estimate or invoice."),
            "action": False,
        }

    def _client_health_asks(self):
        """The questions from which the reasons come, by name; addons add theirs with ``super()``.

        Whoever may not read a source does not ask it.
        """
        asks = self._client_money_asks("money", "paying")
        if self.env["nestogy.communication"].has_access("read"):
            asks["last_contact"] = self._client_last_contact_question
        if self.env["contract.contract"].has_access("read"):
            asks["contracts"] = self._client_contracts_question
        return asks

    @kept
    def _client_last_contact_question(self):
        """When somebody last called, wrote to or met the client, or it us; own notes are no contact."""
        return self._client_question(
            "nestogy.communication",
            Domain("client_id", "=", self.id) & Domain("kind", "!=", "note") & Domain("date", "<=", self._client_now()),
            {"date": ("MAX", "date")},
        )

    def _client_health_reasons(self, **answers):
        """What speaks for and against the health of the client; addons add theirs with ``super()``.

        :param answers: to :meth:`_client_health_asks`; a name is missing when the user may not see its source
        :return: list of dicts: ``tone`` (``danger``, ``warning``, ``info`` or ``success``), ``text`` (a whole sentence)
        """
        return [
            *self._client_overdue_reasons(answers["money"]),
            *self._client_paying_reasons(answers["paying"]),
            *self._client_credit_reasons(),
            *(self._client_contact_reasons(answers["last_contact"]) if "last_contact" in answers else ()),
            *(self._client_ending_reasons(answers["contracts"]) if "contracts" in answers else ()),
        ]

    def _client_health_reason(self, tone, text):
        return {"tone": tone, "text": text}

    def _client_overdue_reasons(self, money):
        ages = [key for key, _days in ledger.AGES]
        late = {}
        oldest = 0
        for row in money:
            if row["age"] not in ("credit", "not_due") and not self._client_currency(row["currency_id"]).is_zero(
                row["residual"]
            ):
                late[row["currency_id"]] = late.get(row["currency_id"], 0.0) + row["residual"]
                oldest = max(oldest, ages.index(row["age"]))
        if not late:
            return [self._client_health_reason("success", self.env._("Nothing is overdue."))] if money else []
        amounts = ", ".join(
            format_amount(self.env, amount, self._client_currency(currency_id)) for currency_id, amount in late.items()
        )
        labels = self._client_age_labels()
        return [
            self._client_health_reason(
                "danger" if oldest >= ages.index("to_90") else "warning",
                self.env._("%(amount)s is overdue, the oldest %(age)s.", amount=amounts, age=labels[ages[oldest]]),
            )
        ]

    def _client_paying_reasons(self, paying):
        """Whether he pays later or sooner than before, where there are enough invoices to say so."""
        row = paying[0]
        if min(row["late_count"], row["former_count"]) < FEWEST_PAID:
            return []
        now, before = row["late"], row["former"]
        values = {"now": f"{now:.0f}", "before": f"{before:.0f}"}
        if now >= before + LATER_DAYS:
            text = self.env._("Pays %(now)s days late on average in the last six months, %(before)s before.", **values)
            return [self._client_health_reason("warning", text)]
        if before >= now + LATER_DAYS:
            text = self.env._("Pays sooner: %(now)s days late in the last six months, %(before)s before.", **values)
            return [self._client_health_reason("success", text)]
        return []

    def _client_credit_reasons(self):
        reason = self.credit_status_reason or self.env._("no reason given")
        if self.credit_status == "hold":
            return [self._client_health_reason("danger", self.env._("On credit hold: %s", reason))]
        if self.credit_status == "watch":
            return [self._client_health_reason("warning", self.env._("Credit is watched: %s", reason))]
        return []

    def _client_contact_reasons(self, last_contact):
        date = last_contact[0]["date"]
        if not date:
            since = (fields.Date.context_today(self) - self.create_date.date()).days if self.create_date else 0
            if since < QUIET_DAYS:
                return []
            tone = "danger" if since >= SILENT_DAYS else "warning"
            return [
                self._client_health_reason(tone, self.env._("No contact in %s days, since the client is here.", since))
            ]
        days = (fields.Datetime.now() - datetime.fromisoformat(date)).days
        if days < QUIET_DAYS:
            text = self.env._("Last contact on %s.", self._client_day(date))
            return [self._client_health_reason("success", text)]
        text = self.env._("No contact for %(days)s days, since %(date)s.", days=days, date=self._client_day(date))
        return [self._client_health_reason("danger" if days >= SILENT_DAYS else "warning", text)]

    def _client_ending_reasons(self, contracts):
        """Whether contracts that run end soon and are not renewed by themselves."""
        last = str(fields.Date.add(fields.Date.context_today(self), days=ENDING_DAYS))
        running = [row for row in contracts if row["state"] in ("active", "to_renew")]
        ends = [row["end"] for row in running if row["end"] and row["end"] <= last and row["renewal"] != "auto"]
        if not running:
            return []
        if not ends:
            return [self._client_health_reason("success", self.env._("Contracts that run: %s.", len(running)))]
        if len(ends) == 1:
            text = self.env._("A contract ends on %s and nobody has renewed it.", self._client_day(ends[0]))
        else:
            text = self.env._(
                "%(count)s contracts end soon and nobody has renewed them, the first on %(date)s.",
                count=len(ends),
                date=self._client_day(min(ends)),
            )
        return [self._client_health_reason("warning", text)]
