import base64
import re

from odoo import models
from odoo.tools import format_amount, format_date

from ...report import statement_pdf, statement_sheet
from ...tools import ledger

BRAND_COLOR = "#34495E"  # while nobody chose another
FILE_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ResPartner(models.Model):
    """The statement of account as a file: PDF, CSV or XLSX, in the language of the context."""

    _inherit = "res.partner"

    def action_client_statement(self):
        """Ask which statement of account of the client is wanted."""
        self.ensure_one()
        statements = self.env["nestogy.client.statement"]
        statements.check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Statement of Account"),
            "res_model": statements._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_client_id": self.commercial_partner_id.id},
        }

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.env["nestogy.client.statement"].has_access("create"):
            label = self.env._("Statement of Account")
            actions.append(self._client_quick_action("account", 44, label, "fa-list-alt", "action_client_statement"))
        return actions

    def _client_statement_file(self, file_type, statement):
        """
        :param str file_type: one of ``FILE_TYPES``
        :param dict statement: of :meth:`_client_statement`, with all its lines
        :return: tuple of file name, MIME type and bytes
        """
        self.ensure_one()
        if file_type == "pdf":
            content = statement_pdf.draw(self._client_statement_document(statement))
        elif file_type == "csv":
            content = statement_sheet.write_csv(*self._client_statement_table(statement))
        else:
            content = statement_sheet.write_xlsx(*self._client_statement_table(statement))
        name = self.env._("Statement")
        who = "".join(sign if sign.isalnum() else " " for sign in self.name or "").split()
        name = "-".join([name, *who, statement["date_to"].isoformat()])
        return f"{name}.{file_type}", FILE_TYPES[file_type], content

    def _statement_brand(self):
        """How the statement looks: the firm's own name, logo and colour; addons put the client's brand in place.

        :return: dict ``name``, ``logo`` (bytes or empty), ``color`` and ``ink`` (what can be read on it) as #RRGGBB,
            and ``footer``
        """
        company_sudo = self.env.company.sudo()  # its name and logo are public
        color = company_sudo.primary_color or ""
        color = color if re.fullmatch("#[0-9A-Fa-f]{6}", color) else BRAND_COLOR
        return {
            "name": company_sudo.name,
            "logo": b"" if company_sudo.uses_default_logo else self._statement_picture(company_sudo.logo),
            "color": color,
            "ink": "#FFFFFF" if ledger.is_dark(color) else "#000000",
            "footer": company_sudo.name,
        }

    @staticmethod
    def _statement_picture(value):
        """The bytes of a binary field."""
        try:
            return base64.b64decode(value or b"", validate=True)
        except ValueError:
            return b""

    def _statement_ways_to_pay(self):
        """How money reaches the firm; addons add theirs.

        :return: list of pairs of label and text
        """
        journals_sudo = self.env["account.journal"].sudo()  # its account number is meant to be known
        journals_sudo = journals_sudo.search(
            [("company_id", "in", self.env.companies.ids), ("type", "=", "bank"), ("bank_account_id", "!=", False)]
        )
        ways = []
        for bank_sudo in journals_sudo.bank_account_id[:3]:
            words = [bank_sudo.acc_number, bank_sudo.bank_bic, bank_sudo.bank_name]
            ways.append((self.env._("Account"), " · ".join(word for word in words if word)))
        return ways

    # ------------------------------------------------------------------
    # PDF
    # ------------------------------------------------------------------

    def _client_statement_document(self, statement):
        """The statement in words, as :func:`statement_pdf.draw` wants it."""
        company_sudo = self.env.company.sudo()  # its address is public
        client_sudo = self.sudo()  # the caller vouches for the reader; addresses are read along
        brand = self._statement_brand()
        is_open = statement["layout"] == "open"
        write_day = self._statement_day_writer()

        def tax_id(record_sudo):
            return [self.env._("Tax ID %s", record_sudo.vat)] if record_sudo.vat else []

        owes = any(block["closing"] > 0 for block in statement["blocks"])
        ways = self._statement_ways_to_pay() if owes else []
        if ways:
            number = client_sudo.client_number
            ways.append((self.env._("Reference"), f"{number} · {self.name}" if number else self.name))
        return {
            "lang": (self.env.lang or "en_US").replace("_", "-"),
            "paper": company_sudo.paperformat_id.format,
            "brand": brand,
            "title": self.env._("Statement of account"),
            "subtitle": self._client_statement_period(statement),
            "client_name": self.name or "",
            "client_heading": self.env._("For"),
            "client_lines": self._statement_address(client_sudo, tax_id(client_sudo))
            + ([self.env._("Only what is addressed to %s", statement["addressee"])] if statement["addressee"] else []),
            "company_heading": self.env._("From"),
            "company_lines": self._statement_address(
                company_sudo.partner_id, [*tax_id(company_sudo), company_sudo.phone, company_sudo.email]
            ),
            "empty": self.env._("Nothing is open.") if is_open else self.env._("Nothing happened in this period."),
            "blocks": [self._client_statement_section(statement, block, write_day) for block in statement["blocks"]],
            "remittance_heading": self.env._("How to pay"),
            "remittance": ways,
            "footer": brand["footer"],
            "page_label": self.env._("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
            "lossy_note": self.env._(
                "%s stands for a sign that this file cannot show; the spreadsheet has them all.",
                statement_pdf.STAND_IN,
            ),
        }

    def _client_statement_period(self, statement):
        if statement["layout"] == "open":
            return self.env._("Open items on %s", format_date(self.env, statement["date_to"]))
        if statement["date_from"] == ledger.FIRST_DAY:
            return self.env._("Until %s", format_date(self.env, statement["date_to"]))
        return f"{format_date(self.env, statement['date_from'])} – {format_date(self.env, statement['date_to'])}"

    def _statement_address(self, partner_sudo, others):
        lines = [partner_sudo.name or "", *partner_sudo._display_address(without_company=True).splitlines(), *others]
        return [line.strip() for line in lines if line and line.strip()]

    def _statement_day_writer(self):
        """Dates in the format of the language, which Odoo takes its time for: each day is asked for once."""
        known = {None: "", False: ""}

        def write(day):
            if day not in known:
                known[day] = format_date(self.env, day)
            return known[day]

        return write

    def _statement_number_writer(self, currency):
        """Amounts in the format of the language, without the currency."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        digits = currency.decimal_places
        if not lang or lang.grouping != "[3,0]":
            languages = self.env["res.lang"]
            record = languages.browse(lang.id) if lang else languages._lang_get("en_US")
            return lambda amount: record.format(f"%.{digits}f", amount, grouping=True).replace("-", "\N{MINUS SIGN}")
        marks = str.maketrans({",": lang.thousands_sep or "", ".": lang.decimal_point, "-": "\N{MINUS SIGN}"})
        return lambda amount: f"{amount:,.{digits}f}".translate(marks)

    def _client_statement_ages(self):
        return {
            "not_due": self.env._("Not due"),
            "to_30": self.env._("1–30 days late"),
            "to_60": self.env._("31–60 days"),
            "to_90": self.env._("61–90 days"),
            "older": self.env._("Over 90 days"),
            "credit": self.env._("In your favour"),
        }

    def _client_statement_check(self, block, write):
        """The line that shows that the figures agree."""
        words = {
            "opening": write(block["opening"]),
            "change": write(block["change"]),
            "closing": write(block["closing"]),
            "open": write(block["open_total"]),
        }
        if block["ties"]:
            return self.env._(
                "Check: opening %(opening)s and changes %(change)s make %(closing)s; open items add up to %(open)s.",
                **words,
            )
        return self.env._(
            "These figures do not agree: opening %(opening)s, changes %(change)s, closing %(closing)s, open items"
            " %(open)s. Please ask us.",
            **words,
        )

    def _client_statement_section(self, statement, block, write_day):
        """One currency of the PDF."""
        write = self._statement_number_writer(block["currency"])
        is_open = statement["layout"] == "open"
        if is_open:
            columns = [
                (self.env._("Date"), 0.11, "left"),
                (self.env._("Document"), 0.30, "left"),
                (self.env._("Reference"), 0.15, "left"),
                (self.env._("Due"), 0.11, "left"),
                (self.env._("Days late"), 0.09, "right"),
                (self.env._("Amount"), 0.12, "right"),
                (self.env._("Open"), 0.12, "right"),
            ]
        else:
            columns = [
                (self.env._("Date"), 0.11, "left"),
                (self.env._("Document"), 0.28, "left"),
                (self.env._("Reference"), 0.15, "left"),
                (self.env._("Due"), 0.11, "left"),
                (self.env._("Charges"), 0.115, "right"),
                (self.env._("Payments"), 0.115, "right"),
                (self.env._("Balance"), 0.12, "right"),
            ]
        rows = []
        if not is_open:
            rows.append(
                {
                    "cells": [write_day(max(statement["date_from"], ledger.FIRST_DAY)), self.env._("Opening balance")]
                    + [""] * 4
                    + [write(block["brought"])],
                    "style": "quiet",
                }
            )
            if statement["date_from"] == ledger.FIRST_DAY:
                rows[0]["cells"][0] = ""
        for line in block["lines"]:
            head = [
                write_day(line["date"]),
                f"{line['label']} {line['name']}" if line["name"] else line["label"],
                line["ref"] or "" if line["ref"] != line["name"] else "",
                write_day(line["due"]),
            ]
            change = line["change"]
            if is_open:
                late = str(line["days_late"]) if line["days_late"] else ""
                cells = [*head, late, write(line["amount"]), write(change)]
                rows.append({"cells": cells, "style": "", "alert": (4,)})
            else:
                sides = [write(change), ""] if change > 0 else ["", write(-change)]
                rows.append({"cells": [*head, *sides, write(line["balance"])], "style": ""})
        total = self.env._("Balance") if is_open else self.env._("Closing balance")
        rows.append(
            {"cells": [write_day(statement["date_to"]), total, "", "", "", "", write(block["closing"])]}
            | {"style": "strong"}
        )
        return {
            "heading": self.env._("In %s", block["currency"].name) if len(statement["blocks"]) > 1 else "",
            "figures": self._client_statement_figures(statement, block),
            "columns": columns,
            "rows": rows,
            "carried_label": "" if is_open else self.env._("Carried forward"),
            "ageing_heading": self._client_statement_ageing_heading(statement, block),
            "ageing": self._client_statement_ageing(block, write),
            "check": self._client_statement_check(block, write),
            "ties": block["ties"],
        }

    def _client_statement_figures(self, statement, block):
        """The sums that matter.

        :return: list of label, amount in words and tone: ``main``, ``alert`` or empty
        """

        def money(amount):
            return format_amount(self.env, amount, block["currency"]).replace("\ufeff", "")

        overdue = (self.env._("Overdue"), money(block["overdue"]), "alert" if block["overdue"] else "")
        if statement["layout"] == "open":
            is_owed = block["closing"] >= 0
            label = self.env._("Balance due") if is_owed else self.env._("Balance in your favour")
            return [
                (label, money(abs(block["closing"])), "main"),
                (self.env._("Outstanding"), money(block["outstanding"]), ""),
                overdue,
                (self.env._("In your favour"), money(block["credit"]), ""),
            ]
        return [
            (self.env._("Closing balance"), money(block["closing"]), "main"),
            (self.env._("Opening balance"), money(block["opening"]), ""),
            (self.env._("Changes"), money(block["change"]), ""),
            overdue,
        ]

    def _client_statement_ageing_heading(self, statement, block):
        day = format_date(self.env, statement["date_to"])
        return self.env._(
            "How late the open items are on %(date)s, in %(currency)s", date=day, currency=block["currency"].name
        )

    def _client_statement_ageing(self, block, write):
        """:return: list of label, amount in words, and whether it is late"""
        late_keys = {key for key, more_than in ledger.AGES if more_than is not None}
        return [
            (label, write(block[key]), key in late_keys and block[key] > 0)
            for key, label in self._client_statement_ages().items()
        ]

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    def _client_statement_table(self, statement):
        """:return: tuple of headings and rows for CSV and XLSX"""
        is_open = statement["layout"] == "open"
        columns = [
            self.env._("Currency"),
            self.env._("Date"),
            self.env._("Kind"),
            self.env._("Document"),
            self.env._("Reference"),
            self.env._("Due"),
            self.env._("Days late"),
            self.env._("Amount"),
        ]
        columns.append(self.env._("Open") if is_open else self.env._("Balance"))
        rows = []
        for block in statement["blocks"]:
            name = block["currency"].name
            if not is_open:
                first = statement["date_from"] if statement["date_from"] > ledger.FIRST_DAY else None
                rows.append((name, first, self.env._("Opening balance"), *[None] * 5, block["opening"]))
            for line in block["lines"]:
                late = line["days_late"] if is_open and line["days_late"] else None
                rows.append(
                    (name, line["date"], line["label"], line["name"], line["ref"], line["due"], late, line["amount"])
                    + (line["change"] if is_open else line["balance"],)
                )
            total = self.env._("Balance") if is_open else self.env._("Closing balance")
            rows.append((name, statement["date_to"], total, *[None] * 5, block["closing"]))
        return columns, rows
