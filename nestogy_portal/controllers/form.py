import functools
import json
import logging

from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge

from odoo.http import Controller, request, route
from odoo.tools import file_open

from ..models.form.nestogy_form_page import TRAP
from ..tools.form_values import as_texts, clean_origin
from .small_page import browser_lang, harden, render_small_page

_logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024  # of what is sent
MOST_NAMES = 100  # fields of a sending
KEY_LENGTH = 200  # characters of the key by which a program repeats an entry
RETRY_SECONDS = 3600
CAPTCHA = "nestogy_form"  # the action that a captcha is for
CAPTCHA_SITES = "https://www.recaptcha.net https://www.gstatic.com https://www.gstatic.cn https://www.google.com"


@functools.cache
def source(name):
    """A file of the form that goes into its page, so that a frame on a foreign site loads one thing."""
    with file_open(f"nestogy_portal/static/src/form/{name}") as file:
        return file.read()


class WebsiteForm(Controller):
    """Forms on the firm's website. Nobody is signed in here and no cookie is read or set: browsers keep them from
    frames on other sites. What protects a page of a form is its stamp, see ``nestogy.form``."""

    @route(
        "/form/<string:form_token>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
        save_session=False,
    )
    def show_form(self, form_token, embed="", **kwargs):
        form_sudo = self._find_form(form_token)
        if not form_sudo:
            return self._render_dead()
        stamp = form_sudo._make_stamp(self._referring_site(form_sudo) if embed else "")
        return self._render_form(form_sudo, stamp, embed=bool(embed))

    @route(
        "/form/<string:form_token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,  # no session stands behind it; the page is signed instead
        sitemap=False,
        save_session=False,
    )
    def send_form(self, form_token, embed="", stamp="", **kwargs):
        form_sudo = self._find_form(form_token)
        if not form_sudo:
            return self._render_dead()
        answers = self._sent_answers()
        former = form_sudo._read_stamp(stamp)
        outcome = form_sudo._take_page(answers, former, ip=self._address(), is_human=self._is_human())
        if outcome.state != "taken":
            return self._render_form(
                form_sudo,
                form_sudo._make_stamp(former=former),
                status=429 if outcome.state == "often" else 422,
                embed=bool(embed),
                outcome=outcome,
                answers=answers,
            )
        if form_sudo.needs_confirmation:
            address = (answers.get("email") or [""])[-1]
            return self._render_form(form_sudo, "", embed=bool(embed), step="mailed", address=address)
        return self._render_thanks(form_sudo, embed=bool(embed))

    @route(
        "/form/confirm/<string:entry_token>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
        save_session=False,
    )
    def show_confirmation(self, entry_token, **kwargs):
        """Ask whoever opened the link of our mail to press a button: mail scanners open every link."""
        entry_sudo, form_sudo = self._find_entry(entry_token)
        if not entry_sudo:
            return self._render_dead(is_link=True)
        if entry_sudo.confirmed_at:
            return self._render_form(form_sudo, "", step="thanks")
        return self._render_form(form_sudo, "", step="confirm", address=entry_sudo.email, entry_token=entry_token)

    @route(
        "/form/confirm/<string:entry_token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,  # no session stands behind it; whoever has the link may press its button
        sitemap=False,
        save_session=False,
    )
    def confirm_entry(self, entry_token, **kwargs):
        entry_sudo, form_sudo = self._find_entry(entry_token)
        if not entry_sudo:
            return self._render_dead(is_link=True)
        entry_sudo._take_confirmation(self._address())
        return self._render_thanks(form_sudo)

    @route(
        "/form/<string:form_token>/embed.js",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
        save_session=False,
    )
    def show_embed(self, form_token, **kwargs):
        """The script that puts a form into a page of another site."""
        is_there = bool(self._find_form(form_token))
        response = request.make_response(
            source("embed.js") if is_there else "// This form is not here any more.",
            headers=[("Content-Type", "text/javascript; charset=utf-8")],
            status=200 if is_there else 404,
        )
        response.headers["Cache-Control"] = "public, max-age=3600" if is_there else "no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @route(
        "/form/<string:form_token>/entries",
        type="http",
        auth="public",
        methods=["POST", "OPTIONS"],
        csrf=False,  # as above; who sends is a program
        sitemap=False,
        save_session=False,
    )
    def take_entry(self, form_token, **kwargs):
        """Take an entry of a program, or of a page on a website of the list."""
        form_sudo = self._find_form(form_token)
        if not form_sudo or not form_sudo.has_endpoint:
            return self._answer(None, 404, error=request.env._("This form is not here any more."))
        origin = request.httprequest.headers.get("Origin") or ""
        if origin and origin not in (*form_sudo._origins(), request.httprequest.host_url.rstrip("/")):
            return self._answer(None, 403, error=request.env._("This website may not send to this form."))
        if request.httprequest.method == "OPTIONS":
            return self._answer(origin, 204)
        key = request.httprequest.headers.get("Idempotency-Key") or ""
        if len(key) > KEY_LENGTH:
            return self._answer(
                origin, 400, error=form_sudo.env._("The Idempotency-Key has at most %s characters.", KEY_LENGTH)
            )
        answers, wrong = self._sent_by_program(form_sudo)
        if wrong:
            return self._answer(origin, 422 if isinstance(wrong, dict) else 400, **self._wrong(wrong))
        outcome = form_sudo._take_program(
            answers, key=key, origin=origin, ip=self._address(), is_human=self._is_human()
        )
        if outcome.state == "wrong":
            return self._answer(origin, 422, **self._wrong(outcome.errors))
        if outcome.state == "other":
            return self._answer(
                origin, 422, error=form_sudo.env._("Another entry was sent with this Idempotency-Key; use a new one.")
            )
        if outcome.state == "often":
            return self._answer(origin, 429, error=form_sudo.env._("Too many entries; please try again in an hour."))
        message = self._thanks(form_sudo)
        if form_sudo.needs_confirmation:
            message = form_sudo.env._(
                "A mail with a link was sent to the address; what was sent counts once the link has been opened."
            )
        return self._answer(origin, 202, message=message)

    # ------------------------------------------------------------------
    # What comes in
    # ------------------------------------------------------------------

    def _find_form(self, token):
        """The form in sudo, in the language of the visitor; empty if there is none."""
        form_sudo = request.env["nestogy.form"]._find(token)
        if form_sudo:
            lang = form_sudo.lang or browser_lang() or form_sudo.company_id.partner_id.lang or "en_US"
            form_sudo = form_sudo.with_context(lang=lang)
        return form_sudo

    def _find_entry(self, token):
        """The entry of a link that we mailed, and its form in the language of the entry, in sudo; both may be empty."""
        entry_sudo = request.env["nestogy.form.entry"]._find_by_link(token)
        entry_sudo = entry_sudo.with_context(lang=entry_sudo.lang or browser_lang() or "en_US")
        return entry_sudo, entry_sudo.form_id.with_company(entry_sudo.company_id)

    def _referring_site(self, form_sudo):
        """The website that shows the form in a frame, as far as the browser says so and it is on the list."""
        try:
            parts = (request.httprequest.referrer or "").split("/", 3)
            origin = clean_origin("/".join(parts[:3]))
        except ValueError:
            return ""
        return origin if origin in form_sudo._origins() else ""

    def _sent_answers(self):
        self._check_size()
        sent = request.httprequest.form
        return {name: sent.getlist(name) for name in list(sent)[:MOST_NAMES]}

    def _sent_by_program(self, form_sudo):
        """What a program sent, as a form would.

        :return: tuple of the answers, and of what is wrong: a sentence, or sentences by key
        """
        self._check_size()
        if request.httprequest.mimetype != "application/json":
            return self._sent_answers(), ""
        try:
            sent = request.get_json_data()
        except ValueError:  # and what cannot be decoded, which is one
            return {}, form_sudo.env._("This is no JSON.")
        if not isinstance(sent, dict) or len(sent) > MOST_NAMES:
            return {}, form_sudo.env._("Send one object, with the names of the fields as its keys.")
        token = sent.pop("recaptcha_token_response", None)
        if isinstance(token, str):
            request.params["recaptcha_token_response"] = token
        answers, wrong = {}, {}
        for name, value in sent.items():
            try:
                answers[name] = as_texts(value)
            except ValueError:
                wrong[name[:100]] = form_sudo.env._("Send a text, a number, true or false, or a list of texts.")
        return answers, wrong

    def _check_size(self):
        if (request.httprequest.content_length or 0) > MOST_BYTES:
            raise RequestEntityTooLarge()

    def _address(self):
        return request.httprequest.remote_addr

    def _is_human(self):
        """Ask the captcha, where one is set up.

        What it says no to is looked at by staff instead of being lost, and so is what it says nothing to: it may be
        out of reach, out of its mind or set up with a key that is none.
        """
        try:
            request.env["ir.http"]._verify_request_recaptcha_token(CAPTCHA)
        except Exception as error:
            _logger.info("The captcha of a website form did not pass a visitor: %s", error)
            return False
        return True

    # ------------------------------------------------------------------
    # What goes out
    # ------------------------------------------------------------------

    def _captcha_key(self):
        """The public key of Odoo's reCAPTCHA, if it is set up."""
        if not hasattr(request.env["ir.http"], "_verify_recaptcha_token"):
            return ""
        parameters_sudo = request.env["ir.config_parameter"].sudo()  # a key that every page of Odoo shows
        if parameters_sudo.get_param("enable_recaptcha", "True") == "False":
            return ""
        return parameters_sudo.get_param("recaptcha_public_key") or ""

    def _thanks(self, form_sudo):
        return form_sudo.thanks_text or form_sudo.env._("Thank you. We have got what you sent, and will answer soon.")

    def _render_thanks(self, form_sudo, embed=False):
        """Where the visitor ends: the page to which the form leads, or a thank-you of ours."""
        if form_sudo.redirect_url and not embed:
            return harden(request.redirect(form_sudo.redirect_url, code=303, local=False))
        return self._render_form(form_sudo, "", embed=embed, step="thanks")

    def _render_form(
        self,
        form_sudo,
        stamp,
        status=200,
        embed=False,
        outcome=None,
        answers=None,
        step="fields",
        address="",
        entry_token="",
    ):
        """A page of a form.

        :param str step: ``fields``, ``mailed`` (a link, to ``address``), ``confirm`` (that ``address``) or ``thanks``
        """
        brand, answers = form_sudo._brand(), answers or {}
        consent, marketing = form_sudo._words()
        errors = outcome.errors if outcome else {}
        captcha = self._captcha_key() if step == "fields" else ""
        host = "/".join(form_sudo.redirect_url.split("/", 3)[:3]) if form_sudo.redirect_url else ""
        policy = {
            "script-src": f"'nonce' {CAPTCHA_SITES}" if captcha else "'nonce'",
            # a browser holds the page that one is led to after sending to it as well
            "form-action": f"'self' {host}".strip(),
            "frame-ancestors": " ".join(["'self'", *form_sudo._origins()]),
        }
        if captcha:
            policy |= {"frame-src": CAPTCHA_SITES, "connect-src": CAPTCHA_SITES}
        response = render_small_page(
            form_sudo.env,
            "nestogy_portal.form_page",
            brand,
            status,
            policy,
            form=form_sudo,
            rows=form_sudo._page_rows(answers, errors),
            stamp=stamp,
            state=outcome.state if outcome else "",
            errors=errors,
            consent_text=form_sudo.consent_text or "",
            marketing_text=marketing,
            is_agreed=bool(consent and answers.get("consent") and "consent" not in errors),
            is_wanted=bool(answers.get("marketing")),
            trap=TRAP,
            embed=embed,
            step=step,
            address=address,
            entry_token=entry_token,
            hours=form_sudo.confirm_hours,
            thanks=self._thanks(form_sudo),
            captcha=captcha,
            captcha_action=CAPTCHA,
            style=Markup(source("form.css")),
            script=Markup(source("form.js")),
        )
        # which frames may show it stands in the policy; this older header has no word for a list
        response.headers.remove("X-Frame-Options")
        return response

    def _render_dead(self, is_link=False):
        """Nothing is here: no form, or none that waits for the address to be confirmed."""
        env = request.env(context={"lang": browser_lang() or "en_US"})
        brand = env["nestogy.portal.profile"]._brand_of_visitor()
        return render_small_page(
            env,
            "nestogy_portal.form_page",
            brand,
            404,
            {"frame-ancestors": "*"},
            form=False,
            rows=[],
            errors={},
            embed=False,
            is_link=is_link,
            style=Markup(source("form.css")),
        )

    @staticmethod
    def _wrong(wrong):
        return {"errors": wrong} if isinstance(wrong, dict) else {"error": wrong}

    def _answer(self, origin, status, **values):
        """An answer to a program; browsers show it to the pages of the list alone."""
        body = "" if status == 204 else json.dumps({"ok": status < 400, **values})
        response = request.make_response(
            body, headers=[("Content-Type", "application/json; charset=utf-8")], status=status
        )
        response.headers["Vary"] = "Origin"
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            response.headers["Access-Control-Max-Age"] = "3600"
        if status == 429:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return harden(response)
