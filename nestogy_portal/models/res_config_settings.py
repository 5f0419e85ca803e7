from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .nestogy_portal_link import LINK_DAYS, LINK_DAYS_MAX


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    nestogy_portal_link_days = fields.Integer(
        string="Sign-in Links in Mails",
        config_parameter="nestogy_portal.link_days",
        default=LINK_DAYS,
        help="Days for which the link in a mailed invoice or estimate signs its reader in.",
    )

    @api.constrains("nestogy_portal_link_days")
    def _check_nestogy_portal_link_days(self):
        for settings in self:
            if not 1 <= settings.nestogy_portal_link_days <= LINK_DAYS_MAX:
                raise ValidationError(
                    self.env._(
                        "Sign-in links in mails work for 1 to %s days; choose a number between.",
                        LINK_DAYS_MAX,
                    )
                )
