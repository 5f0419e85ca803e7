from odoo import api, fields, models
from odoo.exceptions import UserError

FOLLOWED_FIELDS = {
    "active",
    "allday",
    "attendee_ids",
    "duration",
    "location",
    "name",
    "partner_ids",
    "privacy",
    "recurrence_id",
    "start",
    "start_date",
    "stop",
    "stop_date",
    "user_id",
    "videocall_location",
}


class CalendarEvent(models.Model):
    """Meetings with people of clients stand in their logs, and their rows follow them."""

    _inherit = "calendar.event"

    communication_ids = fields.One2many(
        "nestogy.communication",
        "event_id",
        string="Log",
        copy=False,
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        self.env["nestogy.communication"]._feed_events(events)
        return events

    def write(self, vals):
        followed = FOLLOWED_FIELDS & vals.keys()  # core takes values out while it writes
        done = super().write(vals)
        if followed:
            self.env["nestogy.communication"]._feed_events(self)
        return done

    def unlink(self):
        """Take a cancelled meeting out of the log, unless there are minutes of it."""
        # whoever may cancel the meeting may not delete rows
        rows_sudo = self.env["nestogy.communication"].sudo().search([("event_id", "in", self.ids)])
        done = super().unlink()
        rows_sudo.exists()._feed_drop()
        return done

    def action_client_minutes(self):
        """Open the log of this meeting to write its minutes, one for each client that takes part."""
        self.ensure_one()
        self.check_access("read")
        rows = self.communication_ids
        if not rows:
            raise UserError(self.env._("No client takes part in this meeting; add one of its people first."))
        action = rows._get_records_action(context={})
        return action | {"name": self.env._("Minutes of %s", self.name)}
