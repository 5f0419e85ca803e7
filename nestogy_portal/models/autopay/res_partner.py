from odoo import fields, models

from .nestogy_autopay import STAFF
from .nestogy_client_mail_template import AUTOPAY_KINDS


class ResPartner(models.Model):
    """A client whose invoices are charged to a saved card."""

    _inherit = "res.partner"

    autopay_ids = fields.One2many("nestogy.autopay", "client_id", string="Automatic Payment", groups=STAFF)
    autopay_charge_ids = fields.One2many(
        "nestogy.autopay.charge", "client_id", string="Automatic Charges", groups=STAFF
    )

    def _client_mail_values(self, kind=None):
        values = super()._client_mail_values(kind)
        return values | (self.env.context.get("client_autopay_words") or {}) if kind in AUTOPAY_KINDS else values

    def _mail_autopay(self, kind, words, payer=None):
        """Mail the client about automatic payment; nobody is mailed when nobody can be.

        :param dict words: what the placeholders stand for
        :param payer: the contact whom it is about, if that is one; without an address, those who get invoices
        """
        self.ensure_one()
        readers = payer if payer and payer.email else self._client_mail_recipients(kind)
        answers = readers._client_contact_answers("email", "billing")
        readers = readers.filtered(lambda reader: answers[reader.id].allowed)
        if not readers:
            self._message_log(body=self.env._("Nobody could be told about automatic payment: no e-mail address."))
            return
        context = self._client_mail_composer(kind, "")["context"] | {
            "client_autopay_words": words,
            "mail_notify_force_send": False,  # kept together with what it tells, and sent after that
        }
        composer = self.env["mail.compose.message"].with_context(**context).create({})
        company = self.env.company
        composer.write(
            {
                "partner_ids": [fields.Command.set(readers.ids)],
                "author_id": company.partner_id.id,
                "email_from": company.email_formatted or composer.email_from,
            }
        )
        composer._action_send_mail()
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # Odoo's own job

    def _client_export_parts(self):
        """What somebody agreed to belongs to the copy of his data."""
        consents = self.env["nestogy.autopay"].search([("partner_id", "=", self.id)], order="id")
        states = dict(consents._fields["state"]._description_selection(self.env))
        return [
            *super()._client_export_parts(),
            {
                "key": "autopay",
                "title": self.env._("Automatic payment"),
                "rows": [
                    {
                        self.env._("Date"): consent.given_at,
                        self.env._("Payment method"): consent.token_name,
                        self.env._("When"): consent.rule_text,
                        self.env._("At most"): consent.limit_amount,
                        self.env._("Text"): consent.text,
                        self.env._("IP address"): consent.ip_address or "",
                        self.env._("Browser"): consent.user_agent or "",
                        self.env._("State"): states[consent.state],
                    }
                    for consent in consents
                ],
            },
        ]
