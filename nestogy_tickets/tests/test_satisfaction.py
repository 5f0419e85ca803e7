import re
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import JsonRpcException, freeze_time, tagged, users
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase
from odoo.addons.nestogy_portal.tests.common import PortalCase

from .common import TicketsMakers

LINK = re.compile(r"https?://[^\s\"'<>]*/my/feedback/([A-Za-z0-9_-]{43})")


class FeedbackMakers(TicketsMakers):
    """What tests of questions share."""

    assertRefused = ClientsCase.assertRefused

    def send(self, model="nestogy.satisfaction.request"):
        """Let the clock send what is due.

        :return: the mails that were made
        """
        before = self.env["mail.mail"].search([])
        rows = self.env[model]
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda cron, *args, **kwargs: 3600):
            rows._cron_send_invitations() if "nps" in model else rows._cron_send_requests()
        return self.env["mail.mail"].search([]) - before

    def token(self, mail):
        """The secret of the one link in the copy of a mail that leaves."""
        (copy,) = self.outgoing(mail)
        tokens = set(LINK.findall(str(copy["body"])))
        self.assertEqual(len(tokens), 1, copy["body"])
        return tokens.pop()

    def answer(self, token, **data):
        page = self.open(f"/my/feedback/{token}")
        return self.open(f"/my/feedback/{token}", data={"csrf_token": self.csrf(page), **data})


