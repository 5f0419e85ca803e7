from odoo.exceptions import UserError
from odoo.http import request, route
from odoo.tools import email_normalize

from .areas import area
from .portal import ClientPortal
from .security import confirmed

NAME_LENGTH, ADDRESS_LENGTH = 128, 254
INVITES, SECONDS = 20, 3600


class PortalPeople(ClientPortal):
    """An owner manages the colleagues: who gets in, and what they see; never further than the owner sees."""

    @route("/my/people", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    @area("people")
    def portal_my_people(self, notice=None, **kwargs):
        return self._render_people(notice=notice if notice in ("invited", "level", "blocked", "restored") else None)

    @route("/my/people/invite", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("people", acts=True)
    @confirmed
    def portal_invite(self, name="", email="", level="", **kwargs):
        name, email = " ".join(str(name).split()), str(email).strip()
        problem = None
        if not name or len(name) > NAME_LENGTH:
            problem = request.env._("Type the name of your colleague, at most %s characters.", NAME_LENGTH)
        elif not email_normalize(email) or len(email) > ADDRESS_LENGTH:
            problem = request.env._("Type the e-mail address of your colleague.")
        elif request.env["nestogy.portal.attempt"]._exceeds("invite", f"user {request.env.user.id}", INVITES, SECONDS):
            problem = request.env._("These are many invitations in a short time. Please go on in an hour.")
        return self._act("invited", problem, lambda me: me._portal_invite_colleague(name, email, self._level(level)))

    @route("/my/people/<int:contact_id>/level", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("people", acts=True)
    @confirmed
    def portal_set_level(self, contact_id, level="", **kwargs):
        return self._act("level", None, lambda me: me._portal_set_colleague_level(contact_id, self._level(level)))

    @route("/my/people/<int:contact_id>/block", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @area("people", acts=True)
    @confirmed
    def portal_block(self, contact_id, **kwargs):
        return self._act("blocked", None, lambda me: me._portal_block_colleague(contact_id))

    @route(
        "/my/people/<int:contact_id>/restore", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    @area("people", acts=True)
    @confirmed
    def portal_restore(self, contact_id, **kwargs):
        return self._act("restored", None, lambda me: me._portal_restore_colleague(contact_id))

    # ------------------------------------------------------------------

    def _act(self, notice, problem, deed):
        if not problem:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    deed(request.env.user.partner_id)
            except UserError as error:
                problem = str(error)
        if problem:
            return self._render_people(problem=problem)
        return request.redirect_query("/my/people", {"notice": notice}, code=303)

    def _level(self, value):
        """The level of a form; the model says whether it may be given."""
        value = str(value)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0

    def _render_people(self, notice=None, problem=None):
        me = request.env.user.partner_id
        values = {
            "page_name": "people",
            "people": me._portal_people_rows(),
            "levels": me._portal_levels_to_give().sudo(),  # only their names are shown
            "may_manage": request.env.user._portal_may_act(),
            "notice": notice,
            "problem": problem,
            "form": {
                "level": str(me._portal_usual_level()),
                **({name: request.params.get(name, "") for name in ("name", "email", "level")} if problem else {}),
            },
        }
        return self._render_private("nestogy_portal.portal_my_people", values)
