from odoo import fields, models


class AccountMove(models.Model):
    """What a client's invoice says of the client on paper."""

    _inherit = "account.move"

    client_billing_id = fields.Many2one(
        "res.partner",
        string="Billing Address",
        compute="_compute_client_billing_id",
        groups="base.group_user",
        help="Whose address is printed: the invoice address of the client, when the document is made out to the client"
        " itself.",
    )

    def _compute_client_billing_id(self):
        for move in self:
            move.client_billing_id = move._get_billing_partner()

    def _get_billing_partner(self):
        """The invoice address of the client; whoever else a document is made out to keeps it."""
        self.ensure_one()
        partner = self.partner_id
        if not self.is_sale_document(include_receipts=True) or partner != self.commercial_partner_id:
            return partner
        return partner.browse(partner.address_get(["invoice"])["invoice"]) if partner else partner

    def _client_tax_note(self):
        """Why no tax is charged, for a document of an exempt client; empty for all others."""
        self.ensure_one()
        if not self.fiscal_position_id.is_client_tax_exempt:
            return ""
        # the reason is the staff's to write, and the client's to read on its documents
        client_sudo = self.commercial_partner_id.with_company(self.company_id).sudo()
        reason = (client_sudo.tax_exempt_reason or "").strip()
        return self.env._("Exempt from tax: %s", reason) if reason else self.env._("Exempt from tax")
