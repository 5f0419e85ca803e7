from odoo import api, fields, models
from odoo.exceptions import UserError

from .nestogy_sla_clock import REASONS
from .nestogy_sla_policy_line import PRIORITIES


class NestogySlaInterval(models.Model):
    """The ledger of the clocks: one line for each stretch between two events, with what was in force.

    Lines are never changed or deleted. The clock writes them with SQL, many at once, and fills the end of the open
    line of a clock when the next one begins; by way of the ORM nobody can do either.
    """

    _name = "nestogy.sla.interval"
    _description = "SLA Ledger"
    _order = "started_at, id"
    _rec_name = "kind"

    clock_id = fields.Many2one("nestogy.sla.clock", required=True, index=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("closed", "Closed")], required=True, readonly=True
    )
    reason = fields.Selection(REASONS, readonly=True)
    started_at = fields.Datetime(string="From", required=True, readonly=True)
    ended_at = fields.Datetime(string="To", readonly=True, help="Empty: this is how it stands now.")
    worked_seconds = fields.Integer(
        readonly=True, help="Working time of this line; only running lines have any. Counted when the line ends."
    )
    policy_id = fields.Many2one("nestogy.sla.policy", readonly=True, ondelete="set null")
    priority = fields.Selection(PRIORITIES, readonly=True)
    calendar_id = fields.Many2one("resource.calendar", string="Working Hours", readonly=True, ondelete="set null")
    goal_seconds = fields.Integer(readonly=True)

    _one_open = models.UniqueIndex("(clock_id) WHERE ended_at IS NULL", "A clock has one open line.")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("The SLA ledger is written by the clock alone."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The SLA ledger cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The SLA ledger cannot be deleted."))
