from lxml import html

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase, RefusedCall

PAGE, DOOR = "/my/account", "/my/account/details"


@tagged("post_install", "-at_install")
class TestPortalCustomFields(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fields = cls.env["nestogy.custom.field"]
        # what a database has of its own is no part of the tests
        fields.with_context(active_test=False).search([]).unlink()
        cls.env["nestogy.custom.field.deleted"].search([]).unlink()

        def make(name, kind, portal="write", options=(), **values):
            options = [Command.create({"name": label}) for label in options]
            return fields.create({"name": name, "kind": kind, "portal": portal, "option_ids": options, **values})

        make("Alarm code", "char", "none")
        make("Tier", "choice", "read", ["Gold", "Iron"], section="Contract")
        make("Engineer", "link", "read", comodel="res.users")
        make("Parking", "text", help="Where we may <b>park</b>")
        make("Seats", "integer", required=True)
        make("Visit", "datetime")
        make("Days", "choices", options=["Monday", "Friday"])
        make("Newsletter", "boolean")
        make("<b>{{ 7*7 }}</b>", "char")
        make("Nickname", "char", applies_to="contacts")
        cls.client.client_fields = {
            "alarm_code": "CANARY-CODE",
            "tier": "gold",
            "engineer": cls.env.ref("base.user_admin").id,
            "parking": "Canary yard",
            "seats": 4,
            "newsletter": True,
        }
        cls.colleague.client_fields = {"nickname": "Canary Carl"}
        cls.other_client.client_fields = {"parking": "Canary elsewhere", "seats": 1}

    def stored(self, partner):
        self.env.invalidate_all()
        return dict(partner.client_fields._values) if partner.client_fields else {}

    def page(self, who):
        response = self.visit(PAGE, who)
        self.assertEqual(response.status_code, 200)
        return response.text

    def form_of(self, text):
        [form] = html.fromstring(text).xpath(f"//form[@action='{DOOR}']") or [None]
        return form

    def test_the_owner_sees_what_is_for_the_portal_and_edits_what_may_be_edited(self):
        text = self.page(self.owner)
        form = self.form_of(text)
        self.assertNotIn("CANARY-CODE", text)
        self.assertNotIn("Alarm code", text)
        self.assertNotIn("Canary Carl", text)
        self.assertNotIn("Canary elsewhere", text)
        self.assertEqual(
            {each for each in form.xpath(".//@name") if each != "csrf_token"},
            {
                "client_parking",
                "client_seats",
                "client_visit",
                "client_days",
                "client_newsletter",
                "client_b_7_7_b",
                "contact_nickname",
            },
        )
        shown = form.text_content()
        for word in ("Gold", self.env.ref("base.user_admin").name, "Where we may <b>park</b>", "<b>{{ 7*7 }}</b>"):
            self.assertIn(word, shown)
        self.assertNotIn("49", shown)
        self.assertEqual(form.xpath(".//textarea")[0].text.strip(), "Canary yard")

    def test_the_owner_saves(self):
        self.owner.user_ids.tz = "Europe/Berlin"
        self.enter(self.owner)
        response = self.post_form(
            PAGE,
            DOOR,
            client_parking="Behind\r\nthe house",
            client_seats="12",
            client_visit="2026-07-01T10:00",
            client_days=["friday", "monday"],
            contact_nickname=" Ollie ",
        )
        self.assertEqual(
            (response.status_code, response.headers["Location"].partition("#")[0][-22:]),
            (303, "/account?details=saved"),
        )
        stored = self.stored(self.client)
        self.assertEqual(
            stored,
            {
                "alarm_code": "CANARY-CODE",
                "tier": "gold",
                "engineer": self.env.ref("base.user_admin").id,
                "parking": "Behind\nthe house",
                "seats": 12,
                "visit": "2026-07-01 08:00:00",
                "days": ["monday", "friday"],
            },
        )
        self.assertEqual(self.stored(self.owner), {"nickname": "Ollie"})
        notes = self.client.message_ids.filtered(lambda message: "Changed in the portal" in message.body)
        self.assertEqual(len(notes), 1)
        self.assertIn("Parking, Seats, Visit, Days, Newsletter", notes.body)
        self.assertEqual((notes.author_id, notes.subtype_id.internal), (self.owner, True))
        page = self.open(PAGE + "?details=saved").text
        self.assertIn("Saved. Thank you!", page)
        self.assertIn('value="2026-07-01T10:00"', page)

    def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_saved(self):
        before = self.stored(self.client)
        self.enter(self.owner)
        for answers, message in (
            ({"client_seats": "many"}, "Seats: “many” is no whole number"),
            ({"client_seats": ""}, "Please fill in: Seats"),
            ({"client_seats": "9" * 40}, "is no whole number"),
            ({"client_visit": "tomorrow"}, "Visit: “tomorrow” is no date and time"),
            ({"client_days": ["sunday"]}, "Days: “sunday” is not one of the options"),
            ({"client_parking": "a" * 10_001}, "Parking: The text has more than 10000 characters"),
            ({"client_parking": "a\x00b"}, "characters that cannot be stored"),
        ):
            response = self.post_form(PAGE, DOOR, **({"client_parking": "New", "client_seats": "3"} | answers))
            self.assertEqual(response.status_code, 200, answers)
            form = self.form_of(response.text)
            self.assertIn(message, form.text_content(), answers)
            self.assertIn("Nothing was saved yet", form.text_content())
            self.assertEqual(self.stored(self.client), before)
        # what was typed is still there
        self.assertEqual(form.xpath(".//input[@name='client_seats']/@value"), ["3"])

    def test_fields_that_are_not_for_editing_are_not_taken(self):
        before = self.stored(self.client)
        self.enter(self.owner)
        response = self.post_form(
            PAGE,
            DOOR,
            client_seats="4",
            client_newsletter="yes",
            client_alarm_code="evil",
            client_tier="iron",
            client_engineer="1",
            alarm_code="evil",
            partner_id=self.other_client.id,
            client_fields="{}",
        )
        self.assertEqual(response.status_code, 303)
        self.assertEqual(self.stored(self.client), before)

    def test_a_colleague_reads_the_client_and_edits_himself(self):
        before = self.stored(self.client)
        form = self.form_of(self.page(self.colleague))
        self.assertIn("Canary yard", form.text_content())
        self.assertEqual({each for each in form.xpath(".//@name") if each != "csrf_token"}, {"contact_nickname"})
        response = self.post_form(PAGE, DOOR, client_parking="evil", client_seats="9", contact_nickname="CC")
        self.assertEqual(response.status_code, 303)
        self.assertEqual(self.stored(self.client), before)
        self.assertEqual(self.stored(self.colleague), {"nickname": "CC"})
        self.assertEqual(self.stored(self.owner), {})

    def test_a_stranger_sees_and_changes_his_own_alone(self):
        before = self.stored(self.client)
        text = self.page(self.stranger)
        self.assertIn("Canary elsewhere", text)
        self.assertNotIn("Canary yard", text)
        self.post_form(PAGE, DOOR, client_parking="Mine", client_seats="2", contact_nickname="S")
        self.assertEqual(self.stored(self.client), before)
        self.assertEqual(self.stored(self.other_client), {"parking": "Mine", "seats": 2})

    @mute_logger("odoo.http")
    def test_nobody_and_forged_requests_get_nothing(self):
        before = self.stored(self.client)
        response = self.visit(DOOR, None, data={"client_parking": "evil"})
        self.assertIn(response.status_code, (303, 400))
        self.enter(self.owner)
        self.assertEqual(self.open(DOOR, data={"client_parking": "evil"}).status_code, 400)  # no csrf token
        self.assertEqual(self.open(DOOR + "?client_parking=evil").status_code, 405)  # a GET changes nothing
        for model, method, args in (
            ("res.partner", "write", [[self.client.id], {"client_fields": {"parking": "evil"}}]),
            ("res.partner", "read", [[self.client.id], ["client_fields"]]),
            ("res.partner", "_portal_write_custom_fields", [[self.owner.id], {}]),
            ("nestogy.custom.field", "search_read", [[]]),
            ("nestogy.custom.field", "save_tag", ["days", "evil"]),
        ):
            with self.assertRaises(RefusedCall, msg=(model, method)):
                self.call("/web/dataset/call_kw", model=model, method=method, args=args, kwargs={})
        self.assertEqual(self.stored(self.client), before)

    def test_fields_of_another_group_are_not_there(self):
        group = self.env["nestogy.client.group"].create({"name": "Managed"})
        self.env["nestogy.custom.field"].search([("key", "=", "parking")]).group_ids = group
        self.assertNotIn("Canary yard", self.page(self.owner))
        self.post_form(PAGE, DOOR, client_parking="evil", client_seats="4")
        self.assertEqual(self.stored(self.client)["parking"], "Canary yard")
        self.client.client_group_id = group
        self.assertIn("Canary yard", self.page(self.owner))

    def test_without_fields_the_page_is_as_it_was(self):
        self.env["nestogy.custom.field"].search([]).write({"portal": "none"})
        self.assertIsNone(self.form_of(self.page(self.owner)))
        self.enter(self.owner)
        self.assertEqual(self.post_form(PAGE, DOOR, client_parking="evil").status_code, 303)
