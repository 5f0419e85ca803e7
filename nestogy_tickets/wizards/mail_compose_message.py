from odoo import api, fields, models
from odoo.tools.mail import formataddr


class MailComposeMessage(models.TransientModel):
    """Says, before an answer to a ticket leaves, who gets it."""

    _inherit = "mail.compose.message"

    ticket_readers = fields.Char(string="Goes to", compute="_compute_ticket_readers")

    @api.depends("model", "res_ids", "partner_ids", "composition_mode", "subtype_is_log")
    def _compute_ticket_readers(self):
        for composer in self:
            composer.ticket_readers = False
            ids = composer._evaluate_res_ids() if composer.model == "helpdesk.ticket" else []
            if len(ids) == 1 and composer.composition_mode == "comment" and not composer.subtype_is_log:
                ticket = self.env["helpdesk.ticket"].browse(ids)
                ticket.check_access("read")
                composer.ticket_readers = ", ".join(
                    formataddr((reader["name"], reader["email"])) if reader["is_valid"] else reader["name"]
                    for reader in ticket._reply_readers(composer.partner_ids.ids)
                )
