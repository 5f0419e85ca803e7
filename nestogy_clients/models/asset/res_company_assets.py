from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    asset_warranty_days = fields.Integer(
        string="Remind of Warranties",
        default=30,
        required=True,
        help="Days before the end of the warranty of a client's asset.",
    )

    @api.constrains("asset_warranty_days")
    def _check_asset_warranty_days(self):
        for company in self:
            if not 0 <= company.asset_warranty_days <= 1095:
                raise ValidationError(self.env._("Warranties are reminded of 0 to 1095 days before; choose within."))
