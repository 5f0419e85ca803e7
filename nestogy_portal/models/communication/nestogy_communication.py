from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_duration, is_html_empty

COMING_SHOWN = 20


class NestogyCommunication(models.Model):
    """What a client sees of what was said: what staff shared, and the meetings that he was asked to himself.

    Clients have no access to the rows, whose notes are the firm's own; the page shows the chosen parts of those that
    the one domain below lets through.
    """

    _inherit = "nestogy.communication"

    @api.model
    def _portal_domain(self, user):
        """What somebody of a client sees by the level of his access; of whom is whole client, all that was shared."""
        client_sudo = user._portal_client()
        scope = user._portal_scope("communication")
        if not client_sudo or scope == "none":
            return Domain.FALSE
        contact_sudo = user.sudo().partner_id  # his own number
        was_there = Domain("attendee_ids", "in", contact_sudo.ids)
        shared = Domain("is_shared", "=", True)
        if scope != "company":
            shared &= Domain("contact_id", "=", contact_sudo.id) | was_there
        seen = shared | (Domain("kind", "=", "meeting") & was_there)
        return Domain("client_id", "=", client_sudo.id) & Domain("is_private", "=", False) & seen

    @api.model
    def _portal_page(self, user, offset=0, limit=20):
        """What the page of somebody of a client shows.

        :return: dict of ``coming`` meetings, the next first, and ``past`` rows, the newest first, each as of
            :meth:`_portal_row`
        """
        rows_sudo = self.sudo()  # the domain says which rows, and _portal_row what of them
        domain, now = self._portal_domain(user), fields.Datetime.now()
        coming_sudo = rows_sudo.search(domain & Domain("date", ">", now), order="date, id", limit=COMING_SHOWN)
        past_sudo = rows_sudo.search(domain & Domain("date", "<=", now), offset=offset, limit=limit)
        return {
            "coming": [row_sudo._portal_row(user, is_coming=True) for row_sudo in coming_sudo],
            "past": [row_sudo._portal_row(user) for row_sudo in past_sudo],
        }

    @api.model
    def _portal_past_count(self, user):
        domain = self._portal_domain(user) & Domain("date", "<=", fields.Datetime.now())
        return self.sudo().search_count(domain)  # as above

    def _portal_row(self, user, is_coming=False):
        """What a client may know of a row; called in sudo.

        Notes and texts are shown only of what was shared: one may have been at a meeting without its minutes being
        for one's eyes.
        """
        self.ensure_one()
        icon, label = self._portal_kind()
        is_link = (self.video_url or "").lower().startswith(("https://", "http://"))
        text = self.preview if is_html_empty(self.body) else self.body
        return {
            "id": self.id,
            "icon": icon,
            "label": label,
            "title": self.name,
            "date": self.date,
            "duration": format_duration(self.duration) if self.duration else "",
            "person": self.contact_id.name or "",
            "staff": self.user_id.name or "",
            "place": self.place or "",
            "video_url": self.video_url if is_coming and is_link and user.partner_id in self.attendee_ids else "",
            "text": text if self.is_shared and text else "",
        }

    def _portal_kind(self):
        """The icon and the name of what it was."""
        if self.kind in ("email", "text") and self.direction == "in":
            return ("fa-envelope-open-o", self.env._("From you"))
        return {
            "call": ("fa-phone", self.env._("Call")),
            "email": ("fa-envelope-o", self.env._("E-mail")),
            "meeting": ("fa-calendar", self.env._("Meeting")),
            "note": ("fa-sticky-note-o", self.env._("Note")),
            "text": ("fa-mobile", self.env._("Text message")),
        }[self.kind]
