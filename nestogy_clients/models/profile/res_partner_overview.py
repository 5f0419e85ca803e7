import re

from odoo import models
from odoo.tools import SQL, format_date

from ...tools.cards import kept
from ..money.res_partner_finance import VIEWER

CONTACTS_SHOWN = 6
CREDIT_TONES = {"watch": "warning", "hold": "danger"}


class ResPartner(models.Model):
    """The pane beside the profile: who the client is, whom to ask for, and what can be begun."""

    _inherit = "res.partner"

    def _client_overview_asks(self):
        """The questions of the pane, by name; addons add theirs with ``super()``."""
        asks = {"manager": self._client_manager_question, "contacts": self._client_contacts_question}
        if self.env.user.has_group(VIEWER):
            asks |= self._client_money_asks("money", "received")
        return asks

    def _client_overview(self, **answers):
        """What the pane and the balances show.

        :param answers: to :meth:`_client_overview_asks`
        :return: dict of ``overview`` and ``balances`` (a row a currency, none for who sees no figures). The overview is
            a dict of ``number``, ``status`` (``name``, ``tone``, ``color``), ``group``, ``since`` (texts), ``manager``,
            ``contacts`` (see :meth:`_client_overview_contacts`), ``contact_count``, ``actions`` (as in
            :meth:`get_client_quick_actions`) and ``lines`` (see :meth:`_client_overview_lines`)
        """
        self.ensure_one()
        status = self.client_status_id
        contacts = answers["contacts"]
        return {
            "overview": {
                "number": self.client_number or "",
                "status": {"name": status.name, "tone": self._client_status_tone(), "color": status.color},
                "group": (self.client_group_id or self.env.company._get_default_client_group()).name or "",
                "since": format_date(self.env, self.client_since) if self.client_since else "",
                "manager": (answers["manager"] or [{}])[0].get("name") or "",
                "contacts": self._client_overview_contacts(contacts),
                "contact_count": contacts[0]["whole"] if contacts else 0,
                "actions": self.get_client_quick_actions(),
                "lines": self._client_overview_lines(**answers),
            },
            "balances": self._client_dashboard_balances(answers["money"], answers["received"])
            if "money" in answers
            else [],
        }

    def _client_status_tone(self):
        """The colour of the status: red forbids orders, amber ends by itself, grey is over."""
        status = self.client_status_id
        if not status.may_order:
            return "danger"
        if status.is_trial:
            return "warning"
        if not status.is_open:
            return "secondary"
        return "success" if status.is_invoiced else "info"

    @kept
    def _client_manager_question(self):
        """The account manager's name, of a colleague of another company too."""
        return SQL(
            """
            SELECT partner.name
              FROM res_partner client
              JOIN res_users manager ON manager.id = client.user_id
              JOIN res_partner partner ON partner.id = manager.partner_id
             WHERE client.id = %s
            """,
            self.id,
        )

    @kept
    def _client_contacts_question(self):
        """The first contacts of the client: the primary one, then by name."""
        kinds = self.env["nestogy.contact.kind"]
        link = self._fields["contact_kind_ids"]
        person = SQL.identifier(self._table, "id")
        return self._client_question(
            "res.partner",
            [("parent_id", "=", self.id), ("type", "=", "contact")],
            {
                "id": "id",
                "name": "name",
                "function": "function",
                "email": "email",
                "phone": "phone",
                "number": SQL(
                    """(SELECT number FROM nestogy_phone_number phone WHERE phone.partner_id = %s
                           AND kind <> 'fax' ORDER BY sequence, id LIMIT 1)""",
                    person,
                ),
                "kinds": SQL(
                    """(SELECT json_agg(%s ORDER BY kind.sequence, kind.id) FROM %s link
                          JOIN nestogy_contact_kind kind ON kind.id = link.%s WHERE link.%s = %s)""",
                    kinds._field_to_sql("kind", "name"),
                    SQL.identifier(link.relation),
                    SQL.identifier(link.column2),
                    SQL.identifier(link.column1),
                    person,
                ),
                "whole": SQL("COUNT(*) OVER ()"),
            },
            order=SQL(
                "%s IS NOT DISTINCT FROM (SELECT primary_contact_id FROM res_partner client WHERE client.id = %s) DESC,"
                " name, id",
                person,
                self.id,
            ),
            limit=CONTACTS_SHOWN,
        )

    def _client_overview_contacts(self, contacts):
        """Whom to ask for; a client without contacts speaks for itself.

        :return: list of dicts: ``id``, ``name``, ``function``, ``kinds`` (list of names), ``email``, ``phone`` (as it
            is written), ``dial`` (address of a telephone link, or empty), ``is_primary``
        """
        if not contacts and (self.email or self.phone):
            contacts = [
                {"id": self.id, "name": self.name, "function": self.function, "kinds": []}
                | {"email": self.email, "phone": self.phone, "number": self._main_phone_number().number}
            ]
        return [
            {
                **{name: person[name] or "" for name in ("id", "name", "function", "email", "phone")},
                "kinds": person["kinds"] or [],
                "dial": f"tel:{re.sub(r'[^+0-9]', '', person['number'] or person['phone'])}" if person["phone"] else "",
                "is_primary": person["id"] == self.primary_contact_id.id,
            }
            for person in contacts
        ]

    def _client_overview_lines(self, **answers):
        """More facts in the pane; addons add theirs with ``super()``, each only if the user may see its source.

        :param answers: to :meth:`_client_overview_asks`
        :return: list of dicts: ``label``, ``value`` (text), ``tone``, ``hint`` (how it comes about), ``action`` (opens
            what is behind it, or ``False``)
        """
        lines = []
        if self.client_is_trial and self.trial_end_date:
            lines.append(
                self._client_overview_line(
                    self.env._("Trial ends on"),
                    format_date(self.env, self.trial_end_date),
                    hint=self.env._("The account manager is reminded before it and on it."),
                )
            )
        if self.credit_status in CREDIT_TONES:
            labels = dict(self._fields["credit_status"]._description_selection(self.env))
            lines.append(
                self._client_overview_line(
                    self.env._("Credit"),
                    labels[self.credit_status],
                    tone=CREDIT_TONES[self.credit_status],
                    hint=self.credit_status_reason or "",
                )
            )
        return lines

    def _client_overview_line(self, label, value, tone="", hint="", action=False):
        return {"label": label, "value": value, "tone": tone, "hint": hint, "action": action}