@tagged("post_install", "-at_install")
class TestSatisfaction(FeedbackMakers, PortalCase):
    """From closing a ticket to the bad answer that somebody followed up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.requests = cls.env["nestogy.satisfaction.request"]
        cls.client.satisfaction = "always"
        cls.leader = cls.make_user("desk_leader", "manager", name="Lea Leader")
        cls.team.user_id = cls.leader
        cls.ticket = cls.make_tickets(cls.owner, name="Printer on fire")

    def close(self, ticket):
        """Close a ticket, and let an hour pass."""
        ticket.stage_id = self.stage_done
        request = ticket.satisfaction_ids.sorted("id")[-1:]
        request.due_at = request.due_at and fields.Datetime.now() - timedelta(minutes=1)
        return request

    def asked(self, ticket=None):
        """:return: the request of a closed ticket and the token of its mail"""
        request = self.close(ticket or self.ticket)
        return request, self.token(self.send())

    # -- who is asked, and when ------------------------------------------------------

    def test_nobody_is_asked_unless_a_setting_says_so(self):
        self.client.satisfaction = False
        self.assertFalse(self.close(self.ticket))
        theirs = self.make_tickets(self.stranger)
        self.assertFalse(self.close(theirs))
        theirs.stage_id = self.stage_new
        self.other_client.client_group_id.satisfaction = "always"
        self.assertEqual(self.close(theirs).partner_id, self.stranger)

    def test_a_closed_ticket_is_asked_about_once(self):
        request = self.close(self.ticket)
        self.assertRecordValues(
            request,
            [
                {
                    "partner_id": self.owner.id,
                    "client_id": self.client.id,
                    "user_id": self.agent.id,
                    "team_id": self.team.id,
                    "state": "waiting",
                }
            ],
        )
        mail = self.send()
        self.assertEqual((len(mail), mail.recipient_ids), (1, self.owner))
        self.assertIn(self.ticket.number, mail.subject)
        self.assertEqual(request.state, "sent")
        self.assertFalse(self.send())
        self.ticket.stage_id = self.stage_new
        self.close(self.ticket)
        self.assertEqual(self.ticket.satisfaction_ids, request)
        self.assertFalse(self.send())

    def test_what_is_opened_again_at_once_is_not_asked_about(self):
        request = self.close(self.ticket)
        self.ticket.stage_id = self.stage_progress
        self.assertFalse(self.send())
        self.assertEqual((request.state, request.skip_reason), ("skipped", "The ticket was opened again."))
        self.assertTrue(self.close(self.ticket) - request)

    def test_an_hour_passes_before_anybody_is_asked(self):
        self.ticket.stage_id = self.stage_done
        self.assertFalse(self.send())
        self.assertEqual(self.ticket.satisfaction_ids.state, "waiting")

    def test_every_nth_ticket_of_a_contact(self):
        self.client.satisfaction = "nth_3"
        asked = [bool(self.close(ticket)) for ticket in self.make_tickets(self.owner, 3)]
        self.assertEqual(asked, [False, False, True])
        self.assertFalse(self.close(self.make_tickets(self.colleague)), "each contact is counted for himself")

    def test_at_most_once_in_some_days_for_a_contact(self):
        self.client.satisfaction = "days_30"
        first, second, third = self.make_tickets(self.owner, 3)
        self.assertTrue(self.close(first))
        self.assertFalse(self.close(second))
        self.env.flush_all()
        self.env.cr.execute("UPDATE nestogy_satisfaction_request SET create_date = create_date - interval '31 days'")
        self.assertTrue(self.close(third))

    def test_many_closed_at_once_ask_a_contact_once(self):
        self.client.satisfaction = "days_30"
        tickets = self.make_tickets(self.owner, 3) | self.make_tickets(self.colleague, 2)
        tickets.write({"stage_id": self.stage_done.id})
        self.assertEqual(len(tickets.satisfaction_ids), 2)
        self.assertEqual(tickets.satisfaction_ids.partner_id, self.owner | self.colleague)

    def test_closing_many_costs_what_closing_a_few_costs(self):
        def cost(count):
            tickets = self.env["helpdesk.ticket"]
            for number in range(count):
                client = self.make_client(f"Client {count} {number}", satisfaction="nth_2")
                tickets |= self.make_tickets(self.make_contact(client, "Person", f"p{count}.{number}@many.example"))
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            tickets._request_satisfaction()
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        cost(1)
        self.assertEqual(cost(9), cost(2))

    def test_who_wants_no_surveys_gets_none(self):
        self.owner.unwanted_kind_ids = self.env.ref("nestogy_clients.nestogy_message_kind_survey")
        request = self.close(self.ticket)
        self.assertFalse(self.send())
        self.assertEqual(request.state, "skipped")
        self.assertIn("does not want this kind of message", request.skip_reason)

    def test_questions_count_among_the_messages_that_are_welcome(self):
        self.owner.write({"contact_limit": 1, "contact_limit_period": "week"})
        self.asked()
        request = self.close(self.make_tickets(self.owner))
        self.assertFalse(self.send())
        self.assertEqual(request.state, "waiting")
        self.assertGreater(request.due_at, fields.Datetime.now() + timedelta(days=6))

    def test_one_that_fails_does_not_stop_the_others(self):
        bad, good = self.close(self.ticket), self.close(self.make_tickets(self.colleague))
        original = self.registry["nestogy.satisfaction.request"]._mail_question

        def fail(request):
            if request == bad:
                raise UserError("no paper")  # pylint: disable=translation-required
            return original(request)

        with (
            patch.object(self.registry["nestogy.satisfaction.request"], "_mail_question", fail),
            mute_logger("odoo.addons.nestogy_clients.models.settings.ir_cron"),
        ):
            self.assertEqual(len(self.send()), 1)
        self.assertEqual([bad.state, good.state], ["failed", "sent"])

    # -- the link ----------------------------------------------------------------------

    def test_a_scanner_may_open_the_link_ten_times(self):
        request, token = self.asked()
        self.enter(None)
        for number in range(10):
            response = self.open(f"/my/feedback/{token}?grade={number % 5 + 1}")
            self.assertEqual(response.status_code, 200)
        self.assertRecordValues(request, [{"state": "sent", "grade": 0, "answered_at": False, "rating_id": False}])
        page = html.fromstring(response.text)
        self.assertEqual(page.xpath("//input[@name='grade'][@checked]/@value"), ["5"])
        self.assertEqual(len(page.xpath("//h1")), 1)
        self.assertNotIn("<script", response.text)

    def test_a_person_answers_and_may_think_again(self):
        request, token = self.asked()
        self.enter(None)
        response = self.answer(token, grade=4, comment="  Quick, thank you.\r\n ")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Your answer has reached us", response.text)
        self.assertRecordValues(
            request, [{"state": "answered", "grade": 4, "comment": "Quick, thank you.", "satisfied": 100.0}]
        )
        self.assertRecordValues(
            request.rating_id,
            [{"rating": 4, "consumed": True, "partner_id": self.owner.id, "access_token": False}],
        )
        self.assertIn("Quick, thank you.", self.open(f"/my/feedback/{token}").text)
        self.answer(token, grade=5)
        self.assertRecordValues(request, [{"grade": 5, "comment": False}])
        self.assertEqual(self.ticket.rating_ids, request.rating_id)
        self.assertEqual(self.ticket.satisfaction_grade, 5)
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            self.assertIn("cannot be changed any more", self.open(f"/my/feedback/{token}").text)
            with self.assertRefused(UserError, "cannot be changed any more"):
                request._record_answer(1, "")
        self.assertEqual(request.grade, 5)

    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self):
        request, token = self.asked()
        self.enter(None)
        for data, sentence in (
            ({"grade": 4, "comment": "x" * 2001}, "This is too long; 2000 characters are the limit."),
            ({"grade": 9, "comment": "kept words"}, "Choose one of the answers."),
            ({"grade": "", "comment": "kept words"}, "Choose one of the answers."),
            ({"grade": "٣", "comment": "kept words"}, "Choose one of the answers."),
        ):
            response = self.answer(token, **data)
            self.assertEqual(response.status_code, 422)
            self.assertIn(sentence, response.text)
            self.assertIn(data["comment"], response.text)
        self.assertEqual(request.state, "sent")
        with self.assertRefused(ValidationError, "The comment is too long; 2000 characters are the limit."):
            request.comment = "x" * 2001

    @mute_logger("odoo.http")
    def test_unknown_expired_and_withdrawn_links_look_alike(self):
        request, token = self.asked()
        self.enter(None)
        wrong = self.open(f"/my/feedback/{'a' * 43}")
        self.assertEqual(wrong.status_code, 404)
        pages = {re.sub(r"nonce=\"[^\"]+\"", "", wrong.text)}
        for other in ("x", "of-nestogy.satisfaction.request-1", "%00"):
            self.assertEqual(self.open(f"/my/feedback/{other}").status_code, 404)
        request.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        late = self.open(f"/my/feedback/{token}")
        self.assertEqual(late.status_code, 404)
        pages.add(re.sub(r"nonce=\"[^\"]+\"", "", late.text))
        self.assertEqual(len(pages), 1)
        self.assertNotIn("Olive", late.text)
        data = {"grade": 1, "csrf_token": self.csrf(self.visit("/my/link"))}
        self.assertEqual(self.open(f"/my/feedback/{token}", data=data).status_code, 404)
        self.assertEqual(request.state, "sent")

    @mute_logger("odoo.http")
    def test_an_answer_needs_the_form(self):
        request, token = self.asked()
        self.enter(None)
        self.assertEqual(self.open(f"/my/feedback/{token}", data={"grade": 1}).status_code, 400)
        self.assertEqual(request.state, "sent")

    def test_the_secret_is_kept_nowhere(self):
        request = self.close(self.ticket)
        mail = self.send()
        token = self.token(mail)
        self.assertNotIn(token, str(mail.read()[0]))
        self.assertNotIn(token, str(mail.mail_message_id.body))
        self.assertNotEqual(request.token_digest, token)
        self.assertEqual(token, self.token(mail), "a mail that is sent once more has the same link")
        for user in (self.agent, self.leader):
            with self.assertRaises(AccessError):
                request.with_user(user).read(["token_digest"])

    def test_the_link_leaves_with_the_mail_to_the_contact_alone(self):
        request = self.close(self.ticket)
        mail = self.send()
        mail.recipient_ids = self.colleague
        (copy,) = self.outgoing(mail)
        self.assertFalse(LINK.findall(str(copy["body"])))
        self.assertEqual(request.state, "sent")

    def test_whoever_wants_no_more_questions_says_so_on_the_page(self):
        _request, token = self.asked()
        self.enter(None)
        page = self.open(f"/my/feedback/{token}")
        response = self.open(f"/my/feedback/{token}/stop", data={"csrf_token": self.csrf(page)})
        self.assertIn("No more questions", response.text)
        self.assertFalse(self.owner._client_may_contact("email", "survey").allowed)

    @mute_logger("odoo.http")
    def test_odoo_s_own_page_takes_no_rating_of_a_ticket(self):
        token = self.ticket._rating_get_access_token()
        self.enter(None)
        self.assertEqual(self.open(f"/rate/{token}/5").status_code, 404)
        data = {"rate": 1, "feedback": "x", "csrf_token": self.csrf(self.open("/my/link"))}
        self.assertEqual(self.open(f"/rate/{token}/submit_feedback", data=data).status_code, 404)
        self.assertFalse(self.ticket.rating_ids.filtered("consumed"))

    def test_a_stage_asks_nobody_a_second_time(self):
        self.stage_done.rating_mail_template_id = self.env.ref("helpdesk_mgmt_rating.rating_ticket_email_template")
        before = self.env["mail.mail"].search([])
        self.close(self.ticket)
        mails = self.env["mail.mail"].search([]) - before
        self.assertFalse(mails.filtered(lambda mail: "/rate/" in (mail.body_html or "")))

    # -- the ticket's page ---------------------------------------------------------------

    def rate(self, who, **data):
        self.enter(who)
        data = {"csrf_token": self.csrf(self.open("/my/security")), **data}
        with mute_logger("odoo.http"):
            return self.open(f"/my/ticket/{self.ticket.id}/rate", data=data)

    def test_the_contact_rates_on_the_page_of_the_ticket(self):
        self.client.satisfaction = False
        self.assertNotIn("o_nestogy_rating", self.visit(f"/my/ticket/{self.ticket.id}", self.owner).text)
        self.ticket.stage_id = self.stage_done
        page = html.fromstring(self.visit(f"/my/ticket/{self.ticket.id}", self.owner).text)
        self.assertEqual(len(page.xpath("//section[contains(@class, 'o_nestogy_rating')]//input[@type='radio']")), 5)
        response = self.rate(self.owner, grade=2, comment="x" * 2001)
        self.assertEqual(response.status_code, 422)
        self.assertIn("x" * 2001, response.text)
        self.assertFalse(self.ticket.satisfaction_ids)
        self.assertEqual(self.rate(self.owner, grade=2, comment="Slow").status_code, 303)
        self.assertRecordValues(self.ticket.satisfaction_ids, [{"grade": 2, "comment": "Slow", "state": "answered"}])
        self.assertEqual(self.rate(self.owner, grade=3).status_code, 303)
        self.assertEqual(self.ticket.satisfaction_ids.grade, 3)

    def test_the_page_and_the_mail_are_one_question(self):
        request, token = self.asked()
        self.assertEqual(self.rate(self.owner, grade=4).status_code, 303)
        self.assertEqual(self.ticket.satisfaction_ids, request)
        self.assertIn("You have answered already", self.open(f"/my/feedback/{token}").text)

    def test_others_do_not_rate_for_the_contact(self):
        self.ticket.stage_id = self.stage_done
        for who in (self.colleague, self.stranger):
            self.assertEqual(self.rate(who, grade=1).status_code, 404)
        self.assertNotIn("o_nestogy_rating", self.visit(f"/my/ticket/{self.ticket.id}", self.colleague).text)
        self.enter(None)
        self.assertIn(self.open(f"/my/ticket/{self.ticket.id}/rate", data={"grade": 1}).status_code, (303, 400))
        self.assertFalse(self.ticket.satisfaction_ids.filtered("answered_at"))

    # -- following up ----------------------------------------------------------------------

    def test_a_bad_answer_is_somebody_s_work(self):
        request, _token = self.asked()
        with freeze_time("2026-06-05 09:00:00"):  # a Friday
            request.sudo()._record_answer(1, "Nobody called back.")
        activity = request.activity_id
        self.assertRecordValues(
            activity,
            [{"res_model": "helpdesk.ticket", "res_id": self.ticket.id, "user_id": self.agent.id}],
        )
        self.assertEqual(fields.Date.to_string(activity.date_deadline), "2026-06-05")
        self.assertTrue(self.ticket.satisfaction_to_do)
        tickets = self.env["helpdesk.ticket"].with_user(self.agent)
        self.assertEqual(tickets.search([("satisfaction_to_do", "=", True)]), self.ticket)
        self.assertNotIn(self.ticket, tickets.search([("satisfaction_to_do", "=", False)]))

        mine = request.with_user(self.agent)
        with self.assertRefused(UserError, "Write down first what the client said"):
            mine.action_follow_up_done()
        mine.follow_up_note = "We call back within the hour from now on."
        mine.action_follow_up_done()
        self.assertRecordValues(request, [{"follow_up_state": "done", "followed_up_by_id": self.agent.id}])
        self.assertFalse(activity.exists().filtered("active"))
        self.assertFalse(self.ticket.satisfaction_to_do)

    def test_work_that_begins_after_hours_is_for_the_next_working_day(self):
        request = self.close(self.ticket)
        request.company_id.resource_calendar_id.tz = "UTC"
        with freeze_time("2026-06-05 20:00:00"):  # a Friday evening
            self.assertEqual(fields.Date.to_string(request._follow_up_day()), "2026-06-08")

    def test_the_setting_says_who_follows_up(self):
        manager = self.make_user("account_manager", "agent", name="Max Manager")
        self.client.user_id = manager
        for setting, user in (("agent", self.agent), ("leader", self.leader), ("manager", manager)):
            self.client.bad_rating_to = setting
            request = self.close(self.make_tickets(self.owner))
            request._record_answer(2, "")
            self.assertEqual(request.follow_up_user_id, user, setting)

    def test_who_thinks_better_of_us_needs_no_call(self):
        request, _token = self.asked()
        request._record_answer(1, "")
        activity = request.activity_id
        request._record_answer(4, "Sorry, wrong ticket")
        self.assertEqual(request.follow_up_state, "none")
        self.assertFalse(activity.exists())

    # -- figures --------------------------------------------------------------------------

    def test_figures_come_with_their_sample(self):
        for grade in (5, 4, 1, 5):
            self.close(self.make_tickets(self.owner))._record_answer(grade, "")
        self.env.flush_all()
        figures = self.env["nestogy.satisfaction.figure"].with_user(self.leader)
        mine = [("measure", "=", "csat"), ("dimension", "=", "client"), ("client_id", "=", self.client.id)]
        self.assertRecordValues(
            figures.search(mine), [{"answers": 4, "good": 3, "bad": 1, "figure": "Not enough data", "margin": ""}]
        )
        self.close(self.make_tickets(self.owner))._record_answer(3, "")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(figures.search(mine), [{"answers": 5, "good": 3, "figure": "60 %"}])
        by_agent = figures.search([("dimension", "=", "agent"), ("user_id", "=", self.agent.id)])
        self.assertEqual(by_agent.answers, 5)
        ids = figures.search([]).ids
        self.assertEqual(len(ids), len(set(ids)))
        (figure,) = self.client.with_user(self.agent).get_client_dashboard_widget("satisfaction")["figures"]
        self.assertEqual((figure["value"], figure["tone"]), ("60 % of 5", "danger"))
        self.assertEqual(self.env["nestogy.satisfaction.request"].search_count(figure["action"]["domain"]), 5)

    # -- rights --------------------------------------------------------------------------

    def test_agents_write_what_was_done_and_nothing_else(self):
        request, _token = self.asked()
        request._record_answer(1, "")
        mine = request.with_user(self.agent)
        for values in ({"grade": 5}, {"state": "sent"}, {"follow_up_state": "done"}, {"comment": "great"}):
            with self.assertRefused(AccessError, "Answers of clients cannot be changed"):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            request.with_user(self.viewer).follow_up_note = "x"
        self.assertEqual(request.with_user(self.viewer).grade, 1)
        self.assertRecordValues(request, [{"grade": 1, "state": "answered", "follow_up_state": "open"}])

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_visitors_read_nothing_of_it_over_rpc(self):
        request, _token = self.asked()
        request._record_answer(1, "")
        self.enter(self.owner)
        for model in ("nestogy.satisfaction.request", "nestogy.nps.answer", "nestogy.nps.campaign"):
            with self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    f"/web/dataset/call_kw/{model}/search_read",
                    {"model": model, "method": "search_read", "args": [[]], "kwargs": {}},
                )
        for name in ("satisfaction_ids", "satisfaction_grade", "satisfaction_to_do", "invoice_line_id"):
            with self.assertRaises(AccessError):
                self.ticket.with_user(self.owner_user).read([name])

    @users("desk_agent")
    def test_closing_needs_no_rights_on_questions(self):
        self.ticket.with_user(self.env.user).stage_id = self.stage_done
        self.assertTrue(self.ticket.satisfaction_ids)
