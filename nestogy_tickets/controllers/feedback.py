from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.nestogy_portal.controllers.areas import area
from odoo.addons.nestogy_portal.controllers.small_page import browser_lang, render_small_page

from ..tools.feedback import COMMENT_CHARACTERS
from ..tools.ticket_form import clean_text
from .portal_tickets import PortalTickets

TRIES, TRIES_SECONDS = 30, 600  # of one address: wrong links, and answers


class Feedback(Controller):
    """The page behind the link of a question. Looking at it changes nothing: mail scanners open every link."""

    @route("/my/feedback/<string:token>", type="http", auth="public", methods=["GET"], sitemap=False)
    def show_question(self, token, grade=None, **kwargs):
        row_sudo = request.env["nestogy.feedback.mixin"]._find_feedback(token)
        if row_sudo is None:
            return self._render("wait", status=429) if self._is_exceeded() else self._render("dead", status=404)
        if not row_sudo._may_change_answer():
            return self._render("late", row_sudo)
        is_answered = bool(row_sudo.answered_at)
        chosen = self._grade(grade)
        if chosen is None and is_answered:
            chosen = row_sudo.grade
        return self._render("ask", row_sudo, chosen=chosen, comment=row_sudo.comment or "", is_answered=is_answered)

    @route("/my/feedback/<string:token>", type="http", auth="public", methods=["POST"], sitemap=False)
    def take_answer(self, token, grade=None, comment="", **kwargs):
        if self._is_exceeded():
            return self._render("wait", status=429)
        row_sudo = request.env["nestogy.feedback.mixin"]._find_feedback(token)
        if row_sudo is None:
            return self._render("dead", status=404)
        chosen, text = self._grade(grade), clean_text(comment)
        problem = self._comment_problem(text)
        if not problem:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    row_sudo._record_answer(chosen, text)
            except UserError as error:
                problem = str(error)
        if problem:
            return self._render("ask", row_sudo, chosen=chosen, comment=text, problem=problem, status=422)
        return self._render("thanks", row_sudo, chosen=chosen)

    @route("/my/feedback/<string:token>/stop", type="http", auth="public", methods=["POST"], sitemap=False)
    def ask_no_more(self, token, **kwargs):
        """Whoever wants no such questions says so once."""
        if self._is_exceeded():
            return self._render("wait", status=429)
        row_sudo = request.env["nestogy.feedback.mixin"]._find_feedback(token)
        if row_sudo is None:
            return self._render("dead", status=404)
        row_sudo._ask_no_more()
        return self._render("stopped", row_sudo)

    # ------------------------------------------------------------------

    def _grade(self, value):
        text = str(value or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else None

    def _comment_problem(self, text):
        if len(text) > COMMENT_CHARACTERS:
            return request.env._("This is too long; %s characters are the limit.", COMMENT_CHARACTERS)
        return ""

    def _is_exceeded(self):
        address = request.httprequest.remote_addr
        return request.env["nestogy.portal.attempt"]._exceeds("feedback", address, TRIES, TRIES_SECONDS)

    def _render(self, page, row_sudo=None, status=200, **more):
        """One small page without scripts, in the brand of the contact's client."""
        lang = (row_sudo and row_sudo.partner_id.lang) or browser_lang() or request.env.lang or "en_US"
        env = request.env(context={"lang": lang})
        brand = env["nestogy.portal.profile"]._brand_of_visitor()
        if row_sudo is not None:
            row_sudo = row_sudo.with_context(lang=lang).with_company(row_sudo.company_id)
            brand = row_sudo.partner_id._portal_brand()
        values = {
            "page": page,
            "row": row_sudo,
            "labels": row_sudo._feedback_labels() if row_sudo is not None else [],
            "is_nps": row_sudo is not None and row_sudo._feedback_kind == "nps",
            "action": request.httprequest.path.removesuffix("/stop") if row_sudo is not None else "",
            "comment_characters": COMMENT_CHARACTERS,
            "chosen": None,
            "comment": "",
            "problem": "",
            "is_answered": False,
        } | more
        return render_small_page(env, "nestogy_tickets.feedback_page", brand, status, **values)


class TicketRating(PortalTickets):
    """Rating a ticket on its own page, without a mail."""

    @route("/my/ticket/<int:ticket_id>/rate", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("tickets", acts=True)
    def portal_rate_ticket(self, ticket_id, grade=None, comment="", **kwargs):
        ticket = request.env["helpdesk.ticket"].search([("id", "=", ticket_id)], limit=1)
        if not ticket:
            raise NotFound
        feedback, text = Feedback(), clean_text(comment)
        chosen, problem = feedback._grade(grade), feedback._comment_problem(text)
        if not problem:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    if not ticket._portal_rate(chosen, text):
                        raise NotFound
            except UserError as error:
                problem = str(error)
        if not problem:
            return request.redirect(f"/my/ticket/{ticket.id}?rated=1", code=303)
        form = {"grade": chosen, "comment": text, "problem": problem}
        page = self._render_ticket(ticket.id, rating_form=form)
        page.status_code = 422
        return page
