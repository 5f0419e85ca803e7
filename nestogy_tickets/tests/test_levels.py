from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PortalCase


@tagged("post_install", "-at_install")
class TestTicketLevels(PortalCase):
    """Who of a client sees which tickets is a matter of levels; the table of each level is the preset."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tickets = cls.env["helpdesk.ticket"]
        cls.theirs = tickets.create({"name": "Printer", "description": "-", "partner_id": cls.owner.id})
        cls.own = tickets.create({"name": "Scanner", "description": "-", "partner_id": cls.colleague.id})

    def give(self, level):
        self.colleague.portal_level_id = self.env.ref(f"nestogy_portal.nestogy_portal_level_{level}")

    def test_each_level_sees_its_tickets(self):
        both = self.theirs | self.own
        for level, seen in (
            ("owner", both),
            ("standard", both),
            ("billing", self.own),
            ("technical", both),
            ("reader", both),
            ("own", self.own),
        ):
            self.give(level)
            found = self.env["helpdesk.ticket"].with_user(self.colleague.user_ids).search([])
            self.assertEqual(found & both, seen, level)

    def test_who_sees_own_tickets_does_not_open_a_colleague_s(self):
        self.give("own")
        self.enter(self.colleague)
        self.assertEqual(self.open(f"/my/ticket/{self.own.id}").status_code, 200)
        self.assertEqual(self.open(f"/my/ticket/{self.theirs.id}").status_code, 303)
        self.assertNotIn("Printer", self.open("/my/tickets").text)

    def test_who_only_reads_opens_and_closes_nothing(self):
        self.give("reader")
        self.enter(self.colleague)
        page = self.open("/my/tickets?filterby=all")
        self.assertIn("Printer", page.text)
        self.assertNotIn("/new/ticket", page.text)
        self.assertEqual(self.open("/new/ticket").status_code, 404)
        token = self.csrf(self.open("/my/security"))
        stage = self.env["helpdesk.ticket.stage"].search([("closed", "=", True)], limit=1)
        with mute_logger("odoo.http"):
            for path, data in (
                ("/submitted/ticket", {"subject": "X", "description": "Y"}),
                ("/ticket/close", {"ticket_id": self.own.id, "stage_id": stage.id}),
            ):
                self.assertEqual(self.open(path, data={"csrf_token": token, **data}).status_code, 404, path)
        self.assertFalse(self.own.stage_id.closed)
        self.assertEqual(self.env["helpdesk.ticket"].search_count([("partner_id", "=", self.colleague.id)]), 1)

    def test_a_profile_without_tickets_has_no_page_for_them(self):
        profile = self.env["nestogy.portal.profile"].create({"name": "No desk"})
        profile.area_ids -= self.env.ref("nestogy_tickets.nestogy_portal_area_tickets")
        self.client.portal_profile_id = profile
        for path in ("/my/tickets", f"/my/ticket/{self.own.id}", "/new/ticket"):
            self.assertEqual(self.visit(path, self.owner).status_code, 404)
        self.assertNotIn("/my/tickets", self.visit("/my", self.owner).text)

    def test_what_waits_for_the_client_stands_on_the_first_page(self):
        waiting = self.env["helpdesk.ticket.stage"].create({"name": "Your turn", "waits_for_client": True})
        self.assertNotIn('data-todo="ticket_', self.visit("/my", self.owner).text)
        self.own.stage_id = waiting
        page = self.visit("/my", self.owner)
        self.assertIn(f'data-todo="ticket_{self.own.id}"', page.text)
        self.assertIn("<strong>2</strong> open", page.text)
        self.assertNotIn("Scanner", self.visit("/my", self.stranger).text)
        self.give("reader")
        self.assertNotIn('data-todo="ticket_', self.visit("/my", self.colleague).text, "who only reads cannot answer")

    def test_tickets_belong_to_the_copy_of_a_person_s_data(self):
        (part,) = [part for part in self.colleague._client_export_parts() if part["key"] == "tickets"]
        self.assertEqual([row["Title"] for row in part["rows"]], ["Scanner"])
