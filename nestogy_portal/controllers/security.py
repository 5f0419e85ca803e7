import functools
import time

from odoo.exceptions import AccessDenied, AccessError
from odoo.http import request, route

from odoo.addons.payment.controllers.portal import PaymentPortal

from ..models.access.res_users import STEP_UP
from ..tools.link_tokens import local_path, mask_address
from .areas import area
from .portal import ClientPortal

CONFIRMED_SECONDS = 600
CONFIRM_TOKEN = "nestogy_confirm"  # where the session keeps the secret with which its code is good
CODES, TRIES, SECONDS = 3, 10, 600
SIGN_INS_SHOWN = 20


def is_confirmed():
    """Say whether the visitor has shown within the last ten minutes who he is; a sign-in link alone is no proof."""
    return request.session.get(STEP_UP, 0) > time.time() - CONFIRMED_SECONDS


def confirmed(endpoint):
    """Let only those pass who have just shown who they are: by password, passkey or a fresh mailed code.

    Pages lead to the question and back; a JSON route raises ``AccessError``. Staff is not asked.
    """

    @functools.wraps(endpoint)
    def wrapper(self, *args, **kwargs):
        if is_confirmed() or request.env.user._is_internal():
            return endpoint(self, *args, **kwargs)
        if request.dispatcher.routing_type != "http":
            raise AccessError(request.env._("Please confirm first that it is you: open this page again."))
        # a form that was filled in too slowly is filled in again
        back = request.httprequest.path if request.httprequest.method == "GET" else "/my"
        return request.redirect_query("/my/confirm", {"redirect": local_path(back)}, code=303)

    return wrapper


class PortalSecurity(ClientPortal):
    """Who one is, and who was here in one's name."""

    @route("/my/confirm", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    def portal_confirm(self, redirect=None, sent=None, **kwargs):
        if is_confirmed():
            return request.redirect(local_path(redirect) or "/my", code=303)
        return self._render_confirm(redirect, sent=bool(sent and request.session.get(CONFIRM_TOKEN)))

    @route("/my/confirm", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_confirm_post(self, redirect=None, password="", code="", **kwargs):
        user = request.env.user
        attempts = request.env["nestogy.portal.attempt"]
        if attempts._exceeds("confirm", f"user {user.id}", TRIES, SECONDS):
            return self._render_confirm(redirect, problem=request.env._("Too many attempts; wait ten minutes."))
        try:
            if code:
                browser = request.session.get(CONFIRM_TOKEN)
                requests = request.env["nestogy.portal.link.request"]
                if user not in requests._check_code(browser, code, "confirm"):
                    raise AccessDenied()
                requests._consume_code(user, browser, code, "confirm")
            else:
                credential = {"type": "password", "login": user.login, "password": password}
                user._check_credentials(credential, {"interactive": True})
        except AccessDenied:
            problem = request.env._("This code is not right.") if code else request.env._("This password is not right.")
            return self._render_confirm(redirect, sent=bool(code), problem=problem)
        request.session.pop(CONFIRM_TOKEN, None)
        request.session[STEP_UP] = time.time()
        request.env["nestogy.portal.access.log"]._log("confirmed", user.partner_id)
        return request.redirect(local_path(redirect) or "/my", code=303)

    @route("/my/confirm/code", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_confirm_code(self, redirect=None, **kwargs):
        """Mail a code to the visitor's own address."""
        user = request.env.user
        if request.env["nestogy.portal.attempt"]._exceeds("confirm code", f"user {user.id}", CODES, SECONDS):
            return self._render_confirm(redirect, problem=request.env._("Too many attempts; wait ten minutes."))
        request.session[CONFIRM_TOKEN] = request.env["nestogy.portal.link.request"]._ask(
            user.partner_id.email or user.login, purpose="confirm", lang=request.env.lang
        )
        return request.redirect_query("/my/confirm", {"redirect": local_path(redirect), "sent": 1}, code=303)

    def _render_confirm(self, redirect, sent=False, problem=None):
        user = request.env.user
        values = {
            "page_name": "confirm",
            "redirect_path": local_path(redirect),
            "has_password": user._has_password(),
            "address": mask_address(user.partner_id.email),
            "code_sent": sent,
            "problem": problem,
        }
        return self._render_private("nestogy_portal.portal_confirm", values)

    # ------------------------------------------------------------------
    # Own sign-ins
    # ------------------------------------------------------------------

    @route()
    def security(self, notice=None, **post):
        if request.httprequest.method == "POST":
            post = {name: str(post.get(name) or "") for name in ("old", "new1", "new2")}
        response = super().security(**post)
        log = request.env["nestogy.portal.access.log"]
        response.qcontext |= {
            "sign_ins": log._sign_ins_of(request.env.user.partner_id, SIGN_INS_SHOWN),
            "has_password": request.env.user._has_password(),
            "security_notice": notice if notice in ("password", "signed_out") else None,
        }
        return response

    @route("/my/security/sign-out", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_sign_out(self, **kwargs):
        """End all sessions and links of the visitor but the one he is in."""
        user = request.env.user
        user._end_portal_sessions(request.env._("signed out everywhere by the contact"))
        request.env["nestogy.portal.access.log"]._log("signed_out", user.partner_id)
        request.env.flush_all()
        request.session.session_token = user._compute_session_token(request.session.sid)
        return request.redirect("/my/security?notice=signed_out", code=303)

    @route("/my/security/set-password", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_set_password(self, **kwargs):
        """Mail the visitor, who came by link and has none, the way to set a password."""
        user = request.env.user
        if request.env["nestogy.portal.attempt"]._exceeds("set password", f"user {user.id}", CODES, SECONDS):
            return request.redirect("/my/security", code=303)
        request.env["nestogy.portal.link.request"]._ask(user.login, purpose="password", lang=request.env.lang)
        return request.redirect("/my/security?notice=password", code=303)


class ConfirmedPaymentPortal(PaymentPortal):
    """Saved payment methods belong to whoever can show that it is him."""

    @route()
    @area("pay")
    @confirmed
    def payment_method(self, **kwargs):
        return super().payment_method(**kwargs)

    @route()
    @area("pay", acts=True)
    @confirmed
    def archive_token(self, token_id):
        return super().archive_token(token_id)
