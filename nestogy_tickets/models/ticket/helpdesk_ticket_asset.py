from odoo import api, fields, models


class HelpdeskTicket(models.Model):
    """The asset that a ticket is about; whose it may be is checked with the other links."""

    _inherit = "helpdesk.ticket"

    equipment_id = fields.Many2one(
        "maintenance.equipment",
        string="Asset",
        index="btree_not_null",
        ondelete="set null",
        domain="[('client_id', '=', commercial_partner_id), ('client_id', '!=', False)]",
        tracking=True,
        groups="base.group_user",
    )

    def _portal_asset(self):
        """The asset of this ticket as the visitor may see it: empty without its area, or the right to read it."""
        self.ensure_one()
        visitor = self.env["res.users"]._get_portal_visitor()
        assets = self.env["maintenance.equipment"].with_user(visitor).sudo(False)
        # with which asset a ticket is filed is said by the ticket; which of them he sees say his own rights
        number = self.sudo().equipment_id.id
        if not number or visitor._is_public() or not assets.has_access("read"):
            return assets
        return assets.search([("id", "=", number)])

    @api.model
    def _portal_asset_to_report(self, asset_id):
        """The asset that the visitor wants to report on; empty when it is not one that he sees."""
        assets = self.env["maintenance.equipment"]
        if not asset_id or not self.env.user._portal_client() or not assets.has_access("read"):
            return assets
        return assets.search([("id", "=", asset_id)], limit=1)
