from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PortalCase

from .test_satisfaction import FeedbackMakers


@tagged("post_install", "-at_install")
class TestNps(FeedbackMakers, PortalCase):
    """Campaigns: who is asked, once; what is answered; what comes out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.manager = cls.make_user("nps_manager", "manager", name="Mia Manager")
        cls.client.primary_contact_id = cls.owner
        cls.other_client.primary_contact_id = cls.stranger
        cls.segment = cls.env["nestogy.client.segment"].create(
            {"name": "Ours", "domain": repr([("id", "in", (cls.client | cls.other_client).ids)])}
        )
        cls.campaign = cls.make_campaign()

    @classmethod
    def make_campaign(cls, **values):
        return cls.env["nestogy.nps.campaign"].create(
            {"name": "Spring", "segment_id": cls.segment.id, "question": "Would you recommend us?", **values}
        )

    def start(self, campaign=None):
        """:return: the answers in the sample of a started campaign"""
        campaign = campaign or self.campaign
        campaign.with_user(self.manager).action_start()
        return campaign.answer_ids

    def send_all(self):
        return self.send("nestogy.nps.answer")

    def many_contacts(self, count, **values):
        """Clients with one primary contact each."""
        clients = self.env["res.partner"].browse()
        for number in range(count):
            client = self.make_client(f"Client {number}")
            contact = self.make_contact(client, f"Person {number}", f"person{number}@nps.example", **values)
            client.primary_contact_id = contact
            clients |= client
        self.segment.domain = repr([("id", "in", clients.ids)])
        return clients.primary_contact_id

    # -- who is asked ------------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_primary_contacts_of_the_segment_are_asked_once(self):
        answers = self.start()
        self.assertEqual(answers.partner_id, self.owner | self.stranger)
        mails = self.send_all()
        self.assertEqual((len(mails), mails.recipient_ids), (2, self.owner | self.stranger))
        self.assertEqual(set(answers.mapped("state")), {"sent"})
        self.assertFalse(self.send_all())
        with self.assertRefused(UserError, "has been started already"):
            self.campaign.with_user(self.manager).action_start()
        with self.assertRefused(Exception, "nestogy_nps_answer__?once"):
            self.env["nestogy.nps.answer"].create(
                {
                    "campaign_id": self.campaign.id,
                    "partner_id": self.owner.id,
                    "client_id": self.client.id,
                    "company_id": self.env.company.id,
                }
            )

    def test_the_preview_says_who_is_left_out_and_why(self):
        self.many_contacts(4)
        people = self.campaign._candidates()
        people[0].unwanted_kind_ids = self.env.ref("nestogy_clients.nestogy_message_kind_survey")
        people[1].email = people[2].email
        self.env["nestogy.satisfaction.request"].create(
            {
                "ticket_id": self.make_tickets(people[3]).id,
                "partner_id": people[3].id,
                "company_id": self.env.company.id,
                "state": "sent",
                "sent_at": fields.Datetime.now() - timedelta(days=80),
            }
        )
        chosen, skipped = self.campaign._choose()
        self.assertEqual(chosen, people[1])
        self.assertEqual(
            {reason: each.ids for reason, each in skipped.items()},
            {"refuses": people[0].ids, "address": people[2].ids, "asked": people[3].ids, "chance": []},
        )
        preview = html.fromstring(self.campaign.with_user(self.manager).preview).text_content()
        self.assertIn("1 contacts would be asked now", " ".join(preview.split()))
        self.assertIn("Was asked within the pause", preview)
        self.assertEqual(self.start().partner_id, people[1], "as the preview said")

    def test_a_sample_is_a_share_and_the_same_each_time(self):
        people = self.many_contacts(20)
        self.campaign.sample_percent = 25
        chosen, skipped = self.campaign._choose()
        self.assertEqual((len(chosen), len(skipped["chance"])), (5, 15))
        self.assertEqual(self.campaign._choose()[0], chosen)
        self.assertEqual(self.start().partner_id, chosen)
        self.assertTrue(chosen < people)

    def test_kinds_and_portal_users_can_be_asked(self):
        kind = self.env["nestogy.contact.kind"].create({"name": "Technical"})
        self.colleague.contact_kind_ids = kind
        campaign = self.make_campaign(contact_choice="kinds", contact_kind_ids=[Command.set(kind.ids)])
        self.assertEqual(campaign._choose()[0], self.colleague)
        campaign = self.make_campaign(contact_choice="portal")
        self.assertEqual(campaign._choose()[0], self.owner | self.colleague | self.stranger)
        with self.assertRefused(ValidationError, "Choose the kinds of contacts"):
            self.make_campaign(contact_choice="kinds")

    def test_a_contact_is_asked_once_in_the_pause_over_all_campaigns(self):
        self.start()
        second = self.make_campaign(name="Summer")
        waiting = self.start(second)  # nobody was asked yet when it was started
        self.send_all()
        self.assertEqual(set(self.campaign.answer_ids.mapped("state")), {"sent"})
        self.assertEqual(set(waiting.mapped("skip_reason")), {"Was asked within the pause"})
        with self.assertRefused(UserError, "Nobody would be asked"):
            self.start(self.make_campaign(name="Autumn"))
        with freeze_time(fields.Datetime.now() + timedelta(days=91)):
            self.assertEqual(len(self.start(self.make_campaign(name="Winter"))), 2)

    def test_a_filter_narrows_the_segment_and_must_be_one(self):
        self.campaign.domain = repr([("name", "=", "Acme Dental")])
        self.assertEqual(self.campaign._choose()[0], self.owner)
        with self.assertRefused(ValidationError, "cannot be used any more"):
            self.campaign.domain = "__import__('os')"

    # -- sending ----------------------------------------------------------------------------

    def test_a_kill_in_the_middle_asks_nobody_twice(self):
        people = self.many_contacts(6)
        self.start()
        done = []

        def die(cron, processed=0, **kwargs):
            done.append(processed)
            if sum(done) == 2:
                raise KeyboardInterrupt
            return 3600

        before = self.env["mail.mail"].search([])
        with patch.object(self.registry["ir.cron"], "_commit_progress", die), suppress(KeyboardInterrupt):
            self.env["nestogy.nps.answer"]._cron_send_invitations()
        self.assertEqual(sorted(self.campaign.answer_ids.mapped("state")), ["sent"] * 2 + ["waiting"] * 4)
        self.assertEqual(len(self.send_all()), 4)
        self.assertFalse(self.send_all())
        mails = self.env["mail.mail"].search([]) - before
        self.assertEqual(sorted(mails.recipient_ids.ids), sorted(people.ids))
        self.assertEqual(len(mails), 6)

    def test_a_stopped_campaign_sends_nothing_until_it_goes_on(self):
        answers = self.start()
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.agent).action_stop()
        self.campaign.with_user(self.manager).action_stop()
        self.assertFalse(self.send_all())
        self.assertEqual(set(answers.mapped("state")), {"waiting"})
        self.campaign.with_user(self.manager).action_start()
        self.assertEqual(self.campaign.answer_ids, answers)
        self.assertEqual(len(self.send_all()), 2)
        self.send_all()
        self.assertEqual(self.campaign.state, "done")

    @mute_logger("odoo.sql_db")
    def test_a_campaign_begins_and_ends_on_its_days(self):
        today = fields.Date.today()
        campaign = self.make_campaign(date_start=today + timedelta(days=3), date_end=today + timedelta(days=5))
        answers = self.start(campaign)
        self.assertFalse(self.send_all())
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            self.assertFalse(self.send_all())
            self.assertEqual(set(answers.mapped("state")), {"skipped"})
            self.assertEqual(campaign.state, "done")
        with self.assertRefused(Exception, "nestogy_nps_campaign__?dates|ends after it begins"):
            self.make_campaign(date_start=today, date_end=today - timedelta(days=1))

    def test_what_was_started_is_not_changed_or_deleted(self):
        self.start()
        mine = self.campaign.with_user(self.manager)
        for values in ({"question": "Really?"}, {"sample_percent": 5}, {"segment_id": False}):
            with self.assertRefused(UserError, "whom it asks and what stays as it is"):
                mine.write(values)
        with self.assertRefused(AccessError, "started and stopped by its buttons"):
            mine.state = "draft"
        with self.assertRefused(UserError, "it is kept"):
            mine.unlink()
        self.assertRecordValues(self.campaign, [{"question": "Would you recommend us?", "state": "running"}])

    @mute_logger("odoo.sql_db")
    def test_limits_are_said(self):
        with self.assertRefused(ValidationError, "300 characters are the limit"):
            self.campaign.question = "x" * 301
        for values in ({"sample_percent": 0}, {"sample_percent": 101}, {"pause_days": -1}):
            with self.assertRefused(Exception, "nestogy_nps_campaign__?(sample|pause)|between"):
                self.campaign.write(values)
                self.env.flush_all()

    # -- answering ---------------------------------------------------------------------------

    def test_the_page_is_looked_at_ten_times_and_answered_once(self):
        answers = self.start()
        mail = self.send_all().filtered(lambda each: each.recipient_ids == self.owner)
        token = self.token(mail)
        answer = answers.filtered(lambda each: each.partner_id == self.owner)
        self.enter(None)
        for number in range(10):
            page = self.open(f"/my/feedback/{token}?grade={number}")
            self.assertEqual(page.status_code, 200)
        self.assertRecordValues(answer, [{"state": "sent", "answered_at": False}])
        self.assertIn("Would you recommend us?", page.text)
        self.assertEqual(len(html.fromstring(page.text).xpath("//input[@name='grade']")), 11)
        self.assertEqual(self.answer(token, grade=11).status_code, 422)
        self.assertEqual(self.answer(token, grade=0, comment="Never").status_code, 200)
        self.assertRecordValues(
            answer, [{"grade": 0, "nps_group": "detractor", "nps_value": -100.0, "follow_up_state": "open"}]
        )
        activity = answer.activity_id
        self.assertEqual((activity.res_model, activity.res_id), ("res.partner", self.client.id))
        self.answer(token, grade=9)
        self.assertRecordValues(answer, [{"grade": 9, "nps_group": "promoter", "follow_up_state": "none"}])
        self.assertFalse(activity.exists())

    def test_the_score_comes_with_sample_and_margin(self):
        people = self.many_contacts(10)
        answers = self.start()
        for answer, grade in zip(answers, (10, 10, 9, 9, 9, 8, 7, 7), strict=False):
            answer._record_answer(grade, "")
        self.assertEqual(self.campaign.nps_text, "Not enough data (8 of 10)")
        for answer, grade in zip(answers[8:], (6, 0), strict=True):
            answer._record_answer(grade, "")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.campaign.nps_text, "+30 ± 48 (10 answers)")
        ((average,),) = self.env["nestogy.nps.answer"]._read_group(
            [("campaign_id", "=", self.campaign.id)], [], ["nps_value:avg"]
        )
        self.assertAlmostEqual(average, 30)
        figure = self.env["nestogy.satisfaction.figure"].search(
            [("measure", "=", "nps"), ("campaign_id", "=", self.campaign.id)]
        )
        self.assertRecordValues(figure, [{"answers": 10, "good": 5, "bad": 2, "figure": "+30", "margin": "± 48"}])
        self.assertEqual(len(people), 10)

    # -- rights ----------------------------------------------------------------------------------

    def test_agents_run_no_campaigns(self):
        mine = self.campaign.with_user(self.agent)
        with self.assertRaises(AccessError):
            mine.action_start()
        with self.assertRaises(AccessError):
            mine.name = "x"
        with self.assertRaises(AccessError):
            self.env["nestogy.nps.campaign"].with_user(self.agent).create({"name": "x"})
        self.assertFalse(self.campaign.answer_ids)

    def test_choosing_costs_the_same_for_few_and_many(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.campaign._choose()
            return self.env.cr.sql_log_count - start

        self.many_contacts(2)
        cost()
        few = cost()
        self.many_contacts(12)
        self.assertEqual(cost(), few)
