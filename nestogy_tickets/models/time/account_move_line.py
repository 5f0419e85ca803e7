from odoo import fields, models


class AccountMoveLine(models.Model):
    """The work that stands on an invoice line; deleting the line sets it free."""

    _inherit = "account.move.line"

    ticket_time_ids = fields.One2many("account.analytic.line", "invoice_line_id", groups="base.group_user")
    ticket_charge_ids = fields.One2many("nestogy.ticket.charge", "invoice_line_id", groups="base.group_user")
    job_material_ids = fields.One2many("nestogy.job.material", "invoice_line_id", groups="base.group_user")
