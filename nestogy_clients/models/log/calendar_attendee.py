from odoo import models


class CalendarAttendee(models.Model):
    """An invitation that is declined takes the meeting out of the log."""

    _inherit = "calendar.attendee"

    def write(self, vals):
        """Whoever declines an invitation does not take part."""
        done = super().write(vals)
        if "state" in vals:
            self.env["nestogy.communication"]._feed_events(self.event_id)
        return done
