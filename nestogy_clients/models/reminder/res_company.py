from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    reminder_plan_id = fields.Many2one("nestogy.reminder.plan", ondelete="set null")
