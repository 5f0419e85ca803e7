from odoo import models


class MailMessage(models.Model):
    """The messages of a conversation are read by their date."""

    _inherit = "mail.message"

    _conversation_date_idx = models.Index("(res_id, date DESC, id DESC) WHERE model = 'nestogy.conversation'")
