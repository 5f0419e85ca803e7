import hashlib
import logging
import os

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import zip_stream

_logger = logging.getLogger(__name__)

PRINT_BATCH = 10  # documents in one run of the printer
KEPT_HOURS = 24  # from when the archive is ready
WAITING_DAYS = 7  # what was not made by then never will be
MAIL_FROM = 10  # documents to print: nobody sits and waits for so many
PDF_FIELD = "invoice_pdf_report_file"
REPORT = "account.account_invoices"


class NestogyPortalArchive(models.Model):
    """Many documents that a visitor of the portal downloads in one go.

    Documents that have no PDF yet are printed by the clock, some at a time; then the archive waits for its owner. It is
    streamed from the single PDFs, so no file of its own is made and its size does not matter to the memory.
    """

    _name = "nestogy.portal.archive"
    _description = "Download of Documents"
    _order = "id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", string="Asked by", required=True, readonly=True, index=True, ondelete="cascade"
    )
    client_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(
        [("waiting", "Being Prepared"), ("ready", "Ready")], required=True, readonly=True, default="waiting"
    )
    fingerprint = fields.Char(required=True, readonly=True, help="Tells which documents were asked for.")
    document_count = fields.Integer(string="Documents", readonly=True)
    to_print_count = fields.Integer(string="Without a PDF", readonly=True, help="When the archive was asked for.")
    printed_count = fields.Integer(string="Printed", readonly=True)
    failed_count = fields.Integer(string="Failed", readonly=True)
    expires_at = fields.Datetime(string="Kept Until", required=True, readonly=True, index=True)
    downloaded_at = fields.Datetime(string="Downloaded", readonly=True)
    line_ids = fields.One2many("nestogy.portal.archive.line", "archive_id", string="Each Document")

    _waiting_idx = models.Index("(id) WHERE state = 'waiting'")

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _portal_ask(self, moves):
        """Have an archive of documents made for the visitor, or give the one that is being made.

        :param moves: found with the visitor's rights, in the order of the archive
        :return: the archive in sudo
        """
        fingerprint = hashlib.sha256(",".join(map(str, sorted(moves.ids))).encode()).hexdigest()
        archives_sudo = self.sudo()  # visitors have no rights on archives; they ask for their own
        same_sudo = archives_sudo.search(
            [
                ("user_id", "=", self.env.uid),
                ("state", "=", "waiting"),
                ("fingerprint", "=", fingerprint),
                ("expires_at", ">", fields.Datetime.now()),
            ],
            limit=1,
        )
        if same_sudo:
            return same_sudo
        stored = self._stored_pdfs(moves.ids)
        to_print = len(moves) - len(stored)
        archive_sudo = archives_sudo.create(
            {
                "user_id": self.env.uid,
                "client_id": self.env.user.partner_id.commercial_partner_id.id,
                "state": "waiting" if to_print else "ready",
                "fingerprint": fingerprint,
                "document_count": len(moves),
                "to_print_count": to_print,
                "expires_at": fields.Datetime.add(
                    fields.Datetime.now(), **({"days": WAITING_DAYS} if to_print else {"hours": KEPT_HOURS})
                ),
            }
        )
        archive_sudo.line_ids.create(
            [
                {
                    "archive_id": archive_sudo.id,
                    "move_id": move_id,
                    "state": "stored" if move_id in stored else "waiting",
                }
                for move_id in moves.ids
            ]
        )
        if to_print:
            self.env.ref("nestogy_portal.ir_cron_portal_archive").sudo()._trigger()  # a job of ours
        return archive_sudo

    @api.model
    def _portal_find(self, archive_id):
        """The visitor's own archive, in sudo, or none when it is not his or has expired."""
        # visitors have no rights on archives
        return self.sudo().search(
            [("id", "=", archive_id), ("user_id", "=", self.env.uid), ("expires_at", ">", fields.Datetime.now())]
        )

    # ------------------------------------------------------------------
    # What goes into an archive
    # ------------------------------------------------------------------

    @api.model
    def _stored_pdfs(self, move_ids):
        """The PDFs that documents have, few columns of few rows.

        :return: dict of the document's id to its attachment in sudo
        """
        # the caller may see the documents; their PDFs are attachments
        found_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                Domain("res_model", "=", "account.move")
                & Domain("res_field", "=", PDF_FIELD)
                & Domain("res_id", "in", move_ids),
                ["res_id", "name", "file_size", "store_fname"],
                order="id",
            )
        )
        return {
            each.res_id: each
            for each in found_sudo
            if not each.store_fname or os.path.exists(each._full_path(each.store_fname))
        }

    @api.model
    def _print_moves(self, moves):
        """Print documents in one run of the printer.

        :return: dict of the document's id to its PDF
        """
        report = moves.env["ir.actions.report"]
        content, kind = report._pre_render_qweb_pdf(REPORT, moves.ids, data={"proforma": True})
        return report._get_splitted_report(REPORT, content, kind)

    @api.model
    def _piece(self, attachment_sudo):
        """A part of an archive: name, size, and how to read it when its turn comes, long after this transaction."""
        if attachment_sudo.store_fname:
            path = attachment_sudo._full_path(attachment_sudo.store_fname)

            def read():
                with open(path, "rb") as file:
                    return file.read()

        else:

            def read():
                with attachment_sudo.env.registry.cursor() as cr:
                    return attachment_sudo.with_env(attachment_sudo.env(cr=cr)).raw

        return attachment_sudo.name, attachment_sudo.file_size, read

    @api.model
    def _stream(self, pieces):
        """Make the archive piece by piece.

        :param pieces: list of tuples of name, size in bytes and a function that reads the content
        :return: tuple of a generator and the number of bytes that it gives
        """
        names = zip_stream.unique_names([name for name, _size, _read in pieces])
        size = zip_stream.stored_size((name, piece[1]) for name, piece in zip(names, pieces, strict=True))
        return zip_stream.stream_stored((name, piece[2]) for name, piece in zip(names, pieces, strict=True)), size

    @api.model
    def _pieces_now(self, moves, stored):
        """The parts of an archive that is sent at once; the few documents without a PDF are printed on the spot.

        :param dict stored: what :meth:`_stored_pdfs` says of these documents
        """
        # found with the visitor's rights; a print shows what his page of the document shows
        missing_sudo = moves.sudo().filtered(lambda move: move.id not in stored)
        printed = self._print_moves(missing_sudo) if missing_sudo else {}
        names = {move.id: move._get_invoice_proforma_pdf_report_filename() for move in missing_sudo}

        def fresh(move_id):
            return names[move_id], len(printed[move_id]), lambda: printed[move_id]

        return [
            self._piece(stored[move_id]) if move_id in stored else fresh(move_id)
            for move_id in moves.ids
            if move_id in stored or move_id in printed
        ]

    def _pieces(self, moves):
        """The parts of a ready archive.

        :param moves: those of its documents that its owner may still see
        """
        self.ensure_one()
        stored = self._stored_pdfs(moves.ids)
        printed = {line.move_id.id: line.attachment_id for line in self.line_ids if line.attachment_id}
        attachments = [stored.get(move_id) or printed.get(move_id) for move_id in moves.ids]
        return [self._piece(each) for each in attachments if each]

    # ------------------------------------------------------------------
    # Printing
    # ------------------------------------------------------------------

    @api.model
    def _cron_print(self):
        """Print what is missing, the archives taking turns: one with four documents does not wait for one with 5,000.

        What is printed is committed batch by batch, and never printed again.
        """
        cron, lines = self.env["ir.cron"], self.env["nestogy.portal.archive.line"]
        due = self.search([("state", "=", "waiting"), ("expires_at", ">", fields.Datetime.now())], order="id")
        cron._commit_progress(remaining=lines.search_count([("archive_id", "in", due.ids), ("state", "=", "waiting")]))
        while due:
            for archive in due:
                locked = archive.try_lock_for_update().filtered_domain([("state", "=", "waiting")])
                count = locked._print_some() if locked else 0
                if not count:
                    due -= archive  # another worker has it, or it is done
                if not cron._commit_progress(count):
                    return

    def _print_some(self):
        """Print the next few documents, and close the archive after the last.

        :return: how many were dealt with
        """
        self.ensure_one()
        lines = self.line_ids.search([("archive_id", "=", self.id), ("state", "=", "waiting")], limit=PRINT_BATCH)
        stored = self._stored_pdfs(lines.move_id.ids)  # somebody sent them meanwhile
        ready = lines.filtered(lambda line: line.move_id.id in stored)
        ready.state = "stored"
        self._print_lines(lines - ready)
        self.printed_count += len(lines.filtered(lambda line: line.state != "failed"))
        self.failed_count += len(lines.filtered(lambda line: line.state == "failed"))
        if len(lines) < PRINT_BATCH:
            self._finish()
        return len(lines)

    def _print_lines(self, lines):
        """Print documents together; where that fails one by one, so that one bad document does not stop the others."""
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                printed = self._print_moves(lines.move_id)
                attachments = self.env["ir.attachment"].create(
                    [
                        {
                            "name": line.move_id._get_invoice_proforma_pdf_report_filename(),
                            "raw": printed[line.move_id.id],
                            "mimetype": "application/pdf",
                            "res_model": self._name,
                            "res_id": self.id,
                        }
                        for line in lines
                    ]
                )
                for line, attachment in zip(lines, attachments, strict=True):
                    line.write({"state": "printed", "attachment_id": attachment.id})
        except psycopg2.Error:
            raise  # the batch is tried again later
        except Exception as error:  # whatever an invoice's layout raises, staff reads it on the line
            if len(lines) > 1:
                for line in lines:
                    self._print_lines(line)
                return
            _logger.warning("Document %s could not be printed for a download", lines.move_id.name, exc_info=True)
            lines.write({"state": "failed", "problem": str(error)[:500] or type(error).__name__})

    def _finish(self):
        """Keep the archive for its owner, and tell him."""
        self.write({"state": "ready", "expires_at": fields.Datetime.add(fields.Datetime.now(), hours=KEPT_HOURS)})
        if self._is_mailed():
            self._mail_owner()

    def _is_mailed(self):
        """Say whether the owner is mailed when the archive is ready: not when he will have waited for it."""
        return self.to_print_count >= MAIL_FROM

    def _mail_owner(self):
        contact = self.user_id.partner_id
        contact = contact.with_context(lang=contact.lang or self.env.lang)
        company = self.client_id.company_id or self.user_id.company_id
        values = {
            "archive": self,
            "contact": contact,
            "company": company,
            "hours": KEPT_HOURS,
            "url": f"{self.env['nestogy.portal.link']._base_url()}/my/archives/{self.id}",
        }
        self.env["mail.mail"].create(
            {
                "subject": contact.env._("Your documents are ready"),
                "body_html": contact.env["ir.qweb"]._render("nestogy_portal.archive_mail", values),
                "email_from": company.email_formatted,
                "recipient_ids": [fields.Command.link(contact.id)],
                "auto_delete": True,
            }
        ).send_after_commit()

    @api.autovacuum
    def _gc_archives(self):
        """Throw old archives away; what was printed for them goes with them."""
        # our own rows
        self.sudo().search([("expires_at", "<", fields.Datetime.now())], limit=1000).unlink()
