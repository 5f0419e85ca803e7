"""Clients from a file of twelve columns: Odoo's own import (plain), ours with a contact, phones, tags and a custom
field for each row, and the limit: the bare rows of what came of it, inserted in one statement.

Plain does less for its rows. The second line has it do the same for the columns of ours, as far as it can: contacts, a
second number, tags and the status of a client (not custom fields, the search for who is there already, the undo).

The look at a file of 10,000 rows before anything is decided (parse, stage, first page) is measured as CSV and XLSX;
memory is that of one batch, whatever the number of rows: with batches of 100, a file of 100 rows and one of 300.
"""

import base64
import io
import time
from unittest.mock import patch

import xlsxwriter
from _tools import peak_mb

from odoo.tools import SQL

from odoo.addons.nestogy_clients.models.imports import nestogy_client_import_check, nestogy_client_import_run

NAME = "import"
PLAIN_ROWS = 200
PREVIEW_ROWS = 10_000
SMALL = 100  # rows a batch where memory is measured
PLAIN = ("name", "email", "phone", "website", "street", "street2", "zip", "city", "country_id", "vat", "comment", "ref")
SAME = (
    *("name", "email", "phone", "phone_number_ids/kind", "phone_number_ids/number", "street", "zip", "city"),
    *("country_id", "category_id", "client_status_id", "child_ids/name", "child_ids/email"),
)
OURS = (
    *("name", "email", "phone", "mobile", "street", "zip", "city", "country", "tags", "Bench"),
    *("contact1_name", "contact1_email"),
)


def plain_row(n):
    return (
        *(
            f"Plain {n}",
            f"info@plain{n}.example",
            f"+49 30 7{n:06}",
            f"https://plain{n}.example",
            f"Street {n}",
            "Yard",
        ),
        *(f"{n:05}", "Berlin", "Germany", "", f"Note {n}", f"R{n}"),
    )


def our_row(n):
    return (
        *(f"Bench {n}", f"info@bench{n}.example", f"+49 30 9{n:06}", f"+49 170 1{n:06}", f"Street {n}", f"{n:05}"),
        *("Berlin", "DE", "alpha, beta", str(n), f"Ann Lee {n}", f"ann@bench{n}.example"),
    )


def same_row(n, status):
    name, email, phone, mobile, street, zip_code, city, country, tags, _custom, contact, contact_email = our_row(n)
    return (
        *(name, email, phone, "Mobile", mobile, street, zip_code, city, country, tags.replace(" ", ""), status),
        *(contact, contact_email),
    )


def as_csv(header, rows):
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in (header, *rows)).encode()


def as_xlsx(header, rows):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate((header, *rows)):
            sheet.write_row(line, 0, row)
    return content.getvalue()


def run(env, rows):
    user = env["res.users"].create({"name": "Manager", "login": "bench_import", "email": "bench@example.com"})
    user.group_ids += env.ref("nestogy_clients.nestogy_clients_group_manager")
    env["nestogy.custom.field"].create({"name": "Bench", "kind": "integer"})
    env.flush_all()
    env = env(user=user.id)

    def prepare(content):
        return env["nestogy.client.import"].create({"file": base64.b64encode(content), "filename": "bench"})

    def plain(header, rows):
        content = as_csv(header, rows)
        wizard = env["base_import.import"].create(
            {"res_model": "res.partner", "file": content, "file_type": "text/csv", "file_name": "bench.csv"}
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        begin = time.perf_counter()
        answer = wizard.sudo().execute_import(list(header), list(header), options)
        env.flush_all()
        assert len(answer["ids"]) == PLAIN_ROWS, answer
        return PLAIN_ROWS / (time.perf_counter() - begin)

    def ours(start, count):
        file = prepare(as_csv(OURS, (our_row(n) for n in range(start, start + count))))
        before, begin = env.cr.sql_log_count, time.perf_counter()
        file._import_now()
        env.flush_all()
        seconds = time.perf_counter() - begin
        assert file.create_count == count, file.read(["create_count", "error_count", "state"])
        return file, count / seconds, env.cr.sql_log_count - before

    def in_batches(count):
        """As the background does it, which forgets a batch when it is committed."""
        file = prepare(as_csv(OURS, (our_row(n) for n in range(count * 20_000, count * 20_000 + count))))
        file.sudo()._stage(file._get_content())
        with patch.object(nestogy_client_import_run, "BATCH", SMALL):
            with patch.object(nestogy_client_import_check, "CHECK_BATCH", SMALL):
                for phase in ("check", "run"):
                    file.sudo().phase = phase
                    while file._work_next_step():
                        env.flush_all()
                        env.invalidate_all()
        assert len(file.row_ids.filtered(lambda row: row.state == "done")) == count

    def limit(file):
        seconds = 0
        ids = [partner_id for row in file.row_ids for partner_id in row.made]
        for table, column in (("res_partner", "id"), ("nestogy_phone_number", "partner_id")):
            bare = SQL.identifier(f"bare_{table}")
            env.cr.execute(SQL("CREATE TEMPORARY TABLE %s (LIKE %s INCLUDING INDEXES)", bare, SQL.identifier(table)))
            begin = time.perf_counter()
            env.cr.execute(
                SQL(
                    "INSERT INTO %s SELECT * FROM %s WHERE %s = ANY(%s)",
                    bare,
                    SQL.identifier(table),
                    SQL.identifier(column),
                    ids,
                )
            )
            seconds += time.perf_counter() - begin
        return len(file.row_ids) / seconds

    def preview(content):
        file = prepare(content)
        begin = time.perf_counter()
        file.sudo()._stage(file._get_content())
        page = file.get_grid()
        assert page["length"] == PREVIEW_ROWS
        return round(time.perf_counter() - begin, 3)

    ours(1_000_000, 50)  # warms up
    status = env["nestogy.client.status"]._get_default().name
    plain_rates, same_rates, our_rates = [], [], []
    for run_number in range(2):  # by turns, as the machine is not always equally fast
        plain_rates.append(plain(PLAIN, [plain_row(n) for n in range(PLAIN_ROWS)]))
        env.invalidate_all()
        first = 2_000_000 + run_number * PLAIN_ROWS
        same_rates.append(plain(SAME, [same_row(n, status) for n in range(first, first + PLAIN_ROWS)]))
        env.invalidate_all()
        file, rate, queries = ours(run_number * rows, rows)
        our_rates.append(rate)
    many = [our_row(n) for n in range(PREVIEW_ROWS)]
    small, large = (peak_mb(lambda count=count: in_batches(count)) for count in (SMALL, 3 * SMALL))
    return [
        {
            "name": f"{NAME} {rows}",
            "unit": "rows/s",
            "plain": round(max(plain_rates), 1),
            "ours": round(max(our_rates), 1),
            "limit": round(limit(file), 1),
            "queries": queries,
        },
        {
            "name": f"{NAME} {rows} same columns",
            "unit": "rows/s",
            "plain": round(max(same_rates), 1),
            "ours": round(max(our_rates), 1),
        },
        {"name": f"{NAME} memory of {SMALL}", "unit": "MB", "ours": small},
        {"name": f"{NAME} memory of {3 * SMALL}", "unit": "MB", "ours": large},
        {"name": f"{NAME} preview csv {PREVIEW_ROWS}", "unit": "s", "ours": preview(as_csv(OURS, many))},
        {"name": f"{NAME} preview xlsx {PREVIEW_ROWS}", "unit": "s", "ours": preview(as_xlsx(OURS, many))},
    ]
