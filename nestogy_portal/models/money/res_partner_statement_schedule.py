from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.nestogy_clients.tools.client_settings import BILLING, ClientSetting

from ...tools.periods import PERIODS, period_key
from .res_partner_statement import STATEMENT_TYPES


class ResPartner(models.Model):
    """Statements that go out by themselves, once a week, month or quarter, to clients that owe something."""

    _inherit = "res.partner"

    statement_schedule = fields.Selection(
        [(period, period.title()) for period in PERIODS], company_dependent=True, groups="base.group_user"
    )
    statement_period = fields.Char(
        company_dependent=True,
        groups="base.group_user",
        help="The week, month or quarter whose statement was dealt with last.",
    )
    statement_result = fields.Char(
        string="Last Scheduled Statement", company_dependent=True, groups="base.group_user", readonly=True
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "statement_schedule": ClientSetting(
                self.env._("Statement by e-mail"),
                "statement_schedule",
                "statement_schedule",
                "statement_schedule",
                subject="mail",
                role=BILLING,
                none_label=self.env._("Never"),
                default_label=self.env._("Never"),
            )
        }

    @api.model
    def _cron_send_statements(self):
        """Send the statements of a new week, month or quarter. One bad client does not stop the others.

        Whoever gets a schedule today gets the first statement when the next period begins. Running twice does no
        harm: the period that was dealt with is kept for each client and company.
        """
        self._run_for_clients("_statement_candidates", "_send_scheduled_statement", "_note_failed_statement")

    def _statement_candidates(self):
        """Ids of the clients that owe something to the company or had a schedule lately."""
        company = self.env.company
        rows = self.env["account.move"]._read_group(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", STATEMENT_TYPES),
                ("amount_residual", "!=", 0),
                ("commercial_partner_id.is_client", "=", True),
            ],
            ["commercial_partner_id"],
        )
        owing = {client.id for (client,) in rows}
        return sorted(owing | set(self.search([("is_client", "=", True), ("statement_period", "!=", False)]).ids))

    def _send_scheduled_statement(self):
        """Send this client's statement if a new period has begun, and note what became of it."""
        self.ensure_one()
        schedule, _level = self._client_setting("statement_schedule")
        today = fields.Date.context_today(self)
        key = period_key(schedule, today) if schedule else False
        former = self.statement_period
        if key == (former or False):
            return
        self.statement_period = key
        if not key or not former or former[0] != key[0]:
            return  # no schedule any more, a new one, or another one: the next period is the first
        date = format_date(self.env, today)
        if not any(not total["is_settled"] for total in self._get_statement_totals()):
            self.statement_result = self.env._("%s: skipped, nothing is outstanding", date)
            return
        recipients = self._client_mail_recipients("statement")
        if not recipients:
            self.statement_result = self.env._("%s: skipped, nobody has an e-mail address", date)
            return
        self._mail_statement()
        self.statement_result = self.env._(
            "%(date)s: sent to %(who)s", date=date, who=", ".join(recipients.mapped("name"))
        )

    def _note_failed_statement(self, error):
        self.statement_result = str(error)[:200]

    def _mail_statement(self):
        """Mail the statement in the words and to the people that hold for it, without asking anybody.

        :raise UserError: the mail cannot be made
        """
        self.ensure_one()
        context = self._client_mail_composer("statement", "")["context"]
        composer = self.env["mail.compose.message"].with_context(**context).create({})
        if not composer.partner_ids:
            raise UserError(self.env._("Nobody at %s can be mailed; add an e-mail address.", self.display_name))
        composer._action_send_mail()
