from odoo import fields, models
from odoo.exceptions import UserError


class NestogyPortalBlock(models.TransientModel):
    """Asks why access to the portal is taken away."""

    _name = "nestogy.portal.block"
    _description = "Take Portal Access Away"

    partner_ids = fields.Many2many("res.partner", string="Contacts", required=True)
    reason = fields.Char(required=True, size=200, help="Kept in the portal access log.")

    def action_block(self):
        """Take it away from those who have access; at once and for all of them."""
        self.ensure_one()
        self.partner_ids._check_may_manage_portal()
        people = self.partner_ids.filtered(lambda each: each.portal_state in ("none", "invited", "active"))
        users = people._portal_users()
        people = people.filtered(lambda each: each in users and users[each].share and users[each].active)
        if not people:
            raise UserError(self.env._("Nobody of them has access to the portal."))
        people._portal_close(self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
