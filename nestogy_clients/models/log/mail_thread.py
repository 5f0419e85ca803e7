from odoo import api, models


class MailThread(models.AbstractModel):
    """What is written in documents, or comes in by mail, goes to the log."""

    _inherit = "mail.thread"

    def _message_create(self, values_list):
        """Log what people of clients write, by mail or in the portal, and the texts that they get."""
        messages = super()._message_create(values_list)
        self.env["nestogy.communication"]._feed_posted(messages.sudo())  # the log reads what it logs
        return messages

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):  # pylint: disable=missing-return
        super()._routing_handle_bounce(email_message, message_dict)
        self.env["nestogy.communication"]._feed_bounce(
            message_dict.get("bounced_email"),
            message_dict.get("bounced_partner") or self.env["res.partner"],
            message_dict.get("bounced_message") or self.env["mail.message"],
            message_dict.get("bounced_msg_ids"),
        )
