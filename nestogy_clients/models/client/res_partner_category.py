from odoo import fields, models

TAG_DIMENSIONS = [
    ("service", "Service Needs"),
    ("decision", "Decision Process"),
    ("style", "Communication Style"),
    ("relation", "Relationship Status"),
]


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    dimension = fields.Selection(
        TAG_DIMENSIONS, index=True, help="What the tag says about a client; tags without one are free tags."
    )
