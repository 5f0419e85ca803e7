from odoo import fields, models

from .nestogy_autopay import STAFF


class PaymentToken(models.Model):
    _inherit = "payment.token"

    autopay_ids = fields.One2many("nestogy.autopay", "token_id", string="Automatic Payment", groups=STAFF)

    def _handle_archiving(self):
        """A card that is gone is not charged any more."""
        result = super()._handle_archiving()
        consents_sudo = self.env["nestogy.autopay"].sudo()  # whoever removes a card
        consents_sudo.search([("token_id", "in", self.ids), ("state", "=", "active")])._stop("card", tell=True)
        return result

    def get_linked_records_info(self):
        """Say before a card is removed that automatic payment hangs on it."""
        consents_sudo = self.env["nestogy.autopay"].sudo()  # about the visitor's own card
        found = consents_sudo.search([("token_id", "=", self.id), ("state", "=", "active")])
        return super().get_linked_records_info() + [
            {
                "description": self.env._("Automatic payment"),
                "id": consent_sudo.id,
                "name": consent_sudo.rule_text,
                "url": "/my/autopay",
            }
            for consent_sudo in found
        ]
