import logging
import time

from odoo.exceptions import AccessDenied
from odoo.http import Controller, request, route
from odoo.tools import format_datetime

from ..models.login.nestogy_portal_link import DOCUMENT_BY_LINK, PAGES
from ..tools.link_tokens import is_token, local_path, mask_address, new_token
from .small_page import browser_lang, harden, render_small_page

_logger = logging.getLogger(__name__)

REQUEST_COOKIE = "nestogy_request"
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
        log = request.env["nestogy.portal.access.log"]
        device = request.cookies.get(DEVICE_COOKIE)
        if not link_sudo._fits_device(device):
            log._log("refused", link_sudo.partner_id, link=link_sudo, detail=request.env._("another browser"))
            return self._render_page("used", link_sudo)
        is_new_device = link_sudo._is_new_device(device)
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
        log._log("link", link_sudo.partner_id, link=link_sudo, is_new_device=is_new_device)
        response = self._enter(user, path)
        response.set_cookie(
            DEVICE_COOKIE,
            device,
            max_age=DEVICE_SECONDS,
            path="/my/link",
            secure=request.httprequest.scheme == "https",
            httponly=True,
            samesite="Lax",
        )
        return harden(response)

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

    @route("/my/link/<string:token>/document", type="http", auth="public", methods=["POST"], sitemap=False)
    def open_by_link(self, token, **kwargs):
        """Show the link's document, and nothing else, to whoever holds its mail."""
        if self._is_exceeded():
            return self._render_page("wait", status=429)
        link_sudo = self._find_link(token)
        if not link_sudo or not link_sudo._is_open_document():
            return self._render_page("dead", status=404)
        request.session[DOCUMENT_BY_LINK] = link_sudo.id
        request.env["nestogy.portal.access.log"]._log("document", link_sudo.partner_id, link=link_sudo)
        return harden(request.redirect(link_sudo._landing_path(), code=303))

    # ------------------------------------------------------------------
    # "Send me a link"
    # ------------------------------------------------------------------

    @route("/my/link", type="http", auth="public", methods=["GET"], sitemap=False)
    def show_form(self, redirect=None, **kwargs):
        if request.session.uid and not request.env.user._is_public():
            return request.redirect(local_path(redirect) or "/my", code=303)
        return self._render_page("ask", redirect=local_path(redirect))

    @route("/my/link", type="http", auth="public", methods=["POST"], sitemap=False, captcha="password_reset")
    def ask_for_link(self, address="", redirect=None, **kwargs):
        """Take a request for a link. The answer is the same whoever asks, and takes the same time."""
        address = address.strip() if isinstance(address, str) else ""
        if not address or len(address) > 254 or "@" not in address:
            return self._render_page("ask", redirect=local_path(redirect), problem="address")
        if request.env["nestogy.portal.attempt"]._exceeds_asks(address, request.httprequest.remote_addr):
            return self._render_page("wait", status=429)
        browser = request.env["nestogy.portal.link.request"]._ask(
            address, path=local_path(redirect), lang=self._page_lang(None)
        )
        response = self._render_page("code", shown_address=address)
        seconds = request.env["nestogy.portal.link"]._setting("requested_minutes") * 60
        response.set_cookie(
            REQUEST_COOKIE,
            browser,
            max_age=seconds,
            path="/my/link",
            secure=request.httprequest.scheme == "https",
            httponly=True,
            samesite="Strict",
        )
        return response

    @route("/my/link/code", type="http", auth="public", methods=["POST"], sitemap=False)
    def use_code(self, code="", user=None, **kwargs):
        """Sign in with the code of the mail, in the browser that asked for it."""
        if self._is_exceeded():
            return self._render_page("wait", status=429)
        browser = request.cookies.get(REQUEST_COOKIE)
        requests = request.env["nestogy.portal.link.request"]
        users_sudo = requests._check_code(browser, code)
        if not users_sudo:
            return self._render_page("code", problem="code")
        chosen_sudo = users_sudo
        if len(users_sudo) > 1:
            chosen_sudo = users_sudo.filtered(lambda each: str(each.id) == user)
        if not chosen_sudo:
            return self._render_page("choose", choices=users_sudo, code=code)
        request.session.logout(keep_db=True)
        credential = {"type": "nestogy_code", "login": chosen_sudo.login, "browser": browser, "code": code}
        path = requests._path_of(browser)
        try:
            request.session.authenticate(request.env, credential)
        except AccessDenied:
            return self._render_page("dead", status=404)
        response = self._enter(chosen_sudo, path or "/my")
        response.set_cookie(REQUEST_COOKIE, "", max_age=0, path="/my/link")
        return harden(response)

    def _enter(self, user, path):
        """Lead somebody who has just signed in by link or code to his page; his session is a short one."""
        now = int(time.time())
        request.session.update({"nestogy_auth": "link", "nestogy_since": now, "nestogy_seen": now})
        if request.session.uid:
            return request.redirect(path, code=303)
        # a second factor is asked for
        return request.redirect_query(user._mfa_url(), {"redirect": path}, code=303)

    @route("/my/link/to/<string:model>/<int:document_id>", type="http", auth="user", readonly=True, sitemap=False)
    def open_document(self, model, document_id, **kwargs):
        """The way of a link that nobody made personal: an ordinary login, then the document."""
        documents = request.env.get(model)
        mixin = request.env.registry["nestogy.portal.mail.mixin"]
        if documents is None or not isinstance(documents, mixin):
            return request.redirect(PAGES.get(model, "/my"), code=303)
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

    def _render_page(self, page, link_sudo=None, status=200, **more):
        """One small page without scripts and without the site around it."""
        visitor = request.env.user if request.session.uid else None
        env = request.env(context={"lang": self._page_lang(link_sudo)})
        if link_sudo:
            brand = link_sudo.with_context(lang=env.lang)._brand()
        else:
            brand = env["nestogy.portal.profile"]._brand_of_visitor()
        values = {
            "page": page,
            "address": mask_address(link_sudo.issued_to_address) if link_sudo else "",
            "contact": link_sudo.partner_id.name if link_sudo and page == "confirm" else "",
            "document": link_sudo.document_name if link_sudo and page == "confirm" else "",
            "expires": format_datetime(env, link_sudo.expires_at, dt_format="medium") if link_sudo else "",
            "signed_out": visitor.name if visitor and link_sudo and visitor != link_sudo.user_id else "",
            "action": request.httprequest.path.removesuffix("/fresh") if link_sudo else "",
            "opens_document": bool(link_sudo and page == "used" and link_sudo._is_open_document()),
            "minutes": request.env["nestogy.portal.link"]._setting("requested_minutes"),
            "choices": [],
            "redirect": "",
            "problem": "",
            "shown_address": "",
            "code": "",
        } | more
        return render_small_page(env, "nestogy_portal.link_page", brand, status, **values)

    def _page_lang(self, link_sudo):
        if link_sudo and link_sudo.partner_id.lang:
            return link_sudo.partner_id.lang
        return browser_lang() or request.env.lang or "en_US"
