from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import ClientsCase

NOON = datetime(2026, 6, 10, 12, 0)  # a Wednesday


@tagged("post_install", "-at_install")
class TestPreferences(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("preference_agent", "agent")
        cls.plain = cls.make_user("preference_plain")
        cls.client = cls.make_client("Acme", email="office@acme.example", phone="+12075550100", tz="UTC")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example", phone="+12075550101", tz=False)
        cls.newsletter = cls.env.ref("nestogy_clients.nestogy_message_kind_newsletter")
        cls.survey = cls.env.ref("nestogy_clients.nestogy_message_kind_survey")
        cls.billing = cls.env.ref("nestogy_clients.nestogy_message_kind_billing")

    def answer(self, partner=None, channel="email", purpose="survey", when=NOON):
        return (partner or self.ann)._client_may_contact(channel, purpose, when)

    def assertFree(self, *args, **kwargs):
        self.assertEqual(self.answer(*args, **kwargs), (True, "", None))

    def assertNever(self, reason, *args, **kwargs):
        answer = self.answer(*args, **kwargs)
        self.assertRegex(answer.reason, reason)
        self.assertEqual(answer, (False, answer.reason, None))

    def assertLater(self, moment, reason, *args, **kwargs):
        answer = self.answer(*args, **kwargs)
        self.assertRegex(answer.reason, reason)
        self.assertEqual(answer, (False, answer.reason, moment))

    def send_in_bulk(self, partner, date):
        message = self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": partner.id,
                "message_type": "email_outgoing",
                "date": date,
                "notification_ids": [
                    Command.create(
                        {"res_partner_id": partner.id, "notification_type": "email", "notification_status": "sent"}
                    )
                ],
            }
        )
        return message

    # -- channels ------------------------------------------------------

    def test_without_a_word_everything_is_free(self):
        for channel in ("email", "phone", "text", "visit"):
            self.assertFree(channel=channel)

    def test_a_channel_that_is_refused(self):
        self.client.channel_phone = "never"
        self.assertNever("Ann does not want phone calls", channel="phone")
        self.assertFree(channel="email")
        self.ann.channel_phone = "fine"  # the contact's word goes before
        self.assertFree(channel="phone")
        self.assertNever("Acme does not want phone calls", self.client, channel="phone")
        self.ann.channel_email = "never"
        self.assertNever("Ann does not want e-mails")
        self.assertFree(self.client)

    def test_obligatory_messages_pass_all_wishes(self):
        self.client.write({"channel_email": "never", "contact_limit": 1, "contact_limit_period": "day"})
        self.send_in_bulk(self.ann, NOON - timedelta(hours=1))
        self.assertFree(purpose="billing")
        self.ann.email = False
        self.assertNever("has no e-mail address", purpose="billing")

    def test_without_an_address_there_is_no_channel(self):
        self.ann.write({"email": "no address", "phone": False})
        self.assertNever("has no e-mail address")
        for channel in ("phone", "text"):
            self.assertNever("has no phone number", channel=channel)
        self.assertFree(channel="visit")

    def test_the_archived_are_left_alone(self):
        self.ann.active = False
        self.assertNever("is archived", purpose="billing")

    def test_blacklists_of_odoo_hold(self):
        self.env["mail.blacklist"].create({"email": "ann@acme.example"})
        self.assertNever("on the blacklist")
        self.assertFree(self.client)
        self.env["phone.blacklist"].create({"number": self.ann.phone_sanitized})
        self.assertNever("on the blacklist", channel="text")
        self.assertFree(channel="visit")

    # -- kinds ---------------------------------------------------------

    def test_a_kind_that_is_not_wanted(self):
        self.client.unwanted_kind_ids = self.survey
        self.assertNever("does not want this kind of message: Surveys", self.client)
        self.assertNever("does not want this kind of message: Surveys")
        self.assertFree(purpose="greeting")
        self.ann.wanted_kind_ids = self.survey
        self.assertFree()
        self.client.unwanted_kind_ids = False
        self.ann.write({"wanted_kind_ids": [Command.clear()], "unwanted_kind_ids": [Command.set(self.survey.ids)]})
        self.assertNever("does not want")
        self.assertFree(self.client)

    def test_marketing_needs_consent(self):
        self.assertNever("has not agreed to marketing", purpose="newsletter")
        self.client._record_consent("given", "form", text="Yes")
        self.assertFree(purpose="newsletter")
        self.ann._record_consent("withdrawn", "form")
        self.assertNever("has withdrawn the consent", purpose=self.newsletter)
        self.assertFree(self.client, purpose="newsletter")
        self.client.unwanted_kind_ids = self.newsletter
        self.assertNever("does not want this kind", self.client, purpose="newsletter")

    def test_unknown_words_are_errors(self):
        for channel, purpose in (("pigeon", "survey"), ("email", "nonsense")):
            with self.assertRaises(ValueError):
                self.answer(channel=channel, purpose=purpose)

    # -- times and limits ----------------------------------------------

    def test_best_times_are_by_the_clock_of_the_person(self):
        self.client.contact_time_ids = [Command.create({"weekday": "workdays", "hour_from": 9, "hour_to": 12})]
        self.assertLater(datetime(2026, 6, 11, 9, 0), "prefers another time")
        self.ann.tz = "America/New_York"
        self.assertLater(datetime(2026, 6, 10, 13, 0), "prefers another time")
        self.ann.contact_time_ids = [Command.create({"weekday": "2", "hour_from": 7, "hour_to": 9})]
        self.assertFree()  # 8 o'clock there
        self.ann.contact_time_ids.weekday = "5"
        self.assertLater(datetime(2026, 6, 13, 11, 0), "prefers another time")

    def test_no_more_than_the_limit(self):
        self.client.write({"contact_limit": 2, "contact_limit_period": "week"})
        self.send_in_bulk(self.ann, NOON - timedelta(days=1))
        self.assertFree()
        self.send_in_bulk(self.ann, NOON - timedelta(days=2))
        self.assertLater(datetime(2026, 6, 15, 12, 0), "the 2 messages that are welcome")
        self.assertFree(self.client)  # each person is counted
        self.ann.contact_limit = 3
        self.assertFree()

    def test_limits_are_counted_in_the_period_of_whoever_set_them(self):
        self.client.write({"contact_limit": 1, "contact_limit_period": "month"})
        self.ann.contact_limit_period = "day"  # without a number it says nothing
        self.send_in_bulk(self.ann, NOON - timedelta(days=20))
        self.assertLater(NOON + timedelta(days=10), "welcome")

    def test_answers_of_people_and_failed_mails_do_not_count(self):
        self.client.write({"contact_limit": 1, "contact_limit_period": "week"})
        self.send_in_bulk(self.ann, NOON - timedelta(hours=1)).message_type = "comment"
        failed = self.send_in_bulk(self.ann, NOON - timedelta(hours=1))
        failed.notification_ids.notification_status = "bounce"
        self.assertFree()

    def test_after_the_limit_comes_the_best_time(self):
        self.client.write({"contact_limit": 1, "contact_limit_period": "day"})
        self.client.contact_time_ids = [Command.create({"weekday": "workdays", "hour_from": 9, "hour_to": 11})]
        self.send_in_bulk(self.ann, NOON - timedelta(hours=2))  # free again on Thursday at 10
        self.assertLater(datetime(2026, 6, 11, 10, 0), "welcome")
        self.send_in_bulk(self.ann, NOON - timedelta(minutes=30))  # on Thursday at 11:30
        self.assertLater(datetime(2026, 6, 12, 9, 0), "welcome")

    def test_many_cost_as_many_queries_as_one(self):
        self.client.write({"contact_limit": 2, "contact_limit_period": "week"})
        self.client.contact_time_ids = [Command.create({"weekday": "workdays"})]
        contacts = self.env["res.partner"]
        for number in range(20):
            contacts |= self.make_contact(self.client, f"C {number}", f"c{number}@acme.example")
            self.send_in_bulk(contacts[-1], NOON - timedelta(days=1))

        def queries(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            answers = partners._client_contact_answers("email", "newsletter", NOON)
            self.assertEqual(len(answers), len(partners))
            answers = partners._client_contact_answers("email", "survey", NOON)
            return self.env.cr.sql_log_count - before

        queries(contacts[:1])
        self.assertEqual(queries(contacts), queries(contacts[:1]))

    @users("preference_plain")
    def test_whoever_sends_may_ask(self):
        self.client.channel_email = "never"
        self.assertFalse(self.ann.with_env(self.env)._client_may_contact("email", "survey").allowed)

    # -- limits of input -----------------------------------------------

    def test_input_has_limits(self):
        for values, message in (
            ({"contact_limit": -1}, "between 0"),
            ({"contact_limit": 1001}, "between 0"),
            ({"contact_limit": 3, "contact_limit_period": False}, "for which period"),
            ({"unwanted_kind_ids": [Command.link(self.billing.id)]}, "Nobody can opt out .*Invoices and payments"),
            (
                {
                    "unwanted_kind_ids": [Command.link(self.survey.id)],
                    "wanted_kind_ids": [Command.link(self.survey.id)],
                },
                "both want and not want: Surveys",
            ),
            ({"contact_time_ids": [Command.create({"hour_from": 17, "hour_to": 9})]}, "begins before it ends"),
            ({"contact_time_ids": [Command.create({"hour_from": 9, "hour_to": 9})]}, "begins before it ends"),
            ({"contact_time_ids": [Command.create({"hour_from": -1, "hour_to": 9})]}, "between 0:00 and 24:00"),
            ({"contact_time_ids": [Command.create({"hour_from": 9, "hour_to": 24.5})]}, "between 0:00 and 24:00"),
            ({"contact_time_ids": [Command.create({}) for _ in range(31)]}, "at most 30 best times"),
        ):
            with self.subTest(values=values), self.assertRefused(ValidationError, message):
                self.client.write(values)
        self.assertRecordValues(self.client, [{"contact_limit": 0, "unwanted_kind_ids": [], "contact_time_ids": []}])

    def test_kinds_of_messages_have_rules(self):
        kinds = self.env["nestogy.message.kind"]
        for code in ("two words", "1st", "ä", "x" * 41):
            with self.assertRefused(ValidationError, "A code has at most 40"):
                kinds.create({"name": "Kind", "code": code})
        self.client.unwanted_kind_ids = self.survey
        with self.assertRefused(UserError, "archive it instead"):
            self.survey.unlink()
        kinds.create({"name": "Gone"}).unlink()
        with self.assertRaises(AccessError):
            kinds.with_user(self.agent).create({"name": "Kind"})
        with mute_logger("odoo.sql_db"), self.assertRefused(Exception, "nestogy_message_kind"):
            kinds.create({"name": "Both", "is_marketing": True, "is_obligatory": True})

    # -- forms ---------------------------------------------------------

    @users("preference_agent")
    def test_an_agent_fills_in_the_tab(self):
        with Form(self.client.with_env(self.env), view="nestogy_clients.res_partner_view_form_client") as form:
            form.channel_email = "preferred"
            form.contact_limit = 2
            form.unwanted_kind_ids.add(self.survey.with_env(self.env))
            with form.contact_time_ids.new() as row:
                row.weekday = "1"
        self.assertRecordValues(
            self.client, [{"channel_email": "preferred", "contact_limit": 2, "contact_limit_period": "week"}]
        )
        self.assertEqual(self.client.contact_time_ids.display_name, "Tuesday 9:00–17:00")

    def test_a_contact_shows_where_each_preference_comes_from(self):
        self.client.write({"channel_email": "preferred", "contact_limit": 2})
        self.client.unwanted_kind_ids = self.survey
        self.ann.channel_phone = "never"
        rows = {row["label"]: (row["value"], row["origin"]) for row in self.ann._contact_preference_rows()}
        nobody = self.env["res.partner"]
        self.assertEqual(rows["By E-mail"], ("Preferred", self.client))
        self.assertEqual(rows["By Phone"], ("Never", self.ann))
        self.assertEqual(rows["By Text Message"], ("Fine", nobody))
        self.assertEqual(rows["Best Times"], ("any time", nobody))
        self.assertEqual(rows["At Most"], ("2 a week", self.client))
        self.assertEqual(rows["Does Not Want"], ("Surveys", self.client))
        self.assertIn("As the client", self.ann.contact_preferences_table)

    def test_service_preferences_are_tags_of_their_dimension(self):
        tags = self.env["res.partner.category"]
        free, remote = tags.create([{"name": "VIP"}, {"name": "Remote only", "dimension": "service"}])
        self.client.category_id = free
        self.client.service_preference_ids = remote
        self.assertEqual(self.client.category_id, free | remote)
        self.assertEqual(self.env["res.partner"].search([("service_preference_ids", "in", remote.ids)]), self.client)
        self.client.service_preference_ids = False
        self.assertEqual(self.client.category_id, free)

    # -- mail to many --------------------------------------------------

    def compose(self, partners, kind=None):
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.agent)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": repr(partners.ids),
                    "subject": "News",
                    "body": "<p>News</p>",
                    "message_kind_id": kind.id if kind else False,
                    "force_send": False,
                }
            )
        )
        mails, _messages = composer._action_send_mail()
        return {mail.recipient_ids or mail.res_id: mail for mail in mails}

    def mails_by_partner(self, partners, kind=None):
        before = self.env["mail.mail"].search([], order="id desc", limit=1).id
        self.compose(partners, kind)
        mails = self.env["mail.mail"].search([("id", ">", before or 0)])
        return {mail.res_id: mail for mail in mails}

    def test_marketing_goes_only_to_those_who_agreed(self):
        bob = self.make_contact(self.client, "Bob", "bob@acme.example")
        outsider = self.env["res.partner"].create({"name": "Supplier", "email": "s@supplier.example"})
        bob._record_consent("given", "form", text="Yes")
        mails = self.mails_by_partner(self.ann | bob | outsider, self.newsletter)
        self.assertEqual(mails[bob.id].state, "outgoing")
        for refused in (self.ann, outsider):
            self.assertEqual((mails[refused.id].state, mails[refused.id].failure_type), ("cancel", "mail_optout"))

    def test_mail_without_a_kind_goes_to_everybody_at_once(self):
        self.client.channel_email = "never"
        mails = self.mails_by_partner(self.ann | self.client)
        self.assertEqual({mail.state for mail in mails.values()}, {"outgoing"})
        self.assertFalse(mails[self.ann.id].scheduled_date)
        mails = self.mails_by_partner(self.ann, self.billing)
        self.assertEqual(mails[self.ann.id].state, "outgoing")

    def test_opt_outs_hold_for_a_kind(self):
        self.client.unwanted_kind_ids = self.survey
        mails = self.mails_by_partner(self.ann | self.client, self.survey)
        self.assertEqual({mail.failure_type for mail in mails.values()}, {"mail_optout"})

    def test_who_has_had_enough_gets_it_later(self):
        now = fields.Datetime.now()
        self.ann.write({"contact_limit": 1, "contact_limit_period": "week"})
        self.send_in_bulk(self.ann, now - timedelta(days=1))
        mails = self.mails_by_partner(self.ann | self.client, self.survey)
        self.assertEqual(mails[self.ann.id].state, "outgoing")
        self.assertAlmostEqual(mails[self.ann.id].scheduled_date, now + timedelta(days=6), delta=timedelta(minutes=1))
        self.assertFalse(mails[self.client.id].scheduled_date)
        # and the mails that went out count themselves
        self.assertFalse(self.ann._client_may_contact("email", "survey").allowed)
