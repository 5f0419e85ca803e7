from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase

PAGE = "/my/communication"


@tagged("post_install", "-at_install")
class TestCommunication(PortalCase):
    """The page of meetings and of what staff shared."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner_level = cls.env.ref("nestogy_portal.nestogy_portal_level_owner")
        cls.standard = cls.env.ref("nestogy_portal.nestogy_portal_level_standard")
        cls.owner.portal_level_id = cls.owner_level
        cls.colleague.portal_level_id = cls.standard
        cls.internal = cls.make_row("Internal remark", body="<p>They pay late</p>")
        cls.call = cls.make_row(
            "Call about prices", kind="call", direction="out", is_shared=True, body="<p>We agreed on ten.</p>"
        )
        cls.personal = cls.make_row(
            "For Carl", kind="call", direction="out", is_shared=True, contact_id=cls.colleague.id
        )
        cls.private = cls.make_row("Private thing", is_private=True, attendee_ids=[Command.set(cls.owner.ids)])
        cls.met = cls.make_row(
            "Site visit",
            kind="meeting",
            body="<p>Secret minutes</p>",
            attendee_ids=[Command.set(cls.colleague.ids)],
            place="Lab 4",
        )
        cls.coming = cls.make_row(
            "Next review",
            kind="meeting",
            date=fields.Datetime.now() + timedelta(days=3),
            attendee_ids=[Command.set((cls.owner | cls.colleague).ids)],
            video_url="https://meet.example/room",
        )

    @classmethod
    def make_row(cls, name, client=None, **values):
        return cls.env["nestogy.communication"].create(
            {
                "name": name,
                "kind": "note",
                "client_id": (client or cls.client).id,
                "date": fields.Datetime.now() - timedelta(days=1),
                **values,
            }
        )

    def seen(self, who):
        page = self.env["nestogy.communication"]._portal_page(who.user_ids)
        return [row["title"] for row in page["coming"] + page["past"]]

    def test_the_owner_sees_what_is_shared_and_his_own_meetings(self):
        self.assertEqual(self.seen(self.owner), ["Next review", "For Carl", "Call about prices"])
        page = self.visit(PAGE, self.owner)
        self.assertEqual(page.status_code, 200)
        self.assertIn("We agreed on ten.", page.text)
        self.assertIn("https://meet.example/room", page.text)
        for hidden in ("Internal remark", "They pay late", "Private thing", "Site visit", "Secret minutes"):
            self.assertNotIn(hidden, page.text)

    def test_a_colleague_sees_what_he_took_part_in(self):
        self.assertEqual(self.seen(self.colleague), ["Next review", "Site visit", "For Carl"])
        page = self.visit(PAGE, self.colleague)
        self.assertIn("Lab 4", page.text)
        self.assertNotIn("Secret minutes", page.text, "he was there, but the minutes are not shared")
        self.met.is_shared = True
        self.assertIn("Secret minutes", self.visit(PAGE, self.colleague).text)

    def test_strangers_and_nobody_see_nothing(self):
        self.assertEqual(self.seen(self.stranger), [])
        page = self.visit(PAGE, self.stranger)
        self.assertEqual(page.status_code, 200)
        self.assertIn("There is nothing here yet.", page.text)
        self.assertNotIn("Call about prices", page.text)
        self.assertEqual(self.visit(PAGE).status_code, 303)
        self.assertIn("/web/login", self.visit(PAGE).headers["Location"])

    def test_who_has_not_the_area_finds_no_page(self):
        area = self.env.ref("nestogy_portal.nestogy_portal_area_communication")
        self.standard.right_ids.filtered(lambda right: right.area_id == area).scope = "none"
        self.assertEqual(self.seen(self.colleague), [])
        self.assertEqual(self.visit(PAGE, self.colleague).status_code, 404)
        self.assertNotIn(PAGE, self.open("/my").text)
        self.assertIn(PAGE, self.visit("/my", self.owner).text)

    def test_a_meeting_that_became_private_is_gone(self):
        self.coming.is_private = True
        self.assertNotIn("Next review", self.seen(self.owner))

    def test_a_link_that_is_no_address_of_the_web_is_no_link(self):
        begin = fields.Datetime.now() + timedelta(days=1)
        self.env["calendar.event"].create(
            {
                "name": "Odd link",
                "start": begin,
                "stop": begin + timedelta(hours=1),
                "partner_ids": [Command.set(self.owner.ids)],
                "videocall_location": "javascript:alert(1)",
            }
        )
        self.env.cr.flush()  # what happens before a commit
        page = self.visit(PAGE, self.owner).text
        self.assertIn("Odd link", page)
        self.assertNotIn("javascript:alert", page)

    def test_old_meetings_have_no_link_to_join(self):
        self.coming.date = fields.Datetime.now() - timedelta(days=2)
        page = self.visit(PAGE, self.owner)
        self.assertIn("Next review", page.text)
        self.assertNotIn("https://meet.example/room", page.text)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nothing_leaves_over_rpc(self):
        for who in (self.owner, self.colleague, self.stranger):
            rows = self.env["nestogy.communication"].with_user(who.user_ids)
            with self.assertRaises(AccessError):
                rows.search([])
            with self.assertRaises(AccessError):
                rows.browse(self.call.ids).read(["name"])

    def test_senseless_pages_are_the_nearest_sensible_one(self):
        for page in ("0", "2"):
            response = self.visit(f"{PAGE}/page/{page}", self.owner)
            self.assertEqual(response.status_code, 200)
            self.assertIn("Call about prices", response.text)
