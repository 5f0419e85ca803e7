from odoo import models


class MailAlias(models.Model):
    _inherit = "mail.alias"

    def _alias_bounce_incoming_email(self, message, message_dict, set_invalid=True):
        """Do not refuse a mail because of an error of ours: it is kept, and taken in when the error is mended."""
        if set_invalid and self.env.context.get("nestogy_inbox_id"):
            return None
        return super()._alias_bounce_incoming_email(message, message_dict, set_invalid=set_invalid)
