import time
from urllib.parse import urlsplit

from werkzeug.exceptions import Forbidden

from odoo import api, models
from odoo.http import request

SEEN_SECONDS = 60  # so that not every request writes its session
PREVIEW, PREVIEW_SECONDS = "nestogy_preview", 1800
PREVIEWED = "nestogy.previewed"  # where a request keeps whom it shows
READING_CALLS = ("/my/counters", "/portal/chatter_init", "/mail/thread/messages")


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _authenticate_explicit(cls, auth):  # pylint: disable=missing-return
        cls._end_old_link_session()
        super()._authenticate_explicit(auth)
        if PREVIEW in request.session:
            cls._look_through_a_contact_s_eyes()

    @classmethod
    def _look_through_a_contact_s_eyes(cls):
        """Let staff see the pages of the portal as a contact sees them, and change nothing there."""
        http = request.httprequest
        path = http.path
        if path.startswith(("/portal/", "/mail/")):
            # what the pages load; the backend in another tab loads such things as well
            if not urlsplit(http.referrer or "").path.startswith("/my"):
                return
        elif not (path == "/my" or path.startswith("/my/")) or path.startswith("/my/preview"):
            return
        preview = request.session[PREVIEW]
        staff = request.env.user
        user_sudo = request.env["res.users"].sudo().browse(preview["user"]).exists()  # checked when it began
        is_over = preview["until"] < time.time() or preview["by"] != staff.id or not staff._is_internal()
        if is_over or not user_sudo.active or not user_sudo.share:
            del request.session[PREVIEW]
            return
        if http.method not in ("GET", "HEAD") and path not in READING_CALLS:
            raise Forbidden(request.env._("This is a preview: nothing can be changed here."))
        http.environ[PREVIEWED] = user_sudo.partner_id.name or user_sudo.login
        request.update_env(user=user_sudo.id)
        request.update_context(**user_sudo.with_user(user_sudo).context_get())

    @classmethod
    def _dispatch(cls, endpoint):
        """Whatever a page writes on the way, a preview leaves no trace of it."""
        response = super()._dispatch(endpoint)
        if PREVIEWED in request.httprequest.environ:
            request.env.cr.rollback()
        return response

    @classmethod
    def _end_old_link_session(cls):
        """Sign out whoever came by a link too long ago, or did nothing for too long.

        Ordinary sessions keep Odoo's own limits.
        """
        session = request.session
        if session.uid is None or session.get("nestogy_auth") != "link":
            return
        setting = request.env["nestogy.portal.link"]._setting
        now = int(time.time())
        is_old = now - session.get("nestogy_since", 0) > setting("session_hours") * 3600
        is_idle = now - session.get("nestogy_seen", 0) > setting("idle_hours") * 3600
        if is_old or is_idle:
            session.logout(keep_db=True)
            request.env = api.Environment(request.env.cr, None, session.context)
        elif now - session["nestogy_seen"] > SEEN_SECONDS:
            session["nestogy_seen"] = now
