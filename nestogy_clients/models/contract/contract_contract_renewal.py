import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools.contract_periods import end_of_terms

_logger = logging.getLogger(__name__)
REMINDER = "nestogy_clients.mail_activity_type_renewal"
MOST_MONTHS, MOST_DAYS = 240, 1095


class ContractContract(models.Model):
    """How a contract with an end goes on after it, and who hears of that in time."""

    _name = "contract.contract"
    _inherit = ["contract.contract", "nestogy.client.mail.mixin"]

    renewal_type = fields.Selection(
        [("none", "Ends"), ("manual", "Somebody renews it"), ("auto", "Renews by itself")],
        string="At the End",
        required=True,
        default="none",
        tracking=True,
        groups="base.group_user",
        help="Renewed contracts go on for another term, unless they are cancelled before.",
    )
    renewal_months = fields.Integer(string="Term", default=12, required=True, groups="base.group_user")
    notice_days = fields.Integer(
        string="Notice Period",
        default=30,
        required=True,
        groups="base.group_user",
        help="Days before the end until which either side may cancel.",
    )
    renewal_reminder_days = fields.Integer(
        string="Remind before Notice",
        default=30,
        required=True,
        groups="base.group_user",
        help="Days before the last day of notice on which the responsible is reminded.",
    )
    renewal_mail = fields.Boolean(
        string="Tell the Client",
        groups="base.group_user",
        help="On the day of the reminder the client gets a mail about the renewal, and another when it is renewed.",
    )
    notice_date = fields.Date(
        string="Notice until",
        compute="_compute_renewal_dates",
        store=True,
        groups="base.group_user",
        help="The last day on which either side may cancel.",
    )
    renewal_reminder_date = fields.Date(
        string="Reminder on", compute="_compute_renewal_dates", store=True, groups="base.group_user"
    )
    renewal_reminded = fields.Boolean(
        string="Reminded",
        compute="_compute_renewal_reminded",
        store=True,
        copy=False,
        groups="base.group_user",
        help="Of the present term; empty again when the end moves.",
    )

    # the night looks for both, and the list of renewals is sorted by the end
    _renewal_idx = models.Index("(renewal_reminder_date, date_end) WHERE active AND renewal_reminder_date IS NOT NULL")

    @api.depends("date_end", "renewal_type", "notice_days", "renewal_reminder_days")
    def _compute_renewal_dates(self):
        for contract in self:
            if contract.date_end and contract.renewal_type != "none":
                contract.notice_date = contract.date_end - timedelta(days=max(contract.notice_days, 0))
                contract.renewal_reminder_date = contract.notice_date - timedelta(
                    days=max(contract.renewal_reminder_days, 0)
                )
            else:
                contract.notice_date = contract.renewal_reminder_date = False

    @api.depends("date_end", "renewal_type")
    def _compute_renewal_reminded(self):
        self.renewal_reminded = False

    @api.constrains("renewal_months", "notice_days", "renewal_reminder_days")
    def _check_renewal(self):
        for contract in self:
            if not 1 <= contract.renewal_months <= MOST_MONTHS:
                raise ValidationError(self.env._("A term has 1 to %s months; choose within.", MOST_MONTHS))
            if not 0 <= contract.notice_days <= MOST_DAYS or not 0 <= contract.renewal_reminder_days <= MOST_DAYS:
                raise ValidationError(
                    self.env._("Notice and reminder are 0 to %s days before; choose within.", MOST_DAYS)
                )

    # ------------------------------------------------------------------
    # Renewing
    # ------------------------------------------------------------------

    def _get_renewed_end(self):
        """The last day of the next term; after a long time, of the term that runs today."""
        self.ensure_one()
        return end_of_terms(self.date_end, self.renewal_months, fields.Date.context_today(self))

    def action_renew(self):
        """Let the contract and the lines that end with it go on for another term."""
        self.check_access("write")
        for contract in self:
            if contract.service_phase != "running" or not contract.date_end:
                raise UserError(
                    self.env._("“%s” cannot be renewed: it has no end, or it was not started.", contract.display_name)
                )
            contract._renew()
        return True

    def _renew(self):
        self.ensure_one()
        former, end = self.date_end, self._get_renewed_end()
        lines = self.contract_line_ids.filtered(lambda line: not line.is_canceled and line.date_end == former)
        if lines:
            lines.date_end = end
        if self.date_end != end:
            self.date_end = end
        self.activity_feedback([REMINDER], feedback=self.env._("Renewed until %s", format_date(self.env, end)))
        text = self.env._("The contract was renewed until %s.", format_date(self.env, end))
        self._note_change(former + timedelta(days=1), text, tells_client=self.renewal_mail)
        self._message_log(body=text)

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _night_domains(self, today):
        """What is to be done with which contracts, as domains by the name of the deed."""
        running = Domain("service_phase", "=", "running")
        to_pause, to_resume = self._client_pause_domains()
        binding = Domain("notice_date", "<", today) | Domain("date_end", "<=", today)
        return {
            "pause": to_pause | to_resume,
            "prices": self._price_due_domain(today),
            "remind": running
            & Domain("renewal_reminder_date", "<=", today)
            & Domain("renewal_reminded", "=", False)
            & (Domain("date_end", ">=", today) | Domain("renewal_type", "=", "manual")),
            "renew": running & Domain("renewal_type", "=", "auto") & binding,
        }

    @api.model
    def _cron_contracts(self):
        """Remind of renewals, renew what renews by itself, give new prices, rest with clients that rest.

        Contract by contract, each committed by itself; what was done is no longer due, so nothing is done twice.
        """
        cron = self.env["ir.cron"]
        domains = self._night_domains(fields.Date.context_today(self))
        due = Domain.OR(domains.values())
        contract_ids = self.search(due, order="id").ids
        cron._commit_progress(remaining=len(contract_ids))
        for contract_id in contract_ids:
            self.env.invalidate_all()  # another worker may have been faster
            contract = self.browse(contract_id).try_lock_for_update().filtered_domain(due)
            if contract:
                contract = contract.with_company(contract.company_id)
                try:
                    with self.env.cr.savepoint():
                        contract._do_nightly(domains)
                except Exception as error:
                    _logger.exception("contract %s could not be looked after", contract_id)
                    self.env.invalidate_all()
                    contract._message_log(body=self.env._("The nightly work on this contract failed: %s", error))
            if not cron._commit_progress(1):
                break

    def _do_nightly(self, domains):
        self.ensure_one()
        if self.filtered_domain(domains["pause"]):
            self._sync_client_pauses()
        if self.filtered_domain(domains["prices"]):
            self._apply_current_prices()
        if self.filtered_domain(domains["remind"]):
            self._remind_of_renewal()
        if self.filtered_domain(domains["renew"]):
            self._renew()

    def _remind_of_renewal(self):
        """Give the responsible an activity for the last day of notice, and the client a mail if wished."""
        self.ensure_one()
        self.renewal_reminded = True
        today = fields.Date.context_today(self)
        end = format_date(self.env, self.date_end)
        if self.renewal_type == "auto":
            summary = self.env._("Renews by itself after %s", end)
        else:
            summary = self.env._("Ends on %s: renew it, or let it end", end)
        responsible = self._get_responsible()
        if responsible:
            self.activity_unlink([REMINDER])  # of a former end
            self.activity_schedule(REMINDER, max(self.notice_date, today), summary=summary, user_id=responsible.id)
        else:
            self._message_log(body=summary)
        if self.renewal_mail and self.date_end >= today:
            self._mail_renewal()

    def _mail_renewal(self):
        """Mail the client about the renewal, in the words and to the people that hold for it."""
        self.ensure_one()
        template = self._client_mail_template("renewal") or self.env.ref("nestogy_clients.mail_template_renewal")
        composer = (
            self.env["mail.compose.message"]
            .with_context(
                default_model=self._name,
                default_res_ids=self.ids,
                default_composition_mode="comment",
                default_template_id=template.id,
                client_mail_kind="renewal",
            )
            .create({})
        )
        if not composer.partner_ids.filtered("email"):
            self._message_log(
                body=self.env._("Nobody at %s can be told of the renewal by mail.", self.partner_id.display_name)
            )
            return
        composer._action_send_mail()

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    def _client_mail_kind(self):
        self.ensure_one()
        return "renewal" if self.contract_type == "sale" else False

    def _client_mail_values(self, kind=None):
        if self.renewal_type == "auto":
            outcome = self.env._(
                "It renews by itself for another %s months unless it is cancelled.", self.renewal_months
            )
        else:
            outcome = self.env._("It ends on that day unless we renew it together.")
        return super()._client_mail_values(kind) | {
            "number": self.name or self.code or "",
            "amount": ", ".join(
                f"{self._client_mail_amount(amount)} {rhythm}" for amount, rhythm in self._price_parts()
            ),
            "date": self._client_mail_date(self.date_end),
            "due": self._client_mail_date(self.notice_date),
            "reference": self.code or "",
            "outcome": outcome,
        }
