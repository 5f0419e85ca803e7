from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PortalCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestPortalMerged(TicketsMakers, PortalCase):
    """In the portal: tickets that were merged lead to the one that stayed, and what was answered waits no more."""

    @classmethod
    def make_portal_world(cls):  # pylint: disable=missing-return
        if not hasattr(cls, "other_client"):  # the desk asks for it as well
            super().make_portal_world()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stays = cls.make_tickets(cls.owner, name="Printer on fire")
        cls.goes = cls.make_tickets(cls.colleague, name="Smoke in the office")

    def merge(self):
        action = (self.stays | self.goes).with_user(self.agent).action_merge()
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        wizard.create({"survivor_id": self.stays.id}).action_merge()

    def shown(self, query=""):
        page = html.fromstring(self.open(f"/my/tickets{query}").text)
        rows = page.xpath("//div[contains(@class, 'o_nestogy_ticket_list')]/a")
        return {row.get("href"): row.xpath("string(.//span[contains(@class, 'badge')])") for row in rows}

    def say(self, ticket):
        data = {"body": "<p>Still smoking</p>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        values = {"thread_model": "helpdesk.ticket", "thread_id": ticket.id, "post_data": data}
        return self.make_jsonrpc_request("/mail/message/post", values)

    # -- waiting for the client --------------------------------------------------

    def test_what_the_client_has_answered_waits_for_him_no_more(self):
        self.stays.stage_id = self.env["helpdesk.ticket.stage"].create({"name": "Your turn", "waits_for_client": True})
        self.enter(self.owner)
        self.assertIn(f'data-todo="ticket_{self.stays.id}"', self.open("/my").text)
        self.assertEqual(list(self.shown("?filterby=waiting")), [f"/my/ticket/{self.stays.id}"])
        self.say(self.stays)
        self.assertTrue(self.stays.stage_id.waits_for_client, "the stage says nothing any more")
        self.assertNotIn(f'data-todo="ticket_{self.stays.id}"', self.open("/my").text)
        self.assertEqual(self.shown("?filterby=waiting"), {})
        self.stays.with_user(self.agent).message_post(
            body="And now?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertIn(f'data-todo="ticket_{self.stays.id}"', self.open("/my").text)

    # -- merged ------------------------------------------------------------------

    def test_a_merged_ticket_leads_to_the_one_that_stayed(self):
        self.merge()
        for who in (self.owner, self.colleague):
            response = self.visit(f"/my/ticket/{self.goes.id}", who)
            self.assertEqual(response.status_code, 303)
            page = self.open(response.headers["Location"])
            self.assertIn("Printer on fire", page.text)
            self.assertIn(f"Request <strong>{self.goes.number}</strong> goes on here", page.text)
        for merged in ("", "x", "%D9%A3", "0", str(self.stays.id), "9" * 30):
            page = self.open(f"/my/ticket/{self.stays.id}?merged={merged}")
            self.assertEqual(page.status_code, 200)
            self.assertNotIn("goes on here", page.text)
        response = self.visit(f"/my/ticket/{self.goes.id}", self.stranger)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    def test_the_list_shows_a_merged_ticket_as_merged_and_not_as_open(self):
        self.merge()
        # without a closed stage in its team a merged ticket keeps its stage
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET stage_id = %s, waiting_since = now() WHERE id = %s",
            [self.stage_new.id, self.goes.id],
        )
        self.env.invalidate_all()
        self.enter(self.owner)
        self.assertEqual(list(self.shown()), [f"/my/ticket/{self.stays.id}"])
        self.assertEqual(self.shown("?filterby=waiting"), {})
        self.assertEqual(self.shown("?filterby=all")[f"/my/ticket/{self.goes.id}"], "Merged")
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["ticket_count"]})
        self.assertEqual(counters["ticket_count"], 1)
        self.assertIn("<strong>1</strong> open", self.open("/my").text)

    def test_who_may_not_see_the_other_ticket_reads_what_happened_and_writes_to_it(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        self.merge()
        page = self.visit(f"/my/ticket/{self.goes.id}", self.colleague)
        self.assertEqual(page.status_code, 200)
        self.assertIn("We go on with this request together with another one of your firm.", page.text)
        for foreign in ("Printer on fire", self.stays.number, "o_nestogy_close", "o_nestogy_reopen", "/rate"):
            self.assertNotIn(foreign, page.text)
        before = self.stays.message_ids
        self.say(self.goes)
        message = self.stays.message_ids - before
        self.assertEqual((message.author_id, message.model), (self.colleague, "helpdesk.ticket"))
        self.assertIn("Still smoking", message.body)
        self.assertEqual(self.stays.last_message_by, "client")
        self.assertEqual(self.open(f"/my/ticket/{self.goes.id}").status_code, 200)
        self.assertEqual(self.open(f"/my/ticket/{self.stays.id}").status_code, 303)

    def test_the_link_of_a_merged_ticket_shows_nothing_of_the_other(self):
        token = self.goes._portal_ensure_token()
        self.merge()
        page = self.visit(f"/my/ticket/{self.goes.id}?access_token={token}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Printer on fire", page.text)

    @mute_logger("odoo.http")
    def test_a_merged_ticket_is_not_closed_or_rated_and_passes_on_why_it_should_be_opened(self):
        self.merge()
        self.enter(self.colleague)
        token = self.csrf(self.open("/my/security"))
        for path, data in (
            ("/ticket/close", {"ticket_id": self.goes.id, "stage_id": self.stage_rejected.id}),
            (f"/my/ticket/{self.goes.id}/rate", {"grade": "5"}),
        ):
            self.assertEqual(self.open(path, data={"csrf_token": token, **data}).status_code, 404, path)
        self.assertFalse(self.goes.satisfaction_ids, "nobody is asked about what goes on elsewhere")
        data = {"csrf_token": token, "reason": "Still smoking"}
        self.assertEqual(self.open(f"/my/ticket/{self.goes.id}/reopen", data=data).status_code, 303)
        self.assertRecordValues(self.goes, [{"closed": True, "merged_into_id": self.stays.id}])
        self.assertIn("Still smoking", self.stays.message_ids[0].body)
