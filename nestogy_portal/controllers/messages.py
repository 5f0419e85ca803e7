from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.nestogy_clients.tools import document_files

from ..models.communication.nestogy_conversation import FILES_LIMIT, TEXT_CHARACTERS
from .areas import area
from .portal import ClientPortal

SENT, SENT_SECONDS = 60, 3600  # messages of one person


class ClientMessages(ClientPortal):
    """The conversation of a client with the firm."""

    @route("/my/messages", type="http", auth="user", website=True, methods=["GET"], readonly=True, sitemap=False)
    @area("messages")
    def portal_my_messages(self, before=None, **kwargs):
        before = str(before or "")
        return self._render_messages(
            int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
        )

    def _render_messages(self, before=None, text="", problem=None):
        if not request.env.user._portal_client():
            return request.redirect("/my")
        conversation = request.env["nestogy.conversation"]._portal_conversation()
        rows, has_earlier = conversation._portal_rows(before)
        values = {
            "page_name": "messages",
            "firm": request.env.user.sudo().company_id.name,  # whom he writes to
            "rows": rows,
            "has_earlier": has_earlier,
            "is_latest": not before,
            "text": text[:TEXT_CHARACTERS],
            "problem": problem,
            "limits": request.env["nestogy.conversation"]._portal_limits()
            | {"files": FILES_LIMIT, "characters": TEXT_CHARACTERS},
        }
        response = self._render_private("nestogy_portal.portal_my_messages", values)
        if problem:
            response.status_code = 422
        return response

    @route("/my/messages/send", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("messages", acts=True)
    def portal_send_message(self, text="", **kwargs):
        if not request.env.user._portal_client():
            raise NotFound
        text = str(text if isinstance(text, str) else "").replace("\x00", "")
        conversations = request.env["nestogy.conversation"]
        # one byte more than allowed is enough to see that a file is too large
        limit = conversations._portal_limits()["megabytes"] * document_files.MEGABYTE + 1
        uploads = [upload for upload in request.httprequest.files.getlist("files") if upload.filename]
        files = [(upload.filename, upload.read(limit)) for upload in uploads[: FILES_LIMIT + 1]]
        problem = conversations._portal_refusal(text, files)
        who = f"contact {request.env.user.partner_id.id}"
        if not problem and request.env["nestogy.portal.attempt"]._exceeds("message", who, SENT, SENT_SECONDS):
            problem = request.env._("These are many messages in a short time. Please go on in an hour.")
        if problem:
            return self._render_messages(text=text, problem=problem)
        conversations._portal_send(text, files)
        return request.redirect("/my/messages#latest", code=303)

    @route("/my/messages/seen", type="jsonrpc", auth="user", website=True)
    @area("messages")
    def portal_messages_seen(self, message_id=None, **kwargs):
        """The page tells up to which message it showed the conversation."""
        conversation = request.env["nestogy.conversation"]._portal_conversation()
        if conversation and isinstance(message_id, int) and 0 < message_id < 2**31:
            conversation._portal_mark_seen(message_id)
        return True

    @route("/my/messages/file/<int:attachment_id>", type="http", auth="user", readonly=True)
    @area("messages")
    def portal_message_file(self, attachment_id, **kwargs):
        conversation = request.env["nestogy.conversation"]._portal_conversation()
        file_sudo = conversation and 0 < attachment_id < 2**31 and conversation._portal_file(attachment_id)
        if not file_sudo:
            raise NotFound
        shown = document_files.shown_as(file_sudo.name, file_sudo.mimetype)
        stream = request.env["ir.binary"]._get_stream_from(
            file_sudo, filename=file_sudo.name, mimetype=shown or "application/octet-stream"
        )
        response = stream.get_response(as_attachment=not shown, content_security_policy="default-src 'none'; sandbox")
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
