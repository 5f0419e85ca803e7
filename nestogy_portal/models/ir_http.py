import time

from odoo import api, models
from odoo.http import request

SEEN_SECONDS = 60  # so that not every request writes its session


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _authenticate_explicit(cls, auth):
        cls._end_old_link_session()
        return super()._authenticate_explicit(auth)

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
