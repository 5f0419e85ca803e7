import base64
import io
import zipfile

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import PortalCase, PortalMakers

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF"
READABLE = {
    *("name", "active", "client_id", "contact_id", "folder_id", "expires_on", "expiry_state", "version_number"),
    *("file_name", "mimetype", "file_size", "size_text", "updated_at", "is_from_client", "is_shared", "shared_at"),
    "is_unseen",
    *("id", "display_name", "create_uid", "create_date", "write_uid", "write_date"),
}


class DocumentMakers(PortalMakers):
    @classmethod
    def make_document(cls, name="Contract.pdf", content=PDF, partner=None, is_shared=True, **values):
        """Upload a file as staff does."""
        documents = cls.env["nestogy.client.document"]
        files = [{"name": name, "data": base64.b64encode(content).decode()}]
        (outcome,) = documents.upload_files((partner or cls.client).id, files)
        document = documents.browse(outcome["document_id"])
        document.write({"is_shared": is_shared, **values})
        return document


@tagged("post_install", "-at_install")
class TestDocumentRules(DocumentMakers, TransactionCase):
    """What clients get over RPC, past all pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.shared = cls.make_document()
        cls.internal = cls.make_document("Internal.pdf", is_shared=False)
        cls.personal = cls.make_document("Personal.pdf", partner=cls.owner)
        cls.foreign = cls.make_document("Foreign.pdf", partner=cls.other_client)
        cls.all = cls.shared | cls.internal | cls.personal | cls.foreign

    def visible(self, who):
        return self.env["nestogy.client.document"].with_user(who.user_ids).search([("id", "in", self.all.ids)])

    def test_each_sees_what_is_shared_with_him(self):
        self.assertEqual(self.visible(self.owner), self.shared | self.personal)
        self.assertEqual(self.visible(self.colleague), self.shared)
        self.assertEqual(self.visible(self.stranger), self.foreign)

    def test_archived_and_empty_documents_are_not_seen(self):
        self.shared.active = False
        empty = self.env["nestogy.client.document"].create(
            {"name": "Empty", "client_id": self.client.id, "is_shared": True}
        )
        for document in self.shared | empty:
            self.assertFalse(document.with_user(self.owner.user_ids).has_access("read"))

    def test_who_left_the_client_sees_its_documents_no_more(self):
        self.owner.parent_id = self.other_client
        self.assertEqual(self.visible(self.owner), self.foreign)

    def test_nobody_reaches_files_past_the_door(self):
        for who in (self.owner, self.colleague, self.stranger):
            for document in self.all:
                version = document.version_id
                for record in (version, version.attachment_id):
                    record = record.with_user(who.user_ids)
                    for operation in ("read", "write", "create", "unlink"):
                        self.assertFalse(record.has_access(operation), (who.name, record, operation))
            attachments = self.env["ir.attachment"].with_user(who.user_ids)
            with self.assertRaises(AccessError):
                attachments.search([("res_model", "=", "nestogy.client.document.version")])
            self.assertFalse(attachments.search([("id", "in", self.all.version_id.attachment_id.ids)]))

    def test_clients_change_nothing(self):
        document = self.shared.with_user(self.owner.user_ids)
        for attempt in (
            lambda: document.write({"name": "mine"}),
            document.unlink,
            document.action_unshare,
            lambda: document.upload_version("a.pdf", base64.b64encode(PDF).decode()),
            lambda: document.upload_files(self.client.id, []),
            lambda: document.create({"name": "x", "client_id": self.client.id}),
            lambda: document.action_download(),
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.models", "odoo.orm.models"):
                attempt()
        self.assertRecordValues(self.shared, [{"name": "Contract", "is_shared": True, "version_number": 1}])
        for name in ("version", "opening", "folder", "tag"):
            model = self.env[f"nestogy.client.document.{name}"].with_user(self.owner.user_ids)
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(model.has_access(operation), (name, operation))

    def test_clients_read_reviewed_fields_only(self):
        model = self.env["nestogy.client.document"].with_user(self.owner.user_ids)
        readable = {
            name
            for name, field in model._fields.items()
            if model._has_field_access(field, "read") and all(each.startswith("nestogy_") for each in field._modules)
        }
        self.assertEqual(readable - READABLE, set())

    def test_what_staff_writes_about_a_document_stays_with_staff(self):
        self.shared.message_post(body="do not renew", message_type="comment", subtype_xmlid="mail.mt_note")
        messages = self.env["mail.message"].with_user(self.owner.user_ids)
        domain = [("model", "=", "nestogy.client.document"), ("res_id", "=", self.shared.id)]
        self.assertFalse(messages.search(domain))

    def test_new_is_for_each_reader_and_each_version(self):
        def unseen(who):
            documents = self.shared.with_user(who.user_ids)
            documents.invalidate_recordset()
            found = documents.search([("id", "=", documents.id), ("is_unseen", "=", True)])
            self.assertEqual(bool(found), documents.is_unseen)
            return documents.is_unseen

        log = self.env["nestogy.client.document.opening"]
        self.assertTrue(unseen(self.owner) and unseen(self.colleague))
        log.with_user(self.owner.user_ids)._log_opening(self.shared.version_id, "opened")
        self.assertFalse(unseen(self.owner))
        self.assertTrue(unseen(self.colleague))
        self.make_document(content=PDF + b"2")
        self.assertTrue(unseen(self.owner))


@tagged("post_install", "-at_install")
class TestDocumentPages(DocumentMakers, PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("portal_doc_manager", "agent", email="m@firm.example")
        cls.client.user_id = cls.manager
        cls.contracts = cls.env.ref("nestogy_clients.nestogy_client_document_folder_contracts")
        cls.shared = cls.make_document(folder_id=cls.contracts.id)
        cls.internal = cls.make_document("Internal.pdf", is_shared=False)
        cls.personal = cls.make_document("Personal.pdf", partner=cls.owner)
        cls.foreign = cls.make_document("Foreign.pdf", partner=cls.other_client)

    def rows(self, response):
        tree = html.fromstring(response.content)
        return {
            int(row.get("data-document")): " ".join(row.text_content().split())
            for row in tree.xpath("//tr[@data-document]")
        }

    def file(self, document, number=1):
        return f"/my/documents/{document.id}/file/{number}"

    def openings(self, document):
        document.invalidate_recordset()
        return [(row.partner_id, row.number, row.how) for row in document.opening_ids.sorted("id")]

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    def test_the_list(self):
        rows = self.rows(self.visit("/my/documents", self.owner))
        self.assertEqual(set(rows), {self.shared.id, self.personal.id})
        self.assertIn("New", rows[self.shared.id])
        self.assertIn("Contracts", rows[self.shared.id])
        self.assertIn("Only for you", rows[self.personal.id])
        self.assertEqual(set(self.rows(self.visit("/my/documents", self.colleague))), {self.shared.id})
        self.assertEqual(set(self.rows(self.visit("/my/documents", self.stranger))), {self.foreign.id})
        self.assertIn("/web/login", self.visit("/my/documents").headers["Location"])

    def test_folders_search_and_order(self):
        self.enter(self.owner)
        for query, found in (
            (f"folder={self.contracts.id}", {self.shared.id}),
            ("folder=0", {self.personal.id}),
            ("folder=new", {self.shared.id, self.personal.id}),
            ("search=PERSON", {self.personal.id}),
            ("search=contract.pdf", {self.shared.id}),
            ("search=%25", set()),
            ("search=Foreign", set()),
            ("search=Internal", set()),
            ("sortby=name", {self.shared.id, self.personal.id}),
        ):
            self.assertEqual(set(self.rows(self.open(f"/my/documents?{query}"))), found, query)
        self.assertIn("Nothing found", self.open("/my/documents?search=Foreign").text)

    def test_senseless_addresses_are_no_errors_of_ours(self):
        self.enter(self.owner)
        for query in (
            "folder=x",
            "folder=99999999999999999999",
            "folder=-1",
            "sortby=__class__",
            "search=" + "x" * 10000,
            "search=%00",
            "search=%25_%5C",
            "notice=x",
            "folder=1&folder=2",
        ):
            self.assertEqual(self.open(f"/my/documents?{query}").status_code, 200, query)
        for path in ("page/0", "page/999999", "page/99999999999999999999"):
            self.assertIn(self.open(f"/my/documents/{path}").status_code, (200, 404), path)
        ids = (0, self.internal.id, self.foreign.id, 2**31 - 1, 2**31, 2**63, "9" * 30, "x", "-1", "1e3")
        for document_id in ids:
            for path in ("", "/file/1", "/file/1?download=1"):
                self.assertEqual(self.open(f"/my/documents/{document_id}{path}").status_code, 404, (document_id, path))
        for number in (0, 2, "9" * 30, "x", "-1"):
            self.assertEqual(self.open(self.file(self.shared, number)).status_code, 404, number)

    def test_long_lists_have_pages_and_ask_as_often_as_short_ones(self):
        self.enter(self.owner)
        counts = []
        self.open("/my/documents")
        for total in (3, 90):
            for number in range(total):
                self.make_document(f"{total}-{number}.txt", b"x", folder_id=self.contracts.id)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            response = self.open("/my/documents")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(self.rows(response)), 80)
        self.assertLessEqual(abs(counts[1] - counts[0]), 2, counts)  # the pager's own
        self.assertEqual(len(self.rows(self.open("/my/documents/page/2"))), 15)

    def test_the_first_page_tells_what_is_new(self):
        self.enter(self.owner)
        self.assertIn("2 new documents", " ".join(html.fromstring(self.open("/my").content).text_content().split()))
        for document in self.shared | self.personal:
            self.open(self.file(document))
        self.assertNotIn("new document", self.open("/my").text)

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def test_a_page_shows_a_document_and_opens_nothing_by_itself(self):
        response = self.visit(f"/my/documents/{self.shared.id}", self.owner)
        self.assertEqual(response.status_code, 200)
        self.assertIn("viewer.html?file=%2Fmy%2Fdocuments", response.text)
        self.assertEqual(self.openings(self.shared), [])

    def test_each_file_that_leaves_is_written_down(self):
        self.enter(self.owner)
        response = self.open(self.file(self.shared))
        self.assertEqual((response.status_code, response.content), (200, PDF))
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response.headers["Content-Security-Policy"], "default-src 'none'; sandbox")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertTrue(response.headers["Content-Disposition"].startswith("inline"))
        response = self.open(self.file(self.shared) + "?download=1")
        self.assertTrue(response.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(response.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(self.openings(self.shared), [(self.owner, 1, "opened"), (self.owner, 1, "downloaded")])
        self.opener.head(self.base_url() + self.file(self.shared))
        self.open(self.file(self.shared), headers={"Range": "bytes=5-9"})
        self.assertEqual(len(self.openings(self.shared)), 2)
        self.open(self.file(self.shared), headers={"Range": "bytes=0-9"})
        self.assertEqual(len(self.openings(self.shared)), 3)

    def test_looking_changes_nothing_but_the_list_of_openings(self):
        before = self.shared.read(["name", "write_date", "version_number", "is_shared", "message_ids"])
        self.enter(self.owner)
        for path in (f"/my/documents/{self.shared.id}", self.file(self.shared), "/my/documents"):
            self.open(path)
        self.env.invalidate_all()
        self.assertEqual(self.shared.read(["name", "write_date", "version_number", "is_shared", "message_ids"]), before)

    def test_files_of_others_stay_closed(self):
        for who in (self.colleague, self.stranger):
            self.enter(who)
            for document in (self.internal, self.personal):
                self.assertEqual(self.open(self.file(document)).status_code, 404)
                self.assertEqual(self.openings(document), [])
        self.assertEqual(self.open(self.file(self.shared)).status_code, 404)  # the stranger
        self.assertIn("/web/login", self.visit(self.file(self.shared)).headers["Location"])
        self.assertEqual(self.openings(self.shared), [])

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_attachment")
    def test_odoos_own_doors_stay_closed(self):
        attachments = (self.shared | self.internal | self.foreign).version_id.attachment_id
        version = self.shared.version_id
        for who in (self.owner, self.stranger, None):
            self.enter(who)
            for attachment in attachments:
                for path in (
                    f"/web/content/{attachment.id}",
                    f"/web/content/{attachment.id}?download=1",
                    f"/web/content/{attachment.id}?access_token={attachment.checksum}",
                    f"/web/content/ir.attachment/{attachment.id}/raw",
                    f"/web/image/{attachment.id}",
                    f"/mail/attachment/pdf_first_page/{attachment.id}",
                ):
                    response = self.open(path)
                    self.assertNotIn(b"%PDF", response.content, path)
                    self.assertNotEqual(
                        (response.status_code, response.headers["Content-Type"]), (200, "application/pdf")
                    )
            response = self.open(f"/web/content/{version._name}/{version.id}/attachment_id")
            self.assertNotIn(b"%PDF", response.content)

    def test_a_door_that_closed_stays_closed(self):
        self.enter(self.owner)
        self.assertEqual(self.open(self.file(self.shared)).status_code, 200)
        self.shared.action_unshare()
        self.assertEqual(self.open(self.file(self.shared)).status_code, 404)
        self.shared.action_share()
        self.set_status(self.client, "fraud")
        self.assertIn("/web/login", self.open(self.file(self.shared)).headers["Location"])

    def test_versions_from_before_it_was_shared_stay_inside(self):
        draft = self.make_document("Draft.txt", b"draft", is_shared=False)
        self.make_document("Draft.txt", b"clean", is_shared=False)
        draft.action_share()
        self.make_document("Draft.txt", b"signed")
        self.enter(self.owner)
        self.assertEqual(self.open(self.file(draft, 1)).status_code, 404)
        self.assertEqual(self.open(self.file(draft, 2)).text, "clean")
        self.assertEqual(self.open(self.file(draft, 3)).text, "signed")
        page = html.fromstring(self.open(f"/my/documents/{draft.id}").content)
        self.assertEqual(page.xpath("//li/@data-version"), ["3", "2"])

    def test_what_could_run_is_only_saved(self):
        script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        self.enter(self.owner)
        for name in ("a.svg", "a.html", "a.xml", "a.xhtml", "page"):
            response = self.open(self.file(self.make_document(name, script)))
            self.assertEqual(response.headers["Content-Type"], "application/octet-stream", name)
            self.assertTrue(response.headers["Content-Disposition"].startswith("attachment"), name)
        response = self.open(self.file(self.make_document("a.txt", script)))
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")
        response = self.open(self.file(self.make_document('na\r\nme: "x"; é 漢.txt', b"words")))
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("me", [key.lower() for key in response.headers])

    # ------------------------------------------------------------------
    # Several at once
    # ------------------------------------------------------------------

    def test_the_selected_documents_in_one_archive(self):
        self.enter(self.owner)
        ids = [self.shared.id, self.personal.id, self.internal.id, self.foreign.id, "x", "9" * 40, "-1"]
        response = self.post_form("/my/documents", "/my/documents/download", document_ids=ids)
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(
                {name: archive.read(name) for name in archive.namelist()}, {"Contract.pdf": PDF, "Personal.pdf": PDF}
            )
        self.assertEqual(self.openings(self.shared), [(self.owner, 1, "downloaded")])
        self.assertEqual(self.openings(self.internal) + self.openings(self.foreign), [])
        for ids, notice in (([], "select"), ([self.foreign.id], "none"), (list(range(1, 202)), "many")):
            response = self.post_form("/my/documents", "/my/documents/download", document_ids=ids)
            self.assertTrue(response.headers["Location"].endswith(f"notice={notice}"))
        self.assertIn("Select at least one", self.open("/my/documents?notice=select").text)

    # ------------------------------------------------------------------
    # Upload
    # ------------------------------------------------------------------

    def send(self, *files, page="/my/documents"):
        token = self.csrf(self.open(page))
        return self.url_open(
            "/my/documents/upload",
            data={"csrf_token": token},
            files=[("files", (name, io.BytesIO(content))) for name, content in files],
            allow_redirects=False,
        )

    def outcomes(self, response):
        return html.fromstring(response.content).xpath("//*[@data-outcome]/@data-outcome")

    def received(self):
        domain = [("client_id", "=", self.client.id), ("is_from_client", "=", True)]
        return self.env["nestogy.client.document"].search(domain, order="id")

    def test_a_client_sends_documents(self):
        self.enter(self.owner)
        response = self.send(("Tax form.pdf", PDF), ("bad.pdf", b"MZ"), ("notes.txt", b"words"))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.outcomes(response), ["new", "refused", "new"])
        folder = self.env["nestogy.client.document.folder"]._get_client_folder()
        self.assertRecordValues(
            self.received(),
            [
                {
                    "name": name,
                    "is_shared": True,
                    "folder_id": folder.id,
                    "contact_id": False,
                    "client_id": self.client.id,
                }
                for name in ("Tax form", "notes")
            ],
        )
        self.assertEqual(self.received().updated_by_id, self.owner.user_ids)
        self.assertFalse(self.received().message_partner_ids)
        activity = self.client.activity_ids
        self.assertEqual((activity.user_id, activity.summary), (self.manager, "Documents from Acme Dental"))
        self.assertIn("Olive Owner sent: Tax form.pdf, notes.txt", activity.note)
        response = self.send(("notes.txt", b"more words"), ("Tax form.pdf", PDF))
        self.assertEqual(self.outcomes(response), ["version", "same"])
        self.assertEqual(self.client.activity_ids, activity)
        self.assertIn("Olive Owner sent: notes.txt", activity.note)
        rows = self.rows(self.visit("/my/documents", self.colleague))
        self.assertIn("Sent by Olive Owner", rows[self.received()[0].id])
        self.assertIn("New", rows[self.received()[0].id])
        self.assertNotIn("New", self.rows(self.visit("/my/documents", self.owner))[self.received()[0].id])

    def test_what_a_client_sends_never_becomes_a_version_of_ours(self):
        self.enter(self.owner)
        self.assertEqual(self.outcomes(self.send(("Contract.pdf", PDF + b"forged"))), ["new"])
        self.shared.invalidate_recordset()
        self.assertEqual((self.shared.version_number, self.shared.attachment_id.raw), (1, PDF))

    def test_without_an_account_manager_it_is_noted(self):
        self.client.user_id = False
        self.enter(self.owner)
        self.send(("a.txt", b"x"))
        self.assertIn("Olive Owner sent: a.txt", self.client.message_ids[0].body)

    def test_uploads_have_limits(self):
        self.enter(self.owner)
        for files, notice in (((), "nofile"), ([(f"{n}.txt", b"x") for n in range(21)], "files")):
            self.assertTrue(self.send(*files).headers["Location"].endswith(f"notice={notice}"))
        self.env.company.write({"document_megabytes": 1, "document_quota_megabytes": 1})
        response = self.send(("a.txt", b"x" * (1024 * 1024 + 1)))
        self.assertEqual((response.status_code, self.outcomes(response)), (422, ["refused"]))
        self.assertIn("larger than 1 MB", response.text)
        response = self.send(("a.txt", b"x" * (1024 * 1024 - 1)))
        self.assertIn("There is no room left", response.text)
        self.assertFalse(self.received())
        self.assertFalse(self.client.activity_ids)

    @mute_logger("odoo.http")
    def test_who_may_not_send(self):
        self.enter(self.owner)
        self.assertEqual(self.url_open("/my/documents/upload", data={"a": "b"}, allow_redirects=False).status_code, 400)
        self.assertIn(self.open("/my/documents/upload").status_code, (404, 405))
        self.env.company.document_client_upload = False
        self.assertNotIn("/my/documents/upload", self.open("/my/documents").text)
        self.assertEqual(self.send(("a.txt", b"x")).status_code, 404)
        self.env.company.document_client_upload = True
        self.enter()
        response = self.send(("a.txt", b"x"), page="/web/login")
        self.assertIn("/web/login", response.headers["Location"])
        self.assertFalse(self.received())

    def test_a_customer_who_is_no_client_sees_an_empty_page(self):
        customer = self.env["res.partner"].create({"name": "Walk-in", "email": "walk@in.example"})
        self.make_portal_user(customer)
        response = self.visit("/my/documents", customer)
        self.assertEqual(self.rows(response), {})
        self.assertNotIn("/my/documents/upload", response.text)
        self.assertIn("no documents yet", response.text)

    def test_staff_sees_only_its_own_there(self):
        self.authenticate("portal_doc_manager", "portal_doc_manager")
        self.assertEqual(self.rows(self.open("/my/documents")), {})
        self.assertEqual(self.open(self.file(self.shared)).status_code, 404)
