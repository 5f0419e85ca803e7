import time
from collections import Counter
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from ..models.form.nestogy_form_page import STAMP_SECONDS, TRAP
from .common import PortalMakers

CRON = "odoo.addons.nestogy_clients.models.settings.ir_cron"
IP = "198.51.100.7"


class FormMakers(PortalMakers):
    @classmethod
    def make_form(cls, *targets, **values):
        """Make a form that asks for a name, an e-mail address (required), a company, a phone and a message."""
        targets = targets or ("name", "email", "company", "phone", "message")
        rows = [Command.create({"target": each, "is_required": each == "email"}) for each in targets]
        return cls.env["nestogy.form"].create({"name": "Contact", "field_ids": rows, **values})

    def send(self, form, age=30, again=None, **answers):
        """Send a page of a form as a visitor does who took his time; gives the outcome."""
        form_sudo = self.env["nestogy.form"]._find(form.token).with_context(lang="en_US")
        self.stamp = again or form_sudo._read_stamp(form_sudo._make_stamp())._replace(time=int(time.time()) - age)
        texts = {key: value if isinstance(value, list) else [value] for key, value in answers.items()}
        return form_sudo._take_page(texts, self.stamp, ip=IP, is_human=True)

    def work(self):
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 100):
            self.env["nestogy.form.entry"]._cron_process()

    def entry(self, form, **answers):
        """Send a form, let the cron do its work, and give the entry."""
        self.assertEqual(self.send(form, **answers).state, "taken")
        self.work()
        return self.env["nestogy.form.entry"].search([("form_id", "=", form.id)], limit=1, order="id desc")


