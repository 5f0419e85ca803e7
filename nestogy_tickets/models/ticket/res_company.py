from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ticket_reopen_days = fields.Integer(default=14)
