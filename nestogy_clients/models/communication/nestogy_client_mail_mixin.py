from markupsafe import Markup

from odoo import models
from odoo.tools import format_amount, format_date

from ...tools.placeholders import SampleValues

VALUES = "nestogy_mail_values"  # in the context: what is known already, as long as mails are written from one template


class NestogyClientMailMixin(models.AbstractModel):
    """A document that is mailed to a client: what the placeholders of e-mail templates stand for in it."""

    _name = "nestogy.client.mail.mixin"
    _description = "Document Mailed to a Client"

    def _client_mail_kind(self):
        """The kind of mail with which this document is sent, ``False`` when it is none of ours."""
        self.ensure_one()
        return False

    def _client_mail_client(self):
        """The client to whom the document belongs; the customer as a whole where that is no client."""
        return self.partner_id.commercial_partner_id

    def _client_mail_readers(self, kind):
        """Who gets the mail with this document."""
        self.ensure_one()
        return self.env["res.partner"].browse(self._message_get_default_recipients()[self.id]["partner_ids"])

    def _client_mail_values(self, kind=None):
        """What each placeholder stands for in this document.

        :param str kind: the kind of mail, by default that with which the document is sent
        :return: dict of placeholder name to text (escaped on output) or :class:`markupsafe.Markup`
        """
        self.ensure_one()
        client = self.partner_id.commercial_partner_id
        kind = kind or self._client_mail_kind()
        recipient = client._client_mail_recipients(kind)[:1] if kind else client.browse()
        company = self.company_id or self.env.company
        # somebody chosen on the document itself goes before the client's routing, as for the recipients
        addressed = self.partner_id if self.partner_id != client and self.partner_id.email else recipient
        return {
            "client": client.name or "",
            "contact": (addressed or self.partner_id).name or client.name or "",
            "company": company.name,
        }

    def _client_mail_value(self, name, kind=None):
        """One placeholder's value for the compiled templates; an unknown name is empty."""
        return self._pick_value(self, name, kind)

    def _pick_value(self, document, name, kind):
        """The text for a placeholder in a document, or in a preview that has none."""
        sample = self.env.context.get("client_mail_sample")
        if isinstance(sample, SampleValues):
            values = sample
        elif (known := document.env.context.get(VALUES)) is None:
            values = document._client_mail_values(kind)
        else:
            key = (document._name, document.id, kind, document.env.lang)
            if key not in known:
                known[key] = document._client_mail_values(kind)
            values = known[key]
        value = values.get(name, "")
        return value if isinstance(value, Markup) else str(value or "")

    def _client_mail_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id, lang_code=self._client_mail_lang())

    def _client_mail_date(self, value):
        return format_date(self.env, value, lang_code=self._client_mail_lang()) if value else ""

    def _client_mail_lang(self):
        return self.env.context.get("client_mail_lang") or self.partner_id.lang or self.env.lang

    def _client_mail_template(self, kind=None):
        """The words that hold for these documents, empty when Odoo's ordinary template does.

        Documents that are mailed together share a template only if the same words hold for each of them.

        :param str kind: the kind of mail, by default that with which the documents are sent
        """
        templates = self.env["mail.template"]
        for index, document in enumerate(self):
            own_kind = kind or document._client_mail_kind()
            client = document.partner_id.commercial_partner_id.with_company(document.company_id or self.env.company)
            own = client._client_mail_template(own_kind, document.partner_id.lang) if own_kind else templates.browse()
            if not own or (index and own != templates):
                return templates.browse()
            templates = own
        return templates

    def _message_get_default_recipients(self, with_cc=False, all_tos=False):
        """Send what is addressed to the client as a whole to the contact who gets this kind of mail."""
        defaults = super()._message_get_default_recipients(with_cc=with_cc, all_tos=all_tos)
        for document in self:
            client = document.partner_id.commercial_partner_id
            kind = document._client_mail_kind()
            # somebody chosen on the document itself goes before the client's routing
            if kind and (document.partner_id == client or not document.partner_id.email):
                recipients = client._client_mail_recipients(kind)
                if recipients:
                    defaults[document.id] |= {"partner_ids": recipients.ids, "email_to": ""}
        return defaults
