from odoo.exceptions import UserError, ValidationError
from odoo.http import request, route

from .language import PortalLanguage

CHANGES, SECONDS = 60, 3600
NAMES = ("name", "function", "phone", "lang", "tz")


class PortalProfile(PortalLanguage):
    """One page for what concerns the visitor himself, and the ways to the rest."""

    @route("/my/profile", type="http", auth="user", website=True, methods=["GET"], readonly=True, sitemap=False)
    def portal_my_profile(self, notice=None, **kwargs):
        return self._render_profile(
            notice=notice if notice in ("saved", "details", "asked", "changed", "withdrawn") else None
        )

    @route("/my/profile", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_save_profile(self, **kwargs):
        values = {name: kwargs[name] for name in NAMES if name in kwargs}
        problem = None
        if request.env["nestogy.portal.attempt"]._exceeds("profile", f"user {request.env.user.id}", CHANGES, SECONDS):
            problem = request.env._("These are many changes in a short time. Please go on in an hour.")
        else:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    request.env.user.partner_id._portal_save_profile(values)
            except (UserError, ValidationError) as error:
                problem = str(error)
        if problem:
            return self._render_profile(problem=problem, typed=values)
        self._remember_preferences()
        return request.redirect("/my/profile?notice=saved", code=303)

    def _render_profile(self, notice=None, problem=None, typed=None, **more):
        me_sudo = request.env.user.partner_id  # Odoo hands out one's own partner in sudo
        profile = me_sudo._portal_profile()
        typed = typed or {}
        values = {
            "page_name": "profile",
            "notice": notice,
            "problem": problem,
            "form": {name: typed.get(name, me_sudo[name] or "") for name in NAMES},
            "custom_parts": me_sudo.sudo(False)._portal_custom_fields(),
            "custom_back": "profile",
            **profile,
            **more,
        }
        return self._render_private("nestogy_portal.portal_my_profile", values)
