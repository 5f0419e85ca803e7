from odoo import api, models

REPLY_KIND = "canned_reply"


class HelpdeskTicket(models.Model):
    """What the placeholders of canned replies stand for in a ticket."""

    _inherit = "helpdesk.ticket"

    @api.model
    def _canned_reply_placeholders(self):
        """Names that may stand in a canned reply, with what they mean; addons add theirs with ``super()``."""
        return {
            "client": self.env._("name of the client"),
            "contact": self.env._("name of the contact who asked"),
            "company": self.env._("your company"),
            "number": self.env._("number of the ticket"),
            "title": self.env._("title of the ticket"),
            "date": self.env._("day on which it was opened"),
            "category": self.env._("category of the ticket"),
            "stage": self.env._("stage of the ticket"),
            "asset": self.env._("asset that the ticket is about"),
            "author": self.env._("your own name"),
        }

    def _client_mail_values(self, kind=None):
        if kind != REPLY_KIND:
            return super()._client_mail_values(kind)
        return super()._client_mail_values("ticket") | {
            "title": self.name or "",
            "stage": self.stage_id.name or "",
            "asset": self.equipment_id.name or "",
            "author": self.env.user.name,
        }
