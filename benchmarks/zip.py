"""ZIP of 200 and of 5,000 stored invoice PDFs: time, first byte and memory; Odoo's own for staff.

The limit is ``zipfile`` storing files whose paths are known, piece by piece; reading them alone is measured, too.
"""

import io
import os
import time
import zipfile

from _tools import milliseconds, multiply, peak_mb

from odoo import Command, fields

PDF_BYTES = 60_000
SMALL, LARGE = 200, 5000


def run(env, rows):
    client = env["res.partner"].create({"name": "Prototype", "is_company": True})
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": client.id,
            "invoice_date": fields.Date.today(),
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 10.0, "tax_ids": False})],
        }
    )
    invoice.action_post()
    moves = env["account.move"].browse(multiply(env, invoice, LARGE, name="'X/' || n"))
    attachments = env["ir.attachment"].create(
        [
            {
                "name": f"invoice_{move_id}.pdf",
                "raw": b"%PDF" + move_id.to_bytes(8) + os.urandom(PDF_BYTES),
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": move_id,
                "res_field": "invoice_pdf_report_file",
            }
            for move_id in moves.ids
        ]
    )
    env.flush_all()
    env.cr.execute("ANALYZE ir_attachment")
    archives = env["nestogy.portal.archive"] if "nestogy.portal.archive" in env else None

    def fresh():
        env.invalidate_all()

    def plain():
        from odoo.addons.account.controllers.download_docs import _build_zip_from_data

        documents = [each._get_invoice_legal_documents("pdf") for each in moves[:SMALL]]
        _build_zip_from_data(documents)

    def begin(count):
        stored = archives._stored_pdfs(moves[:count].ids)
        return archives._stream(archives._pieces_now(moves[:count], stored))[0]

    def ours(count):
        def work():
            for _piece in begin(count):
                pass

        return work

    def first_byte():
        next(begin(SMALL))

    paths = [each._full_path(each.store_fname) for each in attachments[:SMALL]]

    def reading():
        for path in paths:
            with open(path, "rb") as file:
                file.read()

    def limit():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for number, path in enumerate(paths):
                with open(path, "rb") as file:
                    archive.writestr(f"{number}.pdf", file.read())

    def once(work):
        fresh()
        begun = time.perf_counter()
        work()
        return round((time.perf_counter() - begun) * 1000, 1)

    result = {"unit": "ms", "plain": milliseconds(plain, before=fresh), "limit": milliseconds(limit)}
    result["reading"] = milliseconds(reading)
    if archives is None:
        return result | {"ours": None}
    measured = {
        "ours": milliseconds(ours(SMALL), before=fresh),
        "first_byte": milliseconds(first_byte, before=fresh),
        "ours_5000": once(ours(LARGE)),
    }
    for name, work in (("mb_200", ours(SMALL)), ("mb_5000", ours(LARGE)), ("plain_mb_200", plain)):
        fresh()
        measured[name] = peak_mb(work)
    return result | measured
