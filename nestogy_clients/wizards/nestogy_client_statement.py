import base64
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import ledger

PREVIEW_LINES = 12


class NestogyClientStatement(models.TransientModel):
    """Asks which statement of account of a client is wanted, shows it and hands it out."""

    _name = "nestogy.client.statement"
    _description = "Statement of Account"

    client_id = fields.Many2one("res.partner", required=True, readonly=True)
    layout = fields.Selection(
        [("open", "What is open on a day"), ("activity", "What happened in a period")], required=True, default="open"
    )
    period = fields.Selection(
        [
            ("month", "This month"),
            ("last_month", "Last month"),
            ("quarter", "This quarter"),
            ("last_quarter", "Last quarter"),
            ("year", "This year"),
            ("last_year", "Last year"),
            ("all", "From the beginning"),
            ("custom", "Own dates"),
        ],
        required=True,
        default="year",
    )
    date_from = fields.Date("From", compute="_compute_dates", store=True, readonly=False)
    date_to = fields.Date("Until", compute="_compute_dates", store=True, readonly=False)
    file_type = fields.Selection(
        [("pdf", "PDF"), ("xlsx", "Excel (XLSX)"), ("csv", "CSV")], string="Format", required=True, default="pdf"
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    file = fields.Binary(attachment=False, readonly=True)

    @api.depends("layout", "period")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        for statement in self:
            if statement.layout == "open":
                statement.date_from, statement.date_to = False, today
            elif statement.period == "custom":
                statement.date_to = statement.date_to or today
            else:
                first, last = ledger.period_days(statement.period, today)
                statement.date_from, statement.date_to = first if first > ledger.FIRST_DAY else False, last

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for statement in self:
            days = [day for day in (statement.date_from, statement.date_to) if day]
            if days != sorted(days) or any(not ledger.FIRST_DAY <= day <= ledger.LAST_DAY for day in days):
                raise UserError(self.env._("The period must begin before it ends; please correct the dates."))

    @api.depends("client_id", "layout", "date_from", "date_to")
    @api.depends_context("company", "lang")
    def _compute_preview(self):
        for wizard in self:
            client = wizard._get_client_in_company()
            statement = wizard._get_statement(limit=PREVIEW_LINES)
            wizard.preview = self.env["ir.qweb"]._render(
                "nestogy_clients.client_statement_preview",
                {
                    "sections": client._client_statement_document(statement)["blocks"],
                    "hidden": max(statement["line_count"] - PREVIEW_LINES, 0),
                },
            )

    def _get_client_in_company(self):
        """The client, whose statement is that of the company in which one works, in the words of the user."""
        self.ensure_one()
        client = self.client_id.commercial_partner_id
        client.check_access("read")
        return client.with_context(allowed_company_ids=self.env.company.ids)

    def _get_choice(self):
        return {
            "layout": self.layout,
            "date_from": self.date_from or None if self.layout == "activity" else None,
            "date_to": self.date_to or None,
        }

    def _get_statement(self, limit=None):
        return self._get_client_in_company()._client_statement(**self._get_choice(), limit=limit)

    def action_download(self):
        """Hand the file out, in the client's language."""
        return self._open_file(self.file_type) | {"target": "download"}

    def action_preview(self):
        """Show the PDF in another tab."""
        return self._open_file("pdf", "?download=0") | {"target": "new"}

    def _open_file(self, file_type, query="?download=true"):
        client = self._get_client_in_company()
        client = client.with_context(lang=client.lang or self.env.lang)
        name, _mimetype, content = client._client_statement_file(file_type, self._get_statement_in(client))
        self.file = base64.b64encode(content)
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{quote(name)}{query}",
        }

    def _get_statement_in(self, client):
        """The statement with its words in the language of the client's record."""
        return client._client_statement(**self._get_choice())
