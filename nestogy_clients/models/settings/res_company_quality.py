from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    quality_reminder = fields.Selection(
        [("off", "Never"), ("weekly", "Every week"), ("monthly", "Every month")],
        string="Reminder of Clients to Clean Up",
        required=True,
        default="monthly",
        help="How often account managers of the company are told which of their clients need cleanup.",
    )
