from odoo import api, models

AMOUNT_FIELDS = {"product_uom_qty", "price_unit", "discount", "tax_ids", "order_id", "product_id"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # not a constraint: those run as the system, which may let an order grow

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._check_credit_growth()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if AMOUNT_FIELDS & vals.keys():
            self.order_id._check_credit_growth()
        return result
