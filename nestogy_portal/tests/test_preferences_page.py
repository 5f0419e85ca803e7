from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase, RefusedCall

PAGE = "/my/preferences"


@tagged("post_install", "-at_install")
class TestPreferencesPage(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env.ref("nestogy_clients.nestogy_message_kind_survey")
        cls.greeting = cls.env.ref("nestogy_clients.nestogy_message_kind_greeting")
        cls.newsletter = cls.env.ref("nestogy_clients.nestogy_message_kind_newsletter")
        cls.billing = cls.env.ref("nestogy_clients.nestogy_message_kind_billing")
        cls.people = cls.client | cls.owner | cls.colleague | cls.stranger | cls.other_client

    def form_data(self, page):
        """What a browser sends when nothing is changed."""
        form = next(each for each in html.fromstring(page.content).forms if each.get("action") == PAGE)
        data = {}
        for name, value in form.form_values():
            data.setdefault(name, []).append(value)
        return data

    def save(self, **changes):
        data = self.form_data(self.open(PAGE)) | changes
        response = self.open(PAGE, data={name: value for name, value in data.items() if value is not None})
        self.env.invalidate_all()
        return response

    def kinds_without(self, kind):
        shown = self.form_data(self.open(PAGE))["kind_ids"]
        return [each for each in shown if each != str(kind.id)]

    def state(self, partners):
        self.env.invalidate_all()
        return [
            (
                *(partner[f"channel_{name}"] for name in ("email", "phone", "text", "visit")),
                partner.unwanted_kind_ids.ids,
                partner.wanted_kind_ids.ids,
                partner.consent_ids.ids,
            )
            for partner in partners
        ]

    def test_nothing_changed_writes_nothing(self):
        self.client.channel_phone = "never"
        before = self.state(self.people)
        self.enter(self.owner)
        response = self.save()
        self.assertEqual(response.status_code, 303)
        self.assertIn("notice=saved", response.headers["Location"])
        self.assertEqual(self.state(self.people), before)
        self.assertIn("Your preferences are saved", self.open(response.headers["Location"]).text)

    def test_looking_changes_nothing(self):
        before = self.state(self.people)
        self.enter(self.owner)
        page = self.open(PAGE + "?opt_in=1&channel_email=never&kind_ids=1&notice=<b>")
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(self.state(self.people), before)

    def test_the_owner_changes_himself_alone(self):
        others = self.people - self.owner
        before = self.state(others)
        self.enter(self.owner)
        self.save(
            channel_email="preferred", channel_phone="never", kind_ids=self.kinds_without(self.survey), opt_in="1"
        )
        self.assertRecordValues(
            self.owner,
            [
                {
                    "channel_email": "preferred",
                    "channel_phone": "never",
                    "channel_text": False,
                    "unwanted_kind_ids": self.survey.ids,
                    "wanted_kind_ids": [],
                    "marketing_opt_in": True,
                }
            ],
        )
        self.assertEqual(self.state(others), before)

    def test_an_opt_in_is_written_down_with_the_text_that_was_shown(self):
        self.env.company.marketing_consent_text = "Yes, send me your gazette."
        self.enter(self.owner)
        self.assertIn("Yes, send me your gazette.", self.open(PAGE).text)
        self.save(opt_in="1")
        user = self.owner.user_ids
        self.assertRecordValues(
            self.owner.consent_ids,
            [{"decision": "given", "how": "portal", "text": "Yes, send me your gazette.", "user_id": user.id}],
        )
        self.assertIn("Signed in as owner@acme.example", self.owner.consent_ids.proof)
        self.save()  # ticked as it is: no second row
        self.assertEqual(len(self.owner.consent_ids), 1)
        self.save(opt_in=None)
        self.assertEqual(self.owner.consent_ids.mapped("decision"), ["withdrawn", "given"])
        self.assertFalse(self.owner.marketing_opt_in)
        self.assertFalse(self.owner._client_may_contact("email", "newsletter").allowed)

    def test_other_words_have_to_be_read_first(self):
        self.enter(self.owner)
        data = self.form_data(self.open(PAGE)) | {"opt_in": "1", "channel_text": "never"}
        self.env.company.marketing_consent_text = "Other words."
        response = self.open(PAGE, data=data)
        self.assertIn("notice=changed", response.headers["Location"])
        self.env.invalidate_all()
        self.assertFalse(self.owner.consent_ids)
        self.assertEqual(self.owner.channel_text, "never")  # the rest is kept
        self.assertIn("Please read it", self.open(response.headers["Location"]).text)

    def test_the_client_s_wishes_hold_until_the_contact_says_otherwise(self):
        self.client.write({"channel_visit": "never", "unwanted_kind_ids": [(4, self.survey.id)]})
        self.client._record_consent("given", "form", text="Yes")
        self.enter(self.owner)
        page = self.open(PAGE)
        self.assertIn("As Acme Dental: Never", page.text)
        data = self.form_data(page)
        self.assertNotIn(str(self.survey.id), data["kind_ids"])
        self.assertEqual(data["opt_in"], ["1"])
        self.save(kind_ids=[*data["kind_ids"], str(self.survey.id)])
        self.assertEqual(self.owner.wanted_kind_ids, self.survey)
        self.assertTrue(self.owner._client_may_contact("email", "survey").allowed)
        self.save(kind_ids=data["kind_ids"], opt_in=None)
        self.assertRecordValues(self.owner, [{"wanted_kind_ids": [], "unwanted_kind_ids": []}])
        self.assertEqual(self.owner.consent_ids.decision, "withdrawn")
        self.assertTrue(self.client.marketing_opt_in)

    def test_a_client_s_own_user_changes_the_client(self):
        self.client.email = "office@acme.example"
        self.make_portal_user(self.client)
        self.enter(self.client)
        self.assertNotIn("As Acme", self.open(PAGE).text)
        self.save(channel_email="never", kind_ids=self.kinds_without(self.greeting))
        self.assertRecordValues(
            self.client, [{"channel_email": "never", "unwanted_kind_ids": self.greeting.ids, "wanted_kind_ids": []}]
        )

    def test_what_is_no_choice_is_left_out(self):
        self.enter(self.owner)
        hidden = self.env["nestogy.message.kind"].create({"name": "Later", "active": False})
        self.save(
            channel_email="always",
            channel_pigeon="never",
            channel_limit="99",
            partner_id=str(self.colleague.id),
            shown_ids=[str(self.survey.id), str(self.billing.id), str(hidden.id), "x", "9" * 30, "-1", "²"],
            kind_ids=["x", str(self.billing.id)],
        )
        self.assertRecordValues(
            self.owner,
            [{"channel_email": False, "unwanted_kind_ids": self.survey.ids, "wanted_kind_ids": []}],
        )
        self.assertEqual(self.state(self.colleague), [(False, False, False, False, [], [], [])])

    @mute_logger("odoo.http")
    def test_nobody_and_strangers(self):
        before = self.state(self.people)
        self.enter(None)
        self.assertIn("/web/login", self.open(PAGE).headers["Location"])
        # without the token of the form
        self.enter(self.owner)
        self.assertEqual(self.open(PAGE, data={"channel_email": "never"}).status_code, 400)
        self.assertEqual(self.state(self.people), before)
        # the token of one visitor is no use to another
        token = self.csrf(self.open(PAGE))
        self.enter(self.stranger)
        self.assertEqual(self.open(PAGE, data={"csrf_token": token, "channel_email": "never"}).status_code, 400)
        self.assertEqual(self.state(self.people), before)
        # who is no client's has no such page
        guest = self.env["res.partner"].create({"name": "Guest", "email": "guest@else.example"})
        self.make_portal_user(guest)
        self.enter(guest)
        self.assertTrue(self.open(PAGE).headers["Location"].endswith("/my"))
        self.assertNotIn(PAGE, self.open("/my").text)
        token = self.csrf(self.open("/my/account"))
        self.open(PAGE, data={"csrf_token": token, "channel_email": "never", "opt_in": "1"})
        self.assertEqual(self.state(guest), [(False, False, False, False, [], [], [])])

    @mute_logger("odoo.http")
    def test_rpc_is_no_way_round(self):
        self.owner._record_consent("given", "form", text="Yes")
        self.enter(self.owner)

        def call(model, method, *args):
            return self.call("/web/dataset/call_kw", model=model, method=method, args=list(args), kwargs={})

        for model, method, args in (
            ("nestogy.client.consent", "search_read", ([],)),
            ("nestogy.client.consent", "create", ({"partner_id": self.owner.id, "text": "x", "proof": "x"},)),
            ("nestogy.message.kind", "search_read", ([],)),
            ("nestogy.contact.time", "search_read", ([],)),
            ("nestogy.client.create", "check_username", ("free.name",)),
            ("nestogy.client.create", "create", ({"name": "x"},)),
            ("res.partner", "read", (self.client.ids, ["channel_email"])),
            ("res.partner", "write", (self.owner.ids, {"channel_email": "never"})),
            ("res.partner", "action_record_consent", (self.owner.ids,)),
            ("res.partner", "_record_consent", (self.owner.ids, "given", "portal")),
            ("res.partner", "_set_own_channels", (self.colleague.ids, {"email": "never"})),
        ):
            with self.assertRaises(RefusedCall, msg=(model, method)):
                call(model, method, *args)

    def test_the_card_is_on_the_first_page(self):
        self.enter(self.colleague)
        self.assertIn(f'href="{PAGE}"', self.open("/my").text)
