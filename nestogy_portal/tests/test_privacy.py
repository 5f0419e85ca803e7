import io
import json
import zipfile
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import PASSWORD, PortalCase, PortalMakers


@tagged("post_install", "-at_install")
class TestPrivacyRequests(PortalMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.manager = cls.make_user("manager", "manager")
        cls.agent = cls.make_user("agent", "agent")

    def ask(self, kind, who=None, **more):
        user = (who or self.owner).user_ids
        return self.env["nestogy.privacy.request"].with_user(user)._portal_ask(kind, **more)

    def archive(self, request):
        return zipfile.ZipFile(io.BytesIO(request._attachment().raw))

    def test_a_copy_holds_what_concerns_the_person_and_nobody_else(self):
        self.owner.comment = "difficult"
        self.make_invoice(self.owner, 111)
        self.make_invoice(self.client, 7654.32)
        self.owner._record_consent("given", "portal", text="I agree", proof="clicked")
        self.client.message_post(body="Hello from Olive", author_id=self.owner.id, message_type="comment")
        self.client.message_post(body="Hello from Carl", author_id=self.colleague.id, message_type="comment")
        self.env["nestogy.portal.access.log"]._log("password", self.owner)
        request = self.ask("export")
        request._build_export()
        self.assertRecordValues(request, [{"state": "done", "problem": False}])
        with self.archive(request) as archive:
            text = archive.read("data.json").decode()
            page = archive.read("data.html").decode()
        data = json.loads(text)
        self.assertEqual(
            set(data) & {"details", "preferences", "consents", "messages", "documents", "invoices", "sign-ins"},
            {"details", "preferences", "consents", "messages", "documents", "invoices", "sign-ins"},
        )
        self.assertEqual(len(data["invoices"]), 1)
        self.assertEqual(data["details"][0]["Name"], "Olive Owner")
        self.assertEqual([row["Text"] for row in data["messages"]], ["Hello from Olive"])
        self.assertEqual(data["consents"][0]["Text Shown"], "I agree")
        self.assertEqual(len(data["sign-ins"]), 1)
        for secret in ("difficult", "7654.32", "7,654.32", "Carl"):
            self.assertNotIn(secret, text)
        self.assertIn("Hello from Olive", page)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertEqual((mail.recipient_ids, mail.subject), (self.owner, "The copy of your data is ready"))

    def test_uploaded_files_are_in_it(self):
        self.env["nestogy.client.document"].sudo().with_user(self.owner.user_ids).sudo()._store_files(
            self.client, [("plan.txt", b"our plan")]
        )
        request = self.ask("export")
        request._build_export()
        with self.archive(request) as archive:
            self.assertEqual(archive.read("documents/plan.txt"), b"our plan")

    def test_one_bad_copy_does_not_stop_the_others(self):
        bad, good = self.ask("export"), self.ask("export", self.colleague)
        partners = self.registry["res.partner"]
        real = partners._client_export_parts

        def parts(partner):
            if partner == self.owner:
                raise ValueError("no luck")
            return real(partner)

        with (
            patch.object(partners, "_client_export_parts", parts),
            mute_logger("odoo.addons.nestogy_clients.models.settings.ir_cron"),
            patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1),
        ):
            self.env["nestogy.privacy.request"]._cron_build_exports()
        self.assertRecordValues(
            bad | good, [{"state": "open", "problem": "no luck"}, {"state": "done", "problem": False}]
        )
        with self.assertRefused(AccessError, "Managers"):
            bad.with_user(self.agent).action_retry()
        bad.with_user(self.manager).action_retry()
        self.assertFalse(bad.problem)

    def test_a_copy_is_gone_after_a_week(self):
        request = self.ask("export")
        request._build_export()
        self.assertTrue(request._is_downloadable())
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            self.assertFalse(request._is_downloadable())
            self.env["nestogy.privacy.request"]._gc_exports()
        self.assertFalse(request._attachment())

    def test_an_erasure_has_a_deadline_and_a_manager(self):
        request = self.ask("erasure", note="please")
        self.assertEqual(request.due_on, fields.Date.context_today(request) + timedelta(days=30))
        activity = self.client.activity_ids
        self.assertEqual(activity.date_deadline, request.due_on)
        self.assertTrue(activity.user_id.has_group("nestogy_clients.nestogy_clients_group_manager"))
        with self.assertRefused(UserError, "asked for this already"):
            self.ask("erasure")
        with self.assertRefused(AccessError, ""):
            request.with_user(self.agent).action_erase()
        with self.assertRefused(UserError, "Write the answer first"):
            request.with_user(self.manager).action_refuse()
        with self.assertRefused(AccessError, "not changed"):
            request.with_user(self.manager).write({"state": "done"})
        dialog = self.env["nestogy.client.deletion"].browse(request.with_user(self.manager).action_erase()["res_id"])
        self.assertEqual((dialog.client_id, dialog.kind), (self.owner, "contact"))
        dialog.with_user(self.manager).typed_name = "olive owner"
        dialog.with_user(self.manager).action_start()
        self.assertRecordValues(request, [{"state": "done", "user_id": self.manager.id}])
        self.assertFalse(self.client.activity_ids)
        self.assertIn("is being erased", self.env["mail.mail"].search([], order="id desc", limit=1).body_html)
        self.assertFalse(self.owner.with_context(active_test=False).user_ids.active)
        dialog._work_now()
        self.assertEqual(dialog.state, "done")
        self.assertFalse(request.exists())
        self.assertFalse(self.owner.exists())

    def test_visitors_have_no_rights_on_requests_and_copies(self):
        request = self.ask("export")
        request._build_export()
        for who in (self.owner, self.colleague, self.stranger):
            with self.assertRefused(AccessError, ""):
                request.with_user(who.user_ids).read(["state"])
            with self.assertRefused(AccessError, ""):
                request._attachment().with_user(who.user_ids).read(["raw"])
        with self.assertRefused(AccessError, ""):
            request._attachment().with_user(self.make_user("plain")).read(["raw"])


