from odoo import models

from ...tools.mail_links import marker


class NestogyPortalMailMixin(models.AbstractModel):
    """A document whose mails lead clients' contacts into the portal by a link of their own.

    The button of the mail, and ``{link}`` in its text, hold a marker without any secret; ``mail.mail`` puts
    each reader's own link in its place when the mail leaves, so that no link is ever stored or shared.
    Inherit it and call :meth:`_nestogy_notify_link_groups` last in ``_notify_get_recipients_groups``.
    """

    _name = "nestogy.portal.mail.mixin"
    _description = "Document Mailed with Portal Links"

    def _portal_link_marker(self):
        """The address that stands for a reader's own link to this document."""
        self.ensure_one()
        return marker(self.env["nestogy.portal.link"]._base_url(), self._name, self.id)

    def _needs_sign_in_to_write(self):
        """Say whether only who is signed in writes messages here, as against who holds the document's
        address."""
        self.ensure_one()
        return bool(self.sudo().partner_id._get_client())  # asked before anybody is signed in

    def _nestogy_notify_link_groups(self, groups, message=None, msg_vals=False):
        """Put before all groups of recipients that of clients' contacts, whose button is the marker.

        :param list groups: as Odoo's ``_notify_get_recipients_groups`` returns them
        """
        if not self:
            return groups
        partners = self.env["res.partner"]

        def is_client_contact(recipient):
            if not recipient["id"] or recipient["type"] == "user":
                return False
            partner_sudo = partners.browse(recipient["id"]).sudo()  # whoever notifies may not see all recipients
            return bool(partner_sudo._get_client())

        button = {"url": self._portal_link_marker()}
        has_button = True
        for group in groups:
            if group[0] == "portal_customer":  # what Odoo would call its button, or that it wants none
                has_button = group[2].get("has_button_access", True)
                if title := group[2].get("button_access", {}).get("title"):
                    button["title"] = title
        data = {"active": True, "has_button_access": has_button, "button_access": button}
        return [("nestogy_client_contact", is_client_contact, data), *groups]

    def _notify_shown_groups(self, groups, message, msg_vals, is_shown):
        """As above, for documents that the portal shows or not: the mails of others have no button for clients."""
        groups = self._nestogy_notify_link_groups(groups, message, msg_vals)
        if not is_shown:
            for name, _is_member, options in groups:
                if name == "nestogy_client_contact":
                    options["has_button_access"] = False
        return groups
