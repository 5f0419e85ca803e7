from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


class TimeMakers(TicketsMakers):
    @classmethod
    def make_time_world(cls):
        cls.make_desk()
        cls.employee = cls.make_employee(cls.agent)
        cls.ticket = cls.make_tickets(cls.owner)
        cls.product = cls.env["product.product"].create(
            {
                "name": "Hour",
                "type": "service",
                "list_price": 100,
                "uom_id": cls.env.ref("uom.product_uom_hour").id,
                "taxes_id": False,
            }
        )
        cls.env.company.time_product_id = cls.product
        cls.billing = cls.make_user("desk_billing", "billing")

    @classmethod
    def make_employee(cls, user):
        return cls.env["hr.employee"].create({"name": user.name, "user_id": user.id, "company_id": user.company_id.id})

    def log(self, hours, ticket=None, user=None, **values):
        ticket = (ticket or self.ticket).with_user(user or self.agent)
        return (
            self.env["account.analytic.line"]
            .with_user(user or self.agent)
            .create({"ticket_id": ticket.id, "unit_amount": hours, "name": f"Worked {hours}", **values})
        )


@tagged("post_install", "-at_install")
class TestTime(TimeMakers, ClientsCase):
    """Time on tickets is the timesheet of the one who worked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_time_world()

    def test_the_timer_runs_on_the_server_and_notes_whole_minutes(self):
        ticket = self.ticket.with_user(self.agent)
        with freeze_time("2026-11-20 10:00:00") as clock:
            ticket.action_timer_start()
            self.env.invalidate_all()
            self.assertEqual(ticket.timer_started_at, fields.Datetime.now())
            clock.tick(timedelta(minutes=30, seconds=5))
            ticket.action_timer_stop()
        self.assertFalse(self.env["nestogy.ticket.timer"].search([]))
        line = self.ticket.timesheet_ids
        self.assertRecordValues(
            line,
            [
                {
                    "user_id": self.agent.id,
                    "employee_id": self.employee.id,
                    "name": "Ticket 0",
                    "is_billable": True,
                    "is_for_client": True,
                    "project_id": self.env.company.client_job_project_id.id,
                }
            ],
        )
        self.assertAlmostEqual(line.unit_amount, 31 / 60, 4)

    def test_one_timer_runs_for_each_user(self):
        second = self.make_tickets(self.colleague, name="Second")
        with freeze_time("2026-11-20 10:00:00") as clock:
            self.ticket.with_user(self.agent).action_timer_start()
            clock.tick(timedelta(minutes=10))
            second.with_user(self.agent).action_timer_start()
            self.env.invalidate_all()
            self.assertAlmostEqual(self.ticket.timesheet_ids.unit_amount, 10 / 60, 4)
            self.assertIn("Second", self.ticket.with_user(self.agent).timer_elsewhere)
            with self.assertRefused(UserError, "Your timer does not run on this ticket"):
                self.ticket.with_user(self.agent).action_timer_stop()
            second.with_user(self.agent).action_timer_discard()
        self.assertFalse(second.timesheet_ids)
        other = self.make_user("other_agent", "agent")
        self.ticket.with_user(self.agent).action_timer_start()
        self.ticket.with_user(other).action_timer_start()
        timers = self.env["nestogy.ticket.timer"].search([])
        self.assertEqual(timers.user_id, self.agent | other)
        self.assertEqual(len(self.env["nestogy.ticket.timer"].with_user(other).search([])), 1)

    def test_a_forgotten_timer_notes_nothing_wrong(self):
        ticket = self.ticket.with_user(self.agent)
        with freeze_time("2026-11-20 10:00:00") as clock:
            ticket.action_timer_start()
            clock.tick(timedelta(hours=25))
            with self.assertRefused(UserError, "runs for more than a day"):
                ticket.action_timer_stop()
            self.assertFalse(self.ticket.timesheet_ids)
            ticket.action_timer_discard()

    def test_time_needs_an_employee_and_the_right(self):
        other = self.make_user("other_agent", "agent")
        with self.assertRefused(UserError, "You have no employee record"):
            self.ticket.with_user(other)._log_time(1)
        with self.assertRefused(AccessError, "users of timesheets"):
            self.ticket.with_user(self.viewer).action_timer_start()
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).action_timer_start()
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).read(["time_hours"])

    def test_colleagues_do_not_change_each_others_time(self):
        line = self.log(1)
        other = self.make_user("other_agent", "agent")
        self.make_employee(other)
        with self.assertRaises(AccessError):
            line.with_user(other).unit_amount = 2
        self.log(2, user=other)
        self.assertEqual(self.ticket.with_user(self.viewer).time_hours, 3)
        self.assertEqual(self.ticket.with_user(other).timesheet_ids.mapped("unit_amount"), [2])

    def test_entries_have_a_possible_length(self):
        with self.assertRefused(ValidationError, "between 0 and 24 hours"):
            self.log(25)

    def test_the_tickets_own_project_goes_first(self):
        project = self.env["project.project"].create({"name": "Roll-out", "partner_id": self.client.id})
        self.assertEqual(self.ticket._time_project(), project)
        own = self.env["project.project"].create({"name": "Own"})
        self.ticket.project_id = own
        self.assertEqual(self.log(1).project_id, own)
        own.allow_timesheets = False
        self.assertEqual(self.ticket._time_project(), project)

    def test_totals_cost_the_same_for_one_and_for_many(self):
        tickets = self.make_tickets(self.owner, 20)
        for ticket in tickets:
            self.log(1, ticket=ticket)
        for ticket in tickets[:2]:
            self.log(0.5, ticket=ticket, is_billable=False)

        def cost(records):
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            records.mapped("time_hours")
            return self.env.cr.sql_log_count - before

        self.assertEqual(cost(tickets), cost(tickets[:1]))
        self.assertRecordValues(tickets[:1], [{"time_hours": 1.5, "time_open_hours": 1}])

    def test_the_form_enters_time(self):
        ticket = self.ticket.with_user(self.agent)
        ticket.write({"timesheet_ids": [Command.create({"name": "By hand", "unit_amount": 0.25})]})
        self.assertRecordValues(
            self.ticket.timesheet_ids,
            [{"name": "By hand", "unit_amount": 0.25, "user_id": self.agent.id, "is_billable": True}],
        )


@tagged("post_install", "-at_install")
class TestJob(TimeMakers, ClientsCase):
    """A ticket becomes a job, and its time goes along."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_time_world()

    def test_the_job_says_what_the_ticket_says(self):
        line = self.log(1)
        self.ticket.priority = "3"
        self.ticket.equipment_id = self.env["maintenance.equipment"].create(
            {"name": "Printer", "client_id": self.client.id}
        )
        action = self.ticket.with_user(self.agent).action_make_job()
        task = self.env["project.task"].browse(action["res_id"])
        self.assertRecordValues(
            task,
            [
                {
                    "name": "Ticket 0",
                    "partner_id": self.owner.id,
                    "client_id": self.client.id,
                    "priority": "3",
                    "user_ids": self.agent.ids,
                    "project_id": self.env.company.client_job_project_id.id,
                    "ticket_ids": self.ticket.ids,
                    "equipment_id": self.ticket.equipment_id.id,
                }
            ],
        )
        self.assertIn("It does not work", task.description)
        self.assertEqual(self.ticket.task_id, task)
        self.assertEqual(line.task_id, task)
        self.assertEqual(task.effective_hours, 1)
        self.assertEqual(self.log(2).task_id, task)
        again = self.ticket.with_user(self.agent).action_make_job()
        self.assertEqual(again["res_id"], task.id, "there is one job")
        self.assertEqual(self.ticket.with_user(self.agent).job_state, task.state)

    def test_a_job_that_moves_stays_the_tickets(self):
        self.ticket.with_user(self.agent).action_make_job()
        task = self.ticket.task_id
        task.project_id = self.env["project.project"].create({"name": "Elsewhere"})
        self.assertEqual(self.ticket.task_id, task)
        self.assertEqual(self.ticket.project_id.name, "Elsewhere")

    def test_who_may_not_make_jobs(self):
        for user in (self.viewer, self.owner_user, self.billing):
            with self.assertRaises(AccessError):
                self.ticket.with_user(user).action_make_job()
        nobody = self.make_tickets(self.env["res.partner"])
        with self.assertRefused(UserError, "give the ticket a contact first"):
            nobody.with_user(self.agent).action_make_job()
        self.client._set_client_status(self.env.ref("nestogy_clients.nestogy_client_status_fraud"), "left")
        with self.assertRefused(UserError, "no new orders or invoices"):
            self.ticket.with_user(self.agent).action_make_job()
        self.assertFalse(self.ticket.task_id)


