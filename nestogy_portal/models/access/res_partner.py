from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """What a client's people may see and change of partners."""

    _inherit = "res.partner"

    # Facts about clients that are for staff: Odoo lets every portal user read them over RPC.
    comment = fields.Html(groups="base.group_user")
    trust = fields.Selection(groups="base.group_user")
    ref = fields.Char(groups="base.group_user")
    properties = fields.Properties(groups="base.group_user")
    barcode = fields.Char(groups="base.group_user")
    sale_warn_msg = fields.Text(groups="base.group_user")
    category_id = fields.Many2many(groups="base.group_user")

    @api.model_create_multi
    def create(self, vals_list):
        self.env["ir.rule"]._forget_families()
        return super().create(vals_list)

    def write(self, vals):
        if "parent_id" in vals:
            self.env["ir.rule"]._forget_families()
        return super().write(vals)

    @api.model
    def _search_display_name(self, operator, value):
        """Find partners by their name alone where a portal user searches: the other keys are for staff."""
        if self.env.su or self.env.user._is_internal():
            return super()._search_display_name(operator, value)
        return Domain("complete_name", operator, value)

    def _can_be_edited_by_current_customer(self, **kwargs):
        """A contact of a client edits himself: neither colleagues nor the addresses of the client."""
        current = self._get_current_partner(**kwargs)
        # whether the visitor belongs to a client is our question, not his
        if current and current.sudo()._get_client():
            return self == current
        return super()._can_be_edited_by_current_customer(**kwargs)

    @api.model
    def _get_frontend_writable_fields(self):
        """The company's name and tax ID are the firm's matter once somebody is its client."""
        names = super()._get_frontend_writable_fields()
        partner_sudo = self._get_current_partner().sudo()  # as above
        return names - {"vat", "company_name"} if partner_sudo._get_client() else names

    def signup_get_auth_param(self):
        """Mails to clients' contacts carry our links, never a token with which their reader opens an
        account."""
        contacts = self.filtered(lambda partner: partner.sudo()._get_client())  # for staff without our roles too
        result = super(ResPartner, self - contacts).signup_get_auth_param()
        return result | {contact.id: {} for contact in contacts}

    def _email_change_refusal(self):
        return self.env._(
            "You sign in with this e-mail address, so ask us to change it: on My Profile, press Ask for a change."
        )

    def _name_change_refusal(self):
        return self.env._(
            "The name of your company is on invoices, so ask us to change it: on My Profile, press Ask for a change."
        )
