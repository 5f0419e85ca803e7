from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

AMOUNT = 10_000_000


class NestogyTicketCharge(models.Model):
    """A fixed amount that a ticket costs, beside or instead of time."""

    _name = "nestogy.ticket.charge"
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
    invoice_line_id = fields.Many2one(
        "account.move.line", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )
    is_invoiced = fields.Boolean(string="Invoiced", compute="_compute_is_invoiced")

    @api.depends("invoice_line_id")
    def _compute_is_invoiced(self):
        for charge in self:
            charge.is_invoiced = bool(charge.sudo().invoice_line_id)  # agents may not read invoices

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
            self.price_unit = self.price_unit or self.product_id.lst_price

    @api.model
    def _open_domain(self):
        return Domain("invoice_line_id", "=", False)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any("invoice_line_id" in vals for vals in vals_list):
            raise AccessError(self.env._("Charges are put on invoices with Put on Invoice."))
        return super().create(vals_list)

    def write(self, vals):
        if "invoice_line_id" in vals and not self.env.su:
            raise AccessError(self.env._("Charges are put on invoices with Put on Invoice."))
        if set(vals) - {"invoice_line_id"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        self._check_open()

    def _check_open(self):
        invoiced_sudo = self.sudo().filtered("invoice_line_id")  # agents may not read invoices
        if invoiced_sudo:
            raise UserError(
                self.env._(
                    "This charge stands on the invoice %s; delete the draft, or credit it, before you change it.",
                    ", ".join(invoiced_sudo.invoice_line_id.move_id.mapped("display_name")),
                )
            )
