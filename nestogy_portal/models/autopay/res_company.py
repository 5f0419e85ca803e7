from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    autopay_notice_days = fields.Integer(
        string="Notice of Automatic Payments", default=3, help="So many days before a charge the client is told."
    )

    _autopay_notice_days = models.Constraint(
        "CHECK (autopay_notice_days BETWEEN 1 AND 30)", "Clients are told 1 to 30 days before a charge."
    )
