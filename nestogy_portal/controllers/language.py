from odoo.http import request, route

from ..tools.link_tokens import local_path
from .portal import ClientPortal


class PortalLanguage(ClientPortal):
    """The switch of languages in the portal."""

    @route("/my/language", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def portal_set_language(self, lang="", redirect=None, **kwargs):
        """Show the portal, and write mails, in another language from now on."""
        if lang in dict(request.env["res.lang"].get_installed()):
            request.env.user.write({"lang": lang})  # the visitor himself, whom Odoo hands out in sudo
            self._remember_preferences()
        return request.redirect(local_path(redirect) or "/my", code=303)

    @staticmethod
    def _remember_preferences():
        """Let language and time zone hold for the rest of the session."""
        user = request.env.user
        request.env.flush_all()
        context = user.with_user(user).context_get()
        request.session.context = {**request.session.context, **context}
        request.future_response.set_cookie("frontend_lang", context["lang"])
