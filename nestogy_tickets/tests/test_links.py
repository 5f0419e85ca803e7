from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestLinks(TicketsMakers, ClientsCase):
    """What a ticket is about, and the ways there and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.manager = cls.make_user("desk_manager", "manager")

        def subjects(client):
            return {
                "equipment_id": cls.env["maintenance.equipment"].create({"name": "Press", "client_id": client.id}),
                "invoice_id": cls.make_invoice(client, 100, 50),
                "contract_id": cls.env["contract.contract"].create({"name": "Care", "partner_id": client.id}),
                "order_id": cls.env["sale.order"].create({"partner_id": client.id}),
                "project_id": cls.env["project.project"].create({"name": "Move", "partner_id": client.id}),
            }

        cls.own, cls.foreign = subjects(cls.client), subjects(cls.other_client)

    def test_a_ticket_is_about_documents_of_its_client_only(self):
        ticket = self.make_tickets(self.owner)
        for name, record in self.own.items():
            with self.subTest(field=name):
                ticket[name] = record
                with self.assertRefused(ValidationError, "is not of Acme Dental; choose one of this client, or none"):
                    ticket[name] = self.foreign[name]
                self.assertEqual(ticket[name], record)
        with self.assertRefused(ValidationError, "is not of"):
            ticket.partner_id = self.stranger
        self.assertEqual(ticket.partner_id, self.owner)
        with self.assertRefused(ValidationError, "is not of this contact"):
            self.make_tickets(self.env["res.partner"], contract_id=self.own["contract_id"].id)

    def test_a_line_brings_its_invoice_and_another_invoice_is_refused(self):
        line = self.own["invoice_id"].invoice_line_ids[0]
        ticket = self.make_tickets(self.owner, invoice_line_id=line.id)
        self.assertEqual(ticket.invoice_id, self.own["invoice_id"])
        self.assertIn(self.own["invoice_id"].name, ticket.linked_text)
        with self.assertRefused(ValidationError, "is not on invoice"):
            ticket.invoice_id = self.make_invoice(self.client, 5)
        with self.assertRefused(ValidationError, "is not of Acme"):
            ticket.invoice_line_id = self.foreign["invoice_id"].invoice_line_ids[0]

    def test_a_project_of_nobody_may_be_linked(self):
        internal = self.env["project.project"].create({"name": "Internal"})
        self.assertEqual(self.make_tickets(self.owner, project_id=internal.id).project_id, internal)

    def test_another_contact_lets_go_of_foreign_links_in_the_form(self):
        ticket = self.make_tickets(self.owner, **{name: record.id for name, record in self.own.items()})
        with Form(ticket.with_user(self.manager)) as form:
            form.partner_id = self.stranger
        self.assertRecordValues(ticket, [dict.fromkeys(self.own, False) | {"partner_id": self.stranger.id}])

    def test_an_agent_without_rights_on_invoices_works_on_a_linked_ticket(self):
        ticket = self.make_tickets(self.owner, invoice_line_id=self.own["invoice_id"].invoice_line_ids[0].id)
        ticket = ticket.with_user(self.agent)
        self.assertIn(self.own["invoice_id"].name, ticket.linked_text)
        with Form(ticket) as form:
            form.priority = "3"
        self.assertEqual(ticket.priority, "3")
        with Form(ticket) as form:
            form.partner_id = self.stranger
        self.assertFalse(ticket.sudo().invoice_id)

    def test_new_tickets_begin_at_their_subject_and_are_counted_there(self):
        line = self.own["invoice_id"].invoice_line_ids[0]
        for subject, field in [
            (self.own["invoice_id"], "invoice_id"),
            (line, "invoice_line_id"),
            (self.own["contract_id"], "contract_id"),
            (self.own["order_id"], "order_id"),
        ]:
            with self.subTest(field=field):
                action = subject.with_user(self.manager).action_new_ticket()
                tickets = self.env["helpdesk.ticket"].with_user(self.manager)
                with Form(tickets.with_context(**action["context"])) as form:
                    form.name = "About it"
                    form.description = "<p>?</p>"
                ticket = form.save()
                self.assertEqual(ticket[field], subject)
                self.assertEqual(ticket.commercial_partner_id, self.client)
                subject.invalidate_recordset(["ticket_count"])
                count = subject.ticket_count
                self.assertEqual(tickets.search_count(subject.action_tickets()["domain"]), count)
                ticket.stage_id = self.stage_done
                subject.invalidate_recordset(["ticket_count"])
                self.assertEqual(subject.ticket_count, count - 1)

    def test_counting_costs_the_same_for_many(self):
        contracts = self.env["contract.contract"].create(
            [{"name": f"C{number}", "partner_id": self.client.id} for number in range(20)]
        )
        self.make_tickets(self.owner, contract_id=contracts[0].id)
        self.env.flush_all()
        contracts[:1].mapped("ticket_count")
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            self.assertEqual(sum(contracts.mapped("ticket_count")), 1)

    def test_visitors_and_viewers_begin_nothing_there(self):
        with self.assertRaises(AccessError):
            self.own["contract_id"].with_user(self.viewer).action_new_ticket()
        with self.assertRaises(AccessError):
            self.own["contract_id"].with_user(self.stranger_user).action_tickets()
        for name in ("contract_id", "invoice_id", "invoice_line_id", "order_id", "linked_text", "is_complaint"):
            with self.assertRaises(AccessError):
                self.make_tickets(self.owner).with_user(self.owner_user).read([name])
