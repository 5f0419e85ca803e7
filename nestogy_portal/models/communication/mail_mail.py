from markupsafe import Markup, escape

from odoo import api, fields, models

from ...tools import mail_links
from ..login.nestogy_portal_link import PAGES

PASSWORD_MARK = "[[temporary-password]]"  # where a mail has the password that is made when it leaves


class MailMail(models.Model):
    _inherit = "mail.mail"

    portal_link_purpose = fields.Char(default="mail", help="For what the links are made that this mail carries.")
    portal_link_path = fields.Char(help="Page to which the links lead that belong to no document.")
    sends_temporary_password = fields.Boolean(help="A temporary password is made when this mail leaves.")
    is_portal_invitation = fields.Boolean(help="When it does not leave, the log of access says so.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("body_html"):
                vals["body_html"] = mail_links.without_tokens(vals["body_html"])
        return super().create(vals_list)

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Put the temporary password into the copy that leaves; it is in nothing that is kept.

        A mail that has to be sent once more carries a new one.
        """
        copies = super()._prepare_outgoing_list(mail_server=mail_server, doc_to_followers=doc_to_followers)
        if not self.sends_temporary_password or self.model != "res.users":
            return copies
        user_sudo = self.env["res.users"].sudo().browse(self.res_id).exists()  # the mail was made for this user
        password = self.env._("the one you have set already")
        if user_sudo.active and user_sudo.share and user_sudo._must_change_password():
            password = user_sudo._set_temporary_password()
        return [
            copy | {name: str(copy[name]).replace(PASSWORD_MARK, password) for name in ("body", "body_alternative")}
            for copy in copies
        ]

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Note that an invitation did not leave: whoever invited many is not there any more when the queue tells."""
        if failure_type:
            by_user = self.filtered("is_portal_invitation").grouped("res_id")
            users_sudo = self.env["res.users"].sudo().browse(by_user).exists()  # as above
            reasons = {
                user_sudo.partner_id: failure_reason or by_user[user_sudo.id][:1].failure_reason
                for user_sudo in users_sudo
            }
            self.env["nestogy.portal.access.log"]._log_many("unsent", users_sudo.partner_id, reasons)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def _personalize_outgoing_body(self, body, partner=False, doc_to_followers=None):
        body = super()._personalize_outgoing_body(body, partner=partner, doc_to_followers=doc_to_followers)
        if not body or not partner or not mail_links.needs_links(body):
            return body
        return self._put_portal_links(body, partner)

    def _put_portal_links(self, body, partner):
        """Give a client's contact his own sign-in links where the mail has markers or Odoo's access tokens.

        This happens while the mail leaves: the links are in the copy that is sent and nowhere else.
        """
        partner_sudo = partner.sudo()  # mails are sent in the name of people who may not see the contact
        users_sudo = partner_sudo.with_context(active_test=False).user_ids
        if not partner_sudo._get_client() or users_sudo.filtered(lambda user: not user.share):
            return body
        partner_sudo = partner_sudo.with_context(lang=partner_sudo.lang or self.env.lang)
        links_sudo = self.env["nestogy.portal.link"].sudo()  # as above
        bases = links_sudo._base_urls()
        links = {}

        def link_to(model, document_id):
            key = model, document_id
            if key not in links and model == "res.partner":
                links[key] = self._make_contact_link(document_id, partner_sudo)
            if key not in links:
                document = self._get_linkable_document(model, document_id)
                known = document or model == "portal" or model in PAGES  # the portal as a whole, or a page of it
                if document and key != (self.model, self.res_id) and not self._is_document_of(document, partner_sudo):
                    # anybody can write the address of anybody's document: its name stays with its client
                    document = None
                links[key] = known and links_sudo._issue(
                    partner_sudo,
                    document,
                    purpose=self.portal_link_purpose or "mail",
                    issued_by=self.create_uid,
                    path=PAGES.get(model, ""),
                )
            return links[key]

        def document_of(path, query):
            model, document_id = self.model, self.res_id
            if path == "/mail/view":
                model = query.get("model", [""])[0]
                document_id = query.get("res_id", [""])[0]
            if not str(document_id).isdecimal():
                return None
            document = self._get_linkable_document(model, int(document_id))
            return (model, int(document_id)) if document else None

        label = str(escape(partner_sudo.env._("Open in the client portal")))
        text = mail_links.replace_token_addresses(str(body), bases, document_of)
        text = mail_links.replace_markers(text, bases, link_to, label)
        return Markup(text) if isinstance(body, Markup) else text

    def _make_contact_link(self, contact_id, reader_sudo):
        """A link for another contact who has the reader's address, in a mail that the reader asked for."""
        contact_sudo = reader_sudo.browse(contact_id).exists()
        if self.portal_link_purpose != "request" or contact_sudo.email_normalized != reader_sudo.email_normalized:
            return ""
        return self.env["nestogy.portal.link"]._issue(contact_sudo, purpose="request", path=self.portal_link_path)

    @api.model
    def _get_linkable_document(self, model, document_id):
        """The document if it is of a kind that links may lead to; ``None`` otherwise."""
        if model not in self.env or not isinstance(self.env[model], self.env.registry["nestogy.portal.mail.mixin"]):
            return None
        return self.env[model].sudo().browse(document_id).exists() or None  # its page checks who may see it

    @api.model
    def _is_document_of(self, document, partner):
        """Say whether a document is one of the client to whom a contact belongs."""
        return document.partner_id.commercial_partner_id == partner.commercial_partner_id
