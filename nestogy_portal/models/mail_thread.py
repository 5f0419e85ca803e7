from odoo import api, models

from ..tools import mail_links


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """Take sign-in links out of mails that come in: whoever answers quotes his own, and a new record may
        keep the text in a field of its own."""
        values = super().message_parse(message, save_original=save_original)
        if values.get("body"):
            values["body"] = mail_links.without_tokens(values["body"])
        return values