@tagged("post_install", "-at_install")
class TestForms(FormMakers, ClientsCase):
    """What becomes of what strangers send."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer, cls.agent, cls.manager = (
            cls.make_user(f"form_{role}", role) for role in ("viewer", "agent", "manager")
        )
        cls.client = cls.make_client("Acme Dental", user_id=cls.agent.id, phone="+1 207 555 0110")
        cls.ann = cls.make_contact(cls.client, "Ann Archer", "ann@acme.example", function="Owner")
        cls.form = cls.make_form(user_id=cls.manager.id, consent_text="You may keep this.")

    def setUp(self):
        super().setUp()
        counts = Counter()

        def count(_attempts, key, bucket, _expires_at):  # the real one is never rolled back
            counts[key, bucket] += 1
            return counts[key, bucket]

        patcher = patch.object(self.registry["nestogy.portal.attempt"], "_count", count)
        patcher.start()
        self.addCleanup(patcher.stop)

    def known(self, **answers):
        return self.entry(self.form, **{"name": "Ann", "email": "ann@acme.example", "consent": "yes"} | answers)

    # ------------------------------------------------------------------
    # New ones
    # ------------------------------------------------------------------

    def test_a_company_becomes_a_lead_with_a_contact(self):
        tag = self.env["res.partner.category"].create({"name": "Website"})
        size = self.env["nestogy.custom.field"].create({"name": "Seats", "kind": "integer", "portal": "write"})
        form = self.make_form(
            *("name", "function", "email", "company", "phone", "website", "city", "country", "message"),
            user_id=self.manager.id,
            category_ids=tag.ids,
            has_marketing=True,
            marketing_text="Send me news.",
            consent_text="You may keep this.",
        )
        form.field_ids = [Command.create({"target": "custom", "custom_field_id": size.id})]
        entry = self.entry(
            form,
            name="Hannah  Reyes\x00",
            function="Owner",
            email=" Hannah@Penobscot.example ",
            company="Penobscot Marine",
            phone="(207) 555-0171",
            website="penobscot.example",
            city="Rockland",
            country="us",
            message="Two shops.\r\nPhones too.",
            custom_seats="12",
            consent="yes",
            marketing="yes",
        )
        self.assertRecordValues(
            entry, [{"result": "created", "sender": "Hannah Reyes", "email": "hannah@penobscot.example", "tries": 0}]
        )
        client, contact = entry.client_id, entry.contact_id
        self.assertRecordValues(
            client,
            [
                {
                    "name": "Penobscot Marine",
                    "is_company": True,
                    "client_status_id": self.env.ref("nestogy_clients.nestogy_client_status_lead").id,
                    "user_id": self.manager.id,
                    "category_id": tag.ids,
                    "website": "http://penobscot.example",
                    "city": "Rockland",
                    "country_id": self.env.ref("base.us").id,
                    "primary_contact_id": contact.id,
                }
            ],
        )
        self.assertRecordValues(
            contact,
            [
                {
                    "name": "Hannah Reyes",
                    "function": "Owner",
                    "email": "hannah@penobscot.example",
                    "phone": "+1 207-555-0171",
                    "parent_id": client.id,
                }
            ],
        )
        self.assertEqual(client._client_field_values(), {"seats": 12})
        self.assertEqual(dict(entry.shown)["Message"], "Two shops.\nPhones too.")
        self.assertEqual(client.activity_ids.user_id, self.manager)
        self.assertIn("Two shops.", client.activity_ids.note)
        self.assertIn("Contact", client.message_ids.filtered(lambda each: "website form" in each.body).body)
        self.assertRecordValues(
            contact.consent_ids.sorted("purpose"),
            [
                {"purpose": "data", "how": "form", "text": "You may keep this.", "decision": "given"},
                {"purpose": "marketing", "how": "form", "text": "Send me news.", "decision": "given"},
            ],
        )
        self.assertTrue(contact.marketing_opt_in)
        self.assertIn("Penobscot Marine", form.with_user(self.viewer).action_open_leads()["name"] + client.name)
        self.assertRecordValues(form, [{"entry_count": 1, "lead_count": 1, "held_count": 0}])

    def test_somebody_without_a_company_becomes_a_client_who_is_a_person(self):
        form = self.make_form("first_name", "last_name", "email")
        entry = self.entry(form, first_name="Leo", last_name="Marsh", email="leo@marsh.example")
        self.assertEqual(entry.client_id, entry.contact_id)
        self.assertRecordValues(
            entry.client_id, [{"name": "Leo Marsh", "last_name": "Marsh", "is_company": False, "is_client": True}]
        )

    def test_the_second_entry_of_a_stranger_finds_his_lead(self):
        form = self.make_form()
        self.send(form, name="Leo", email="leo@marsh.example", message="One")
        self.send(form, name="Leo", email="LEO@marsh.example", message="Two")
        self.work()
        entries = form.entry_ids.sorted("id")
        self.assertEqual(entries.mapped("result"), ["created", "added"])
        self.assertEqual(len(entries.client_id), 1)

    # ------------------------------------------------------------------
    # Known ones
    # ------------------------------------------------------------------

    def test_nothing_of_somebody_known_is_overwritten(self):
        before = (self.ann | self.client).read(["name", "email", "phone", "function", "client_status_id", "user_id"])
        self.form.write({"has_marketing": True, "marketing_text": "Send me news."})
        entry = self.known(name="Ann Smith", phone="+1 207 555 0999", company="Acme", message="Hi", marketing="yes")
        self.assertRecordValues(
            entry, [{"result": "added", "client_id": self.client.id, "contact_id": self.ann.id, "reason": False}]
        )
        after = (self.ann | self.client).read(["name", "email", "phone", "function", "client_status_id", "user_id"])
        self.assertEqual(after, before)
        activity = self.client.activity_ids
        self.assertEqual(activity.user_id, self.agent)
        for text in ("Hi", "Ann Smith", "207-555-0999", "Acme Dental", "Wants marketing"):
            self.assertIn(text, activity.note)
        self.assertIn("207-555-0999", entry.with_user(self.viewer).differences)
        self.assertFalse(self.ann.marketing_opt_in)
        self.assertEqual(self.ann.consent_ids.mapped("purpose"), ["data"])
        # the second time there is still one thing to do
        self.known(message="Hello again")
        self.assertEqual(len(self.client.activity_ids), 1)
        self.assertIn("Hello again", self.client.activity_ids.note)

    def test_somebody_is_known_by_his_number_too(self):
        form = self.make_form("name", "phone")
        entry = self.entry(form, name="Front desk", phone="207.555.0110")
        self.assertRecordValues(entry, [{"result": "added", "client_id": self.client.id}])
        self.assertFalse(entry.differences)

    def test_whoever_fits_several_clients_waits_for_a_choice(self):
        other = self.make_client("Acme Studio")
        self.make_contact(other, "Ann Archer", "ann@acme.example")
        entry = self.known()
        self.assertRecordValues(entry, [{"result": "held", "reason": "several", "client_id": False}])
        with self.assertRefused(UserError, "can be of several clients: Acme Dental, Acme Studio. Choose one first."):
            entry.with_user(self.agent).action_accept()
        self.assertEqual(entry.result, "held")
        entry.with_user(self.agent).client_id = other
        entry.with_user(self.agent).action_accept()
        self.assertRecordValues(
            entry,
            [
                {
                    "result": "added",
                    "reason": False,
                    "client_id": other.id,
                    "contact_id": other.child_ids.id,
                    "user_id": self.agent.id,
                }
            ],
        )

    def test_blocked_and_archived_clients_are_held(self):
        self.set_status(self.client, "fraud")
        entry = self.known()
        self.assertRecordValues(entry, [{"result": "held", "reason": "blocked", "client_id": self.client.id}])
        self.assertFalse(self.client.activity_ids)
        self.assertFalse(self.ann.consent_ids)
        self.set_status(self.client, "active")
        self.ann.active = False
        entry = self.known(message="Back")
        self.assertRecordValues(entry, [{"result": "held", "reason": "archived", "client_id": self.client.id}])
        entry.with_user(self.agent).action_accept()
        self.assertEqual((entry.result, entry.contact_id), ("added", self.ann))

    def test_clients_of_another_company_are_not_known(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.client.company_id = company
        entry = self.known()
        self.assertEqual(entry.result, "created")
        self.assertNotEqual(entry.client_id, self.client)

    # ------------------------------------------------------------------
    # Spam
    # ------------------------------------------------------------------

    def test_spam_is_kept_and_does_nothing(self):
        before = self.env["res.partner"].search_count([])
        self.assertEqual(self.send(self.form, email="a@b.example", consent="yes", **{TRAP: "x"}).state, "taken")
        self.assertEqual(self.send(self.form, age=1, email="a@b.example", consent="yes").state, "taken")
        self.work()
        entries = self.form.entry_ids.sorted("id")
        self.assertRecordValues(entries, [{"result": "spam", "reason": "trap"}, {"result": "spam", "reason": "fast"}])
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        entries[1].with_user(self.agent).action_accept()
        self.assertEqual(entries[1].result, "created")

    def test_many_links_are_held_and_a_colleague_decides(self):
        links = "www.one.example [url=x] https://three.example"
        entry = self.entry(self.form, email="a@b.example", consent="yes", message=links)
        self.assertRecordValues(entry, [{"result": "held", "reason": "links"}])
        with self.assertRefused(AccessError, "Agents of the Clients app decide"):
            entry.with_user(self.viewer).action_accept()
        with self.assertRefused(AccessError, "Agents of the Clients app decide"):
            entry.with_user(self.viewer).action_spam()
        with self.assertRefused(AccessError, "not changed"):
            entry.with_user(self.manager).write({"email": "other@b.example"})
        entry.with_user(self.agent).action_spam()
        self.assertRecordValues(entry, [{"result": "spam", "reason": "staff", "user_id": self.agent.id}])
        entry.with_user(self.agent).action_accept()
        self.assertRecordValues(entry, [{"result": "created", "reason": False}])
        with self.assertRefused(UserError, "Only entries that are held or spam"):
            entry.with_user(self.agent).action_accept()
        with self.assertRefused(UserError, "has its client already"):
            entry.with_user(self.agent).client_id = self.client

    def test_spam_is_forgotten_after_the_company_s_days(self):
        self.env.company.form_spam_days = 10
        for _number in range(2):
            self.send(self.form, email="a@b.example", consent="yes", **{TRAP: "x"})
        old, young = self.form.entry_ids.sorted("id")
        held = self.entry(self.form, email="a@b.example", consent="yes", message="www.a www.b www.c")
        (old | held).date = fields.Datetime.subtract(fields.Datetime.now(), days=11)
        self.env["nestogy.form.entry"]._gc_spam()
        self.assertEqual((old | young | held).exists(), young | held)
        with self.assertRefused(ValidationError, "kept for 1 to 365 days"):
            self.env.company.form_spam_days = 0

    def test_the_same_page_sent_twice_is_one_entry_and_with_other_words_it_is_two(self):
        self.send(self.form, email="a@b.example", consent="yes", message="One")
        stamp = self.stamp
        self.assertEqual(
            self.send(self.form, again=stamp, email="a@b.example", consent="yes", message="One").state, "taken"
        )
        self.assertEqual(len(self.form.entry_ids), 1)
        self.send(self.form, again=stamp, email="a@b.example", consent="yes", message="Two")
        self.assertEqual(len(self.form.entry_ids), 2)

    def test_a_page_that_is_too_old_or_not_ours_is_asked_for_once_more(self):
        answers = {"email": "a@b.example", "consent": "yes"}
        self.assertEqual(self.send(self.form, age=STAMP_SECONDS + 5, **answers).state, "stale")
        form = self.form.sudo()
        old = self.stamp
        again = form._read_stamp(form._make_stamp(former=old))
        self.assertEqual((again.nonce, again.time > old.time), (old.nonce, True))
        self.assertEqual(self.send(self.form, again=again, **answers).state, "taken")
        for text in ("", "x", "ü" * 50, "a" * 5000, self.make_form()._make_stamp()):
            self.assertIsNone(form._read_stamp(text), text[:20])

    def test_more_than_the_limit_is_refused(self):
        self.form.address_limit = 2
        answers = {"email": "a@b.example", "consent": "yes"}
        states = [self.send(self.form, **answers, message=str(number)).state for number in range(3)]
        self.assertEqual(states, ["taken", "taken", "often"])
        self.form.write({"address_limit": 10, "hour_limit": 2})
        with mute_logger("odoo.addons.nestogy_portal.models.form.nestogy_form_page"):
            self.assertEqual(self.send(self.form, **answers, message="4").state, "often")
        self.assertEqual(len(self.form.entry_ids), 2)

    # ------------------------------------------------------------------
    # What is wrong
    # ------------------------------------------------------------------

    def test_each_wrong_answer_has_its_sentence(self):
        form = self.make_form(
            *("name", "email", "phone", "website", "country", "company_size", "message"), consent_text="Agree"
        )
        wrong = {
            "name": "n" * 201,
            "email": "ann@",
            "phone": "call me",
            "website": "no site",
            "country": "XX",
            "company_size": "huge",
            "message": "m" * 5001,
        }
        outcome = self.send(form, **wrong)
        self.assertEqual(outcome.state, "wrong")
        self.assertEqual(set(outcome.errors), {*wrong, "consent"})
        self.assertEqual(outcome.errors["email"], "Type one e-mail address, such as name@company.com.")
        self.assertFalse(form.entry_ids)
        self.assertEqual(self.send(form, consent="yes").errors, {"email": "Please fill in: E-mail"})
        form.field_ids.is_required = False
        self.assertIn("how to reach you", self.send(form, consent="yes").errors["email"])

    def test_words_that_changed_have_to_be_read_again(self):
        self.send(self.form, email="a@b.example")
        self.form.consent_text = "Other words."
        outcome = self.send(self.form, again=self.stamp, email="a@b.example", consent="yes")
        self.assertIn("This text has changed", outcome.errors["consent"])

    def test_a_form_that_cannot_work_is_refused(self):
        secret = self.env["nestogy.custom.field"].create({"name": "Margin", "kind": "char", "portal": "none"})
        row = {"target": "custom", "custom_field_id": secret.id}
        address = self.form.field_ids.filtered(lambda field: field.target == "email")
        optional = Command.update(address.id, {"is_required": False})
        for values, sentence in (
            ({"redirect_url": "http://www.example.com/"}, "beginning with https://"),
            ({"redirect_url": "https://user:secret@example.com/"}, "beginning with https://"),
            ({"redirect_url": "https://example.com/; frame-ancestors *"}, "beginning with https://"),
            ({"privacy_url": "javascript:alert(1)"}, "beginning with https://"),
            ({"allowed_origins": "https://www.example.com/page"}, "not the address of a website"),
            ({"allowed_origins": "http://www.example.com"}, "not the address of a website"),
            ({"allowed_origins": "*"}, "not the address of a website"),
            ({"token": "contact"}, "made by itself"),
            ({"field_ids": [Command.clear(), Command.create({"target": "name"})]}, "you can answer nobody"),
            ({"field_ids": [Command.create(row)]}, "“Margin” is hidden from clients"),
            ({"field_ids": [Command.create({"target": "custom"})]}, "Say which custom field"),
            ({"link_limit": 101}, "a number from 0 to 100"),
            ({"title": "t" * 201}, "at most 200 characters"),
            ({"sends_mail": True, "mail_template_id": False}, "Choose the mail that confirms"),
            ({"needs_confirmation": True, "confirm_template_id": False}, "Choose the mail with the link"),
            ({"needs_confirmation": True, "field_ids": [optional]}, "Make the e-mail address a required question"),
            ({"confirm_hours": 0}, "a number from 1 to 720"),
        ):
            with self.subTest(values), self.assertRefused(ValidationError, sentence):
                self.form.write(values)
        self.form.field_ids = [Command.create(row | {"shows_hidden": True})]
        self.form.allowed_origins = "HTTPS://Www.Example.com/ http://127.0.0.1:8099"
        self.assertEqual(self.form.allowed_origins, "https://www.example.com\nhttp://127.0.0.1:8099")
        self.known()
        with self.assertRefused(UserError, "has entries; archive it"):
            self.form.unlink()

    def test_the_words_of_the_mail_with_the_link_can_be_changed(self):
        self.known()  # no address is confirmed there; the words are tried with any entry
        template = self.env.ref("nestogy_portal.mail_template_form_confirm")
        template.body_html = template.body_html.replace("Kind regards", "See you")
        self.assertIn("See you", template.body_html)

    def test_a_custom_field_that_is_archived_is_not_asked_for(self):
        custom = self.env["nestogy.custom.field"].create({"name": "Seats", "kind": "integer", "portal": "write"})
        self.form.field_ids = [Command.create({"target": "custom", "custom_field_id": custom.id, "is_required": True})]
        self.assertIn("custom_seats", self.send(self.form, email="a@b.example", consent="yes").errors)
        custom.active = False
        self.assertEqual(self.send(self.form, email="a@b.example", consent="yes").state, "taken")

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def test_one_entry_that_fails_does_not_stop_the_others_and_is_tried_again(self):
        for name in ("Bad", "Good"):
            self.send(self.form, name=name, email=f"{name}@b.example", consent="yes")
        bad, good = self.form.entry_ids.sorted("id")
        make = self.registry["nestogy.form.entry"]._make_client

        def fail(entry):
            if entry.sender == "Bad":
                raise ValidationError(self.env._("No such town"))
            return make(entry)

        with patch.object(self.registry["nestogy.form.entry"], "_make_client", fail), mute_logger(CRON):
            self.work()
            self.assertRecordValues(
                bad | good,
                [
                    {"result": "waiting", "tries": 1, "problem": "No such town"},
                    {"result": "created", "tries": 0, "problem": False},
                ],
            )
            self.work()
            self.assertEqual(bad.tries, 1, "it is not its time yet")
            for _try in range(4):
                bad.try_at = fields.Datetime.now()
                self.work()
        self.assertRecordValues(bad, [{"result": "held", "reason": "failed", "tries": 5}])
        bad.with_user(self.agent).action_accept()
        self.assertRecordValues(bad, [{"result": "created", "problem": False}])

    def test_the_sender_gets_one_mail_a_day_with_nothing_of_his_words(self):
        self.form.sends_mail = True
        domain = [("email_to", "=", "ann@acme.example")]
        before = self.env["mail.mail"].search(domain)
        self.known(message="Buy at my shop")
        mail = self.env["mail.mail"].search(domain) - before
        self.assertEqual(len(mail), 1)
        self.assertIn(self.env.company.name, mail.body_html)
        self.assertNotIn("Buy at my shop", mail.body_html)
        self.known(message="Again")
        self.assertEqual(self.env["mail.mail"].search(domain) - before, mail)
        self.form.entry_ids.mailed_at = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        self.known(message="Tomorrow")
        self.assertEqual(len(self.env["mail.mail"].search(domain) - before), 2)

    # ------------------------------------------------------------------
    # Who sees it
    # ------------------------------------------------------------------

    def test_an_entry_stands_in_the_timeline_in_engagement_and_in_the_copy(self):
        self.known(message="Where is the portal?")
        self.entry(self.form, email="ann@acme.example", consent="yes", message="www.a www.b www.c")
        items = self.client.with_user(self.viewer).get_client_timeline({}, None, 20)["items"]
        (item,) = (each for each in items if each["source"] == "form")
        self.assertEqual((item["title"], item["text"]), ("Website form: Contact", "Where is the portal?"))
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        rows = [
            row for query in self.env["res.partner"]._client_touches(since) for row in self.env.execute_query(query)
        ]
        self.assertEqual([row[:3] for row in rows if row[2] == "form"], [(self.client.id, self.ann.id, "form")])
        self.assertTrue(self.env["nestogy.engagement.kind"].search([("key", "=", "form")]))
        (part,) = (each for each in self.ann.sudo()._client_export_parts() if each["key"] == "forms")
        self.assertIn("Message: Where is the portal?", part["rows"][0]["What you sent"])

    def test_teams_kept_apart_do_not_see_each_other_s_entries(self):
        self.client.write({"user_id": self.manager.id, "client_team_id": self.env["crm.team"].create({"name": "A"}).id})
        entry = self.known()
        held = self.entry(self.form, email="a@b.example", consent="yes", message="www.a www.b www.c")
        self.assertEqual(self.form.entry_ids.with_user(self.agent)._filtered_access("read"), entry | held)
        self.env.company.client_own_team_only = True
        self.assertEqual(self.form.entry_ids.with_user(self.agent)._filtered_access("read"), held)
        self.assertEqual(self.form.entry_ids.with_user(self.manager)._filtered_access("read"), entry | held)

    def test_managers_alone_make_forms(self):
        form = self.env["nestogy.form"].with_user(self.manager).create({"name": "Mine"})
        self.assertEqual(form.field_ids.mapped("target"), ["name", "email", "company", "phone", "message"])
        old = form.token
        form.action_new_token()
        self.assertNotEqual(form.token, old)
        self.assertFalse(self.env["nestogy.form"]._find(old))
        copied = form.copy()
        self.assertNotEqual(copied.token, form.token)
        self.assertEqual(len(copied.field_ids), 5)
        for user in (self.agent, self.viewer):
            with self.assertRefused(AccessError, "Website Form"):
                self.env["nestogy.form"].with_user(user).create({"name": "Theirs"})
            with self.assertRefused(AccessError, "Website Form"):
                form.with_user(user).action_new_token()
        with self.assertRefused(AccessError, ""):
            self.known().with_user(self.agent).unlink()

    def test_held_entries_are_counted_on_the_dashboard(self):
        self.entry(self.form, email="a@b.example", consent="yes", message="www.a www.b www.c")
        counts = self.assertHomeOpensRows(self.agent, ["portal"])
        self.assertEqual(counts["portal", "Form entries to decide"], 1)

    def test_lists_ask_as_much_of_the_database_for_many_rows_as_for_one(self):
        def cost(model, names):
            records = self.env[model].with_user(self.agent).search([])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        forms = ("nestogy.form", ["name", "client_status_id", "entry_count", "held_count", "lead_count", "url"])
        entries = ("nestogy.form.entry", ["display_name", "result", "client_id", "lang_name", "message"])
        self.known()
        _warm, few = ([cost(*each) for each in (forms, entries)] for _time in range(2))
        for number in range(5):
            self.send(self.make_form(), email=f"{number}@b.example")
            self.known(message=str(number))
        self.assertEqual([cost(*each) for each in (forms, entries)], few)

    # ------------------------------------------------------------------
    # Taking over
    # ------------------------------------------------------------------

    def take_over(self, entry, *keys, user=None):
        """Open the dialog as an agent, tick what is asked for, and press the button; gives the lines of the dialog."""
        wizard = self.env["nestogy.form.takeover"].with_user(user or self.agent)
        wizard = wizard.browse(entry.with_user(user or self.agent).action_take_over()["res_id"])
        for line in wizard.line_ids:
            line.is_taken = line.key in keys
        wizard.action_take_over()
        return wizard.line_ids

    def test_a_colleague_takes_over_what_is_right_field_by_field(self):
        seats = self.env["nestogy.custom.field"].create({"name": "Seats", "kind": "integer", "portal": "write"})
        self.client.write({"street": "1 Old Road", "country_id": self.env.ref("base.us").id})
        form = self.make_form(
            *("name", "email", "company", "phone", "street", "city", "country", "company_size", "message")
        )
        form.field_ids = [Command.create({"target": "custom", "custom_field_id": seats.id})]
        entry = self.entry(
            form,
            name="Ann Smith",
            email="ann@acme.example",
            company="ACME dental",
            phone="+1 207 555 0999",
            street="2 New Road",
            city="Rockland",
            country="CA",
            company_size="small",
            custom_seats="7",
        )
        lines = self.take_over(entry, "name", "phone", "city", "country", "custom_seats", "company_size")
        canada = self.env.ref("base.ca")
        said = {line.key: (line.known or "", line.sent, line.warning or "") for line in lines}
        self.assertEqual(
            set(said), {"name", "phone", "street", "city", "country", "company_size", "custom_seats"}, "no other"
        )
        self.assertEqual(said["country"], ("United States", "Canada", ""))
        self.assertEqual(said["custom_seats"], ("", "7", ""))
        self.assertEqual(said["street"], ("1 Old Road", "2 New Road", ""))
        self.assertEqual(said["phone"][0], "+1 207-555-0110")
        self.assertIn("the others stay", said["phone"][2])
        self.assertRecordValues(
            self.client,
            [
                {
                    "name": "Acme Dental",
                    "street": "1 Old Road",
                    "city": "Rockland",
                    "country_id": canada.id,
                    "company_size": "small",
                    "phone": "+1 207-555-0110",
                }
            ],
        )
        self.assertEqual(self.client._client_field_values(), {"seats": 7})
        self.assertRecordValues(self.ann, [{"name": "Ann Smith", "phone": "+1 207-555-0999", "function": "Owner"}])
        note = self.client.message_ids[:1]
        self.assertEqual(note.author_id, self.agent.partner_id)
        for text in ("Taken over from the website form Contact", "Ann Archer → Ann Smith", "United States → Canada"):
            self.assertIn(text, note.body)
        self.assertNotIn("New Road", note.body)
        # what is left is asked for again, with the first number kept
        entry.invalidate_recordset()
        self.assertEqual([each.key for each in entry._differences()], ["street"])
        self.take_over(self.entry(form, email="ann@acme.example", phone="+1 207 555 0888"), "phone")
        self.assertEqual(self.ann.phone, "+1 207-555-0888")
        self.assertEqual(len(self.ann.phone_number_ids), 2)

    def test_taking_over_needs_the_rights_to_write(self):
        entry = self.known(name="Ann Smith", phone="+1 207 555 0999")
        with self.assertRefused(AccessError, "Agents of the Clients app take over"):
            entry.with_user(self.viewer).action_take_over()
        wizard = self.env["nestogy.form.takeover"].with_user(self.agent)
        wizard = wizard.browse(entry.with_user(self.agent).action_take_over()["res_id"])
        self.assertFalse(wizard.line_ids.filtered("is_taken") - wizard.line_ids.filtered(lambda line: not line.known))
        wizard.line_ids.is_taken = False
        with self.assertRefused(UserError, "Tick what is right"):
            wizard.action_take_over()
        # nothing but what was sent can be written, whatever a dialog says
        wizard.line_ids[:1].write({"key": "credit_limit", "sent": "1000000", "is_taken": True})
        wizard.action_take_over()
        self.assertRecordValues(self.ann, [{"name": "Ann Archer"}])
        with (
            patch.object(self.registry["res.partner"], "write", side_effect=AccessError("no")),
            self.assertRefused(AccessError, "no"),
        ):
            entry.with_user(self.agent)._take_over({"name"})

    def test_an_address_that_is_taken_over_is_the_login_from_then_on(self):
        self.make_portal_user(self.ann)
        form = self.make_form("name", "email", "phone")
        self.ann.phone = "+1 207 555 0123"
        entry = self.entry(form, name="Ann Archer", email="ann@new.example", phone="+1 207 555 0123")
        self.assertEqual(entry.result, "added")
        lines = self.take_over(entry, "email")
        self.assertIn("can sign in as Ann Archer", lines.warning)
        self.assertEqual((self.ann.email, self.ann.user_ids.login), ("ann@new.example", "ann@new.example"))
