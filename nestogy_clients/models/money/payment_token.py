from odoo import fields, models
from odoo.exceptions import AccessError


class PaymentToken(models.Model):
    """A saved card, of which staff sees the brand and the last digits, and nothing with which one could pay."""

    _inherit = "payment.token"

    provider_ref = fields.Char(groups="base.group_system")

    def action_archive_for_client(self):
        """Forget saved cards of clients, at the provider too where its module does that.

        :raise AccessError: the user is not of the billing staff, or may not see the cards
        """
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_billing"):
            raise AccessError(self.env._("Saved cards are removed by the billing staff. Ask one of them."))
        self.check_access("read")
        for token in self:
            client = token.partner_id._get_client()
            if client:
                client._message_log(body=self.env._("Saved payment method %s removed.", token.display_name))
        tokens_sudo = self.sudo()  # Odoo lets administrators alone change tokens
        tokens_sudo.action_archive()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
