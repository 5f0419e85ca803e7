import base64
import secrets

from odoo.exceptions import AccessDenied
from odoo.http import Controller, request, route
from odoo.tools import format_datetime

from ..tools.link_tokens import is_token, mask_address, new_token

DEVICE_COOKIE = "nestogy_device"
COUNTED = "nestogy.portal.counted"
DEVICE_SECONDS = 180 * 24 * 3600
USES, USES_SECONDS = 30, 600  # attempts of one IP address
FRESH, FRESH_SECONDS = 3, 600  # links that one contact may ask for


class PortalLink(Controller):
    """The door for magic links. Looking at a link changes nothing: mail scanners look at every link. A person
    presses the button, and only that signs in."""

    @route("/my/link/<string:token>", type="http", auth="public", methods=["GET"], sitemap=False)
    def show_link(self, token, **kwargs):
        link_sudo = self._find_link(token)
        if not link_sudo:
            return self._refuse_guess()
        if not link_sudo._fits_device(request.cookies.get(DEVICE_COOKIE)):
            return self._render_page("used", link_sudo)
        return self._render_page("confirm", link_sudo)

    @route("/my/link/<string:token>", type="http", auth="public", methods=["POST"], sitemap=False)
    def use_link(self, token, **kwargs):
        if self._is_exceeded():
            return self._render_page("wait", status=429)
        link_sudo = self._find_link(token)
        if not link_sudo:
            return self._render_page("dead", status=404)
        device = request.cookies.get(DEVICE_COOKIE)
        if not link_sudo._fits_device(device):
            return self._render_page("used", link_sudo)
        if not is_token(device):
            device = new_token()
        path, user = link_sudo._landing_path(), link_sudo.user_id
        # whoever was signed in here before is out, and the session gets a new name
        request.session.logout(keep_db=True)
        credential = {"type": "nestogy_link", "login": user.login, "token": token, "device": device}
        try:
            request.session.authenticate(request.env, credential)
        except AccessDenied:
            return self._render_page("dead", status=404)
        request.session["nestogy_auth"] = "link"
        if request.session.uid:
            response = request.redirect(path, code=303)
        else:  # a second factor is asked for
            response = request.redirect_query(user._mfa_url(), {"redirect": path}, code=303)
        response.set_cookie(
            DEVICE_COOKIE,
            device,
            max_age=DEVICE_SECONDS,
            path="/my/link",
            secure=request.httprequest.scheme == "https",
            httponly=True,
            samesite="Lax",
        )
        return self._harden(response)

    @route("/my/link/<string:token>/fresh", type="http", auth="public", methods=["POST"], sitemap=False)
    def send_fresh_link(self, token, **kwargs):
        """Send a new link to the address to which the used one was sent; nobody types an address."""
        if self._is_exceeded():
            return self._render_page("wait", status=429)
        link_sudo = self._find_link(token)
        if not link_sudo:
            return self._render_page("dead", status=404)
        attempts = request.env["nestogy.portal.attempt"]
        if attempts._exceeds("fresh", f"contact {link_sudo.partner_id.id}", FRESH, FRESH_SECONDS):
            return self._render_page("wait", status=429)
        link_sudo._send_fresh()
        return self._render_page("sent", link_sudo)

    @route("/my/link/to/<string:model>/<int:document_id>", type="http", auth="user", readonly=True, sitemap=False)
    def open_document(self, model, document_id, **kwargs):
        """The way of a link that nobody made personal: an ordinary login, then the document."""
        documents = request.env.get(model)
        mixin = request.env.registry["nestogy.portal.mail.mixin"]
        if documents is None or not isinstance(documents, mixin):
            return request.redirect("/my", code=303)
        document = documents.browse(document_id).exists()
        if not document or not document.has_access("read"):
            return request.redirect("/my", code=303)
        return request.redirect(document.access_url, code=303)

    # ------------------------------------------------------------------

    def _find_link(self, token):
        return request.env["nestogy.portal.link"]._find(token)

    def _is_exceeded(self):
        """Count the request, once even if it begins again because another one was quicker."""
        environ = request.httprequest.environ
        if COUNTED not in environ:
            address = request.httprequest.remote_addr
            environ[COUNTED] = request.env["nestogy.portal.attempt"]._exceeds("link", address, USES, USES_SECONDS)
        return environ[COUNTED]

    def _refuse_guess(self):
        if self._is_exceeded():
            return self._render_page("wait", status=429)
        return self._render_page("dead", status=404)

    def _render_page(self, page, link_sudo=None, status=200):
        """One small page without scripts and without the site around it."""
        company_sudo = link_sudo.company_id if link_sudo else request.env.company.sudo()  # name and logo are public
        visitor = request.env.user if request.session.uid else None
        env = request.env(context={"lang": self._page_lang(link_sudo)})
        nonce = base64.b64encode(secrets.token_bytes(16)).decode()
        values = {
            "page": page,
            "nonce": nonce,
            "lang": (env.lang or "en_US").replace("_", "-"),
            "firm": company_sudo.name,
            "company_id": company_sudo.id,
            "has_logo": not company_sudo.uses_default_logo,
            "address": mask_address(link_sudo.issued_to_address) if link_sudo else "",
            "contact": link_sudo.partner_id.name if link_sudo and page == "confirm" else "",
            "document": link_sudo.document_name if link_sudo and page == "confirm" else "",
            "expires": format_datetime(env, link_sudo.expires_at, dt_format="medium") if link_sudo else "",
            "signed_out": visitor.name if visitor and link_sudo and visitor != link_sudo.user_id else "",
            "csrf_token": request.csrf_token(),
            "action": request.httprequest.path.removesuffix("/fresh") if link_sudo else "",
        }
        body = env["ir.qweb"]._render("nestogy_portal.link_page", values)
        response = request.make_response(
            f"<!DOCTYPE html>\n{body}", headers=[("Content-Type", "text/html; charset=utf-8")], status=status
        )
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        return self._harden(response)

    def _page_lang(self, link_sudo):
        if link_sudo and link_sudo.partner_id.lang:
            return link_sudo.partner_id.lang
        return request.best_lang or request.env.lang or "en_US"

    def _harden(self, response):
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        return response
