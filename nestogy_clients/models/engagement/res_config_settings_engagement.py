from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    engagement_half_life = fields.Integer(related="company_id.engagement_half_life", readonly=False)
    engagement_hot = fields.Integer(related="company_id.engagement_hot", readonly=False)
    engagement_warm = fields.Integer(related="company_id.engagement_warm", readonly=False)
    engagement_cold = fields.Integer(related="company_id.engagement_cold", readonly=False)
    engagement_day_points = fields.Integer(related="company_id.engagement_day_points", readonly=False)
