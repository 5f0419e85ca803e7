from odoo import fields, models


class ResPartner(models.Model):
    """The cards and accounts that a client's people have saved with the payment providers."""

    _inherit = "res.partner"

    client_token_ids = fields.Many2many(
        "payment.token",
        string="Saved Payment Methods",
        compute="_compute_client_token_ids",
        groups="nestogy_clients.nestogy_clients_group_billing",
    )

    def _compute_client_token_ids(self):
        tokens = self.env["payment.token"].search([("partner_id", "child_of", self.ids)])
        mine = tokens.grouped("partner_id")
        families = {}
        for partner, saved in mine.items():
            while partner:
                families[partner.id] = families.get(partner.id, tokens.browse()) | saved
                partner = partner.parent_id
        for partner in self:
            partner.client_token_ids = families.get(partner.id, tokens.browse())
