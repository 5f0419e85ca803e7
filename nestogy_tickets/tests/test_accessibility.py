from odoo.tests import HttpCase, tagged

from odoo.addons.nestogy_portal.tests.accessibility import AccessibilityMixin

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestAccessibility(AccessibilityMixin, TicketsMakers, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket, _other, closed = cls.make_tickets(cls.owner, 3)
        closed.stage_id = cls.stage_done
        cls.closed = closed
        cls.env.company.ticket_priority_choice = "3"
        cls.invoice = cls.make_invoice(cls.client, 120)
        request = cls.env["nestogy.satisfaction.request"].create(
            {
                "ticket_id": closed.id,
                "partner_id": cls.owner.id,
                "client_id": cls.client.id,
                "company_id": cls.env.company.id,
            }
        )
        request._issue()
        campaign = cls.env["nestogy.nps.campaign"].create({"name": "Spring"})
        answer = cls.env["nestogy.nps.answer"].create(
            {
                "campaign_id": campaign.id,
                "partner_id": cls.owner.id,
                "client_id": cls.client.id,
                "company_id": cls.env.company.id,
            }
        )
        answer._issue()
        cls.questions = {
            "rating": f"/my/feedback/{request._feedback_token()}",
            "nps": f"/my/feedback/{answer._feedback_token()}",
            "no link": f"/my/feedback/{'a' * 43}",
        }
        cls.ticket.with_user(cls.agent).message_post(
            body="Please restart it.", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def test_no_page_bars_anybody_and_a_ticket_is_opened_by_keyboard(self):
        with self.reader() as reader, reader.acting():
            reader.enter(self.stranger_user)
            reader.open("/my/tickets")
            reader.look("no tickets")
            reader.enter(self.owner_user)
            pages = {
                "tickets": "/my/tickets?filterby=all",
                "ticket": self.ticket.access_url,
                "closed": self.closed.access_url,
                "new": "/new/ticket",
                "about a line": f"/new/ticket?line={self.invoice.invoice_line_ids.id}",
                **self.questions,
            }
            for name, path in pages.items():
                reader.open(path)
                if name == "ticket":
                    # messages are in a tree of their own, which comes later than the page
                    reader.wait("document.querySelector('#chatterRoot')?.shadowRoot?.querySelector('.o-mail-Message')")
                if name == "closed":
                    reader.js("document.querySelector('.o_nestogy_reopen').open = true")
                reader.look(name)

            reader.open("/new/ticket")
            stations = reader.tab_to("#subject")
            reader.command("Input.insertText", text="The printer is offline")
            stations += reader.tab_to("#description")
            reader.command("Input.insertText", text="It says so since this morning.")
            stations += reader.tab_to("form button[type=submit]")
            order = [stations.index(name) for name in ("Title", "Category", "Description", "Cancel", "Send ticket")]
            self.assertEqual(order, sorted(order), stations)
            reader.press()
            reader.wait("location.search.includes('created')")
        self.assertNoBarriers(reader, 9)
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "The printer is offline")])
        self.assertRecordValues(ticket, [{"partner_id": self.owner.id}])
