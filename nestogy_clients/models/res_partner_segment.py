from odoo import fields, models


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
