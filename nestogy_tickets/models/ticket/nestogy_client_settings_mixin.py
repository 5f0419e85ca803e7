from odoo import api, fields, models
from odoo.exceptions import ValidationError

DAYS_MOST = 365


class NestogyClientSettingsMixin(models.AbstractModel):
    """What is set for the tickets of all clients, of a group of them, of one.

    On a client these fields are company dependent, and not for the client; see there.
    """

    _inherit = "nestogy.client.settings.mixin"

    ticket_close_days = fields.Integer()
    ticket_reopen_days = fields.Integer()
    ticket_priority_choice = fields.Selection(
        [("1", "Low and medium"), ("2", "Low to high"), ("3", "All, very high too")],
        string="Priorities to Choose From",
    )
    cc_watch = fields.Selection(
        [("yes", "They get the answers too"), ("no", "Only who asked gets answers")], string="Colleagues in Cc"
    )
    satisfaction = fields.Selection(
        [
            ("always", "After each ticket"),
            ("nth_2", "After every 2nd ticket of a contact"),
            ("nth_3", "After every 3rd ticket of a contact"),
            ("nth_5", "After every 5th ticket of a contact"),
            ("nth_10", "After every 10th ticket of a contact"),
            ("days_7", "At most once a week for each contact"),
            ("days_14", "At most once in 14 days for each contact"),
            ("days_30", "At most once in 30 days for each contact"),
            ("days_90", "At most once in 90 days for each contact"),
        ],
        string="Ask after Closing a Ticket",
    )
    bad_rating_to = fields.Selection(
        [("agent", "Agent of the ticket"), ("leader", "Leader of the team"), ("manager", "Account manager")],
        string="Bad Ratings Go to",
    )

    @api.constrains("ticket_close_days", "ticket_reopen_days")
    def _check_ticket_days(self):
        for holder in self:
            for name in ("ticket_close_days", "ticket_reopen_days"):
                if not 0 <= holder[name] <= DAYS_MOST:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s: between 0 (never) and %(most)s days.",
                            setting=self.env["res.partner"]._client_settings()[name].label,
                            most=DAYS_MOST,
                        )
                    )
