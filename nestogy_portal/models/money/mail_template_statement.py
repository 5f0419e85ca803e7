import base64

from odoo import fields, models


class MailTemplate(models.Model):
    """Mails with a statement have it with them as PDF, in whatever words they are written."""

    _inherit = "mail.template"

    def _generate_template_attachments(self, res_ids, render_fields, render_results=None):
        results = super()._generate_template_attachments(res_ids, render_fields, render_results=render_results)
        if self.env.context.get("client_mail_kind") != "statement" or self.model != "res.partner":
            return results
        if "report_template_ids" not in render_fields:
            return results
        choice = self.env.context.get("client_statement_choice") or {}
        days = {key: fields.Date.to_date(choice.get(key)) for key in ("date_from", "date_to")}
        for partner in self.env["res.partner"].browse(res_ids).exists():
            client = partner.commercial_partner_id.with_context(
                lang=partner._client_mail_lang(), allowed_company_ids=self.env.company.ids
            )
            statement = client._client_statement(choice.get("layout", "open"), **days)
            name, _mimetype, content = client._client_statement_file("pdf", statement)
            results.setdefault(partner.id, {}).setdefault("attachments", []).append((name, base64.b64encode(content)))
        return results
