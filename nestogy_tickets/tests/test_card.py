from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestCard(TicketsMakers, ClientsCase):
    """The client's card beside a ticket, and the notice of similar tickets above it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.manager = cls.make_user("desk_manager", "manager")
        cls.ticket = cls.make_tickets(cls.owner, name="Scanner is offline at the front desk")

    def card(self, user, contact=None, ticket=None):
        return (
            self.env["helpdesk.ticket"]
            .with_user(user)
            .get_client_card((contact or self.owner).id, (ticket or self.ticket).id)
        )

    def section(self, card, key):
        return next((section["lines"] for section in card["sections"] if section["key"] == key), [])

    def test_it_shows_what_one_needs_to_know(self):
        self.client.write(
            {"comment": "<p>Mind the dog</p>", "tz": "Europe/Lisbon", "primary_contact_id": self.owner.id}
        )
        night = self.env["nestogy.contact.kind"].create({"name": "Night", "is_emergency": True})
        self.colleague.write({"contact_kind_ids": [(4, night.id)], "phone": "+1 207-555-0133"})
        other = self.make_tickets(self.colleague, name="Another")
        other._set_complaint("slow")
        self.ticket.with_user(self.agent).message_post(
            body="On it", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.ticket.with_user(self.agent).message_post(body="internal", subtype_xmlid="mail.mt_note")
        card = self.card(self.agent)
        self.assertEqual((card["id"], card["name"], card["zone"]), (self.client.id, "Acme Dental", "Europe/Lisbon"))
        facts = {line["label"]: line["text"] for line in self.section(card, "facts")}
        self.assertEqual(facts["Client ID"], self.client.client_number)
        self.assertEqual(facts["Status"], self.client.client_status_id.name)
        self.assertEqual(facts["Group"], self.client.client_group_id.name)
        alerts = [(line["label"], line["detail"]) for line in self.section(card, "alerts")]
        self.assertEqual(alerts, [("Open complaints: 1", ""), ("Note", "Mind the dog")])
        people = {line["label"]: line for line in self.section(card, "people")}
        self.assertEqual(people["Olive Owner"]["text"], "asks, primary")
        emergency = people[self.colleague.name]
        self.assertEqual(emergency["text"], "emergency, after hours")
        self.assertEqual([phone["text"] for phone in emergency["phones"]], ["+1 207-555-0133"])
        self.assertEqual([line["label"] for line in self.section(card, "tickets")], ["Another"])
        self.assertEqual([line["detail"] for line in self.section(card, "messages")], ["On it"])

    def test_money_is_for_those_who_invoice(self):
        self.make_invoice(self.client, 100)
        self.make_invoice(self.client, 50, date="2020-01-01", due="2020-02-01")
        self.assertFalse(self.section(self.card(self.agent), "money"))
        self.assertFalse(self.section(self.card(self.viewer), "money"))
        (line,) = self.section(self.card(self.manager), "money")
        self.assertEqual(line["label"], self.env.company.currency_id.name)
        self.assertIn("150.00", line["text"])
        self.assertIn("50.00", line["detail"])
        self.assertEqual(line["tone"], "danger")

    def test_who_may_not_see_the_client_sees_no_card(self):
        with self.assertRaises(AccessError):
            self.card(self.env.ref("base.public_user"))
        with self.assertRaises(AccessError):
            self.card(self.stranger_user)
        self.env.company.client_own_team_only = True
        team = self.env["crm.team"].create({"name": "Others"})
        self.client.client_team_id = team
        self.assertEqual(list(self.card(self.agent)), ["note"])
        self.assertTrue(self.card(self.manager)["sections"])

    def test_without_client_a_sentence_says_so(self):
        nobody = self.env["res.partner"].create({"name": "Passer-by"})
        self.assertEqual(self.card(self.agent, nobody), {"note": "Passer-by is no client yet."})
        self.assertIn("Choose the contact", self.env["helpdesk.ticket"].get_client_card(False)["note"])

    def test_it_costs_the_same_for_a_large_client(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.card(self.manager)
            return self.env.cr.sql_log_count - before

        self.make_tickets(self.colleague, name="Another")
        self.make_invoice(self.client, 1)
        self.owner.phone = "+1 207-555-0134"
        self.colleague.phone = "+1 207-555-0135"
        night = self.env["nestogy.contact.kind"].create({"name": "Night", "is_emergency": True})
        self.colleague.contact_kind_ids = night
        self.ticket.message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment")
        queries()
        small = queries()
        for number in range(15):
            contact = self.make_contact(self.client, f"P{number}", phone=f"+1 207-555-01{number:02}")
            contact.contact_kind_ids = night
        for ticket in self.make_tickets(self.colleague, 15):
            ticket.message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.make_invoice(self.client, 1)
        self.assertLessEqual(queries(), small)

    # -- similar tickets ---------------------------------------------------

    def similar(self, name, user=None, contact=None, ticket=None, asset=False):
        found = (
            self.env["helpdesk.ticket"]
            .with_user(user or self.agent)
            .get_similar_tickets(ticket and ticket.id, (contact or self.owner).id, name, asset)
        )
        return [row["id"] for row in found]

    def test_open_tickets_of_the_client_with_a_similar_title_are_named(self):
        self.make_tickets(self.stranger, name=self.ticket.name)
        self.make_tickets(self.owner, name=self.ticket.name, stage_id=self.stage_done.id)
        self.make_tickets(self.owner, name="Invoice of May")
        self.assertEqual(self.similar("Scanner offline at front desk"), self.ticket.ids)
        self.assertEqual(self.similar("scanner is OFFLINE at the front desk", contact=self.colleague), self.ticket.ids)
        self.assertFalse(self.similar("New laptop"))
        self.assertFalse(self.similar(""))
        self.assertFalse(self.similar(self.ticket.name, ticket=self.ticket))

    def test_tickets_about_the_same_asset_are_named(self):
        asset = self.env["maintenance.equipment"].create({"name": "Scanner", "client_id": self.client.id})
        self.ticket.equipment_id = asset
        self.assertEqual(self.similar("No paper", asset=asset.id), self.ticket.ids)
        self.assertFalse(self.similar("No paper"))

    def test_the_notice_costs_little(self):
        self.make_tickets(self.owner, 40, name=self.ticket.name)
        self.similar(self.ticket.name)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            self.assertEqual(len(self.similar(self.ticket.name)), 3)
        with self.assertRaises(AccessError):
            self.similar(self.ticket.name, user=self.env.ref("base.public_user"))
