import base64
import io
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree
from PIL import Image

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, tagged, users
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..tools import document_files
from .common import ClientsCase

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
WORD = b"PK\x03\x04" + b"\x00" * 30


def base(content):
    return base64.b64encode(content).decode()


@tagged("post_install", "-at_install")
class TestDocumentFiles(BaseCase):
    def test_names_lose_folders_and_what_nobody_sees(self):
        for given, kept in (
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\a.pdf", "a.pdf"),
            ("in\r\nvoice\x00.pdf", "in voice.pdf"),
            ("evil\u202efdp.exe", "evilfdp.exe"),
            ('a"b*c?.txt', "a_b_c_.txt"),
            ("  Vertrag   für Müller.pdf ", "Vertrag für Müller.pdf"),
            ("...", ""),
            (None, ""),
        ):
            self.assertEqual(document_files.clean_name(given), kept)
        long = document_files.clean_name("x" * 400 + ".pdf")
        self.assertEqual((len(long), long[-4:]), (document_files.NAME_LIMIT, ".pdf"))

    def test_sizes_are_for_people(self):
        for size, text in (
            (0, "0 bytes"),
            (278, "278 bytes"),
            (1024, "1.0 KB"),
            (25 * 1024 * 1024, "25 MB"),
            (1024**3, "1024 MB"),
        ):
            self.assertEqual(document_files.size_text(size), text)

    def test_problems(self):
        for name, content, problem in (
            ("a.pdf", PDF, None),
            ("a.pdf", b"mailer\n" + PDF, None),
            ("a.pdf", PNG, "content"),
            ("a.png", PNG, None),
            ("a.jpg", b"<html><script>alert(1)</script>", "content"),
            ("a.webp", b"RIFF0000AVI ", "content"),
            ("a.docx", WORD, None),
            ("a.docx", PDF, "content"),
            ("a.txt", b"words", None),
            ("a.txt", b"wo\x00rds", "content"),
            ("a.html", b"<html>", None),
            ("a.dwg", b"AC1032", None),
            ("a.pdf", b"", "empty"),
            ("", b"x", "name"),
            ("setup.exe", b"x", "program"),
            ("notes.txt", b"#!/bin/sh", "program"),
            ("notes", b"MZ\x90", "program"),
            ("a.txt", b"x" * (document_files.MEGABYTE + 1), "size"),
        ):
            self.assertEqual(document_files.problem(name, content, 1), problem, (name, content[:20]))

    def test_nothing_is_kept_or_shown_as_what_a_browser_runs(self):
        for name, guessed, kept, shown in (
            ("a.pdf", "application/pdf", "application/pdf", "application/pdf"),
            ("a.png", "image/png", "image/png", "image/png"),
            ("a.txt", "text/html", "text/plain", "text/plain"),
            ("a.html", "text/html", "text/plain", None),
            ("a.svg", "image/svg+xml", "text/plain", None),
            ("a.xhtml", "application/xhtml+xml", "text/plain", None),
            ("a", "application/javascript", "text/plain", None),
            ("a.docx", "application/zip", document_files.KINDS["docx"][0], None),
            ("a.bin", "application/octet-stream", "application/octet-stream", None),
            ("a.bin", "image/png", "image/png", None),
        ):
            self.assertEqual(document_files.mimetype(name, guessed), kept, name)
            self.assertEqual(document_files.shown_as(name, kept), shown, name)


