from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PortalCase, RefusedCall

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestPortalDeeds(TicketsMakers, PortalCase):
    """What clients decide about tickets: priority, a line of an invoice, opening again, whose are listed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner, name="Printer on fire")
        cls.invoice = cls.make_invoice(cls.client, 120, 80)
        cls.line = cls.invoice.invoice_line_ids[0]

    def all_tickets(self):
        return self.env["helpdesk.ticket"].search([])

    def submit(self, who, page="/new/ticket", **values):
        self.enter(who)
        data = {"subject": "No network", "description": "Since nine", "csrf_token": self.csrf(self.open(page))} | values
        return self.open("/submitted/ticket", data=data)

    # -- priority ---------------------------------------------------------------

    def test_the_client_chooses_among_the_priorities_that_its_setting_allows(self):
        self.enter(self.owner)
        self.assertFalse(html.fromstring(self.open("/new/ticket").text).xpath("//select[@id='priority']"))
        self.client.client_group_id.ticket_priority_choice = "2"
        page = html.fromstring(self.open("/new/ticket").text)
        self.assertEqual(page.xpath("//select[@id='priority']/option/@value"), ["0", "1", "2"])
        self.assertEqual(page.xpath("//select[@id='priority']/option[@selected]/@value"), ["1"])
        before = self.all_tickets()
        self.assertEqual(self.submit(self.owner, priority="2").status_code, 303)
        ticket = self.all_tickets() - before
        self.assertEqual(ticket.priority, "2")
        self.client.ticket_priority_choice = "1"  # the client's own goes before that of its group
        before = self.all_tickets()
        response = self.submit(self.owner, priority="2")
        self.assertEqual(response.status_code, 422)
        self.assertIn("This priority cannot be chosen", response.text)
        self.assertIn("Since nine", response.text)
        self.assertEqual(self.all_tickets(), before)

    def test_where_we_decide_no_priority_is_taken(self):
        before = self.all_tickets()
        for value in ("3", "9", "x" * 1000):
            self.assertEqual(self.submit(self.owner, priority=value).status_code, 422)
        self.assertEqual(self.all_tickets(), before)
        self.assertEqual(self.submit(self.owner).status_code, 303)
        self.assertEqual((self.all_tickets() - before).priority, "1")

    # -- a line of an invoice -----------------------------------------------------

    def test_each_line_of_an_invoice_has_a_way_to_ask_about_it(self):
        page = html.fromstring(self.visit(f"/my/invoices/{self.invoice.id}", self.owner).text)
        links = page.xpath("//details[contains(@class, 'o_nestogy_ask')]//a/@href")
        self.assertEqual(links, [f"/new/ticket?line={line.id}" for line in self.invoice.invoice_line_ids])
        form = html.fromstring(self.open(links[0]).text)
        self.assertEqual(form.xpath("//input[@name='line']/@value"), [str(self.line.id)])
        self.assertIn(self.invoice.name, form.xpath("//input[@id='subject']/@value")[0])
        before = self.all_tickets()
        self.assertEqual(self.submit(self.owner, page=links[0], line=self.line.id).status_code, 303)
        ticket = self.all_tickets() - before
        self.assertRecordValues(ticket, [{"invoice_id": self.invoice.id, "invoice_line_id": self.line.id}])
        shown = self.open(f"/my/ticket/{ticket.id}").text
        self.assertIn(f"/my/invoices/{self.invoice.id}", shown)

    def test_nobody_asks_about_the_line_of_another_client(self):
        before = self.all_tickets()
        self.assertNotIn(self.invoice.name, self.visit(f"/new/ticket?line={self.line.id}", self.stranger).text)
        response = self.submit(self.stranger, line=self.line.id)
        self.assertEqual(response.status_code, 422)
        self.assertIn("This line cannot be chosen", response.text)
        draft = self.make_invoice(self.client, 10, post=False).invoice_line_ids
        tax_line = self.invoice.line_ids - self.invoice.invoice_line_ids
        for line in (draft, tax_line[:1]):
            self.assertEqual(self.submit(self.owner, line=line.id).status_code, 422)
        for value in ("x", "-1", "999999999", "9" * 30):
            self.assertEqual(self.submit(self.owner, line=value).status_code, 422)
        self.assertEqual(self.all_tickets(), before)

    def test_who_sees_no_invoices_asks_about_none_and_reads_none_on_a_ticket(self):
        self.ticket.write({"invoice_id": self.invoice.id, "invoice_line_id": self.line.id})
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_technical")
        self.assertNotIn(self.invoice.name, self.visit(f"/my/ticket/{self.ticket.id}", self.colleague).text)
        self.assertEqual(self.submit(self.colleague, line=self.line.id).status_code, 422)
        self.assertIn(self.invoice.name, self.visit(f"/my/ticket/{self.ticket.id}", self.owner).text)

    # -- opening again --------------------------------------------------------------

    def reopen(self, who, **values):
        self.enter(who)
        data = {"reason": "It burns again.", "csrf_token": self.csrf(self.open("/my/security"))} | values
        with mute_logger("odoo.http"):
            return self.open(f"/my/ticket/{self.ticket.id}/reopen", data=data)

    def test_a_closed_ticket_is_opened_again_with_a_word_why(self):
        self.ticket.stage_id = self.stage_done
        page = html.fromstring(self.visit(f"/my/ticket/{self.ticket.id}", self.owner).text)
        self.assertEqual(len(page.xpath("//details[contains(@class, 'o_nestogy_reopen')]//textarea")), 1)
        self.assertEqual(self.reopen(self.colleague).status_code, 303)
        self.assertFalse(self.ticket.stage_id.closed)
        self.assertFalse(self.ticket.closed_date)
        message = self.ticket.message_ids.filtered(lambda each: "It burns again." in (each.body or ""))
        self.assertEqual(message.author_id, self.colleague)
        self.assertFalse(message.subtype_id.internal)
        self.assertIn(self.agent.partner_id, message.notification_ids.res_partner_id)

    def test_what_was_typed_is_kept_when_it_cannot_be_opened(self):
        self.ticket.stage_id = self.stage_done
        for reason, sentence in (
            ("  ", "Tell us what is not solved yet."),
            ("x" * 4001, "This is too long; 4000 characters are the limit."),
        ):
            response = self.reopen(self.owner, reason=reason)
            self.assertEqual(response.status_code, 422)
            self.assertIn(sentence, response.text)
            self.assertIn(reason.strip(), response.text)
        self.assertEqual(self.ticket.stage_id, self.stage_done)
        self.ticket.closed_date = fields.Datetime.now() - timedelta(days=400)
        self.assertNotIn("o_nestogy_reopen", self.open(f"/my/ticket/{self.ticket.id}").text)
        response = self.reopen(self.owner)
        self.assertEqual(response.status_code, 422)
        self.assertIn("closed for too long", response.text)
        self.assertIn("It burns again.", response.text)
        self.assertEqual(self.ticket.stage_id, self.stage_done)

    def test_an_open_ticket_is_not_opened(self):
        response = self.reopen(self.owner)
        self.assertEqual(response.status_code, 422)
        self.assertIn("This ticket is open", response.text)
        self.assertEqual(self.ticket.stage_id, self.stage_new)

    @mute_logger("odoo.http")
    def test_strangers_readers_and_nobody_open_nothing(self):
        self.ticket.stage_id = self.stage_done
        before = self.ticket.message_ids
        self.assertEqual(self.reopen(self.stranger).status_code, 404)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        self.assertEqual(self.reopen(self.colleague).status_code, 404)
        self.enter(self.owner)
        self.assertEqual(self.open(f"/my/ticket/{self.ticket.id}/reopen", data={"reason": "x"}).status_code, 400)
        self.open(f"/my/ticket/{self.ticket.id}/reopen")  # the page of the ticket, with a word that opens nothing
        self.enter(None)
        self.assertIn(self.open(f"/my/ticket/{self.ticket.id}/reopen", data={"reason": "x"}).status_code, (303, 400))
        self.assertEqual(self.ticket.stage_id, self.stage_done)
        self.assertEqual(self.ticket.message_ids, before)

    # -- answers --------------------------------------------------------------------

    def post(self, body="<p>Any news?</p>", files=()):
        attachments = (
            self.env["ir.attachment"]
            .with_user(self.owner_user)
            .sudo()
            .create(  # as an upload does
                [
                    {"name": name, "raw": content, "res_model": "mail.compose.message", "res_id": 0}
                    for name, content in files
                ]
            )
        )
        post_data = {
            "body": body,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "attachment_ids": attachments.ids,
            "attachment_tokens": [each._get_ownership_token() for each in attachments],
        }
        return self.call(
            "/mail/message/post", thread_model="helpdesk.ticket", thread_id=self.ticket.id, post_data=post_data
        )

    @mute_logger("odoo.http")
    def test_answers_have_the_limits_of_new_tickets(self):
        self.enter(self.owner)
        before = self.ticket.message_ids
        for values, sentence in (
            ({"body": f"<p>{'x' * 20_001}</p>"}, "This is too long; 20000 characters"),
            ({"body": "<p>" + "<b></b>" * 50_000 + "</p>"}, "This is too long; 20000 characters"),
            ({"files": [("run.exe", b"x")]}, "The file run.exe is a program"),
            ({"files": [("a.pdf", b"MZ\x90")]}, "The file a.pdf is a program"),
            ({"files": [("a.txt", b"x")] * 11}, "Too many files; 10 are the limit."),
        ):
            with self.assertRaisesRegex(RefusedCall, sentence):
                self.post(**values)
        self.assertEqual(self.ticket.message_ids, before)
        self.post(files=[("a.txt", b"x")])
        message = self.ticket.message_ids - before
        self.assertEqual((message.author_id, message.attachment_ids.mapped("name")), (self.owner, ["a.txt"]))

    # -- the list -------------------------------------------------------------------

    def shown(self, query):
        page = html.fromstring(self.open(f"/my/tickets{query}").text)
        return page.xpath("//div[contains(@class, 'o_nestogy_ticket_list')]/a/@href")

    def test_the_list_tells_mine_from_colleagues_and_what_waits(self):
        theirs = self.make_tickets(self.colleague, name="Scanner")
        waiting = self.env["helpdesk.ticket.stage"].create({"name": "Your turn", "waits_for_client": True})
        self.enter(self.owner)
        self.assertEqual(self.shown("?whose=mine"), [f"/my/ticket/{self.ticket.id}"])
        self.assertEqual(self.shown("?whose=colleagues"), [f"/my/ticket/{theirs.id}"])
        self.assertEqual(len(self.shown("?whose=nonsense")), 2)
        self.assertEqual(self.shown("?filterby=waiting"), [])
        theirs.stage_id = waiting
        self.assertEqual(self.shown("?filterby=waiting"), [f"/my/ticket/{theirs.id}"])
        self.assertEqual(self.shown("?filterby=waiting&whose=mine"), [])

    def test_who_sees_own_tickets_has_no_choice_of_owners(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        page = self.visit("/my/tickets?whose=colleagues", self.colleague).text
        self.assertNotIn("Whose:", page)
        self.assertNotIn("Printer", page)

    def test_five_hundred_tickets_cost_as_few_queries_as_one(self):
        def cost(path):
            self.open(path)
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            self.assertEqual(self.open(path).status_code, 200)
            return self.env.cr.sql_log_count - start

        self.enter(self.owner)
        one = cost("/my/tickets")
        self.make_tickets(self.owner, 499)
        many = cost("/my/tickets")
        self.assertLessEqual(many, 15)
        self.assertLessEqual(many, one + 1)  # the second page is counted
        self.assertLessEqual(cost("/my/tickets/page/9?filterby=all&search=Ticket&whose=mine&sortby=name"), 15)