@tagged("post_install", "-at_install")
class TestInvoice(TimeMakers, ClientsCase):
    """Billable time and charges go on an invoice, each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_time_world()

    def invoice(self, tickets=None, move=None):
        return (tickets or self.ticket).with_user(self.billing)._invoice(move)

    def lines_of(self, moves):
        lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return lines.sorted(lambda line: (line.move_id.id, line.sequence))

    def test_open_time_and_charges_become_lines_of_a_draft(self):
        lines = self.log(1.5) | self.log(0.5, name="secret", is_for_client=False)
        self.log(4, is_billable=False)
        charge = (
            self.env["nestogy.ticket.charge"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "name": "Cable", "quantity": 2, "price_unit": 12})
        )
        move = self.invoice()
        self.assertEqual((move.state, move.partner_id, move.move_type), ("draft", self.client, "out_invoice"))
        self.assertRecordValues(
            move.invoice_line_ids.sorted("sequence"),
            [
                {"display_type": "line_section", "product_id": False, "quantity": 0, "price_subtotal": 0},
                {"display_type": "product", "product_id": self.product.id, "quantity": 2, "price_subtotal": 200},
                {"display_type": "product", "product_id": False, "quantity": 2, "price_subtotal": 24},
            ],
        )
        title, hours, cable = move.invoice_line_ids.sorted("sequence")
        self.assertIn(self.ticket.number, title.name)
        self.assertEqual((hours.price_unit, cable.price_unit, cable.name), (100, 12, "Cable"))
        words = hours.name
        self.assertIn("Worked 1.5", words)
        self.assertNotIn("secret", words)
        self.assertEqual(lines.invoice_line_id, hours)
        self.assertEqual(charge.sudo().invoice_line_id, cable)
        self.assertEqual(self.ticket.with_user(self.billing).ticket_invoice_count, 1)
        self.assertEqual(self.ticket.time_open_hours, 0)

    def test_nothing_is_invoiced_twice(self):
        self.log(1)
        self.invoice()
        with self.assertRefused(UserError, "Nothing to invoice"):
            self.invoice()
        self.assertEqual(self.env["account.move.line"].search_count([("product_id", "=", self.product.id)]), 1)

    def test_time_of_a_ticket_with_a_job_is_billed_by_the_ticket_alone(self):
        self.ticket.with_user(self.agent).action_make_job()
        task = self.ticket.task_id
        line = self.log(1)
        self.assertEqual(line.task_id, task)
        self.assertFalse(task.job_to_invoice)
        with self.assertRefused(UserError, "Nothing is left to invoice here"):
            task.with_user(self.billing).action_job_invoice()
        # what a job has billed before it came to the ticket is done
        draft = self.make_invoice(self.client, 5, post=False)
        line.sudo().invoice_line_id = draft.invoice_line_ids
        with self.assertRefused(UserError, "Nothing to invoice"):
            self.invoice()
        line.sudo().invoice_line_id = False
        self.assertEqual(self.lines_of(self.invoice()).quantity, 1)
        self.assertFalse(task.job_to_invoice)
        with self.assertRefused(UserError, "Nothing is left to invoice here"):
            task.with_user(self.billing).action_job_invoice()

    def test_time_of_a_job_and_of_its_ticket_are_billed_once_each(self):
        self.ticket.with_user(self.agent).action_make_job()
        task = self.ticket.task_id
        self.log(1)
        of_job = self.env["account.analytic.line"].create(
            {
                "name": "On site",
                "project_id": task.project_id.id,
                "task_id": task.id,
                "unit_amount": 2,
                "employee_id": self.employee.id,
            }
        )
        self.assertTrue(task.job_to_invoice)
        move = self.invoice()
        self.assertEqual(self.lines_of(move).quantity, 1)
        action = task.with_user(self.billing).action_job_invoice()
        job_move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(self.lines_of(job_move).quantity, 2)
        self.assertEqual(of_job.invoice_line_id, self.lines_of(job_move))
        (move | job_move).action_post()
        self.assertEqual(task.job_billed_amount, 300, "what the ticket billed is the job's, too: its hours are")

    def test_invoiced_time_goes_along_when_the_ticket_becomes_a_job(self):
        line = self.log(1)
        self.invoice()
        self.ticket.with_user(self.agent).action_make_job()
        self.assertEqual(line.task_id, self.ticket.task_id)
        self.assertFalse(self.ticket.task_id.job_to_invoice)

    def test_a_cancelled_invoice_sets_time_and_charges_free(self):
        line = self.log(1)
        charge = self.env["nestogy.ticket.charge"].create(
            {"ticket_id": self.ticket.id, "name": "Cable", "price_unit": 12}
        )
        self.invoice().button_cancel()
        self.assertEqual((line.is_invoiced, charge.is_invoiced), (False, False))
        charge.with_user(self.agent).price_unit = 15
        move = self.invoice()
        self.assertEqual(move.amount_untaxed, 115)
        self.assertEqual(line.invoice_line_id.move_id, move)

    def test_a_cancelled_invoice_does_not_come_back_when_its_work_was_billed_again(self):
        line = self.log(1)
        first = self.invoice()
        first.button_cancel()
        first.button_draft()
        self.assertTrue(line.is_invoiced, "nothing else bills it")
        first.button_cancel()
        second = self.invoice()
        with self.assertRefused(ValidationError, "the client would pay it twice"):
            first.button_draft()
        self.assertEqual(line.sudo().invoice_line_id.move_id, second)
        second.button_cancel()
        second.button_draft()
        self.assertFalse(second.is_work_billed_again)
        with self.assertRefused(ValidationError, "Leave this one cancelled"):
            first.with_user(self.billing).button_draft()
        self.assertFalse(first.copy().is_work_billed_again)

    def test_much_work_costs_no_more_queries_than_little(self):
        def used(count):
            tickets = self.make_tickets(self.owner, count=count)
            for ticket in tickets:
                self.log(1, ticket=ticket)
                self.log(0.5, ticket=ticket)
            self.env["nestogy.ticket.charge"].create(
                [{"ticket_id": ticket.id, "name": "Cable", "price_unit": 12} for ticket in tickets]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            move = self.invoice(tickets)
            self.env.flush_all()
            self.assertEqual(len(self.lines_of(move)), 2 * count)
            return self.env.cr.sql_log_count - before

        used(1)
        two, twelve = used(2), used(12)
        # the core looks for each ticket's lines for analytic models, and for an account of what is no product
        self.assertLessEqual(twelve - two, 10 * 3 + 2)

    def test_deleting_the_draft_sets_time_free(self):
        line = self.log(1)
        charge = self.env["nestogy.ticket.charge"].create(
            {"ticket_id": self.ticket.id, "name": "Cable", "price_unit": 12}
        )
        self.invoice().with_user(self.billing).unlink()
        self.env.invalidate_all()
        self.assertFalse(line.invoice_line_id or charge.invoice_line_id)
        move = self.invoice()
        self.assertEqual(len(self.lines_of(move)), 2)
        line.sudo().invoice_line_id.unlink()
        self.env.invalidate_all()
        self.assertEqual(bool(line.invoice_line_id), False)
        self.assertTrue(charge.invoice_line_id)

    def test_what_stands_on_an_invoice_is_locked(self):
        line = self.log(1)
        charge = self.env["nestogy.ticket.charge"].create(
            {"ticket_id": self.ticket.id, "name": "Cable", "price_unit": 12}
        )
        self.invoice()
        for record in (line, charge):
            for mark in ("invoice_line_id", "is_invoiced"):
                with self.assertRefused(AccessError, "with Put on Invoice"):
                    record.with_user(self.agent).write({mark: False})
                with self.assertRefused(AccessError, "with Put on Invoice"):
                    record.with_user(self.agent).create({"ticket_id": self.ticket.id, "name": "x", mark: False})
        for change in (
            lambda: line.with_user(self.agent).write({"unit_amount": 3}),
            lambda: line.with_user(self.agent).write({"is_billable": False}),
            lambda: line.with_user(self.agent).unlink(),
            lambda: charge.with_user(self.agent).write({"price_unit": 1}),
            lambda: charge.with_user(self.agent).unlink(),
        ):
            with self.assertRefused(UserError, "stands on the invoice"):
                change()
        self.assertEqual((line.unit_amount, charge.price_unit), (1, 12))

    def test_an_existing_draft_takes_more(self):
        self.log(1)
        move = self.invoice()
        self.log(2)
        self.assertEqual(self.invoice(move=move), move)
        self.assertEqual(self.lines_of(move).mapped("quantity"), [1, 2])
        other = self.make_invoice(self.other_client, 5, post=False)
        self.log(3)
        with self.assertRefused(UserError, "is not for Acme Dental"):
            self.invoice(move=other)
        posted = self.make_invoice(self.client, 5)
        with self.assertRefused(UserError, "is no draft invoice"):
            self.invoice(move=posted)

    def test_each_client_gets_a_draft_of_its_own(self):
        foreign = self.make_tickets(self.stranger)
        self.log(1)
        self.log(2, ticket=foreign)
        moves = self.invoice(self.ticket | foreign)
        self.assertEqual(moves.partner_id, self.client | self.other_client)
        self.assertEqual(sorted(self.lines_of(moves).mapped("quantity")), [1, 2])

    def test_the_price_of_the_contract_goes_before(self):
        self.log(1)
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.client.id,
                "contract_line_ids": [
                    Command.create(
                        {
                            "name": "Hours",
                            "product_id": self.product.id,
                            "price_unit": 80,
                            "quantity": 1,
                            "recurring_next_date": fields.Date.today(),
                            "date_start": fields.Date.today() - timedelta(days=30),
                        }
                    )
                ],
            }
        )
        self.env.flush_all()
        self.assertIn(contract.service_state, ("active", "to_renew"))
        self.assertEqual(self.lines_of(self.invoice()).price_unit, 80)
        # the same for a job, and for what is used up there
        self.client.invalidate_recordset()
        project = self.env["project.project"].create(
            {"name": "Care", "partner_id": self.client.id, "allow_billable": True}
        )
        job = self.env["project.task"].create({"name": "Visit", "project_id": project.id})
        material = self.env["nestogy.job.material"].create({"task_id": job.id, "product_id": self.product.id})
        self.assertEqual(material.price_unit, 80)
        self.env["account.analytic.line"].create(
            {
                "name": "On site",
                "project_id": project.id,
                "task_id": job.id,
                "unit_amount": 1,
                "employee_id": self.employee.id,
            }
        )
        material.unlink()
        action = job.with_user(self.billing).action_job_invoice()
        move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(self.lines_of(move).price_unit, 80)

    def test_the_service_for_time_is_inherited(self):
        own = self.env["product.product"].create(
            {"name": "Own hour", "type": "service", "list_price": 70, "uom_id": self.product.uom_id.id}
        )
        self.client.time_product_id = own
        self.log(1)
        line = self.lines_of(self.invoice())
        self.assertEqual((line.product_id, line.price_unit), (own, 70))

    def test_a_ticket_with_time_or_charges_is_not_deleted(self):
        line = self.log(1)
        ticket = self.ticket.with_user(self.make_user("desk_manager", "manager"))
        with self.assertRefused(UserError, f"{self.ticket.number} has time or charges; merge it"):
            ticket.unlink()
        line.unlink()
        charge = self.env["nestogy.ticket.charge"].create(
            {"ticket_id": self.ticket.id, "name": "Cable", "price_unit": 12}
        )
        with self.assertRefused(UserError, "has time or charges"):
            ticket.unlink()
        charge.unlink()
        ticket.unlink()
        self.assertFalse(self.ticket.exists())

    def test_the_status_may_forbid_it(self):
        self.log(1)
        self.client._set_client_status(self.env.ref("nestogy_clients.nestogy_client_status_fraud"), "left")
        with self.assertRefused(UserError, "no new orders or invoices in the status"):
            self.invoice()
        self.assertEqual(self.ticket.time_open_hours, 1)

    def test_only_billing_invoices(self):
        self.log(1)
        for user in (self.agent, self.viewer, self.owner_user):
            with self.assertRaises(AccessError):
                self.ticket.with_user(user)._invoice()
            with self.assertRaises(AccessError):
                self.ticket.with_user(user).action_invoice_tickets()
        self.assertEqual(self.ticket.time_open_hours, 1)

    def test_the_wizard_counts_and_opens_the_draft(self):
        self.log(1)
        action = self.ticket.with_user(self.billing).action_invoice_tickets()
        wizard = self.env[action["res_model"]].with_user(self.billing).with_context(**action["context"]).create({})
        self.assertRecordValues(wizard, [{"hours": 1, "charge_count": 0, "client_id": self.client.id}])
        opened = wizard.action_invoice()
        self.assertEqual(self.env["account.move"].browse(opened["res_id"]).partner_id, self.client)

    def test_the_product_has_to_be_set(self):
        self.log(1)
        self.env.company.time_product_id = False
        with self.assertRefused(UserError, "Choose the service as which time of Acme Dental is invoiced"):
            self.invoice()
        self.assertFalse(self.env["account.move"].search([("partner_id", "=", self.client.id)]))

    def test_charges_have_possible_amounts(self):
        charges = self.env["nestogy.ticket.charge"]
        values = {"ticket_id": self.ticket.id, "name": "x", "price_unit": 1}
        with self.assertRefused(ValidationError, "at most 10000000"):
            charges.create({**values, "price_unit": 20_000_000})
        with self.assertRefused(ValidationError, "quantity above 0"):
            charges.create({**values, "quantity": 0})
