from odoo import api, fields, models
from odoo.tools import html2plaintext

TEXT_CHARACTERS = 160


class NestogyTicketSplitLine(models.TransientModel):
    """One message that may go into the new ticket."""

    _name = "nestogy.ticket.split.line"
    _description = "Message of a Split"
    _order = "id"

    split_id = fields.Many2one("nestogy.ticket.split", required=True, ondelete="cascade")
    message_id = fields.Many2one("mail.message", required=True, ondelete="cascade")
    is_chosen = fields.Boolean(string="Moves")
    date = fields.Datetime(related="message_id.date")
    author = fields.Char(compute="_compute_text")
    text = fields.Char(compute="_compute_text")
    file_count = fields.Integer(string="Files", compute="_compute_text")

    @api.depends("message_id")
    def _compute_text(self):
        for line in self:
            message = line.message_id
            text = " ".join(html2plaintext(message.body or "").split())
            line.author = message.author_id.name or message.email_from or ""
            line.text = text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…"
            line.file_count = len(message.attachment_ids)
