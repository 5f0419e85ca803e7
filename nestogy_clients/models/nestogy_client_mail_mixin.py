from markupsafe import Markup

from odoo import models
from odoo.tools import format_amount, format_date


class NestogyClientMailMixin(models.AbstractModel):
    """A document that is mailed to a client: what the placeholders of e-mail templates stand for in it."""

    _name = "nestogy.client.mail.mixin"
    _description = "Document Mailed to a Client"

    def _client_mail_kind(self):
        """The kind of mail with which this document is sent, ``False`` when it is none of ours."""
        self.ensure_one()
        return False

    def _client_mail_values(self):
        """What each placeholder stands for in this document.

        :return: dict of placeholder name to text (escaped on output) or :class:`markupsafe.Markup`
        """
        self.ensure_one()
        client = self.partner_id.commercial_partner_id
        kind = self._client_mail_kind()
        recipient = client._client_mail_recipients(kind)[:1] if kind else client.browse()
        company = self.company_id or self.env.company
        return {
            "client": client.name or "",
            "contact": (recipient or self.partner_id).name or client.name or "",
            "company": company.name,
        }

    def _client_mail_value(self, name):
        """One placeholder's value for the compiled templates; an unknown name is empty."""
        value = self._client_mail_values().get(name, "")
        return value if isinstance(value, Markup) else str(value or "")

    def _client_mail_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id, lang_code=self._client_mail_lang())

    def _client_mail_date(self, value):
        return format_date(self.env, value, lang_code=self._client_mail_lang()) if value else ""

    def _client_mail_lang(self):
        return self.partner_id.lang or self.env.lang

    def _client_mail_template(self):
        """The client's own template for this document, empty when its company's ordinary one holds."""
        template = self.env["mail.template"]
        if len(self.partner_id.commercial_partner_id) == 1 and len({each._client_mail_kind() for each in self}) == 1:
            kind = self[0]._client_mail_kind()
            if kind:
                companies = self.company_id or self.env.company
                template = self.partner_id.commercial_partner_id.with_company(companies[:1])._client_mail_template(
                    kind, self[0].partner_id.lang
                )
        return template

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
