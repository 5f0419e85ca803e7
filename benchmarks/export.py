"""A file of clients with twelve columns: plain Odoo's own export, ours, and bare SQL written by a library of sheets.

``--rows 100000`` shows the memory at the size of the goal: ours holds a batch, whatever the number of clients.
"""

import io
import time

import xlsxwriter
from _tools import milliseconds, peak_mb, queries
from client_list import fill

from odoo.addons.web.controllers.export import CSVExport

PLAIN = (
    *("client_number", "name", "client_status_id/name", "email", "phone", "vat", "city", "zip", "country_id/name"),
    *("user_id/name", "create_date", "client_outstanding"),
)
OURS = [name.partition("/")[0] for name in PLAIN]
SMALL = 10_000


class Nowhere(io.RawIOBase):
    """A file that forgets what is written to it, so that memory is that of the work alone."""

    def __init__(self):
        super().__init__()
        self.place = 0

    def writable(self):
        return True

    def write(self, data):
        self.place += len(data)
        return len(data)

    def tell(self):
        return self.place


def run(env, rows):
    user = env["res.users"].create({"name": "Manager", "login": "bench_export", "email": "bench@example.com"})
    user.group_ids += env.ref("nestogy_clients.nestogy_clients_group_manager")
    clients = fill(env, rows)
    env = env(user=user.id)
    partners, exports = env["res.partner"], env["nestogy.client.export"]

    def plain(file_type, ids):
        table = partners.browse(ids).export_data(list(PLAIN))["datas"]
        if file_type == "csv":
            return CSVExport.from_data(CSVExport(), [], list(PLAIN), table)
        # the writer of core's controller, which takes its request for granted
        with xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True}) as book:
            sheet, style = book.add_worksheet(), book.add_format({"text_wrap": True})
            for line, row in enumerate(table, 1):
                for place, cell in enumerate(row):
                    sheet.write(line, place, cell if cell is not False else "", style)
        return book

    def ours(file_type, ids, target=None):
        domain = [("id", ">=", ids[0]), ("id", "<=", ids[-1])]
        exports._export({"columns": OURS, "file_type": file_type, "domain": domain}, target or io.BytesIO())

    def limit(ids):
        env.cr.execute(
            "SELECT client_number, client.name, status.name->>'en_US', email, phone, vat, city, zip,"
            " country.name->>'en_US', user_id, client.create_date, owed FROM res_partner client"
            " LEFT JOIN nestogy_client_status status ON status.id = client_status_id"
            " LEFT JOIN res_country country ON country.id = country_id"
            " LEFT JOIN (SELECT commercial_partner_id AS id, SUM(amount_residual_signed) AS owed FROM account_move"
            "  WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt') GROUP BY 1) open"
            " ON open.id = client.id WHERE client.id BETWEEN %s AND %s",
            [ids[0], ids[-1]],
        )
        with xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            for line, row in enumerate(env.cr.fetchall()):
                for place, cell in enumerate(row):
                    if place == 10:
                        sheet.write_datetime(line, place, cell, day)
                    elif isinstance(cell, str):
                        sheet.write_string(line, place, cell)
                    elif cell is not None:
                        sheet.write_number(line, place, float(cell))

    def fresh():
        env.flush_all()
        env.invalidate_all()

    few = clients[:SMALL]
    found = []
    for file_type in ("csv", "xlsx"):
        found.append(
            {
                "name": f"export.{file_type}",
                "unit": "ms",
                "plain": milliseconds(lambda file_type=file_type: plain(file_type, few), times=3, before=fresh),
                "ours": milliseconds(lambda file_type=file_type: ours(file_type, few), times=3, before=fresh),
                "limit": milliseconds(lambda: limit(few), times=3) if file_type == "xlsx" else None,
                "queries": queries(env, lambda file_type=file_type: ours(file_type, few)),
            }
        )
    sizes = sorted({len(few), len(clients)})
    for size in sizes:
        fresh()
        begin = time.perf_counter()
        ours("xlsx", clients[:size])
        found.append({"name": f"export.seconds_{size}", "unit": "s", "ours": round(time.perf_counter() - begin, 2)})
        fresh()
        found.append(
            {
                "name": f"export.memory_{size}",
                "unit": "MB",
                "plain": peak_mb(lambda: plain("xlsx", few)) if size == len(few) else None,
                "ours": peak_mb(lambda size=size: ours("xlsx", clients[:size], Nowhere())),
            }
        )
    return found
