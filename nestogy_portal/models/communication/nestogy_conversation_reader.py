from odoo import fields, models


class NestogyConversationReader(models.Model):
    """Up to which message a contact has read the conversation of his client."""

    _name = "nestogy.conversation.reader"
    _description = "Reader of a Conversation"
    _order = "seen_at desc"
    _rec_name = "partner_id"

    conversation_id = fields.Many2one("nestogy.conversation", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    seen_at = fields.Datetime(string="Read up to", required=True, readonly=True)

    _one_each = models.UniqueIndex("(conversation_id, partner_id)")
