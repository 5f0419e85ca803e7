from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

TEXT_VERSION = "1"  # goes up with each change of the text to which clients agree
DAYS_MAX = 60
MONTH_DAY_MAX = 28
AGENT_LIMIT = 300  # characters
ENDING = {"state", "stopped_at", "stopped_by_id", "stop_reason"}
LIVE = ("announced", "ready", "sent", "unknown")  # states of a charge that may still come
STAFF = "nestogy_clients.nestogy_clients_group_billing"


class NestogyAutopay(models.Model):
    """A client's consent that its due invoices are charged to a saved card, and the proof of it.

    The terms are never changed: new ones are a new consent, which ends the former. Staff can end one, never give it.
    """

    _name = "nestogy.autopay"
    _description = "Automatic Payment"
    _order = "id desc"
    _rec_name = "token_name"

    client_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Given by", required=True, readonly=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Signed In as", required=True, readonly=True)
    token_id = fields.Many2one(
        "payment.token",
        string="Payment Method",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        groups=STAFF,
    )
    token_name = fields.Char(string="Charged to", required=True, readonly=True)
    token_expires_text = fields.Char(related="token_id.expires_text", string="Card Expires", groups=STAFF)
    rule = fields.Selection(
        [("due", "On the due date"), ("after", "Days after the due date"), ("month", "On a day of the month")],
        required=True,
        readonly=True,
    )
    days = fields.Integer(readonly=True, help="After the due date, or the day of the month, as the rule says.")
    rule_text = fields.Char(string="When", compute="_compute_rule_text")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    limit_amount = fields.Monetary(string="At Most a Charge", required=True, readonly=True)
    text = fields.Text(string="Text Shown", required=True, readonly=True)
    text_version = fields.Char(required=True, readonly=True)
    given_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    ip_address = fields.Char(string="IP Address", readonly=True)
    user_agent = fields.Char(string="Browser", readonly=True)
    state = fields.Selection(
        [("active", "Active"), ("stopped", "Stopped")], required=True, readonly=True, default="active"
    )
    stopped_at = fields.Datetime(readonly=True)
    stopped_by_id = fields.Many2one("res.users", readonly=True)
    stop_reason = fields.Selection(
        [
            ("client", "by the client"),
            ("staff", "by us"),
            ("replaced", "replaced by new terms"),
            ("card", "the payment method was removed"),
            ("expired", "the card has expired"),
            ("declined", "the payment was declined each time"),
        ],
        readonly=True,
    )
    charge_ids = fields.One2many("nestogy.autopay.charge", "autopay_id", string="Charges", readonly=True)

    _one_active = models.UniqueIndex(
        "(client_id, company_id) WHERE state = 'active'", "Automatic payment is on already; reload the page."
    )

    @api.depends("rule", "days")
    @api.depends_context("lang")
    def _compute_rule_text(self):
        for consent in self:
            consent.rule_text = {
                "due": self.env._("on the due date"),
                "after": self.env._("%s days after the due date", consent.days),
                "month": self.env._("on day %s of the month", consent.days),
            }.get(consent.rule, "")

    @api.constrains("rule", "days", "limit_amount")
    def _check_terms(self):
        for consent in self:
            if consent.rule == "after" and not 1 <= consent.days <= DAYS_MAX:
                raise ValidationError(self.env._("Choose between 1 and %s days after the due date.", DAYS_MAX))
            if consent.rule == "month" and not 1 <= consent.days <= MONTH_DAY_MAX:
                raise ValidationError(self.env._("Choose a day of the month from 1 to %s.", MONTH_DAY_MAX))
            if consent.currency_id.compare_amounts(consent.limit_amount, 0) <= 0 or consent.limit_amount > 10**9:
                raise ValidationError(self.env._("Say how much may be charged at most; more than zero."))

    def write(self, vals):
        if vals.keys() - ENDING:
            raise UserError(self.env._("A consent is never changed; the client gives a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is never deleted: it is the proof of what was agreed. Stop it instead."))

    # ------------------------------------------------------------------
    # Given and ended
    # ------------------------------------------------------------------

    @api.model
    def _consent_text(self, client, company):
        """The words to which a client agrees; what it chooses is kept beside them."""
        return self.env._(
            "I authorise %(company)s to charge invoices of %(client)s that are open to the payment method, on the day "
            "and up to the amount a charge that I have chosen here. I am told by e-mail at least %(days)s days before "
            "each charge. A charge that is declined is tried again after 1, 3 and 7 days. I can stop this here at any "
            "time, with effect on all charges that have not begun.",
            company=company.name,
            client=client.name,
            days=company.autopay_notice_days,
        )

    @api.model
    def _offered_tokens(self, partner, company):
        """The saved methods with which somebody can give a consent, in sudo."""
        tokens_sudo = self.env["payment.token"].sudo()  # clients may not read providers
        return tokens_sudo.search(
            [
                ("partner_id", "in", (partner | partner.commercial_partner_id).ids),
                ("company_id", "=", company.id),
                ("provider_id.state", "in", ("enabled", "test")),
                ("provider_id.allow_tokenization", "=", True),
            ]
        ).filtered(lambda token: token.provider_id._can_trust_events() and not token._is_expired())

    @api.model
    def _active(self, client, company):
        """:return: the consent in force, in sudo"""
        return self.sudo().search(  # the caller vouches for the client
            [("client_id", "=", client.id), ("company_id", "=", company.id), ("state", "=", "active")]
        )

    @api.model
    def _latest(self, client, company):
        """:return: the consent given last, in force or ended, in sudo"""
        return self.sudo().search(  # the caller vouches for the client
            [("client_id", "=", client.id), ("company_id", "=", company.id)], limit=1
        )

    @api.model
    def _give(self, user, company, token_id, rule, days, limit_amount, ip_address, user_agent):
        """Keep the consent of somebody who is signed in; the caller vouches that it is him.

        :raise UserError: the terms make no sense, or the card is not his
        """
        partner = user.partner_id
        client = partner.commercial_partner_id
        token_sudo = self._offered_tokens(partner, company).filtered(lambda token: token.id == token_id)
        if not token_sudo or not client._get_client():
            raise UserError(self.env._("Choose one of your saved payment methods."))
        if rule not in dict(self._fields["rule"].selection):
            raise UserError(self.env._("Choose when invoices are charged."))
        self._active(client, company)._stop("replaced")
        consent_sudo = self.sudo().create(  # clients give consents through this door alone
            {
                "client_id": client.id,
                "company_id": company.id,
                "partner_id": partner.id,
                "user_id": user.id,
                "token_id": token_sudo.id,
                "token_name": token_sudo.display_name,
                "rule": rule,
                "days": days if rule != "due" else 0,
                "currency_id": company.currency_id.id,
                "limit_amount": limit_amount,
                "text": self._consent_text(client, company),
                "text_version": TEXT_VERSION,
                "ip_address": ip_address,
                "user_agent": (user_agent or "")[:AGENT_LIMIT],
            }
        )
        client.sudo()._message_log(  # a note for staff
            body=self.env._(
                "Automatic payment: %(who)s agreed that invoices are charged to %(card)s, %(when)s, at most %(limit)s.",
                who=partner.name,
                card=consent_sudo.token_name,
                when=consent_sudo.rule_text,
                limit=consent_sudo.currency_id.format(limit_amount),
            )
        )
        return consent_sudo

    def _stop(self, reason, tell=False):
        """End consents; what was planned is not charged any more.

        :param bool tell: mail the client
        """
        consents_sudo = self.sudo().filtered(lambda each: each.state == "active")  # the caller vouches for the right
        consents_sudo.write(
            {
                "state": "stopped",
                "stopped_at": fields.Datetime.now(),
                "stopped_by_id": self.env.uid,
                "stop_reason": reason,
            }
        )
        consents_sudo.flush_recordset()  # another one may follow at once
        waiting_sudo = consents_sudo.charge_ids.filtered(lambda charge: charge.state in ("announced", "ready"))
        waiting_sudo._drop(self.env._("automatic payment was stopped"))
        label = dict(self._fields["stop_reason"]._description_selection(self.env))[reason]
        for consent_sudo in consents_sudo:
            client_sudo = consent_sudo.client_id.with_company(consent_sudo.company_id)
            client_sudo._message_log(body=self.env._("Automatic payment stopped: %s.", label))
            if tell:
                client_sudo._mail_autopay("autopay_stopped", {"card": consent_sudo.token_name, "reason": label})

    def action_stop(self):
        """Stop automatic payment for the client, and tell it."""
        if not self.env.user.has_group(STAFF):
            raise AccessError(self.env._("Automatic payment is stopped by the client or the billing staff."))
        self.check_access("read")
        self._stop("staff", tell=True)

    # ------------------------------------------------------------------
    # What is charged when
    # ------------------------------------------------------------------

    def _charge_date(self, due):
        """The day on which an invoice is to be charged, by the rule alone."""
        self.ensure_one()
        if self.rule == "after":
            return fields.Date.add(due, days=self.days)
        if self.rule == "month":
            day = due.replace(day=self.days)
            return day if day >= due else fields.Date.add(day, months=1)
        return due

    def _open_moves_domain(self):
        """Open invoices of the client that no charge was planned for under this consent, nor is under way."""
        self.ensure_one()
        return (
            self.env["account.move"]._reminder_open_domain()
            & Domain("commercial_partner_id", "=", self.client_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("autopay_charge_ids", "not any", [("autopay_id", "=", self.id)])
            & Domain("autopay_charge_ids", "not any", [("state", "in", LIVE)])
            & Domain("is_disputed", "=", False)
            & Domain("promise_ids", "not any", [("state", "=", "open")])
        )

    def _announce(self):
        """Plan the first charge of each invoice whose day is near, and tell the client, in one mail.

        The mail is written together with the plan, so that no invoice is announced twice.
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        notice = self.company_id.autopay_notice_days
        charges = self.env["nestogy.autopay.charge"]
        rows = []
        for move in self.env["account.move"].search(self._open_moves_domain(), order="invoice_date_due, id"):
            date = self._charge_date(move.invoice_date_due)
            if date > fields.Date.add(today, days=notice):
                continue
            values = {
                "autopay_id": self.id,
                "move_id": move.id,
                "number": 1,
                "date": max(date, fields.Date.add(today, days=notice)),
                "currency_id": move.currency_id.id,
                "amount": move.amount_residual,
            }
            if self._is_above_limit(move):
                values |= {"state": "skipped", "note": self.env._("more than the client's limit")}
            rows.append(values)
        planned = charges.create(rows)
        announced = planned.filtered(lambda charge: charge.state == "announced")
        if announced:
            self.client_id.with_company(self.company_id)._mail_autopay(
                "autopay_notice",
                {
                    "card": self.token_name,
                    "amount": announced.move_id._reminder_amount(),
                    "date": format_date(self.env, min(announced.mapped("date")), lang_code=self.client_id.lang),
                    "numbers": ", ".join(announced.move_id.mapped("name")),
                    "invoices": announced._mail_table(),
                },
            )
        return planned

    def _is_above_limit(self, move):
        amount = move.currency_id._convert(
            move.amount_residual, self.currency_id, self.company_id, fields.Date.context_today(self)
        )
        return self.currency_id.compare_amounts(amount, self.limit_amount) > 0
