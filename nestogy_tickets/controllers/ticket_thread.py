from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.nestogy_portal.controllers.thread import ClientThread

from ..tools import ticket_form
from .ticket_requests import file_sentence

MARKUP_FACTOR = 10  # tags may be so many times as long as the text they are around


class TicketThread(ClientThread):
    """What clients write in tickets has the limits of a new ticket; the composer keeps what was typed."""

    def _prepare_message_data(self, post_data, *, thread, **kwargs):
        values = super()._prepare_message_data(post_data, thread=thread, **kwargs)
        if thread._name == "helpdesk.ticket" and request.env.user.share:
            self._check_limits(values)
        return values

    def _check_limits(self, values):
        limit = ticket_form.MAX_DESCRIPTION_CHARACTERS
        body = str(values.get("body") or "")
        if len(body) > limit * MARKUP_FACTOR or ticket_form.text_length(body) > limit:
            raise UserError(
                request.env._("This is too long; %s characters are the limit. Attach long logs as a file.", limit)
            )
        # the visitor proved that these files are his own
        files_sudo = request.env["ir.attachment"].sudo().browse(values.get("attachment_ids") or [])
        problem = ticket_form.file_problem([(file.name or "", file.raw or b"") for file in files_sudo])
        if problem:
            raise UserError(file_sentence(problem))
