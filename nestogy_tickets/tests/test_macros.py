from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestMacros(TicketsMakers, ClientsCase):
    """Macros: all of it or nothing on each ticket, and one refused ticket does not stop the others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.tickets = cls.make_tickets(cls.owner, 3)
        cls.tag = cls.env["helpdesk.ticket.tag"].create({"name": "VIP"})
        cls.reply = cls.env["nestogy.ticket.reply"].create({"name": "Done", "body": "<p>Done, {contact}: {number}</p>"})
        cls.macro = cls.make_macro(
            {"kind": "priority", "priority": "3"},
            {"kind": "tag_add", "tag_ids": [Command.link(cls.tag.id)]},
            {"kind": "category", "category_id": cls.category.id},
            {"kind": "reply", "reply_id": cls.reply.id},
            {"kind": "activity", "activity_type_id": cls.env.ref("mail.mail_activity_data_todo").id},
            {"kind": "stage", "stage_id": cls.stage_done.id},
        )

    @classmethod
    def make_macro(cls, *steps, **values):
        steps = [Command.create({"sequence": number, **step}) for number, step in enumerate(steps)]
        return cls.env["nestogy.ticket.macro"].create({"name": "Finish", "step_ids": steps, **values})

    def run_as_agent(self, tickets, macro=None):
        return (macro or self.macro).with_user(self.agent)._run(tickets.with_user(self.agent))

    def test_all_steps_are_done_and_noted_once(self):
        ticket = self.tickets[0]
        done, refused = self.run_as_agent(ticket)
        self.assertEqual((done.ids, refused), (ticket.ids, {}))
        self.assertRecordValues(
            ticket,
            [
                {
                    "priority": "3",
                    "tag_ids": self.tag.ids,
                    "category_id": self.category.id,
                    "stage_id": self.stage_done.id,
                }
            ],
        )
        self.assertEqual(len(ticket.activity_ids), 1)
        answer = ticket.message_ids.filtered(lambda message: "Done, Olive Owner" in (message.body or ""))
        self.assertEqual(answer.author_id, self.agent.partner_id)
        self.assertIn(self.owner, answer.notified_partner_ids)
        logs = ticket.message_ids.filtered(lambda message: "Macro “Finish”" in (message.body or ""))
        self.assertEqual(len(logs), 1)
        self.assertTrue(logs.subtype_id.internal)
        self.assertEqual(self.reply.use_count, 1)

    def test_a_refused_ticket_is_left_untouched_and_the_others_go_on(self):
        bad = self.tickets[1]
        other_team = self.env["helpdesk.ticket.team"].create({"name": "Elsewhere"})
        self.stage_done.team_ids = self.team
        bad.write({"team_id": other_team.id, "user_id": False})
        before = len(bad.message_ids)
        of_bad = [("model", "=", bad._name), ("res_id", "=", bad.id)]
        mails, mails_of_bad = self.env["mail.mail"].search_count([]), self.env["mail.mail"].search_count(of_bad)
        done, refused = self.run_as_agent(self.tickets)
        self.assertEqual(done, self.tickets - bad)
        self.assertEqual(list(refused), [bad])
        self.assertIn("not one of this ticket's team", refused[bad])
        self.assertRecordValues(bad, [{"priority": "1", "tag_ids": [], "category_id": False}])
        self.assertFalse(bad.activity_ids)
        self.assertEqual(len(bad.message_ids), before, "the answer was taken back, too")
        self.assertEqual(self.env["mail.mail"].search_count(of_bad), mails_of_bad)
        self.assertGreater(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(set((self.tickets - bad).mapped("priority")), {"3"})

    def test_an_answer_that_nobody_gets_is_refused(self):
        nobody = self.make_tickets(self.env["res.partner"], partner_name="Somebody")
        _done, refused = self.run_as_agent(nobody)
        self.assertIn("Nobody would get the answer", refused[nobody])
        self.assertEqual(nobody.stage_id, self.stage_new)

    def test_many_tickets_have_their_turns(self):
        tickets = self.make_tickets(self.owner, count=5)
        bad = tickets.sorted("id")[1]
        self.stage_done.team_ids = self.team
        bad.write({"team_id": self.env["helpdesk.ticket.team"].create({"name": "Elsewhere"}).id, "user_id": False})
        action = tickets.with_user(self.agent).action_run_macro(self.macro.id)
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"]).create({})
        with patch.multiple("odoo.addons.nestogy_tickets.wizards.nestogy_ticket_macro_run", SLICE=2, TURN_SECONDS=0):
            self.assertEqual(wizard.action_run()["res_id"], wizard.id)
            self.assertEqual(wizard.progress, "2 of 5 tickets have had their turn.")
            self.assertEqual(tickets.sorted("id").mapped("priority"), ["3", "1", "1", "1", "1"])
            tickets.sorted("id")[0].active = False  # it keeps its place
            wizard.action_run()
            self.assertEqual((wizard.state, wizard.done_count), ("going", 3))
            wizard.action_run()
        self.assertEqual((wizard.state, wizard.done_count), ("done", 4))
        self.assertEqual(tickets.sorted("id").mapped("priority"), ["3", "1", "3", "3", "3"])
        self.assertEqual(wizard.result.count("<li"), 1)
        self.assertIn(bad.number, wizard.result)

    def test_the_right_to_write_is_asked_for_each_ticket(self):
        with self.assertRaises(AccessError):
            self.tickets.with_user(self.viewer).action_run_macro()
        _done, refused = self.macro.with_user(self.viewer)._run(self.tickets.with_user(self.viewer))
        self.assertEqual(len(refused), 3)
        self.assertEqual(set(self.tickets.mapped("priority")), {"1"})

    def test_assigning_keeps_to_the_team(self):
        outsider = self.make_user("outsider", "agent")
        macro = self.make_macro({"kind": "assign", "user_id": outsider.id})
        _done, refused = self.run_as_agent(self.tickets[0], macro)
        self.assertIn("is not in the team Desk", refused[self.tickets[0]])
        take = self.make_macro({"kind": "assign_me"})
        self.tickets.user_id = False
        done, _refused = self.run_as_agent(self.tickets, take)
        self.assertEqual(done.user_id, self.agent)

    def test_the_wizard_shows_what_will_happen_and_what_did_not(self):
        action = self.tickets.with_user(self.agent).action_run_macro(self.macro.id)
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"]).create({})
        self.assertIn("Set the priority to Very High", wizard.preview)
        self.assertIn("Done, Olive Owner", wizard.preview)
        self.assertIn("owner@acme.example", wizard.preview)
        self.tickets[2].partner_id = False
        self.tickets[2].partner_email = False
        shown = wizard.action_run()
        self.assertEqual(shown["res_id"], wizard.id)
        self.assertEqual((wizard.done_count, wizard.state), (2, "done"))
        self.assertIn(self.tickets[2].number, wizard.result)

    def test_the_menu_offers_what_fits(self):
        own = self.make_macro({"kind": "assign_me"}, name="Mine", user_id=self.viewer.id)
        names = [
            each["name"]
            for each in self.env["helpdesk.ticket"].with_user(self.agent).get_ticket_macros(self.tickets.ids)
        ]
        self.assertEqual(names, ["Finish"])
        self.macro.team_id = self.env["helpdesk.ticket.team"].create({"name": "Elsewhere"})
        self.assertFalse(self.env["helpdesk.ticket"].with_user(self.agent).get_ticket_macros(self.tickets.ids))
        with self.assertRaises(AccessError):
            own.with_user(self.agent)._run(self.tickets.with_user(self.agent))

    def test_agents_own_private_ones_and_managers_the_shared(self):
        macros = self.env["nestogy.ticket.macro"].with_user(self.agent)
        values = {"name": "Mine", "step_ids": [Command.create({"kind": "assign_me"})]}
        own = macros.create({**values, "user_id": self.agent.id})
        own.name = "Still mine"
        with self.assertRaises(AccessError):
            macros.create(values)
        with self.assertRaises(AccessError):
            self.macro.with_user(self.agent).name = "hacked"
        with self.assertRaises(AccessError):
            self.macro.with_user(self.agent).step_ids[0].priority = "0"
        with self.assertRaises(AccessError):
            own.with_user(self.agent).user_id = False
        boss = self.make_user("boss", "manager")
        self.macro.with_user(boss).name = "Finish it"
        self.assertEqual((self.macro.name, self.macro.step_ids[0].priority), ("Finish it", "3"))

    def test_a_macro_is_complete(self):
        with self.assertRefused(ValidationError, "“Set the stage” is not complete"):
            self.make_macro({"kind": "stage"})
        with self.assertRefused(ValidationError, "needs between 1 and 20 steps"):
            self.make_macro()
        private = self.env["nestogy.ticket.reply"].create({"name": "P", "body": "<p>x</p>", "user_id": self.agent.id})
        with self.assertRefused(ValidationError, "somebody's own canned reply"):
            self.make_macro({"kind": "reply", "reply_id": private.id})

    def test_too_many_at_once_are_refused(self):
        with self.assertRefused(UserError, "at most 500 tickets"):
            self.macro._run(self.env["helpdesk.ticket"].browse(range(1, 502)))
