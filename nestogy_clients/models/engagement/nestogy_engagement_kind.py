from odoo import api, fields, models
from odoo.exceptions import ValidationError


class NestogyEngagementKind(models.Model):
    """Something that happens between a client and us, and how many points it is worth for the client's engagement.

    Rows come with the addons that know such things; firms weigh them, and switch off what does not count for them.
    """

    _name = "nestogy.engagement.kind"
    _description = "What Counts for Engagement"
    _order = "weight desc, name, id"

    name = fields.Char(required=True, translate=True)
    key = fields.Char(required=True, readonly=True, copy=False, help="By which the program names it.")
    weight = fields.Integer(
        string="Points", default=5, required=True, help="0 to 100: how much one of these adds on its day."
    )
    active = fields.Boolean(default=True, help="What is switched off does not count.")
    help = fields.Char(translate=True)

    _key_unique = models.UniqueIndex("(key)", "This kind is there already; change its points instead.")

    @api.constrains("weight")
    def _check_weight(self):
        for kind in self:
            if not 0 <= kind.weight <= 100:
                raise ValidationError(self.env._("The points of %s are a number from 0 to 100.", kind.name))

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"weight", "active"}:
            self.env["res.partner"]._refresh_engagement_soon()
        return result
