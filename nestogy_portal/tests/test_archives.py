import io
import re
import zipfile
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase

ARCHIVE = "odoo.addons.nestogy_portal.models.money.nestogy_portal_archive"
DOWNLOAD = "odoo.addons.nestogy_portal.controllers.download"


@tagged("post_install", "-at_install")
class TestArchives(PortalCase):
    """Documents without a PDF are printed by a job, and the archive waits for whoever asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = cls.env["account.move"].union(*(cls.make_invoice(cls.client, number) for number in range(1, 6)))
        cls.foreign = cls.make_invoice(cls.other_client, 303)
        cls.stored = cls.invoices[0]
        cls.env["ir.attachment"].create(
            {
                "name": "stored.pdf",
                "raw": b"%PDF stored",
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": cls.stored.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        cls.archives = cls.env["nestogy.portal.archive"]

    def setUp(self):
        super().setUp()
        self.printed = []  # the documents of each run of the printer
        self.broken = self.env["account.move"]

        def print_moves(archives, moves):
            self.printed.append(moves.ids)
            if moves & self.broken:
                raise ValueError("no such font")
            return {move.id: b"%PDF " + move.name.encode() for move in moves}

        self.start(patch.object(self.registry["nestogy.portal.archive"], "_print_moves", print_moves))
        self.start(patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1000))

    def start(self, patcher):
        self.addCleanup(patcher.stop)
        return patcher.start()

    def ask(self, who=None, documents=None):
        """Select documents in the portal; gives the archive that the visitor is led to."""
        self.enter(who or self.owner)
        response = self.post_form(
            "/my/statement", "/my/invoices/download", document_ids=(documents or self.invoices | self.foreign).ids
        )
        self.assertEqual(response.status_code, 303)
        return self.archives.browse(int(re.fullmatch(r".*/my/archives/(\d+)", response.headers["Location"])[1]))

    def take(self, archive):
        return self.post_form(f"/my/archives/{archive.id}", f"/my/archives/{archive.id}/download")

    def names(self, response):
        self.assertEqual(response.status_code, 200)
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual({each.compress_type for each in archive.infolist()}, {zipfile.ZIP_STORED})
            return {name: archive.read(name) for name in archive.namelist()}

    def test_a_job_prints_what_is_missing_and_the_owner_takes_it(self):
        archive = self.ask()
        self.assertRecordValues(
            archive,
            [
                {
                    "user_id": self.owner.user_ids.id,
                    "client_id": self.client.id,
                    "state": "waiting",
                    "document_count": 5,
                    "to_print_count": 4,
                    "printed_count": 0,
                }
            ],
        )
        self.assertFalse(self.printed)
        page = self.open(f"/my/archives/{archive.id}").text
        self.assertIn("0 of 4", page)
        self.assertNotIn("/download", page)
        with patch(f"{ARCHIVE}.PRINT_BATCH", 3):
            archive._print_some()
            self.assertIn("3 of 4", self.open(f"/my/archives/{archive.id}").text)
            self.archives._cron_print()
        self.assertEqual([len(each) for each in self.printed], [3, 1])
        self.assertRecordValues(archive, [{"state": "ready", "printed_count": 4, "failed_count": 0}])
        files = self.names(self.take(archive))
        self.assertEqual(len(files), 5)
        self.assertEqual(files["stored.pdf"], b"%PDF stored")
        self.assertEqual(
            set(files.values()) - {b"%PDF stored"}, {b"%PDF " + move.name.encode() for move in self.invoices[1:]}
        )
        self.assertTrue(archive.downloaded_at)

    def test_many_stored_documents_need_no_job(self):
        with patch(f"{DOWNLOAD}.DOWNLOAD_LIMIT", 0):
            archive = self.ask(documents=self.stored)
        self.assertEqual(archive.state, "ready")
        self.assertEqual(self.names(self.take(archive)), {"stored.pdf": b"%PDF stored"})
        self.assertFalse(self.printed)

    def test_an_archive_is_its_owners_alone(self):
        archive = self.ask()
        self.archives._cron_print()
        for who in (self.colleague, self.stranger):
            self.enter(who)
            self.assertEqual(self.open(f"/my/archives/{archive.id}").status_code, 404)
            response = self.post_form("/my/statement", f"/my/archives/{archive.id}/download")
            self.assertEqual(response.status_code, 404)
        self.enter()
        self.assertIn("/web/login", self.open(f"/my/archives/{archive.id}").headers["Location"])
        self.assertFalse(archive.downloaded_at)
        for user in (self.owner.user_ids, self.make_user("archive_agent", "agent")):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                archive.with_user(user).read(["state"])
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                archive.line_ids.attachment_id.with_user(self.owner.user_ids).read(["raw"])
        manager = self.make_user("archive_manager", "manager")
        self.assertEqual(archive.with_user(manager).document_count, 5)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            archive.with_user(manager).write({"state": "waiting"})

    def test_the_way_to_it_is_good_in_one_browser_and_for_ten_minutes(self):
        archive = self.ask(documents=self.invoices)
        self.archives._cron_print()
        path = f"/my/archives/{archive.id}"
        ticket = self.csrf(self.open(path))
        self.enter(self.owner)  # another browser
        response = self.open(f"{path}/download", data={"csrf_token": ticket})
        self.assertEqual(response.headers["Location"].partition("/my/")[2], f"archives/{archive.id}?notice=again")
        self.assertIn("press Download again", self.open(f"{path}?notice=again").text)
        ticket = self.csrf(self.open(path))
        with patch("odoo.http.time.time", return_value=fields.Datetime.now().timestamp() + 700):
            response = self.open(f"{path}/download", data={"csrf_token": ticket})
        self.assertIn("notice=again", response.headers["Location"])
        self.assertIn(self.open(f"{path}/download").status_code, (404, 405))
        self.assertFalse(archive.downloaded_at)

    def test_what_its_owner_may_not_see_any_more_is_left_out(self):
        archive = self.ask(documents=self.invoices)
        self.archives._cron_print()
        gone = self.invoices[1]
        gone.button_draft()
        self.assertEqual(len(self.names(self.take(archive))), 4)
        self.invoices[2:].button_draft()
        self.stored.button_draft()
        self.assertIn("notice=none", self.take(archive).headers["Location"])

    def test_asking_twice_gives_the_one_that_is_being_made(self):
        archive = self.ask()
        self.assertEqual(self.ask(), archive)
        self.assertNotEqual(self.ask(self.colleague), archive)
        self.archives._cron_print()
        self.assertNotEqual(self.ask(), archive)

    def test_a_killed_job_goes_on_where_it_was(self):
        archive = self.ask()

        def killed(cron, processed=0, remaining=None, **kwargs):
            if processed:
                raise KeyboardInterrupt
            return 1000

        # what a batch had printed when the worker died is lost with its transaction, and only that
        with (
            patch(f"{ARCHIVE}.PRINT_BATCH", 2),
            patch.object(self.registry["ir.cron"], "_commit_progress", killed),
            self.assertRaises(KeyboardInterrupt),
            self.env.cr.savepoint(),
        ):
            self.archives._cron_print()
        self.env.invalidate_all()
        self.assertRecordValues(archive, [{"state": "waiting", "printed_count": 0}])
        self.assertFalse(archive.line_ids.attachment_id)
        self.printed.clear()
        with patch(f"{ARCHIVE}.PRINT_BATCH", 2):
            archive._print_some()
            self.archives._cron_print()
            self.archives._cron_print()
        ids = [number for batch in self.printed for number in batch]
        self.assertEqual(sorted(ids), sorted(self.invoices[1:].ids))
        self.assertEqual(len(archive.line_ids.attachment_id), 4)

    def test_archives_take_turns(self):
        first, second = self.ask(), self.ask(self.colleague, self.invoices[1:])
        with patch(f"{ARCHIVE}.PRINT_BATCH", 2):
            self.archives._cron_print()
        self.assertEqual((first | second).mapped("state"), ["ready", "ready"])
        batches = [tuple(batch) for batch in self.printed]
        self.assertEqual(batches[0], batches[1])  # the same two documents, for the one and for the other

    def test_one_bad_document_does_not_stop_the_others(self):
        self.broken = self.invoices[2]
        archive = self.ask()
        with self.assertLogs(ARCHIVE, "WARNING"):
            self.archives._cron_print()
        self.assertRecordValues(archive, [{"state": "ready", "printed_count": 3, "failed_count": 1}])
        self.assertEqual(archive.line_ids.filtered("problem").mapped("problem"), ["no such font"])
        page = self.open(f"/my/archives/{archive.id}").text
        self.assertIn("One document could not be prepared", page)
        self.assertIn(self.broken.name, page)
        self.assertNotIn("no such font", page)
        self.assertEqual(len(self.names(self.take(archive))), 4)

    def test_a_mail_comes_when_there_were_many(self):
        mails = []
        self.start(patch.object(self.registry["mail.mail"], "send_after_commit", lambda sent: mails.extend(sent)))
        with patch(f"{ARCHIVE}.MAIL_FROM", 5):
            few = self.ask()
            self.assertIn("come back later", self.open(f"/my/archives/{few.id}").text)
            self.archives._cron_print()
        self.assertFalse(mails)
        with patch(f"{ARCHIVE}.MAIL_FROM", 4):
            many = self.ask()
            self.assertIn("we mail you", self.open(f"/my/archives/{many.id}").text)
            self.archives._cron_print()
            self.archives._cron_print()
        (mail,) = mails
        self.assertEqual(mail.recipient_ids, self.owner)
        self.assertIn(f'/my/archives/{many.id}"', mail.body_html)

    def test_old_archives_are_thrown_away_with_what_was_printed(self):
        archive, fresh = self.ask(), self.ask(self.colleague)
        self.archives._cron_print()
        attachments = archive.line_ids.attachment_id
        archive.expires_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        self.enter(self.owner)
        self.assertEqual(self.open(f"/my/archives/{archive.id}").status_code, 404)
        self.archives._gc_archives()
        self.assertFalse(archive.exists())
        self.assertFalse(attachments.exists())
        self.assertTrue(self.stored.invoice_pdf_report_id)
        self.assertTrue(fresh.line_ids.attachment_id.exists())

    def test_nobody_asks_for_archives_without_end(self):
        with patch(f"{DOWNLOAD}.ARCHIVES", 1):
            self.ask()
            self.enter(self.owner)
            response = self.post_form("/my/statement", "/my/invoices/download", document_ids=self.invoices[1:].ids)
        self.assertIn("notice=busy", response.headers["Location"])
        self.assertEqual(len(self.archives.search([])), 1)

    def test_a_file_that_is_lost_is_printed_anew(self):
        attachment = self.stored.invoice_pdf_report_id
        self.env.cr.execute("UPDATE ir_attachment SET store_fname = '00/gone' WHERE id = %s", [attachment.id])
        attachment.invalidate_recordset()
        archive = self.ask(documents=self.invoices)
        self.assertEqual(archive.to_print_count, 5)

    def test_pdfs_in_the_database_are_read_one_by_one(self):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        self.stored.invoice_pdf_report_id.raw = b"%PDF in the database"
        self.enter(self.owner)
        response = self.post_form("/my/statement", "/my/invoices/download", document_ids=self.stored.ids)
        self.assertEqual(self.names(response), {"stored.pdf": b"%PDF in the database"})

    def test_asking_takes_as_many_queries_for_many_as_for_few(self):
        archives = self.archives.with_user(self.owner.user_ids)

        def count(moves):
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            archives._portal_ask(moves)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(self.invoices[:3])
        self.assertEqual(count(self.invoices[:2]), count(self.invoices))

    @mute_logger("odoo.http")
    def test_who_has_no_money_area_has_no_archive(self):
        archive = self.ask()
        with patch.object(self.registry["res.users"], "_portal_scope", lambda user, key: "none"):
            self.assertEqual(self.open(f"/my/archives/{archive.id}").status_code, 404)
