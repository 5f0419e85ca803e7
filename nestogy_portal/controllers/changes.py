import time

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request, route

from ..models.access.res_users import STEP_UP
from ..models.request.nestogy_change_request import COLLEAGUE, OPEN, TARGETS
from .portal import LONGEST_ID
from .profile import PortalProfile
from .security import confirmed

ASKS, SECONDS = 10, 3600
CODES_OF_ADDRESS = 3  # an hour
ADDRESS = ("street", "street2", "zip", "city", "state", "country_id")


class PortalChanges(PortalProfile):
    """Asking for a change that only staff makes."""

    @route("/my/change/email", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    @confirmed
    def portal_change_email(self, **kwargs):
        return self._render_change("email")

    @route("/my/change/email", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @confirmed
    def portal_change_email_post(self, value="", note="", **kwargs):
        value = str(value)
        address = value.strip().lower()[:254]
        if self._exceeds("change address", f"address {address}", CODES_OF_ADDRESS):
            return self._render_change("email", problem=self._flood(), typed={"value": value})
        return self._ask("email", value, None, note, "/my/change/email")

    @route("/my/change/email/code", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @confirmed
    def portal_change_email_code(self, code="", **kwargs):
        """Take the code that was sent to the new address."""
        request_sudo = request.env["nestogy.change.request"]._portal_confirming()
        if self._exceeds("change code", f"user {request.env.user.id}", ASKS):
            return self._render_change("email", problem=self._flood())
        if not request_sudo or not request_sudo._portal_confirm(str(code)):
            return self._render_change("email", problem=request.env._("This code is not right."))
        user = request.env.user
        request.env.flush_all()
        # the address may be new already: all other sessions have ended, this one goes on
        request.session.session_token = user._compute_session_token(request.session.sid)
        request.session.login = user.login
        request.session[STEP_UP] = time.time()
        notice = "changed" if request_sudo.state == "done" else "asked"
        return request.redirect_query("/my/profile", {"notice": notice}, code=303)

    @route("/my/change/<string:kind>", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    def portal_change(self, kind, contact=None, **kwargs):
        return self._render_change(self._clean_kind(kind), self._clean_contact(contact))

    @route("/my/change/<string:kind>", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_change_post(self, kind, value="", detail="", contact=None, note="", **kwargs):
        kind = self._clean_kind(kind)
        if kind == "colleague":
            kind = f"colleague_{detail}"
            if kind not in COLLEAGUE:
                raise NotFound()
        if kind == "address":
            value = {name: str(kwargs.get(name) or "") for name in ADDRESS}
        return self._ask(kind, value, self._clean_contact(contact), note, "/my/profile?notice=asked")

    @route(
        "/my/change/<int:request_id>/withdraw", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    def portal_withdraw_change(self, request_id, **kwargs):
        domain = [("partner_id", "=", request.env.user.partner_id.id), ("state", "in", OPEN)]
        # visitors have no rights on requests; only their own are looked for
        requests_sudo = request.env["nestogy.change.request"].sudo().search(domain)
        request_sudo = requests_sudo.filtered(lambda each: each.id == request_id)
        if not request_sudo:
            raise NotFound()
        request_sudo._portal_withdraw()
        return request.redirect("/my/profile?notice=withdrawn", code=303)

    # ------------------------------------------------------------------

    @staticmethod
    def _clean_kind(kind):
        if kind != "colleague" and (kind not in TARGETS or kind in COLLEAGUE or kind == "email"):
            raise NotFound()
        return kind

    @staticmethod
    def _clean_contact(contact):
        text = str(contact or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None

    @staticmethod
    def _exceeds(subject, who, limit):
        return request.env["nestogy.portal.attempt"]._exceeds(subject, who, limit, SECONDS)

    @staticmethod
    def _flood():
        return request.env._("These are many requests in a short time. Please go on in an hour.")

    def _ask(self, kind, value, contact_id, note, path):
        page = "colleague" if kind in COLLEAGUE else kind
        problem = None
        if not request.env["nestogy.change.request"]._portal_subject(kind, contact_id):
            raise NotFound()
        if self._exceeds("change", f"user {request.env.user.id}", ASKS):
            problem = self._flood()
        else:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    request.env["nestogy.change.request"]._portal_ask(kind, value, contact_id, str(note))
            except UserError as error:
                problem = str(error)
        if problem:
            typed = value if isinstance(value, dict) else {"value": value, "detail": kind}
            return self._render_change(page, contact_id, problem=problem, typed=typed | {"note": note})
        return request.redirect(path, code=303)

    def _render_change(self, kind, contact_id=None, problem=None, typed=None):
        changes = request.env["nestogy.change.request"]
        subject_sudo = changes._portal_subject("colleague_name" if kind == "colleague" else kind, contact_id)
        if not subject_sudo:
            raise NotFound()
        typed = typed or {}
        countries = request.env["res.country"].sudo()  # their names are no secret
        labels = dict(changes._fields["kind"]._description_selection(request.env))
        current = {}
        if kind == "address":
            current = {
                **{name: subject_sudo[name] or "" for name in ("street", "street2", "zip", "city")},
                "state": subject_sudo.state_id.code or "",
                "country_id": str(subject_sudo.country_id.id or ""),
            }
        elif kind != "colleague":
            current = {"value": subject_sudo[TARGETS[kind][0]] or ""}
        values = {
            "page_name": "change",
            "kind": kind,
            "title": request.env._("Details of %s", subject_sudo.name) if kind == "colleague" else labels[kind],
            "subject": subject_sudo,
            "current": current,
            "form": current | {"value": ""} | typed,
            "details": [(each.removeprefix("colleague_"), labels[each]) for each in COLLEAGUE],
            "countries": countries.search([]) if kind == "address" else countries,
            "confirming": changes._portal_confirming() if kind == "email" else None,
            "problem": problem,
        }
        return self._render_private("nestogy_portal.portal_change", values)
