from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.web.controllers.home import Home

from ..models.login.res_users_password import CHANGE_URL, PENDING
from ..tools.passwords import MINIMUM


class NewPassword(Home):
    """Between a generated password and the portal: the page where its owner sets a password of his own."""

    @route(
        CHANGE_URL, type="http", auth="public", methods=["GET", "POST"], sitemap=False, website=True, multilang=False
    )
    def new_password(self, redirect=None, password="", confirmation="", **kwargs):
        session = request.session
        if session.uid:
            return request.redirect(self._login_redirect(session.uid, redirect=redirect))
        # there is no user yet; the session says who has proven the generated password
        user_sudo = request.env["res.users"].sudo().browse(session.get("pre_uid") or 0)
        if (
            session.get(PENDING) != user_sudo.id
            or not user_sudo._must_change_password()
            or not user_sudo.active
            or not user_sudo._portal_door_is_open()
        ):
            return request.redirect("/web/login")
        error = ""
        if request.httprequest.method == "POST":
            try:
                user_sudo._replace_generated_password(password, confirmation)
            except UserError as refusal:
                error = refusal.args[0]
            else:
                session.pop(PENDING)
                if not user_sudo._mfa_url():
                    request.env.flush_all()
                    session.finalize(request.env)
                    request.update_env(user=session.uid)
                    request.update_context(**session.context)
                return request.redirect(self._login_redirect(user_sudo.id, redirect=redirect))
        response = request.render(
            "nestogy_portal.new_password", {"error": error, "redirect": redirect, "minimum": MINIMUM}
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Frame-Options"] = "DENY"
        return response
