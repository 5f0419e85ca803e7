from odoo.http import request, route

from odoo.addons.auth_signup.controllers.main import AuthSignupHome


class DiscreetSignup(AuthSignupHome):
    """Never tell a stranger which addresses have an account."""

    @route()
    def web_auth_signup(self, *args, **kw):
        request.params.pop("signup_email", None)  # answers "known" or "unknown"
        if self.get_auth_signup_qcontext().get("invalid_token"):
            return request.render("nestogy_portal.invitation_expired")
        return super().web_auth_signup(*args, **kw)

    @route()
    def web_auth_reset_password(self, *args, **kw):
        """Take any login with the same words and in the same time; a cron sends the mail, if there is one to send."""
        request.params.pop("signup_email", None)
        qcontext = self.get_auth_signup_qcontext()
        asks = request.httprequest.method == "POST" and not qcontext.get("token") and "error" not in qcontext
        if not asks or not qcontext.get("reset_password_enabled"):
            return super().web_auth_reset_password(*args, **kw)
        login = str(qcontext.get("login") or "").strip()
        if not login:
            qcontext["error"] = request.env._("Type your e-mail address.")
        elif request.env["nestogy.portal.attempt"]._exceeds_asks(login, request.httprequest.remote_addr):
            qcontext["error"] = request.env._("Too many attempts; wait ten minutes and try again.")
        else:
            request.env["nestogy.portal.link.request"]._ask(login, purpose="password")
            qcontext["message"] = request.env._("If we know this address, a mail with instructions is on its way.")
        return request.render("auth_signup.reset_password", qcontext)
