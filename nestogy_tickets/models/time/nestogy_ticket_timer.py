from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST = timedelta(hours=24)  # who forgot to stop is asked for the true time


class NestogyTicketTimer(models.Model):
    """The stop-watch of a user, which runs on one ticket and lives through a reload."""

    _name = "nestogy.ticket.timer"
    _description = "Running Timer of a Ticket"
    _rec_name = "ticket_id"

    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", default=lambda self: self.env.uid, readonly=True
    )
    ticket_id = fields.Many2one("helpdesk.ticket", required=True, index=True, ondelete="cascade")
    started_at = fields.Datetime(required=True, default=fields.Datetime.now)

    _one_for_user = models.UniqueIndex("(user_id)", "Your timer runs already; stop it first.")

    @api.model
    def _own(self):
        return self.search([("user_id", "=", self.env.uid)], limit=1)

    def _elapsed_hours(self):
        """Hours until now, in whole minutes, at least one.

        :raise UserError: it runs for longer than a day, so nobody knows the true time
        """
        self.ensure_one()
        elapsed = fields.Datetime.now() - self.started_at
        if elapsed > LONGEST:
            raise UserError(
                self.env._(
                    "The timer on %s runs for more than a day. Discard it, and enter the true time by hand.",
                    self.ticket_id.display_name,
                )
            )
        minutes = max(1, -(-int(elapsed.total_seconds()) // 60))
        return minutes / 60
