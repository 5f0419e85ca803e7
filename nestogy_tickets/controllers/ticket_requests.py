from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request, route
from odoo.tools import plaintext2html

from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController
from odoo.addons.nestogy_portal.controllers.areas import area

from ..tools import ticket_form
from .portal_tickets import PortalTickets

TICKETS, TICKETS_SECONDS = 30, 3600  # new tickets of one person
FIELDS = ("subject", "description", "category", "team", "asset", "line", "priority")


def file_sentence(problem):
    """What is wrong with files, in words.

    :param problem: of :func:`~..tools.ticket_form.file_problem`
    """
    code, name = problem
    return {
        "count": request.env._("Too many files; %s are the limit.", ticket_form.MAX_FILES),
        "size": request.env._(
            "The file %(name)s is too large; %(limit)s MB are the limit for one file.",
            name=name,
            limit=ticket_form.MAX_FILE_MEGABYTES,
        ),
        "total": request.env._(
            "The files are too large together; %s MB are the limit.", ticket_form.MAX_TOTAL_MEGABYTES
        ),
        "empty": request.env._("The file %s is empty.", name),
        "type": request.env._("The file %s is a program, and programs are not accepted; send it in another way.", name),
    }[code]


class TicketRequests(HelpdeskTicketController):
    """What a visitor asks for: a new ticket, to close one, to open it again."""

    @route(methods=["POST"])
    @area("tickets", acts=True)
    def support_ticket_close(self, ticket_id=None, stage_id=None, **kwargs):
        ticket = request.env["helpdesk.ticket"].browse(self._positive(ticket_id))
        # foreign, missing and malformed look alike from outside; the rules of the visitor decide
        if not ticket or not ticket.search_count([("id", "=", ticket.id)], limit=1):
            raise NotFound
        if not ticket._portal_close(self._positive(stage_id)):
            raise NotFound
        return request.redirect(f"/my/ticket/{ticket.id}")

    @route("/my/ticket/<int:ticket_id>/reopen", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("tickets", acts=True)
    def portal_reopen_ticket(self, ticket_id, reason="", **kwargs):
        """Open a closed ticket again; without a word why nobody could go on with it."""
        ticket = request.env["helpdesk.ticket"].search([("id", "=", ticket_id)], limit=1)
        if not ticket:
            raise NotFound
        text, problem = ticket_form.clean_text(reason), ""
        if not text:
            problem = request.env._("Tell us what is not solved yet.")
        elif len(text) > ticket_form.REASON_CHARACTERS:
            problem = request.env._("This is too long; %s characters are the limit.", ticket_form.REASON_CHARACTERS)
        elif self._is_flood():
            problem = request.env._("These are many requests in a short time. Please go on in an hour.")
        if not problem:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    ticket._portal_reopen(text)
            except UserError as error:
                problem = str(error)
        if not problem:
            return request.redirect(f"/my/ticket/{ticket.id}?reopened=1", code=303)
        page = PortalTickets()._render_ticket(ticket.id, reopen_form={"reason": text, "problem": problem})
        page.status_code = 422
        return page

    @route()
    @area("tickets", acts=True)
    def create_new_ticket(self, **kwargs):
        form = {key: str(kwargs.get(key) or "") for key in ("asset", "line")}
        line_sudo = request.env["helpdesk.ticket"]._portal_line_to_ask(self._positive(form["line"]))
        if line_sudo:
            form["subject"] = request.env._("Question about invoice %s", line_sudo.move_id.name)
        return self._render_form(form)

    @route(methods=["POST"])
    @area("tickets", acts=True)
    def submit_ticket(self, **kwargs):
        tickets = request.env["helpdesk.ticket"]
        form = {key: str(kwargs.get(key) or "") for key in FIELDS}
        files = [
            (ticket_form.clean_line(upload.filename) or "file", upload.read())
            for upload in request.httprequest.files.getlist("attachment")
            if upload.filename
        ]
        subject = ticket_form.clean_line(form["subject"])
        description = ticket_form.clean_text(form["description"])
        categories, teams = tickets._portal_categories(), tickets._portal_teams()
        category = categories.filtered(lambda record: record.id == self._positive(form["category"]))
        team = teams.filtered(lambda record: record.id == self._positive(form["team"]))
        asset = tickets._portal_asset_to_report(self._positive(form["asset"]))
        line_sudo = tickets._portal_line_to_ask(self._positive(form["line"]))
        priorities = dict(tickets._portal_priorities())
        errors = self._form_errors(subject, description, files)
        if form["asset"] and not asset:
            errors[""] = request.env._("This asset cannot be chosen; describe it in your own words.")
        if form["line"] and not line_sudo:
            errors[""] = request.env._("This line cannot be chosen; describe it in your own words.")
        if form["priority"] and form["priority"] not in priorities:
            errors["priority" if priorities else ""] = request.env._(
                "This priority cannot be chosen; choose one from the list."
            )
        company = request.env.company.sudo()  # visitors may not read the settings of the company
        if form["category"] and not category:
            errors["category"] = request.env._("This category cannot be chosen; choose one from the list.")
        elif categories and not category and company.helpdesk_mgmt_portal_category_id_required:
            errors["category"] = request.env._("Choose a category.")
        if form["team"] and not team:
            errors["team"] = request.env._("This team cannot be chosen; choose one from the list.")
        elif teams and not team and company.helpdesk_mgmt_portal_team_id_required:
            errors["team"] = request.env._("Choose a team.")
        for field, offered in (("category", categories), ("team", teams)):
            if field in errors and not offered:
                errors[""] = errors.pop(field)  # there is no field on the form to stand beside
        if not errors and self._is_flood():
            errors[""] = request.env._("These are many tickets in a short time. Please go on in an hour.")
        if errors:
            return self._render_form(form, errors, had_files=bool(files))
        try:
            with request.env.cr.savepoint():  # all or nothing
                ticket = tickets._portal_submit(
                    subject,
                    plaintext2html(description),
                    category,
                    team,
                    files,
                    asset,
                    priority=form["priority"],
                    line=line_sudo,
                )
        except UserError as error:
            return self._render_form(form, {"": str(error)}, had_files=bool(files))
        return request.redirect(f"/my/ticket/{ticket.id}?created=1")

    def _is_flood(self):
        who = f"contact {request.env.user.partner_id.id}"
        return request.env["nestogy.portal.attempt"]._exceeds("ticket", who, TICKETS, TICKETS_SECONDS)

    def _render_form(self, form, errors=None, had_files=False):
        tickets = request.env["helpdesk.ticket"]
        company = request.env.company.sudo()  # visitors may not read the settings of the company
        values = {
            "page_name": "ticket",
            "is_new_ticket": True,
            "asset": tickets._portal_asset_to_report(self._positive(form.get("asset"))),
            "line": tickets._portal_line_to_ask(self._positive(form.get("line"))),
            "priorities": tickets._portal_priorities(),
            "form": form,
            "errors": errors or {},
            "had_files": had_files,
            "categories": tickets._portal_categories(),
            "teams": tickets._portal_teams(),
            "category_required": company.helpdesk_mgmt_portal_category_id_required,
            "team_required": company.helpdesk_mgmt_portal_team_id_required,
            "limits": {
                "subject_characters": ticket_form.MAX_SUBJECT_CHARACTERS,
                "description_characters": ticket_form.MAX_DESCRIPTION_CHARACTERS,
                "files": ticket_form.MAX_FILES,
                "file_megabytes": ticket_form.MAX_FILE_MEGABYTES,
                "total_megabytes": ticket_form.MAX_TOTAL_MEGABYTES,
            },
        }
        response = request.render("nestogy_tickets.portal_new_ticket", values)
        if errors:
            response.status_code = 422
        return response

    def _form_errors(self, subject, description, files):
        """What is wrong with texts and files, as {field: sentence}."""
        errors = {}
        if not subject:
            errors["subject"] = request.env._("Give your request a title.")
        elif len(subject) > ticket_form.MAX_SUBJECT_CHARACTERS:
            errors["subject"] = request.env._(
                "The title is too long; %s characters are the limit.", ticket_form.MAX_SUBJECT_CHARACTERS
            )
        if not description:
            errors["description"] = request.env._("Describe what you need.")
        elif len(description) > ticket_form.MAX_DESCRIPTION_CHARACTERS:
            errors["description"] = request.env._(
                "The description is too long; %s characters are the limit. Attach long logs as a file.",
                ticket_form.MAX_DESCRIPTION_CHARACTERS,
            )
        if problem := ticket_form.file_problem(files):
            errors["attachment"] = file_sentence(problem)
        return errors

    @staticmethod
    def _positive(value):
        """A database id out of a form value; 0 for everything else."""
        text = str(value or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
