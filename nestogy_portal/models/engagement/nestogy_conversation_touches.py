from odoo import models


class NestogyConversation(models.Model):
    """What a client writes counts for its engagement."""

    _inherit = "nestogy.conversation"

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type in ("comment", "email"):
            self.client_id._note_touches()
        return result
