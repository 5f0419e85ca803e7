import hashlib

from odoo.http import request, route

from .portal import LONGEST_ID, ClientPortal


class PreferencesPortal(ClientPortal):
    """The page on which a client's contact says how, and about what, he likes to hear from us."""

    def _get_own_partner(self):
        """The visitor in sudo, if he belongs to a client; empty otherwise. He changes himself and nobody else."""
        partner = request.env.user.partner_id
        return partner.sudo() if partner._get_client() else partner.browse()  # his preferences are for staff's eyes

    @route("/my/preferences", type="http", auth="user", methods=["GET"], website=True, readonly=True, sitemap=False)
    def portal_my_preferences(self, notice=None, **kwargs):
        partner_sudo = self._get_own_partner()
        if not partner_sudo:
            return request.redirect("/my", code=303)
        preferences = partner_sudo._get_own_preferences()
        values = {
            "page_name": "preferences",
            "notice": notice if notice in ("saved", "changed") else None,
            "digest": self._digest(preferences["text"]),
            **preferences,
        }
        return self._render_private("nestogy_portal.portal_my_preferences", values)

    @route("/my/preferences", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_save_preferences(self, opt_in="", digest="", **kwargs):
        partner_sudo = self._get_own_partner()
        if not partner_sudo:
            return request.redirect("/my", code=303)
        wishes = {name.removeprefix("channel_"): value for name, value in kwargs.items() if name.startswith("channel_")}
        partner_sudo._set_own_channels(wishes)
        partner_sudo._set_own_kinds(self._ids("shown_ids"), self._ids("kind_ids"))
        if opt_in and not partner_sudo.marketing_opt_in and digest != self._digest(partner_sudo._own_consent_text()):
            # the words are others than those he saw: he has to see them first
            return request.redirect("/my/preferences?notice=changed", code=303)
        proof = request.env._(
            "Signed in as %(login)s, from %(address)s",
            login=request.env.user.login,
            address=request.httprequest.remote_addr,
        )
        partner_sudo._set_own_opt_in(bool(opt_in), proof)
        return request.redirect("/my/preferences?notice=saved", code=303)

    @staticmethod
    def _ids(name):
        values = request.httprequest.form.getlist(name)
        return {int(each) for each in values if each.isascii() and each.isdigit() and len(each) <= LONGEST_ID}

    @staticmethod
    def _digest(text):
        return hashlib.sha256(text.encode()).hexdigest()
