from odoo.fields import Date
from odoo.tests import Form, tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestFollowUps(ClientsCase):
    """Follow-ups on clients, their contacts and their documents (C5)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("follower", "agent", "billing")
        cls.client = cls.make_client("Acme")
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.outsider = cls.env["res.partner"].create({"name": "Walk-in"})

    def follow_up(self, record, summary):
        return record.activity_schedule(
            "mail.mail_activity_data_todo", Date.today(), summary=summary, user_id=self.agent.id
        )

    def test_an_agent_schedules_from_the_client(self):
        action = self.client.with_user(self.agent).action_follow_up()
        with Form(self.env["mail.activity.schedule"].with_user(self.agent).with_context(**action["context"])) as form:
            form.activity_type_id = self.env.ref("mail.mail_activity_data_call")
            form.summary = "Ask how it goes"
        form.save().action_schedule_activities()
        self.assertEqual(self.client.activity_ids.mapped("summary"), ["Ask how it goes"])

    def test_the_list_holds_what_concerns_clients(self):
        invoice = self.make_invoice(self.contact, 5.0)
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        other = self.make_client("Other")
        mine = (
            self.follow_up(self.client, "client")
            + self.follow_up(self.contact, "contact")
            + self.follow_up(invoice, "invoice")
            + self.follow_up(order, "order")
        )
        theirs = self.follow_up(other, "other")
        none = self.follow_up(self.outsider, "outsider") + self.follow_up(
            self.make_invoice(self.outsider, 1.0), "their invoice"
        )
        every = (mine + theirs + none).with_user(self.agent)
        self.assertEqual(mine.client_id, self.client)
        self.assertEqual((theirs.client_id, none.client_id), (other, self.outsider.browse()))

        def found(*domain):
            return every.search([("id", "in", every.ids), *domain]).sorted("id")

        self.assertEqual(found(("client_id", "!=", False)), (mine + theirs).sorted("id"))
        self.assertEqual(found(("client_id", "=", False)), none.sorted("id"))
        self.assertEqual(found(("client_id", "=", self.client.id)), mine.sorted("id"))
        self.assertEqual(found(("client_id", "ilike", "Othe")), theirs)

    def test_the_clients_of_a_page_are_found_in_as_many_queries_as_one(self):
        def count(activities):
            self.env.flush_all()
            self.env.invalidate_all()
            activities.mapped("summary")
            before = self.env.cr.sql_log_count
            activities.mapped("client_id")
            return self.env.cr.sql_log_count - before

        one = self.follow_up(self.make_invoice(self.client, 1.0), "x")
        many = one
        for number in range(6):
            many += self.follow_up(self.make_invoice(self.make_client(f"C{number}"), 1.0), "x")
        self.assertEqual(count(many), count(one))

    def test_who_reads_no_invoices_sees_the_rest(self):
        agent = self.make_user("plain", "agent")
        self.follow_up(self.make_invoice(self.client, 1.0), "invoice")
        mine = self.follow_up(self.client, "client")
        found = self.env["mail.activity"].with_user(agent).search([("client_id", "=", self.client.id)])
        self.assertEqual(found, mine)
