from odoo import models
from odoo.fields import Domain
from odoo.tools import html2plaintext

# What a person may know of his own record: nothing that staff noted about him for themselves.
OWN_FIELDS = (
    *("name", "function", "email", "phone", "website", "lang", "tz", "vat"),
    *("street", "street2", "zip", "city", "state_id", "country_id", "create_date"),
)


class ResPartner(models.Model):
    """The copy of everything that is held about a person, who has a right to it."""

    _inherit = "res.partner"

    def _client_export_parts(self):
        """What is held about this person; addons add theirs.

        Called in sudo on the person, a contact or a client that is a person. Values are texts, numbers, booleans,
        dates and lists of them.

        :return: list of dicts with ``key`` (a word for a file name), ``title``, ``rows`` (list of dicts of label to
            value) and, where files belong to it, ``files`` (list of file name and ``ir.attachment``)
        """
        self.ensure_one()
        return [
            self._export_details(),
            self._export_preferences(),
            self._export_consents(),
            self._export_messages(),
            self._export_documents(),
            self._export_invoices(),
        ]

    def _export_value(self, name):
        value = self[name]
        if isinstance(value, models.BaseModel):
            return ", ".join(value.mapped("display_name"))
        if self._fields[name].type == "selection":
            return dict(self._fields[name]._description_selection(self.env)).get(value, "")
        return "" if value is False and self._fields[name].type != "boolean" else value

    def _export_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _export_details(self):
        row = {self._export_label(name): self._export_value(name) for name in OWN_FIELDS}
        if self.parent_id:
            row[self.env._("Company")] = self.commercial_partner_id.name
        values = self._client_field_values()
        for field in self._client_custom_fields():
            if field.portal == "none":
                continue
            labels, value = dict(field.labels), values.get(field.key)
            if field.kind == "choice":
                value = labels.get(value, "")
            elif field.kind in ("choices", "tags"):
                value = [labels[key] for key in value or () if key in labels]
            elif field.kind == "link":
                value = self.env[field.comodel].browse(value or []).exists().display_name or ""
            row[field.name] = "" if value is None else value
        return {"key": "details", "title": self.env._("Your details"), "rows": [row]}

    def _export_preferences(self):
        row = {
            label: self._export_value(f"channel_{name}") or self.env._("As the company")
            for name, label in self._channel_labels().items()
        }
        unwanted = self._unwanted_kinds()
        for kind in self.env["nestogy.message.kind"].search([("is_obligatory", "=", False)]):
            row[kind.name] = kind not in unwanted
        return {"key": "preferences", "title": self.env._("Preferences"), "rows": [row]}

    def _export_consents(self):
        consents = self.env["nestogy.client.consent"]
        shown = ("date", "purpose", "decision", "how", "text", "proof")
        labels = {name: consents._fields[name]._description_string(self.env) for name in shown}
        choices = {
            name: dict(consents._fields[name]._description_selection(self.env))
            for name in ("purpose", "decision", "how")
        }
        return {
            "key": "consents",
            "title": self.env._("Consents"),
            "rows": [
                {labels[name]: choices[name][row[name]] if name in choices else row[name] or "" for name in shown}
                for row in consents.search([("partner_id", "=", self.id)], order="date, id")
            ],
        }

    def _export_messages(self):
        messages = self.env["mail.message"].search_fetch(
            [("author_id", "=", self.id), ("message_type", "in", ("comment", "email"))],
            ["date", "subject", "record_name", "model", "res_id", "body"],
            order="id",
        )
        return {
            "key": "messages",
            "title": self.env._("Messages that you wrote"),
            "rows": [
                {
                    self.env._("Date"): message.date,
                    self.env._("Subject"): message.subject or "",
                    self.env._("About"): message.record_name or "",
                    self.env._("Text"): html2plaintext(message.body or ""),
                }
                for message in messages
            ],
        }

    def _export_documents(self):
        """What the person sent, and what was filed for this person and shared."""
        versions = (
            self.env["nestogy.client.document.version"]
            .search(
                Domain("user_id.partner_id", "=", self.id)
                | (Domain("document_id.contact_id", "=", self.id) & Domain("document_id.is_shared", "=", True)),
                order="id",
            )
            .filtered(
                lambda version: version.user_id.partner_id == self or version.number >= version.document_id.shared_from
            )
        )
        return {
            "key": "documents",
            "title": self.env._("Documents"),
            "rows": [
                {
                    self.env._("Name"): version.document_id.name,
                    self.env._("File"): version.name,
                    self.env._("Version"): version.number,
                    self.env._("Date"): version.uploaded_at,
                }
                for version in versions
            ],
            "files": [(version.name, version.attachment_id) for version in versions if version.attachment_id],
        }

    def _export_invoices(self):
        moves = self.env["account.move"].search(
            [
                ("partner_id", "=", self.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ],
            order="invoice_date, id",
        )
        return {
            "key": "invoices",
            "title": self.env._("Invoices made out to you"),
            "rows": [
                {
                    self.env._("Number"): move.name,
                    self.env._("Date"): move.invoice_date,
                    self.env._("Due"): move.invoice_date_due or "",
                    self.env._("Amount"): move.amount_total,
                    self.env._("Open"): move.amount_residual,
                    self.env._("Currency"): move.currency_id.name,
                }
                for move in moves
            ],
            "files": [
                (f"{move.name.replace('/', '-')}.pdf", each) for move in moves if (each := move.invoice_pdf_report_id)
            ],
        }
