from odoo import api, fields, models
from odoo.exceptions import ValidationError

AMOUNT = 10_000_000
LOCKED = {"ticket_id", "product_id", "name", "quantity", "price_unit"}


class NestogyTicketCharge(models.Model):
    """A fixed amount that a ticket costs, beside or instead of time."""

    _name = "nestogy.ticket.charge"
    _inherit = ["nestogy.billed.mixin"]
    _description = "Fixed Charge of a Ticket"
    _order = "ticket_id, id"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    client_id = fields.Many2one(related="ticket_id.commercial_partner_id", store=True, index=True, string="Client")
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="restrict", domain="[('sale_ok', '=', True)]"
    )
    name = fields.Char(string="Description", required=True)
    quantity = fields.Float(default=1.0, required=True)
    price_unit = fields.Monetary(string="Price", required=True)

    @api.constrains("quantity", "price_unit", "name")
    def _check_sizes(self):
        for charge in self:
            if charge.quantity <= 0 or charge.price_unit < 0:
                raise ValidationError(self.env._("A charge has a quantity above 0 and a price of 0 or more."))
            if charge.quantity * charge.price_unit > AMOUNT or len(charge.name) > 500:
                raise ValidationError(
                    self.env._("The charge is too large: at most %s in all, and 500 characters.", AMOUNT)
                )

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.product_id:
            self.name = self.name or self.product_id.display_name
            company = self.company_id or self.env.company
            client = self.ticket_id.commercial_partner_id
            self.price_unit = self.price_unit or client._work_price(self.product_id, self.quantity, None, company)

    @api.model
    def _billed_fields(self):
        return LOCKED

    def _billed_title(self):
        return self.name
