from datetime import timedelta

from odoo import Command, fields
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers

MOST_QUERIES = 20


@tagged("post_install", "-at_install")
class TestProfileCards(TicketsMakers, TransactionCase):
    """The cards of tickets and jobs on the profile, what they say about a client's health, and what it all costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.manager = cls.make_user("profile_manager", "manager", "billing")
        cls.manager.group_ids += cls.env.ref("project.group_project_manager")
        cls.now = fields.Datetime.now()

    def card(self, key, user=None):
        return self.client.with_user(user or self.manager).get_client_dashboard_widget(key)

    def found(self, action):
        return self.env[action["res_model"]].with_user(self.manager).search(action["domain"])

    def test_each_figure_opens_its_tickets(self):
        tickets = self.make_tickets(self.owner, 6)
        tickets[5].stage_id = self.stage_done
        tickets[4].stage_id = self.stage_progress
        self.make_tickets(self.stranger, 2)
        self.set_sla(tickets[0], sla_deadline=-1, sla_risk_at=-2)
        self.set_sla(tickets[1] | tickets[2], sla_deadline=5, sla_risk_at=-1)
        tickets[3]._set_complaint("Third time")
        card = self.card("tickets")
        self.assertEqual(card["count"], 5)
        figures = {figure["label"]: figure for figure in card["figures"]}
        expected = {"SLA breached": tickets[0], "SLA at risk": tickets[1] | tickets[2], "Complaints": tickets[3]}
        self.assertEqual({label: self.found(each["action"]) for label, each in figures.items()}, expected)
        self.assertEqual(
            {label: int(each["value"]) for label, each in figures.items()}, {k: len(v) for k, v in expected.items()}
        )
        self.assertEqual(
            {segment["label"]: self.found(segment["action"]) for segment in card["segments"]},
            {self.stage_new.name: tickets[:4], self.stage_progress.name: tickets[4]},
        )
        self.assertAlmostEqual(sum(segment["share"] for segment in card["segments"]), 1.0)
        tones = {row["id"]: row["tone"] for row in card["rows"]}
        self.assertEqual((tones[tickets[0].id], tones[tickets[1].id]), ("danger", "warning"))

    def test_each_figure_opens_its_jobs(self):
        project = self.env["project.project"].create({"name": "Office move", "partner_id": self.client.id})
        late, done, fresh = self.env["project.task"].create(
            [
                {"name": "Late", "project_id": project.id, "date_deadline": self.now - timedelta(days=2)},
                {"name": "Done", "project_id": project.id, "state": "1_done"},
                {"name": "Fresh", "project_id": project.id, "state": "03_approved"},
            ]
        )
        card = self.card("jobs")
        self.assertEqual((card["count"], [row["id"] for row in card["rows"]]), (2, [late.id, fresh.id]))
        self.assertEqual([row["tone"] for row in card["rows"]], ["danger", ""])
        (figure,) = card["figures"]
        self.assertEqual((figure["label"], figure["value"], self.found(figure["action"])), ("Overdue", "1", late))
        self.assertEqual([self.found(segment["action"]) for segment in card["segments"]], [late, fresh])
        self.assertNotIn(done, self.found(card["action"]))

    def test_tickets_and_jobs_say_how_the_client_is(self):
        def reasons(user=None):
            card = self.card("health", user)
            return {reason["text"]: reason["tone"] for reason in card["reasons"]}

        tickets = self.make_tickets(self.owner, 4)
        self.assertEqual(reasons(), {"Open tickets: 4, none past its SLA.": "success"})
        self.set_sla(tickets[:2], sla_deadline=-1)
        self.assertEqual(reasons(), {"Open tickets past their SLA: 2.": "warning"})
        self.set_sla(tickets[2], sla_deadline=-1)
        self.assertEqual(reasons(), {"Open tickets past their SLA: 3.": "danger"})
        project = self.env["project.project"].create({"name": "Office move", "partner_id": self.client.id})
        job = self.env["project.task"].create({"name": "Move", "project_id": project.id})
        self.set_sla(job, sla_deadline=-1)
        self.set_sla(tickets[2], sla_deadline=1)
        told = {f"Open {kind} past their SLA: {count}.": "danger" for kind, count in (("tickets", 2), ("jobs", 1))}
        self.assertEqual(reasons(), told, "together they are three")
        self.set_sla(tickets[:3], sla_deadline=1)
        told = {"Open tickets: 4, none past its SLA.": "success", "Open jobs past their SLA: 1.": "warning"}
        self.assertEqual(reasons(), told)
        self.set_sla(job, sla_deadline=1)
        tickets[3]._set_complaint("Third time")
        self.assertEqual(reasons()["Complaints that are not settled: 1."], "danger")
        self.env["ir.model.access"].search([("model_id.model", "=", "helpdesk.ticket")]).perm_read = False
        self.env.registry.clear_cache()
        self.assertEqual(reasons(self.viewer), {}, "who may not read tickets is told nothing of them")

    def test_answers_say_how_the_client_is(self):
        def reason(good, answers):
            return self.client._client_satisfied_reasons([{"good": good, "answers": answers}])

        self.assertEqual(reason(4, 4), [], "four answers say nothing")
        self.assertEqual([each["tone"] for each in reason(8, 10)], ["success"])
        self.assertEqual([each["tone"] for each in reason(7, 10)], ["warning"])
        self.assertEqual([each["tone"] for each in reason(5, 10)], ["danger"])

        def voices(promoters, detractors):
            row = {"answers": promoters + detractors, "promoters": promoters, "detractors": detractors}
            return [each["tone"] for each in self.client._client_recommended_reasons([row])]

        self.assertEqual((voices(2, 1), voices(1, 2), voices(1, 1)), (["success"], ["warning"], []))

    def test_access_is_told_as_on_the_tab(self):
        newcomer = self.make_contact(self.client, "New", "new@acme.example")
        gone = self.make_contact(self.client, "Gone", "gone@acme.example")
        self.make_portal_user(gone).active = False
        card = self.card("portal")
        for row in card["rows"]:
            person = self.env["res.partner"].browse(row["id"])
            labels = dict(person._fields["portal_state"]._description_selection(self.env))
            self.assertEqual(row["cells"]["state"], labels[person.portal_state])
        self.assertIn(gone.id, [row["id"] for row in card["rows"]])
        self.assertNotIn(newcomer.id, [row["id"] for row in card["rows"]])
        for segment in card["segments"]:
            action = segment["action"]
            people = self.env["res.partner"].with_user(self.manager).with_context(**action["context"])
            self.assertEqual(segment["value"], str(people.search_count(action["domain"])))

    def fill(self, client, count):
        """So many of all that a profile shows."""
        contact = self.make_contact(client, "Pat", f"pat{client.id}@example.com", phone="+1 207 555 0100")
        project = self.env["project.project"].create({"name": "Move", "partner_id": client.id})
        tickets = self.make_tickets(contact, count, project_id=project.id)
        tickets[: count // 2].stage_id = self.stage_done
        rows = range(count)
        self.env["project.task"].create([{"name": f"Job {n}", "project_id": project.id} for n in rows])
        self.env["nestogy.communication"].create(
            [{"client_id": client.id, "name": f"Call {n}", "kind": "call", "direction": "in"} for n in rows]
        )
        self.env["maintenance.equipment"].create([{"name": f"Laptop {n}", "client_id": client.id} for n in rows])
        self.env["sale.order"].create([{"partner_id": client.id, "state": "sent"} for _n in rows])
        self.env["contract.contract"].create(
            [
                {
                    "name": f"Care {n}",
                    "partner_id": client.id,
                    "contract_line_ids": [
                        Command.create({"name": "Care", "quantity": 1, "specific_price": 10.0, "price_unit": 10.0})
                    ],
                }
                for n in rows
            ]
        )
        for n in rows:
            invoice = self.make_invoice(client, 10.0 + n)
            if n % 2:
                self.pay(invoice)
        self.env["nestogy.conversation"]._get_for(client).message_post(
            body="Hello",
            author_id=contact.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def test_the_whole_profile_costs_the_same_for_few_and_for_many(self):
        counts = {}
        few, many = self.make_client("Few"), self.make_client("Many")
        self.fill(few, 2)
        self.fill(many, 12)
        for client in (few, many, few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            data = client.with_user(self.manager).get_client_dashboard()
            counts[client] = self.env.cr.sql_log_count - before
        keys = {each["key"] for each in data["widgets"]}
        self.assertGreaterEqual(len(keys), 18)
        full = [each["key"] for each in data["widgets"] if each["data"].get("rows") or each["data"].get("figures")]
        self.assertGreaterEqual(len(full), 12, full)
        self.assertLessEqual(counts[many], MOST_QUERIES)
        self.assertEqual(counts[many], counts[few])