@tagged("post_install", "-at_install")
class TestPrivacyPages(PortalCase):
    def requests(self):
        self.env.invalidate_all()
        return self.env["nestogy.privacy.request"].search([], order="id")

    def test_the_main_road(self):
        self.enter(self.owner)
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
        response = self.post_form("/my/privacy/export", "/my/privacy/export")
        self.assertIn("/my/privacy?notice=export", response.headers["Location"])
        request = self.requests()
        self.assertIn("In the making", self.open("/my/privacy").text)
        request._build_export()
        self.env.flush_all()
        self.assertIn("The copy of your data is ready", self.open("/my").text)
        response = self.post_form("/my/profile", f"/my/privacy/{request.id}/download")
        self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, "application/zip"))
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            self.assertIn("data.json", archive.namelist())
        self.assertNotIn("The copy of your data is ready", self.open("/my").text)

    @mute_logger("odoo.http")
    def test_a_copy_is_for_one_person(self):
        self.enter(self.owner)
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
        self.post_form("/my/privacy/export", "/my/privacy/export")
        request = self.requests()
        request._build_export()
        self.env.flush_all()
        for who in (self.colleague, self.stranger):
            self.enter(who)
            self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
            self.assertEqual(self.post_form("/my/profile", f"/my/privacy/{request.id}/download").status_code, 404)
            self.assertEqual(self.post_form("/my/profile", f"/my/privacy/{request.id}/withdraw").status_code, 404)
        self.assertEqual(self.visit("/my/privacy").status_code, 303)
        self.assertFalse(self.requests().downloaded_at)

    def test_asking_wants_a_fresh_proof(self):
        self.enter(self.owner)
        with patch("odoo.addons.nestogy_portal.controllers.security.is_confirmed", return_value=False):
            for kind in ("export", "erasure"):
                self.assertIn("/my/confirm", self.open(f"/my/privacy/{kind}").headers["Location"])
                response = self.post_form("/my/profile", f"/my/privacy/{kind}", sure="1")
                self.assertIn("/my/confirm", response.headers["Location"])
        self.assertFalse(self.requests())

    @mute_logger("odoo.http")
    def test_erasure_is_asked_for_on_purpose(self):
        self.enter(self.owner)
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
        response = self.post_form("/my/privacy/erasure", "/my/privacy/erasure", note="bye")
        self.assertIn("Tick the box", response.text)
        self.assertFalse(self.requests())
        response = self.post_form("/my/privacy/erasure", "/my/privacy/erasure", note="bye", sure="1")
        self.assertEqual((response.status_code, self.requests().kind), (303, "erasure"))
        response = self.post_form("/my/privacy/erasure", "/my/privacy/erasure", note="x" * 1001, sure="1")
        self.assertIn("at most 1000", response.text)
        self.assertEqual(self.open("/my/privacy/other").status_code, 404)
        self.assertEqual(self.open("/my/privacy/erasure", data={"sure": "1"}).status_code, 400, "no token")
        response = self.post_form("/my/privacy", f"/my/privacy/{self.requests().id}/withdraw")
        self.assertEqual((response.status_code, self.requests().state), (303, "withdrawn"))
