from odoo import api, fields, models
from odoo.exceptions import ValidationError

WATCHED = {
    *("engagement_half_life", "engagement_hot", "engagement_warm", "engagement_cold", "engagement_day_points"),
}


class ResCompany(models.Model):
    """When clients of the company are called hot, warm, cold and dormant.

    Clients that all companies share are judged by the settings of the first company.
    """

    _inherit = "res.company"

    engagement_half_life = fields.Integer(
        string="Half-life (days)",
        default=30,
        required=True,
        help="In so many days the points of a contact fade to a half.",
    )
    engagement_hot = fields.Integer(string="Hot from", default=60, required=True)
    engagement_warm = fields.Integer(string="Warm from", default=20, required=True)
    engagement_cold = fields.Integer(string="Cold from", default=5, required=True, help="Below it is dormant.")
    engagement_day_points = fields.Integer(
        string="Most Points a Day and Kind",
        default=20,
        required=True,
        help="A storm of e-mails on one day counts no more than this.",
    )

    @api.constrains(*WATCHED)
    def _check_engagement(self):
        for company in self:
            if not 1 <= company.engagement_half_life <= 365:
                raise ValidationError(self.env._("The half-life of engagement is 1 to 365 days."))
            if not 1 <= company.engagement_day_points <= 1000:
                raise ValidationError(self.env._("The most points of engagement a day and kind are 1 to 1000."))
            if not 0 < company.engagement_cold < company.engagement_warm < company.engagement_hot <= 100:
                raise ValidationError(
                    self.env._("Cold begins above 0 and below Warm, Warm below Hot, and Hot at 100 at most.")
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & WATCHED:
            self.env["res.partner"]._refresh_engagement_soon()
        return result
