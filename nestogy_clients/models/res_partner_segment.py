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


class ResPartner(models.Model):
    """By what clients are told apart: size, form, potential."""

    _inherit = "res.partner"

    company_size = fields.Selection(
        [("small", "Small business"), ("mid", "Mid-market"), ("enterprise", "Enterprise")],
        index="btree_not_null",
        groups="base.group_user",
    )
    company_structure = fields.Selection(
        [
            ("sole", "Sole proprietor"),
            ("partnership", "Partnership"),
            ("limited", "Limited liability company"),
            ("corporation", "Corporation"),
            ("nonprofit", "Nonprofit"),
            ("public", "Public sector"),
        ],
        string="Legal Structure",
        groups="base.group_user",
    )
    revenue_potential = fields.Selection(
        [("high", "High"), ("medium", "Medium"), ("low", "Low")],
        index="btree_not_null",
        groups="base.group_user",
    )
