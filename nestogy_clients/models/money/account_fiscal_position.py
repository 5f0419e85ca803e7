from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountFiscalPosition(models.Model):
    _inherit = "account.fiscal.position"

    is_client_tax_exempt = fields.Boolean(
        string="For Tax Exempt Clients", readonly=True, copy=False, help="Has no taxes, so all taxes are left out."
    )

    _one_exempt = models.UniqueIndex(
        "(company_id) WHERE is_client_tax_exempt", "A company has one fiscal position for tax exempt clients."
    )

    @api.constrains("is_client_tax_exempt", "tax_ids")
    def _check_exempt_has_no_taxes(self):
        if self.filtered(lambda position: position.is_client_tax_exempt and position.tax_ids):
            raise ValidationError(self.env._("The fiscal position for tax exempt clients has no taxes."))

    @api.model
    def _get_fiscal_position(self, partner, delivery=None):
        """Leave out the taxes of exempt clients; let a group's position hold after the client's own one."""
        if partner and partner._is_tax_exempt(self.env.context.get("client_tax_date")):
            return self.env.company._get_tax_exempt_position().with_env(self.env)
        found = [each._client_setting("fiscal_position") for each in (delivery, partner) if each]
        for wanted in ("client", "group"):
            for position, level in found:
                if level == wanted:
                    return position  # none, when the client is to have none though its address would find one
        return super()._get_fiscal_position(partner, delivery)