@tagged("post_install", "-at_install")
class TestDocuments(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("doc_agent", "agent", email="agent@firm.example")
        cls.make_user("doc_viewer", "viewer")
        cls.make_user("doc_manager", "manager")
        cls.make_user("doc_plain")
        cls.client = cls.make_client("Acme", user_id=cls.agent.id)
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.other = cls.make_client("Other")
        cls.documents = cls.env["nestogy.client.document"]

    def upload(self, *files, partner=None, folder=None):
        files = [{"name": name, "data": base(content)} for name, content in files]
        documents = self.env["nestogy.client.document"]
        return documents.upload_files((partner or self.client).id, files, folder.id if folder else False)

    def one(self, name="contract.pdf", content=PDF, **kwargs):
        (outcome,) = self.upload((name, content), **kwargs)
        return self.env["nestogy.client.document"].browse(outcome["document_id"])

    # ------------------------------------------------------------------
    # Upload
    # ------------------------------------------------------------------

    @users("doc_agent")
    def test_files_become_documents(self):
        folder = self.env.ref("nestogy_clients.nestogy_client_document_folder_contracts")
        outcomes = self.upload(("service_contract.pdf", PDF), ("photo.png", PNG), folder=folder)
        self.assertEqual([outcome["outcome"] for outcome in outcomes], ["new", "new"])
        first, second = self.env["nestogy.client.document"].browse([each["document_id"] for each in outcomes])
        self.assertRecordValues(
            first | second,
            [
                {
                    "name": "service contract",
                    "file_name": "service_contract.pdf",
                    "client_id": self.client.id,
                    "folder_id": folder.id,
                    "version_number": 1,
                    "mimetype": "application/pdf",
                    "file_size": len(PDF),
                    "is_shared": False,
                    "updated_by_id": self.env.uid,
                },
                {
                    "name": "photo",
                    "file_name": "photo.png",
                    "client_id": self.client.id,
                    "folder_id": folder.id,
                    "version_number": 1,
                    "mimetype": "image/png",
                    "file_size": len(PNG),
                    "is_shared": False,
                    "updated_by_id": self.env.uid,
                },
            ],
        )
        self.assertEqual(first.attachment_id.raw, PDF)
        self.assertFalse(first.message_partner_ids)

    @users("doc_agent")
    def test_a_bad_file_keeps_no_good_one_out(self):
        outcomes = self.upload(("a.pdf", PDF), ("b.pdf", PNG), ("run.exe", b"MZ"), ("c.txt", b""), ("d.txt", b"words"))
        self.assertEqual([outcome["outcome"] for outcome in outcomes], ["new", "refused", "refused", "refused", "new"])
        self.assertIn("this is no PDF file", outcomes[1]["message"])
        self.assertIn("Programs are not kept", outcomes[2]["message"])
        self.assertIn("is empty", outcomes[3]["message"])
        self.assertEqual(self.client.with_env(self.env).client_document_count, 2)

    @users("doc_agent")
    def test_the_same_name_is_a_new_version_and_nothing_is_lost(self):
        document = self.one()
        (outcome,) = self.upload(("Contract.PDF", PDF + b" second"))
        self.assertEqual((outcome["outcome"], outcome["document_id"]), ("version", document.id))
        self.assertIn("version 2 of “contract”", outcome["message"])
        document.invalidate_recordset()
        self.assertEqual([version.attachment_id.raw for version in document.version_ids], [PDF + b" second", PDF])
        self.assertEqual(document.version_number, 2)
        document.version_ids[1].action_restore()
        document.invalidate_recordset()
        self.assertRecordValues(
            document.version_ids,
            [
                {"number": 3, "note": "Version 1 again", "is_current": True},
                {"number": 2, "note": False, "is_current": False},
                {"number": 1, "note": False, "is_current": False},
            ],
        )
        self.assertEqual(document.attachment_id.raw, PDF)
        with self.assertRefused(UserError, "is the current version"):
            document.version_id.action_restore()

    @users("doc_agent")
    def test_the_same_file_again_changes_nothing(self):
        document = self.one()
        (outcome,) = self.upload(("contract.pdf", PDF))
        self.assertEqual((outcome["outcome"], outcome["document_id"]), ("same", document.id))
        self.assertEqual(len(document.version_ids), 1)

    @users("doc_agent")
    def test_equal_names_of_others_stay_apart(self):
        document = self.one()
        reports = self.env.ref("nestogy_clients.nestogy_client_document_folder_reports")
        others = [
            self.one(partner=self.contact),
            self.one(partner=self.other),
            self.one(folder=reports),
        ]
        self.assertEqual(len({document.id, *(each.id for each in others)}), 4)
        self.assertEqual(others[0].contact_id, self.contact)
        self.assertEqual(others[0].client_id, self.client)

    @users("doc_agent")
    def test_two_files_of_one_name_in_one_upload(self):
        outcomes = self.upload(("a.txt", b"one"), ("a.txt", b"two"))
        self.assertEqual([outcome["outcome"] for outcome in outcomes], ["new", "version"])
        self.assertEqual(outcomes[0]["document_id"], outcomes[1]["document_id"])

    @users("doc_agent")
    def test_a_new_version_may_have_another_name(self):
        document = self.one()
        outcome = document.upload_version("signed.pdf", base(PDF + b"2"))
        self.assertEqual(outcome["outcome"], "version")
        self.assertEqual((document.name, document.file_name, document.version_number), ("contract", "signed.pdf", 2))

    def test_limits(self):
        self.env.company.write({"document_megabytes": 1, "document_quota_megabytes": 1})
        megabyte = document_files.MEGABYTE
        (large,) = self.upload(("a.txt", b"x" * (megabyte + 1)))
        self.assertIn("larger than 1 MB", large["message"])
        first, second = self.upload(("a.txt", b"x" * (megabyte - 10)), ("b.txt", b"x" * 11))
        self.assertEqual((first["outcome"], second["outcome"]), ("new", "refused"))
        self.assertIn("There is no room left", second["message"])
        self.assertEqual(self.upload(("b.txt", b"x" * 11), partner=self.other)[0]["outcome"], "new")
        with self.assertRefused(UserError, "at most 20 files"):
            self.upload(*[(f"{number}.txt", b"x") for number in range(21)])
        with self.assertRefused(UserError, "did not arrive whole"):
            self.documents.upload_files(self.client.id, [{"name": "a.txt", "data": "%%%"}])
        with self.assertRefused(ValidationError, "1 to 100 MB"):
            self.env.company.document_megabytes = 0
        with self.assertRefused(ValidationError, "cannot be smaller"):
            self.env.company.document_quota_megabytes = 0

    def test_pictures_stay_as_they_are(self):
        picture = io.BytesIO()
        Image.new("RGB", (2500, 10)).save(picture, "PNG")
        self.assertEqual(self.one("wide.png", picture.getvalue()).attachment_id.raw, picture.getvalue())

    def test_documents_are_for_clients(self):
        stranger = self.env["res.partner"].create({"name": "Supplier"})
        with self.assertRefused(UserError, "kept for clients"):
            self.upload(("a.txt", b"x"), partner=stranger)
        document = self.one()
        with self.assertRefused(ValidationError, "is no contact of Acme"):
            document.contact_id = self.make_contact(self.other, "Eve")
        with self.assertRefused(ValidationError, "Supplier is none"):
            document.client_id = stranger
        with self.assertRefused(ValidationError, "at most 150 characters"):
            document.name = "x" * 151
        with self.assertRefused(ValidationError, "belongs to another document"):
            document.version_id = self.one("b.txt", b"x").version_id

    # ------------------------------------------------------------------
    # Sharing
    # ------------------------------------------------------------------

    @users("doc_agent")
    def test_sharing_is_written_down(self):
        document = self.one()
        self.one(content=PDF + b"2")
        document.action_share()
        self.env.flush_all()
        self.env.cr.flush()
        self.assertRecordValues(
            document, [{"is_shared": True, "shared_by_id": self.env.uid, "shared_from": 2, "version_number": 2}]
        )
        self.assertTrue(document.shared_at)
        self.assertIn("Shared", document.message_ids[0].sudo().tracking_value_ids.field_id.mapped("field_description"))
        document.action_unshare()
        self.assertRecordValues(
            document, [{"is_shared": False, "shared_by_id": False, "shared_from": 0, "shared_at": False}]
        )

    @users("doc_agent")
    def test_openings_are_counted_and_never_edited(self):
        document, quiet = self.one(), self.one("b.txt", b"x")
        portal = self.make_portal_user(self.contact.sudo(), login="ann@acme.example").with_env(self.env)
        log = self.env["nestogy.client.document.opening"]
        log.with_user(portal)._log_opening(document.version_id, "opened")
        log.with_user(portal)._log_opening(document.version_id, "downloaded")
        self.env.invalidate_all()
        self.assertEqual((document | quiet).mapped("opening_count"), [2, 0])
        self.assertEqual(document.opening_ids.partner_id, self.contact)
        self.assertEqual(document.last_opened_at, max(document.opening_ids.mapped("opened_at")))
        for row in (document.opening_ids[0], document.opening_ids[0].with_user(self.env.ref("base.user_admin"))):
            with self.assertRefused((AccessError, UserError), "."):
                row.how = "opened"
            with self.assertRefused((AccessError, UserError), "."):
                row.unlink()
        self.assertEqual(len(document.opening_ids), 2)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    @users("doc_viewer")
    def test_viewers_read_and_change_nothing(self):
        document = self.one_as_root()
        self.assertEqual(document.attachment_id.raw, PDF)
        for attempt in (
            lambda: self.upload(("b.txt", b"x")),
            lambda: document.upload_version("b.txt", base(b"x")),
            document.action_share,
            document.version_id.action_restore,
            lambda: document.write({"name": "x"}),
        ):
            with self.assertRefused((AccessError, UserError), "."):
                attempt()
        self.assertRecordValues(document, [{"name": "contract", "is_shared": False, "version_number": 1}])

    def one_as_root(self):
        client = self.client.with_user(self.env.ref("base.user_root"))
        documents = client.env["nestogy.client.document"]
        (outcome,) = documents.upload_files(client.id, [{"name": "contract.pdf", "data": base(PDF)}])
        return self.env["nestogy.client.document"].browse(outcome["document_id"])

    @users("doc_agent")
    def test_nobody_changes_a_version_or_its_file(self):
        document = self.one()
        version = document.version_id
        for attempt in (
            lambda: version.write({"name": "x"}),
            version.unlink,
            lambda: document.attachment_id.write({"raw": b"other"}),
            document.attachment_id.unlink,
            lambda: self.env["ir.attachment"].create({"name": "x", "res_model": version._name, "res_id": version.id}),
            lambda: self.env[version._name].create({"document_id": document.id, "name": "x", "number": 9}),
            document.unlink,
        ):
            with self.assertRefused(AccessError, "."):
                attempt()
        self.assertEqual((document.file_name, document.attachment_id.raw), ("contract.pdf", PDF))

    @users("doc_plain")
    def test_colleagues_without_a_role_get_nothing(self):
        document = self.one_as_root()
        for record in (document, document.sudo().version_id.sudo(False), document.sudo().attachment_id.sudo(False)):
            self.assertFalse(record.has_access("read"))
        self.assertFalse(self.env["ir.attachment"].search([("id", "=", document.sudo().attachment_id.id)]))
        dashboard = self.client.with_env(self.env).get_client_dashboard()
        self.assertNotIn("documents", [widget["key"] for widget in dashboard["widgets"]])

    def test_documents_of_another_company_are_hidden(self):
        branch = self.env["res.company"].create({"name": "Elsewhere"})
        client = self.make_client("Theirs", company_id=branch.id)
        document = self.one(partner=client)
        as_agent = document.with_user(self.agent)
        for record in (as_agent, as_agent.sudo().version_id.with_user(self.agent)):
            self.assertFalse(record.has_access("read"))
        with self.assertRaises(AccessError):
            as_agent.upload_files(client.id, [])

    @users("doc_manager")
    def test_managers_delete_a_document_with_its_files(self):
        document = self.one()
        files = document.version_ids.attachment_id
        document.unlink()
        self.assertFalse(files.sudo().exists())

    def test_the_folder_of_clients_stays(self):
        folder = self.env["nestogy.client.document.folder"]._get_client_folder()
        with self.assertRefused(UserError, "cannot be deleted"):
            folder.unlink()

    # ------------------------------------------------------------------
    # Clients that go
    # ------------------------------------------------------------------

    def test_files_go_with_the_client(self):
        document = self.one(partner=self.other)
        file = document.attachment_id
        document.active = False
        self.other.unlink()
        self.assertFalse(document.exists() or file.exists())

    def test_what_was_for_one_contact_is_not_shown_to_all_when_he_goes(self):
        document = self.one(partner=self.contact)
        document.action_share()
        self.contact.unlink()
        self.assertRecordValues(document, [{"contact_id": False, "is_shared": False}])

    # ------------------------------------------------------------------
    # Expiry
    # ------------------------------------------------------------------

    def reminders(self, document):
        return [(each.user_id.login, each.summary) for each in document.activity_ids]

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("nestogy_clients.ir_cron_document_expiry").method_direct_trigger()
        self.env.invalidate_all()

    @freeze_time("2027-03-01 09:00:00")
    def test_the_account_manager_is_reminded_before_and_on_the_day_once_each(self):
        document, late, far = self.one(), self.one("late.pdf"), self.one("far.pdf")
        document.expires_on = "2027-03-31"
        late.expires_on = "2027-02-01"
        far.expires_on = "2027-04-01"
        self.assertEqual((document | late | far).mapped("expiry_state"), ["soon", "expired", "valid"])
        self.run_cron()
        self.run_cron()
        self.assertEqual(self.reminders(document), [("doc_agent", "contract expires on 2027-03-31")])
        self.assertEqual(self.reminders(late), [("doc_agent", "late has expired: is there a new one?")])
        self.assertFalse(far.activity_ids)
        with freeze_time("2027-03-31 09:00:00"):
            self.run_cron()
            self.run_cron()
            self.assertEqual(self.reminders(document), [("doc_agent", "contract has expired: is there a new one?")])
        document.expires_on = "2027-04-15"
        with freeze_time("2027-04-01 09:00:00"):
            self.run_cron()
        self.assertIn(("doc_agent", "contract expires on 2027-04-15"), self.reminders(document))

    @freeze_time("2027-03-01 09:00:00")
    def test_one_bad_document_does_not_stop_the_others(self):
        bad, good = self.one(partner=self.other), self.one()
        bad.expires_on, good.expires_on = "2027-03-02", "2027-03-03"
        remind = self.registry[self.documents._name]._remind_of_expiry

        def remind_of_good_ones(document):
            remind(document)
            if document == bad:
                raise UserError(document.env._("no"))

        with (
            patch.object(self.registry[self.documents._name], "_remind_of_expiry", remind_of_good_ones),
            mute_logger("odoo.addons.nestogy_clients.models.settings.ir_cron"),
        ):
            self.run_cron()
        self.assertEqual((bad | good).mapped("expiry_notice"), ["due", "before"])
        self.assertNotIn("expires on", str(self.other.message_ids.mapped("body")))
        self.assertEqual(len(good.activity_ids), 1)

    # ------------------------------------------------------------------
    # Overview and lists
    # ------------------------------------------------------------------

    @users("doc_agent")
    def test_the_overview_shows_the_latest_documents(self):
        for number in range(6):
            self.one(f"{number}.txt", b"x")
        document = self.one()
        document.expires_on = fields.Date.today() - timedelta(days=1)
        document.action_share()
        card = self.client.with_env(self.env).get_client_dashboard_widget("documents")
        self.assertEqual(card["count"], 7)
        self.assertEqual(len(card["rows"]), 5)
        self.assertEqual((card["rows"][0]["id"], card["rows"][0]["tone"]), (document.id, "danger"))

    @users("doc_agent")
    def test_lists_ask_as_often_for_many_documents_as_for_one(self):
        tag = self.env["nestogy.client.document.tag"].create({"name": "Countersigned"})
        columns = {
            name: {}
            for name in ("name", "version_number", "size_text", "expiry_state", "opening_count", "last_opened_at")
        } | {name: {"fields": {"display_name": {}}} for name in ("client_id", "folder_id", "tag_ids", "attachment_id")}
        counts = []
        for number in range(12):
            document = self.one(f"{number}.txt", b"x", partner=self.client)
            document.tag_ids = [Command.link(tag.id)]
            if number in (0, 1, 11):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.env["nestogy.client.document"].web_search_read([("client_id", "=", self.client.id)], columns)
                counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 15)

    @users("doc_agent")
    def test_filters_find_what_they_say(self):
        expired, soon, quiet = self.one(), self.one("b.txt", b"x"), self.one("c.txt", b"x")
        today = fields.Date.today()
        expired.expires_on, soon.expires_on = today - timedelta(days=1), today + timedelta(days=10)
        quiet.action_share()
        search = self.env.ref("nestogy_clients.nestogy_client_document_view_search")
        arch = self.env["nestogy.client.document"].get_view(search.id, "search")["arch"]
        domains = {
            node.get("name"): safe_eval(node.get("domain"), {"uid": self.env.uid})
            for node in etree.fromstring(arch).iter("filter")
            if node.get("domain")
        }
        for name, found in (
            ("expired", expired),
            ("expires_soon", soon),
            ("never_opened", quiet),
            ("shared", quiet),
            ("internal", expired | soon),
            ("from_client", self.documents),
        ):
            domain = [("client_id", "=", self.client.id), *domains[name]]
            self.assertEqual(self.env["nestogy.client.document"].search(domain).sorted("id"), found.sorted("id"), name)
