from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request, route
from odoo.tools import format_amount

from .areas import area
from .portal import ClientPortal
from .security import confirmed

NOTICES = ("on", "off")
CHARGES_SHOWN = 20


class Autopay(ClientPortal):
    """Switching automatic payment on and off, by whoever can show that it is him."""

    @route("/my/autopay", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    @area("pay")
    @confirmed
    def portal_my_autopay(self, notice=None, **kwargs):
        self._check_sees_client()
        return self._render_autopay(notice=notice if notice in NOTICES else None)

    @route("/my/autopay/start", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("pay", acts=True)
    @confirmed
    def portal_my_autopay_start(self, token_id="", rule="", days="", month_day="", limit="", agree="", **kwargs):
        self._check_sees_client()
        form = {"token_id": token_id, "rule": rule, "days": days, "month_day": month_day, "limit": limit}
        try:
            if agree != "yes":
                raise UserError(
                    request.env._("Please tick the box below the text; without your consent nothing is charged.")
                )
            number = month_day if rule == "month" else days
            with request.env.cr.savepoint():
                request.env["nestogy.autopay"]._give(
                    request.env.user,
                    request.env.company,
                    self._number(token_id),
                    rule,
                    self._number(number),
                    self._amount(limit),
                    request.httprequest.remote_addr,
                    request.httprequest.user_agent.string,
                )
        except UserError as error:
            return self._render_autopay(problem=str(error), form=form)
        return request.redirect("/my/autopay?notice=on", code=303)

    @route("/my/autopay/stop", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("pay", acts=True)
    @confirmed
    def portal_my_autopay_stop(self, **kwargs):
        self._check_sees_client()
        client = request.env.user.partner_id.commercial_partner_id
        request.env["nestogy.autopay"]._active(client, request.env.company)._stop("client")
        return request.redirect("/my/autopay?notice=off", code=303)

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        return values if counters else values | {"shows_autopay": self._sees_client()}

    def _sees_client(self):
        """It is about all invoices of the client: not for those who see what is made out to them alone."""
        return request.env.user._portal_scope("money") == "company"

    def _check_sees_client(self):
        if not self._sees_client():
            raise NotFound()

    @staticmethod
    def _number(text):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    @staticmethod
    def _amount(text):
        """An amount as people type it; zero when it is none."""
        text = text.strip().replace(" ", "").replace(",", "." if "." not in text else "")
        whole, _dot, part = text.partition(".")
        is_amount = text.isascii() and (whole + part).isdigit() and len(text) < 14
        return float(text) if is_amount else 0.0

    def _render_autopay(self, problem=None, form=None, notice=None):
        user = request.env.user
        client = user.partner_id.commercial_partner_id
        consents = request.env["nestogy.autopay"]
        active_sudo = consents._active(client, request.env.company)
        charges_sudo = request.env["nestogy.autopay.charge"].sudo()  # of the visitor's own client
        values = {
            "page_name": "autopay",
            "consent": active_sudo,
            # why it is off, if that is why
            "expired": not active_sudo
            and consents._latest(client, request.env.company).filtered(lambda each: each.stop_reason == "expired"),
            "charges": charges_sudo.search([("client_id", "=", client.id)], limit=CHARGES_SHOWN),
            "tokens": consents._offered_tokens(user.partner_id, request.env.company),
            "text": consents._consent_text(client.sudo(), request.env.company),  # its own name
            "currency": request.env.company.currency_id,
            "may_act": user._portal_may_act(),
            "is_client": bool(client._get_client()),
            "problem": problem,
            "form": form or {"rule": "due"},
            "autopay_notice": notice,
            "money": lambda amount, currency: format_amount(request.env, amount, currency),
        }
        return self._render_private("nestogy_portal.portal_my_autopay", values)
