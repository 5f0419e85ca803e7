from odoo import api, fields, models
from odoo.exceptions import ValidationError

NAME_LIMIT = 500
LOCKED = {"task_id", "product_id", "name", "quantity", "uom_id", "price_unit", "is_billable"}


class NestogyJobMaterial(models.Model):
    """Something that was used up on a job, or delivered with it."""

    _name = "nestogy.job.material"
    _inherit = ["nestogy.billed.mixin"]
    _description = "Material of a Job"
    _order = "task_id, sequence, id"

    task_id = fields.Many2one("project.task", string="Job", required=True, index=True, ondelete="cascade")
    client_id = fields.Many2one(related="task_id.client_id", store=True, index="btree_not_null")
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True, required=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('sale_ok', '=', True), ('company_id', 'in', (False, company_id))]",
    )
    name = fields.Char(
        string="Description", compute="_compute_name", store=True, readonly=False, required=True, precompute=True
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    uom_id = fields.Many2one(
        "uom.uom", string="Unit", compute="_compute_uom_id", store=True, readonly=False, precompute=True
    )
    price_unit = fields.Float(
        string="Price",
        digits="Product Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="What the client pays for one, in the company's currency, before taxes: by its contract, else its"
        " pricelist.",
    )
    cost_unit = fields.Float(
        string="Cost",
        digits="Product Price",
        compute="_compute_cost_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="What one costs the company.",
    )
    price_subtotal = fields.Monetary(string="Amount", compute="_compute_amounts", store=True)
    cost_subtotal = fields.Monetary(string="Total Cost", compute="_compute_amounts", store=True)
    is_billable = fields.Boolean(string="Billable", default=True, help="Others are given for free.")

    @api.depends("task_id.company_id")
    def _compute_company_id(self):
        for material in self:
            material.company_id = material.task_id.company_id or material.company_id or self.env.company

    @api.depends("product_id")
    def _compute_name(self):
        for material in self:
            if material.product_id:
                material.name = material.product_id.display_name

    @api.depends("product_id")
    def _compute_uom_id(self):
        for material in self:
            material.uom_id = material.product_id.uom_id or material.uom_id

    @api.depends("product_id", "uom_id")
    def _compute_price_unit(self):
        priced = self.filtered("product_id")
        for (client, company), materials in priced.grouped(
            lambda material: (material.task_id.client_id, material.company_id or self.env.company)
        ).items():
            agreed = client._agreed_lines(materials.product_id, company)
            for material in materials:
                material.price_unit = client._work_price(
                    material.product_id, material.quantity or 1.0, material.uom_id, company, agreed
                )

    @api.depends("product_id", "uom_id")
    def _compute_cost_unit(self):
        for material in self:
            product = material.product_id.with_company(material.company_id or self.env.company)
            if product:
                # agents need not be allowed to read costs elsewhere
                cost = product.sudo().standard_price
                uom = material.uom_id or product.uom_id
                material.cost_unit = product.uom_id._compute_price(cost, uom)

    @api.depends("quantity", "price_unit", "cost_unit", "currency_id")
    def _compute_amounts(self):
        for material in self:
            currency = material.currency_id or self.env.company.currency_id
            material.price_subtotal = currency.round(material.quantity * material.price_unit)
            material.cost_subtotal = currency.round(material.quantity * material.cost_unit)

    @api.constrains("task_id", "name", "quantity", "price_unit", "cost_unit")
    def _check_values(self):
        for material in self:
            if not material.task_id.client_id:
                raise ValidationError(
                    self.env._(
                        "%s is no client's job; choose its client before you add materials.", material.task_id.name
                    )
                )
            if len(material.name or "") > NAME_LIMIT:
                raise ValidationError(
                    self.env._("The description of a material has at most %s characters; shorten it.", NAME_LIMIT)
                )
            if material.quantity <= 0:
                raise ValidationError(self.env._("%s: write a quantity above 0, or remove the line.", material.name))
            if material.price_unit < 0 or material.cost_unit < 0:
                raise ValidationError(self.env._("%s: price and cost cannot be below 0.", material.name))

    @api.model
    def _billed_fields(self):
        return LOCKED

    def _billed_title(self):
        return self.name

    def _prepare_billed_line(self, subject, client, company, service, agreed):
        line = super()._prepare_billed_line(subject, client, company, service, agreed)
        return line | {"product_uom_id": self.uom_id.id}
