from odoo import models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

TITLE_CHARACTERS = 80


class NestogyConversation(models.Model):
    _inherit = "nestogy.conversation"

    def action_make_ticket(self):
        """Begin a ticket from the client's latest message."""
        self.ensure_one()
        self.check_access("write")
        self.env["helpdesk.ticket"].check_access("create")
        # the messages of a conversation that the user may write to
        messages_sudo = self.env["mail.message"].sudo()
        domain = self._open_messages_domain(self.ids)
        asked_sudo = messages_sudo.search([*domain, ("author_id.partner_share", "=", True)], order="id desc", limit=1)
        if not asked_sudo:
            raise UserError(self.env._("The client has not written yet; open a ticket with New Ticket on the client."))
        text = " ".join(html2plaintext(asked_sudo.body or "").split())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Ticket"),
            "res_model": "helpdesk.ticket",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_partner_id": asked_sudo.author_id.id,
                "default_name": text[:TITLE_CHARACTERS] or self.env._("Message from %s", self.client_id.name),
                "default_description": str(asked_sudo.body or ""),
            },
        }
