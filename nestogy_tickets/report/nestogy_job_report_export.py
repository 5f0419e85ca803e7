from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, split_every

from odoo.addons.nestogy_clients.tools.sheets import Sheet, write_xlsx

from . import job_pdf

SHEET_LIMIT, PDF_LIMIT = 50_000, 5_000  # what a worker writes in the time it has
CHUNK = 1000
FILE_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TOTALLED = ("hours_planned", "hours_spent", "material_amount", "cost", "billed_amount")


class NestogyJobReport(models.Model):
    """Job queries as a file: what the user sees on the screen, with all its rows."""

    _inherit = "nestogy.job.report"

    @api.model
    def _write_file(self, file_type, domain, filters, target):
        """Write all rows of a search, with the rights of the user.

        :param str file_type: one of ``FILE_TYPES``
        :param domain: of the search
        :param str filters: what the domain means, in the words of the search bar
        :param target: a binary file to write to
        :raise UserError: there are too many rows for such a file
        """
        domain = Domain(domain or [])
        limit = PDF_LIMIT if file_type == "pdf" else SHEET_LIMIT
        ids = self.search(domain, limit=limit + 1).ids
        if len(ids) > limit:
            raise UserError(
                self.env._("These are more than %s jobs, too many for such a file; narrow the filters.", f"{limit:,}")
            )
        if file_type == "pdf":
            job_pdf.draw(self._pdf_document(ids, domain, filters), target)
        else:
            columns = [(label, width) for _key, label, width in self._sheet_columns()]
            notes = self._sheet_notes(filters)
            about = list(zip(notes[0], (14, 80), strict=True))
            write_xlsx(
                target,
                [
                    Sheet("Jobs", columns, self._sheet_rows(ids), frozen=2, is_filtered=True),
                    Sheet("About", about, notes[1:]),
                ],
            )

    def _file_name(self, file_type):
        return f"{self.env._('Job-queries')}-{fields.Date.context_today(self).isoformat()}.{file_type}"

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _each_row(self, ids):
        """The rows in their order, a chunk at a time, so that memory stays what a chunk needs."""
        names = {}

        def name_of(record):
            key = (record._name, record.id)
            if record and key not in names:
                names[key] = record.display_name
            return names.get(key, "")

        labels = {
            field: dict(self._fields[field]._description_selection(self.env))
            for field in ("state", "priority", "sla_response", "sla_resolution")
        }
        for chunk in split_every(CHUNK, ids, list):
            # names of colleagues and of what the jobs are about, for whoever sees the jobs
            for row in self.browse(chunk).sudo():
                yield {
                    "number": row.job_number or "",
                    "name": row.name or "",
                    **{
                        field: name_of(row[f"{field}_id"])
                        for field in ("client", "client_group", "project", "site", "equipment", "contact", "stage")
                    },
                    **{field: labels[field].get(row[field], "") for field in labels},
                    "assignees": ", ".join(name_of(user) for user in row.user_ids),
                    **{
                        field: row[field]
                        for field in ("logged_at", "planned_start", "planned_end", "date_deadline", "closed_at")
                    },
                    **{field: row[field] for field in TOTALLED},
                    "currency": row.currency_id.name,
                }
            self.invalidate_model()

    def _sheet_columns(self):
        """Keys of a row with label and width."""
        return [
            ("number", self.env._("Number"), 10),
            ("name", self.env._("Title"), 40),
            ("client", self.env._("Client"), 26),
            ("client_group", self.env._("Client Group"), 18),
            ("project", self.env._("Project"), 24),
            ("site", self.env._("Site"), 28),
            ("equipment", self.env._("Asset"), 22),
            ("contact", self.env._("Contact"), 22),
            ("logged_at", self.env._("Logged"), 16),
            ("planned_start", self.env._("Planned Start"), 16),
            ("planned_end", self.env._("Planned End"), 16),
            ("date_deadline", self.env._("Due"), 16),
            ("closed_at", self.env._("Closed On"), 16),
            ("state", self.env._("State"), 14),
            ("stage", self.env._("Stage"), 14),
            ("assignees", self.env._("Assignees"), 22),
            ("priority", self.env._("Priority"), 12),
            ("sla_response", self.env._("First Response"), 14),
            ("sla_resolution", self.env._("Resolution"), 14),
            ("hours_planned", self.env._("Hours Planned"), 12),
            ("hours_spent", self.env._("Hours Spent"), 12),
            ("material_amount", self.env._("Materials"), 12),
            ("cost", self.env._("Cost"), 12),
            ("billed_amount", self.env._("Billed"), 12),
            ("currency", self.env._("Currency"), 9),
        ]

    def _sheet_rows(self, ids):
        """The rows as cells; moments in the time zone of the reader, as a spreadsheet knows no zones."""
        zone = pytz.timezone(self.env.user.tz or "UTC")
        keys = [key for key, _label, _width in self._sheet_columns()]
        for row in self._each_row(ids):
            yield [
                pytz.utc.localize(row[key]).astimezone(zone).replace(tzinfo=None)
                if key.endswith(("_at", "_start", "_end", "_deadline")) and row[key]
                else row[key]
                for key in keys
            ]

    def _sheet_notes(self, filters):
        return [
            (self.env._("Filters"), filters or self.env._("none")),
            (self.env._("Made"), format_datetime(self.env, fields.Datetime.now(), dt_format="short")),
            (self.env._("Time zone"), self.env.user.tz or "UTC"),
        ]

    # ------------------------------------------------------------------
    # PDF
    # ------------------------------------------------------------------

    def _pdf_document(self, ids, domain, filters):
        """The query in words, as :func:`job_pdf.draw` wants it."""
        company_sudo = self.env.company.sudo()  # its paper is no secret
        rows = self._each_row(ids)
        return {
            "lang": (self.env.lang or "en_US").replace("_", "-"),
            "paper": company_sudo.paperformat_id.format,
            "brand": self.env.company.partner_id._statement_brand(),
            "title": self.env._("Job queries"),
            "subtitle": format_date(self.env, fields.Date.context_today(self)),
            "filters": self.env._("Filters: %s", filters) if filters else self.env._("All jobs"),
            "figures": self._pdf_figures(domain),
            "columns": [
                (self.env._("Number"), 0.06, "left"),
                (self.env._("Job"), 0.21, "left"),
                (self.env._("Client"), 0.14, "left"),
                (self.env._("Site"), 0.12, "left"),
                (self.env._("Logged"), 0.07, "left"),
                (self.env._("Closed"), 0.07, "left"),
                (self.env._("State"), 0.08, "left"),
                (self.env._("Assignees"), 0.1, "left"),
                (self.env._("Hours"), 0.05, "right"),
                (self.env._("Billed"), 0.1, "right"),
            ],
            "rows": [self._pdf_cells(row) for row in rows],
            "empty": self.env._("No job fits these filters."),
            "page_label": self.env._("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
        }

    def _pdf_figures(self, domain):
        """The sums, amounts apart by currency."""
        sums = [f"{name}:sum" for name in TOTALLED]
        by_currency = self._read_group(domain, ["currency_id"], ["__count", *sums])
        count = sum(row[1] for row in by_currency)
        figures = [
            (self.env._("Jobs"), str(count)),
            (self.env._("Hours planned"), self._pdf_hours(sum(row[2] for row in by_currency))),
            (self.env._("Hours spent"), self._pdf_hours(sum(row[3] for row in by_currency))),
        ]
        for label, place in ((self.env._("Materials"), 4), (self.env._("Cost"), 5), (self.env._("Billed"), 6)):
            amounts = [row[0].format(row[place]) for row in by_currency]
            figures.append((label, " + ".join(amounts) or "–"))
        return figures

    @staticmethod
    def _pdf_hours(hours):
        """Hours and minutes."""
        minutes = round(abs(timedelta(hours=hours or 0.0).total_seconds()) / 60)
        return f"{'-' if hours < 0 else ''}{minutes // 60}:{minutes % 60:02d}"

    def _pdf_cells(self, row):
        def day(moment):
            return format_date(self.env, fields.Datetime.context_timestamp(self, moment).date()) if moment else ""

        billed = f"{row['billed_amount']:,.2f} {row['currency']}" if row["billed_amount"] else ""
        return [
            row["number"],
            row["name"],
            row["client"],
            row["site"],
            day(row["logged_at"]),
            day(row["closed_at"]),
            row["state"],
            row["assignees"],
            self._pdf_hours(row["hours_spent"]) if row["hours_spent"] else "",
            billed,
        ]
