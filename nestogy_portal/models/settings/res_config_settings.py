from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..login.nestogy_portal_link import SETTINGS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    nestogy_portal_link_days = fields.Integer(
        string="Sign-in Links in Mails",
        config_parameter="nestogy_portal.link_days",
        default=SETTINGS["link_days"][0],
        help="Days for which the link in a mailed document signs its reader in, counted from its due date if that "
        "is later; 90 at most.",
    )
    nestogy_portal_requested_minutes = fields.Integer(
        string="Requested Links and Codes",
        config_parameter="nestogy_portal.requested_minutes",
        default=SETTINGS["requested_minutes"][0],
        help="Minutes for which a link or code works that somebody asked for at the login page.",
    )
    nestogy_portal_session_hours = fields.Integer(
        string="Longest Session by Link",
        config_parameter="nestogy_portal.session_hours",
        default=SETTINGS["session_hours"][0],
        help="Hours after which whoever signed in by a link has to sign in again.",
    )
    nestogy_portal_idle_hours = fields.Integer(
        string="Idle Session by Link",
        config_parameter="nestogy_portal.idle_hours",
        default=SETTINGS["idle_hours"][0],
        help="Hours without a click after which whoever signed in by a link has to sign in again.",
    )
    portal_document_by_link = fields.Boolean(related="company_id.portal_document_by_link", readonly=False)

    @api.constrains(*(f"nestogy_portal_{name}" for name in SETTINGS))
    def _check_nestogy_portal_settings(self):
        for settings in self:
            for name, (_default, least, most) in SETTINGS.items():
                field = self._fields[f"nestogy_portal_{name}"]
                if not least <= settings[field.name] <= most:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s: choose a number from %(least)s to %(most)s.",
                            setting=field._description_string(self.env),
                            least=least,
                            most=most,
                        )
                    )
