from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    reminder_plan_id = fields.Many2one("nestogy.reminder.plan", check_company=True, ondelete="set null")
