from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools.client_settings import BILLING

DAYS_MAX = 365


class NestogyReminderPlan(models.Model):
    """When and how clients are reminded of what they owe; a client has the plan of its group or company, or its own.

    A plan does nothing before somebody of the staff has seen what it would do and started it.
    """

    _name = "nestogy.reminder.plan"
    _description = "Reminder Plan"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    note = fields.Text(string="Description")
    is_running = fields.Boolean(string="Running", readonly=True, copy=False)
    started_at = fields.Datetime(readonly=True, copy=False)
    started_by_id = fields.Many2one("res.users", string="Started by", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users",
        string="Calls Are for",
        domain=[("share", "=", False)],
        help="Who gets the calls that the plan asks for. Empty: the client's account manager.",
    )
    gap_days = fields.Integer(
        string="Days Between Two Reminders",
        default=3,
        help="After a reminder of an invoice, also one sent by hand, the next one waits at least this long.",
    )
    grace_days = fields.Integer(
        string="Days of Grace",
        default=2,
        help="A promise to pay counts as broken when the money is not here this many days after the promised day.",
    )
    promise_days = fields.Integer(
        string="Clients May Promise for",
        default=14,
        help="How many days ahead clients may promise to pay in the portal, once for an invoice; 0: not at all.",
    )
    fee_state = fields.Selection(
        [("draft", "Drafts, to be looked at"), ("posted", "Posted at once")],
        string="Fees Are Booked as",
        required=True,
        default="draft",
        help="A fee is an invoice of its own, so that the reminded ones stay as they are.",
    )
    level_ids = fields.One2many("nestogy.reminder.level", "plan_id", string="Levels", copy=True)

    _days_in_range = models.Constraint(
        f"CHECK (gap_days BETWEEN 0 AND {DAYS_MAX} AND grace_days BETWEEN 0 AND {DAYS_MAX}"
        f" AND promise_days BETWEEN 0 AND {DAYS_MAX})",
        f"Days are between 0 and {DAYS_MAX}.",
    )

    @api.constrains("is_running", "level_ids")
    def _check_running_has_levels(self):
        for plan in self:
            if plan.is_running and not plan.level_ids:
                raise ValidationError(self.env._("The plan %s has no levels yet; add one first.", plan.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if running := self.filtered("is_running"):
            raise UserError(self.env._("Stop the plan %s first.", running[0].name))

    def write(self, vals):
        if vals.get("active") is False:
            vals = vals | {"is_running": False}
        return super().write(vals)

    def action_preview(self):
        """Show what the plan would do today."""
        self.ensure_one()
        if not self.env.user.has_group(BILLING):
            raise AccessError(self.env._("Reminders are for those who invoice clients."))
        if not self.level_ids:
            raise UserError(self.env._("The plan %s has no levels yet; add one first.", self.name))
        preview = self.env["nestogy.reminder.preview"].create({"plan_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What %s Does Today", self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _start(self):
        self.check_access("write")
        self.write({"is_running": True, "started_at": fields.Datetime.now(), "started_by_id": self.env.uid})

    def action_stop(self):
        """Send no reminders any more; what was sent is kept in mind."""
        self.check_access("write")
        self.write({"is_running": False})

    def action_log(self):
        """Open what the plan has done."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_reminder_log_action")
        return action | {"domain": [("plan_id", "=", self.id)], "context": {}}

    def _levels_ahead(self, history):
        """The levels that an invoice has not come to yet, the first one first.

        A level that was done is done, on whatever day it falls now.

        :param history: see ``account.move._reminder_histories``
        """
        self.ensure_one()
        return self.level_ids.sorted("days").filtered(
            lambda level: (
                level.id not in history.done_ids and (history.former_days is None or level.days > history.former_days)
            )
        )

    def _level_due(self, days_late, history):
        """The level on which an invoice is to be reminded: the highest whose day has come.

        What is to be said before an invoice is late is not said later.

        :param int days_late: days since it was due, negative before that
        :param history: as above; after a broken promise the next level does not wait for its day
        :return: a level that was not done yet, may be empty
        """
        self.ensure_one()
        ahead = self._levels_ahead(history)
        timely = ahead.filtered(lambda level: level.days > 0 or days_late <= 0)
        reached = timely.filtered(lambda level: level.days <= days_late)[-1:]
        if not reached and history.is_broken:
            reached = ahead.filtered(lambda level: level.days > 0)[:1]
        return reached
