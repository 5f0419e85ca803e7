from unittest.mock import patch

from lxml import html

from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PASSWORD

from ..controllers import ticket_requests
from ..tools import ticket_form
from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestPortal(TicketsMakers, HttpCase):
    """Each page and each deed of the portal as owner, colleague, stranger and nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner, name="Printer on fire")
        cls.everybody = (cls.owner_user, cls.colleague_user, cls.stranger_user, None)
        cls.insiders = (cls.owner_user, cls.colleague_user)
        cls.outsiders = (cls.stranger_user, None)

    def enter(self, user):
        self.authenticate(user.login if user else None, PASSWORD if user else None)

    def visit(self, path, user):
        self.enter(user)
        return self.url_open(path, allow_redirects=False)

    def send(self, path, user, csrf=True, files=None, **data):
        self.enter(user)
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        return self.url_open(path, data=data or {"nothing": "1"}, files=files, allow_redirects=False)

    def all_tickets(self):
        return self.env["helpdesk.ticket"].search([])

    def page(self, response):
        return html.fromstring(response.text)

    # -- list and page -------------------------------------------------------

    def test_the_list_shows_the_clients_tickets_to_its_people(self):
        for user in self.insiders:
            response = self.visit("/my/tickets", user)
            self.assertEqual(response.status_code, 200)
            rows = self.page(response).xpath("//div[contains(@class, 'o_nestogy_ticket_list')]/a")
            self.assertEqual([row.get("href") for row in rows], [f"/my/ticket/{self.ticket.id}"])
            for text in (self.ticket.number, "Printer on fire", "New", "Olive Owner"):
                self.assertIn(text, rows[0].text_content())

    def test_the_list_shows_others_nothing(self):
        response = self.visit("/my/tickets", self.stranger_user)
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("Printer", response.text)
        response = self.visit("/my/tickets", None)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])

    def test_staff_see_their_own_tickets_in_the_portal_not_all(self):
        self.authenticate(self.agent.login, self.agent.login)
        response = self.url_open("/my/tickets")
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("Printer on fire", response.text)

    def test_filters_search_and_order(self):
        closed = self.make_tickets(self.owner, name="Old story", stage_id=self.stage_done.id)

        def shown(query):
            response = self.visit(f"/my/tickets{query}", self.owner_user)
            self.assertEqual(response.status_code, 200)
            return [
                row.get("href")
                for row in self.page(response).xpath("//div[contains(@class, 'o_nestogy_ticket_list')]/a")
            ]

        is_open, is_closed = f"/my/ticket/{self.ticket.id}", f"/my/ticket/{closed.id}"
        self.assertEqual(shown(""), [is_open])
        self.assertEqual(shown("?filterby=closed"), [is_closed])
        self.assertEqual(shown("?filterby=all&sortby=name"), [is_closed, is_open])
        self.assertEqual(shown("?filterby=all&search=printer"), [is_open])
        self.assertEqual(shown(f"?filterby=all&search={closed.number}"), [is_closed])
        self.assertEqual(shown("?filterby=all&search=%25"), [])

    def test_malformed_queries_are_harmless(self):
        for query in (
            "sortby=x",
            "filterby=x",
            "page=abc",
            "page=-1",
            "page=99999999999999999999",
            "search=" + "x" * 10_000,
            "search=%00%27%22%3Cscript%3E",
            "groupby=x&date_begin=x&date_end=y&search_in=z",
            "sortby=name&sortby=stage",
        ):
            with self.subTest(query=query[:30]):
                response = self.visit(f"/my/tickets?{query}", self.owner_user)
                self.assertEqual(response.status_code, 200)
                self.assertNotIn("<script>'", response.text)
        self.assertEqual(self.visit("/my/tickets/page/9999", self.owner_user).status_code, 200)
        self.assertLess(self.visit("/my/tickets/page/x", self.owner_user).status_code, 500)

    def test_the_page_shows_the_ticket_to_its_people(self):
        for user in self.insiders:
            response = self.visit(f"/my/ticket/{self.ticket.id}", user)
            self.assertEqual(response.status_code, 200)
            for text in ("Printer on fire", self.ticket.number, "It does not work.", "Ada Agent"):
                self.assertIn(text, response.text)
            self.assertNotIn("agent@desk.example", response.text)
            forms = self.page(response).xpath("//form[@action='/ticket/close']")
            self.assertEqual([form.method.lower() for form in forms], ["post", "post"])
            self.assertTrue(all(form.fields["csrf_token"] for form in forms))

    def test_the_page_is_closed_to_others(self):
        for user in self.outsiders:
            for path in (
                f"/my/ticket/{self.ticket.id}",
                f"/my/ticket/{self.ticket.id}/wrong",
                "/my/ticket/999999",
            ):
                response = self.visit(path, user)
                self.assertIn(response.status_code, (303, 404))
                self.assertNotIn("Printer", response.text)

    def test_a_follower_from_elsewhere_sees_nothing(self):
        self.ticket.message_subscribe(self.stranger.ids)
        self.assertEqual(self.visit(f"/my/ticket/{self.ticket.id}", self.stranger_user).status_code, 303)
        self.assertNotIn("Printer", self.visit("/my/tickets", self.stranger_user).text)

    def test_internal_files_and_notes_stay_inside(self):
        files = self.env["ir.attachment"].create(
            [
                {"name": "canary-note.txt", "raw": b"1"},
                {
                    "name": "canary-loose.txt",
                    "raw": b"2",
                    "res_model": "helpdesk.ticket",
                    "res_id": self.ticket.id,
                },
            ]
        )
        self.ticket.message_post(
            body="canary-body",
            subtype_xmlid="mail.mt_note",
            attachment_ids=files[0].ids,
            author_id=self.agent.partner_id.id,
        )
        response = self.visit(f"/my/ticket/{self.ticket.id}", self.owner_user)
        self.assertNotIn("canary", response.text)
        for file in files:
            self.assertEqual(self.visit(f"/web/content/{file.id}", self.owner_user).status_code, 404)
        messages = self.make_jsonrpc_request(
            "/mail/chatter_fetch", {"thread_model": "helpdesk.ticket", "thread_id": self.ticket.id}
        )
        self.assertNotIn("canary", str(messages))

    def test_the_home_page_leads_to_tickets(self):
        response = self.visit("/my", self.owner_user)
        self.assertIn('href="/my/tickets"', response.text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["ticket_count"]})
        self.assertEqual(counters["ticket_count"], 1)
        self.enter(self.stranger_user)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["ticket_count"]})
        self.assertEqual(counters["ticket_count"], 0)

    def test_the_list_costs_the_same_for_few_and_many(self):
        def cost():
            self.url_open("/my/tickets")
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            self.assertEqual(self.url_open("/my/tickets").status_code, 200)
            return self.env.cr.sql_log_count - start

        self.enter(self.owner_user)
        self.make_tickets(self.owner, 4)
        few = cost()
        for number in range(20):
            self.make_tickets(self.make_contact(self.client, f"Person {number}"), 2)
        self.make_tickets(self.colleague, 5)
        self.assertLessEqual(cost(), few + 1)  # the second page is counted
        self.assertLessEqual(few, 15)

    # -- talking -------------------------------------------------------------

    def post_message(self, user, body="<p>Any news?</p>", **access):
        self.enter(user)
        return self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "helpdesk.ticket",
                "thread_id": self.ticket.id,
                "post_data": {"body": body, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
                **access,
            },
        )

    def test_people_of_the_client_write_and_staff_hear_of_it(self):
        for user in self.insiders:
            self.post_message(user)
            message = self.ticket.message_ids[0]
            self.assertEqual(message.author_id, user.partner_id)
            self.assertIn("Any news?", message.body)
            self.assertIn(self.agent.partner_id, message.notification_ids.res_partner_id)

    @mute_logger("odoo.http")
    def test_others_write_nothing(self):
        before = self.ticket.message_ids
        for user in self.outsiders:
            with self.assertRaises(JsonRpcException):
                self.post_message(user)
        self.assertEqual(self.ticket.message_ids, before)

    @mute_logger("odoo.http")
    def test_the_link_of_a_shared_ticket_shows_it_and_lets_nobody_speak(self):
        token = self.ticket._portal_ensure_token()
        response = self.visit(f"/my/ticket/{self.ticket.id}/{token}", None)
        self.assertEqual(response.status_code, 200)
        self.assertIn("Printer on fire", response.text)
        self.assertFalse(self.page(response).xpath("//form[@action='/ticket/close']"))
        message = self.ticket.message_post(
            body="Mine", author_id=self.ticket.partner_id.id, subtype_xmlid="mail.mt_comment"
        )
        before = self.ticket.message_ids
        with self.assertRaises(JsonRpcException):
            self.post_message(None, token=token)
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/mail/message/update_content",
                {"message_id": message.id, "update_data": {"body": "Changed"}, "token": token},
            )
        self.env.invalidate_all()
        self.assertEqual(self.ticket.message_ids, before)
        self.assertIn("Mine", message.body)

    def test_strangers_get_nothing_over_rpc(self):
        self.enter(self.stranger_user)
        for method, args in (("search_read", [[]]), ("search_count", [[]]), ("name_search", ["Printer"])):
            answer = self.make_jsonrpc_request(
                f"/web/dataset/call_kw/helpdesk.ticket/{method}",
                {"model": "helpdesk.ticket", "method": method, "args": args, "kwargs": {}},
            )
            self.assertFalse(answer)

    # -- closing -------------------------------------------------------------

    def close(self, user, ticket_id=None, stage_id=None, **kwargs):
        return self.send(
            "/ticket/close",
            user,
            ticket_id=self.ticket.id if ticket_id is None else ticket_id,
            stage_id=self.stage_done.id if stage_id is None else stage_id,
            **kwargs,
        )

    def test_people_of_the_client_close_its_tickets(self):
        for user in self.insiders:
            ticket = self.make_tickets(self.owner)
            response = self.close(user, ticket_id=ticket.id)
            self.assertEqual(response.status_code, 303)
            self.assertEqual(response.headers["Location"].partition("/my/")[2], f"ticket/{ticket.id}")
            self.assertEqual(ticket.stage_id, self.stage_done)
            self.assertTrue(ticket.closed_date)
            tracked = ticket.message_ids.filtered("tracking_value_ids")
            self.assertEqual(tracked[:1].author_id, user.partner_id)
            page = self.page(self.visit(f"/my/ticket/{ticket.id}", user))
            self.assertFalse(page.xpath("//form[@action='/ticket/close']"))

    def test_others_close_nothing(self):
        self.ticket.message_subscribe(self.stranger.ids)
        for user in self.outsiders:
            self.assertIn(self.close(user).status_code, (303, 404))
        self.assertRecordValues(self.ticket, [{"stage_id": self.stage_new.id, "closed_date": False}])

    @mute_logger("odoo.http")
    def test_no_get_and_no_forged_form_closes(self):
        for user in self.everybody:
            response = self.visit(f"/ticket/close?ticket_id={self.ticket.id}&stage_id={self.stage_done.id}", user)
            self.assertIn(response.status_code, (303, 404, 405))
            self.assertIn(self.close(user, csrf=False).status_code, (303, 400))
        self.assertEqual(self.ticket.stage_id, self.stage_new)

    def test_only_stages_that_are_offered_close(self):
        foreign_team = self.env["helpdesk.ticket.team"].create({"name": "Others"})
        foreign = self.env["helpdesk.ticket.stage"].create(
            [
                {
                    "name": "Other team",
                    "closed": True,
                    "close_from_portal": True,
                    "team_ids": foreign_team.ids,
                },
                {
                    "name": "Other company",
                    "closed": True,
                    "close_from_portal": True,
                    "company_id": self.other_company().id,
                },
                {"name": "Not closed", "closed": False, "close_from_portal": True, "company_id": False},
            ]
        )
        stages = [
            self.stage_rejected.id,
            self.stage_progress.id,
            *foreign.ids,
            999999,
            0,
            -1,
            "x",
            "",
            "1e3",
            "9" * 30,
        ]
        for stage_id in stages:
            with self.subTest(stage_id=stage_id):
                self.assertEqual(self.close(self.owner_user, stage_id=stage_id).status_code, 404)
        for ticket_id in (999999, 0, -1, "x", "", "9" * 30):
            with self.subTest(ticket_id=ticket_id):
                self.assertEqual(self.close(self.owner_user, ticket_id=ticket_id).status_code, 404)
        self.assertEqual(self.send("/ticket/close", self.owner_user).status_code, 404)
        self.assertEqual(self.ticket.stage_id, self.stage_new)

    def test_a_closed_ticket_is_not_closed_again(self):
        self.ticket.stage_id = self.stage_rejected
        self.assertEqual(self.close(self.owner_user).status_code, 404)
        self.assertEqual(self.ticket.stage_id, self.stage_rejected)

    # -- a new one -----------------------------------------------------------

    def submit(self, user, files=None, csrf=True, **values):
        data = {
            "subject": "No network",
            "description": "Since nine\no'clock <b>",
            "category": self.category.id,
        }
        return self.send("/submitted/ticket", user, csrf=csrf, files=files, **{**data, **values})

    def test_the_form_offers_what_may_be_chosen_and_states_its_limits(self):
        response = self.visit("/new/ticket", self.owner_user)
        self.assertEqual(response.status_code, 200)
        options = self.page(response).xpath("//*[@id='category']/option")
        self.assertEqual([option.get("value") for option in options], ["", str(self.category.id)])
        self.assertIn(f"{ticket_form.MAX_FILE_MEGABYTES} MB", response.text)
        self.assertEqual(self.visit("/new/ticket", None).status_code, 303)

    def test_a_ticket_with_files_arrives_under_the_client(self):
        before = self.all_tickets()
        files = [
            ("attachment", ("screen.png", b"\x89PNG", "image/png")),
            ("attachment", ("ünï.txt", b"log", "text/plain")),
        ]
        response = self.submit(self.colleague_user, files=files)
        self.assertEqual(response.status_code, 303)
        ticket = self.all_tickets() - before
        self.assertIn(f"/my/ticket/{ticket.id}", response.headers["Location"])
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "No network",
                    "partner_id": self.colleague.id,
                    "commercial_partner_id": self.client.id,
                    "category_id": self.category.id,
                    "team_id": self.team.id,
                    "stage_id": self.stage_new.id,
                    "user_id": False,
                    "company_id": self.env.company.id,
                    "channel_id": self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_web").id,
                }
            ],
        )
        self.assertEqual(ticket.description, "<p>Since nine<br>o'clock &lt;b&gt;</p>")
        self.assertEqual(sorted(ticket.attachment_ids.mapped("name")), ["screen.png", "ünï.txt"])
        self.assertIn(self.colleague, ticket.message_partner_ids)
        action = self.client.with_user(self.agent).action_view_helpdesk_tickets()
        self.assertIn(ticket, self.env["helpdesk.ticket"].with_user(self.agent).search(action["domain"]))

        page = self.visit(f"/my/ticket/{ticket.id}", self.owner_user)
        links = self.page(page).xpath("//*[contains(@class, 'o_nestogy_attachments')]//a")
        self.assertEqual([link.text_content().strip() for link in links], ["screen.png", "ünï.txt"])
        self.assertEqual(self.url_open(links[0].get("href")).content, b"\x89PNG")
        for user in self.outsiders:
            plain = links[0].get("href").partition("?")[0]
            self.assertEqual(self.visit(plain, user).status_code, 404)

    def test_what_is_wrong_is_said_and_nothing_is_saved(self):
        before, files_before = self.all_tickets(), self.env["ir.attachment"].search_count([])
        other_company = self.other_company()
        foreign = self.env["helpdesk.ticket.category"].create({"name": "Foreign", "company_id": other_company.id})
        text = ("attachment", ("a.txt", b"x", "text/plain"))
        for values, files, sentence in (
            ({"subject": "  "}, None, "Give your request a title."),
            ({"subject": "x" * 201}, None, "The title is too long"),
            ({"description": ""}, None, "Describe what you need."),
            ({"description": "x" * 20_001}, None, "The description is too long"),
            ({"category": self.hidden_category.id}, [text], "This category cannot be chosen"),
            ({"category": foreign.id}, None, "This category cannot be chosen"),
            ({"category": "abc"}, None, "This category cannot be chosen"),
            ({"category": "999999999999999999"}, None, "This category cannot be chosen"),
            ({"team": self.team.id}, None, "This team cannot be chosen"),
            ({}, [text] * 11, "Too many files"),
            ({}, [text, ("attachment", ("run.exe", b"x", "text/plain"))], "The file run.exe is a program"),
            ({}, [("attachment", ("a.pdf", b"MZ\x90", "application/pdf"))], "The file a.pdf is a program"),
            ({}, [("attachment", ("a.txt", b"", "text/plain"))], "The file a.txt is empty."),
        ):
            with self.subTest(sentence=sentence, values=values):
                response = self.submit(self.owner_user, files=files, **values)
                self.assertEqual(response.status_code, 422)
                self.assertIn(sentence, self.page(response).text_content())
        self.assertEqual(self.all_tickets(), before)
        self.assertEqual(self.env["ir.attachment"].search_count([]), files_before)

    def test_a_flood_of_tickets_ends(self):
        before = self.all_tickets()
        with patch.object(ticket_requests, "TICKETS", 2):
            answers = [self.submit(self.owner_user) for _number in range(3)]
            answers.append(self.submit(self.colleague_user))
        self.assertEqual([answer.status_code for answer in answers], [303, 303, 422, 303])
        self.assertIn("go on in an hour", answers[2].text)
        self.assertEqual(len(self.all_tickets() - before), 3)

    def test_what_was_typed_is_kept_when_something_is_wrong(self):
        page = self.page(self.submit(self.owner_user, subject="", description="<i>long story</i>"))
        self.assertEqual(page.xpath("//*[@id='description']")[0].text.strip(), "<i>long story</i>")
        self.assertEqual(page.xpath("//*[@id='category']/option[@selected]")[0].get("value"), str(self.category.id))

    def test_required_choices_are_asked_for(self):
        self.env.company.helpdesk_mgmt_portal_category_id_required = True
        self.env.company.write(
            {"helpdesk_mgmt_portal_select_team": True, "helpdesk_mgmt_portal_team_id_required": True}
        )
        hidden = self.env["helpdesk.ticket.team"].create({"name": "Hidden", "show_in_portal": False})
        before = self.all_tickets()
        for values in ({"category": ""}, {"team": ""}, {"team": hidden.id}):
            self.assertEqual(self.submit(self.owner_user, **{"team": self.team.id, **values}).status_code, 422)
        self.assertEqual(self.all_tickets(), before)
        self.assertEqual(self.submit(self.owner_user, team=self.team.id).status_code, 303)

    @mute_logger("odoo.http")
    def test_a_ticket_needs_a_person_a_form_and_no_get(self):
        before = self.all_tickets()
        self.assertIn(self.submit(None).status_code, (303, 400))
        self.assertEqual(self.submit(self.owner_user, csrf=False).status_code, 400)
        response = self.visit("/submitted/ticket?subject=x&description=y", self.owner_user)
        self.assertIn(response.status_code, (404, 405))
        self.assertEqual(self.all_tickets(), before)

    def test_nobody_writes_in_anothers_name(self):
        before = self.all_tickets()
        self.submit(
            self.stranger_user,
            partner_id=self.owner.id,
            user_id=self.agent.id,
            company_id=99,
            stage_id=self.stage_done.id,
        )
        ticket = self.all_tickets() - before
        self.assertRecordValues(
            ticket,
            [{"partner_id": self.stranger.id, "user_id": False, "stage_id": self.stage_new.id}],
        )
        self.assertEqual(ticket.company_id, self.env.company)
