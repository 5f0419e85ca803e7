from markupsafe import Markup

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestMerge(TicketsMakers, ClientsCase):
    """Several tickets become one, one becomes several, and nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stays = cls.make_tickets(cls.owner, name="Scanner is offline")
        cls.goes = cls.make_tickets(cls.colleague, name="Scanner offline", priority="3")

    def post(self, ticket, user, body="Hello", note=False, **values):
        subtype = "mail.mt_note" if note else "mail.mt_comment"
        return (
            ticket.with_user(user)
            .sudo(user.share)
            .message_post(body=body, message_type="comment", subtype_xmlid=subtype, **values)
        )

    def merge(self, tickets, survivor, **values):
        action = tickets.with_user(self.agent).action_merge()
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        return wizard.create({"survivor_id": survivor.id, **values}).action_merge()

    def test_all_that_belongs_to_a_ticket_moves(self):
        file = self.env["ir.attachment"].create(
            {"name": "log.txt", "raw": b"x", "res_model": "mail.compose.message", "res_id": 0}
        )
        asked = self.post(self.goes, self.colleague_user, "It broke")
        note = self.post(self.goes, self.agent, "secret", note=True, attachment_ids=[])
        loose = self.env["ir.attachment"].create(
            {"name": "loose.txt", "raw": b"y", "res_model": "helpdesk.ticket", "res_id": self.goes.id}
        )
        answer = self.goes.message_post(
            body="See file", message_type="comment", subtype_xmlid="mail.mt_comment", attachment_ids=file.ids
        )
        activity = self.goes.activity_schedule("mail.mail_activity_data_todo", user_id=self.agent.id)
        asset = self.env["maintenance.equipment"].create({"name": "Scanner", "client_id": self.client.id})
        tag = self.env["helpdesk.ticket.tag"].create({"name": "Hardware"})
        self.goes.write({"equipment_id": asset.id, "tag_ids": [(4, tag.id)]})
        mails = self.env["mail.mail"].search_count([])

        action = self.merge(self.stays | self.goes, self.stays)

        self.assertEqual(action["res_id"], self.stays.id)
        for record in (asked, note, answer, activity, file, loose):
            self.assertEqual(record.res_id, self.stays.id, record)
        self.assertRecordValues(
            self.stays, [{"priority": "3", "equipment_id": asset.id, "tag_ids": tag.ids, "closed": False}]
        )
        self.assertIn(self.colleague, self.stays.message_partner_ids)
        self.assertRecordValues(self.goes, [{"merged_into_id": self.stays.id, "closed": True}])
        opening = self.stays.message_ids.filtered(lambda message: "It does not work" in (message.body or ""))
        self.assertEqual(opening.author_id, self.colleague)
        self.assertIn(self.goes.number, opening.body)
        self.assertIn(self.stays.number, self.goes.message_ids[0].body)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "nobody is told what did not happen")
        self.assertEqual(self.stays.with_user(self.owner_user).sudo(False).read(["name"])[0]["id"], self.stays.id)
        visible = self.env["mail.message"].with_user(self.owner_user).search([("id", "in", (asked | note).ids)])
        self.assertEqual(visible, asked, "a note stays a note")

    def test_what_is_not_invoiced_moves_along(self):
        self.env["hr.employee"].create({"name": "Agent", "user_id": self.agent.id})
        lines = self.env["account.analytic.line"].with_user(self.agent)
        billed, waits = lines.create(
            [{"ticket_id": self.goes.id, "name": name, "unit_amount": 1} for name in ("billed", "waits")]
        )
        charge = self.env["nestogy.ticket.charge"].create(
            {"ticket_id": self.goes.id, "name": "Cable", "price_unit": 12}
        )
        draft = self.make_invoice(self.client, 5, post=False)
        billed.sudo().invoice_line_id = draft.invoice_line_ids
        self.goes.with_user(self.agent).action_timer_start()
        self.merge(self.stays | self.goes, self.stays)
        self.assertEqual(waits.ticket_id, self.stays)
        self.assertEqual(charge.ticket_id, self.stays)
        self.assertEqual(billed.ticket_id, self.goes, "what is invoiced stays as it was invoiced")
        self.stays.with_user(self.agent).action_timer_stop()
        self.assertEqual(len(self.stays.sudo().timesheet_ids), 2)

    def test_the_last_word_is_that_of_both(self):
        self.post(self.stays, self.agent)
        self.post(self.goes, self.colleague_user)
        self.merge(self.stays | self.goes, self.stays)
        self.assertEqual(self.stays.last_message_by, "client")
        self.assertTrue(self.stays.client_reply_at)
        self.assertFalse(self.goes.client_reply_at)

    def test_a_merged_ticket_is_locked_and_says_where_it_went(self):
        self.merge(self.stays | self.goes, self.stays)
        for values in ({"stage_id": self.stage_new.id}, {"name": "x"}, {"user_id": False}, {"merged_into_id": False}):
            with self.assertRefused(UserError, f"{self.goes.number} was merged into {self.stays.number}; go on there"):
                self.goes.with_user(self.agent).write(values)
        self.assertRecordValues(self.goes, [{"name": "Scanner offline", "closed": True}])
        with self.assertRefused(UserError, "go on there"):
            self.goes._split_off(self.goes.message_ids[:1], "x")

    def test_what_is_written_to_a_merged_ticket_is_passed_on_along_the_chain(self):
        third = self.make_tickets(self.owner, name="Third")
        ours = self.post(self.goes, self.agent)
        log = self.goes.message_ids - ours
        self.merge(self.stays | self.goes, self.stays)
        self.merge(self.stays | third, third)
        by_portal = self.post(self.goes, self.colleague_user, "By portal")
        self.assertEqual(by_portal.res_id, third.id)
        self.receive("colleague@acme.example", subject="Re: x", body="By mail", References=ours.message_id)
        self.assertIn("By mail", third.message_ids[0].body)
        # mails that answer what stayed behind, or come to its address by any other way, go along too
        self.receive("colleague@acme.example", subject="Re: y", body="Late", References=log[:1].message_id)
        self.assertIn("Late", third.message_ids[0].body)
        self.assertEqual(third.last_message_by, "client")
        self.assertFalse(self.goes.message_ids.filtered(lambda message: message.message_type in ("comment", "email")))

    def test_contacts_stay_informed_only_if_the_agent_wants_it(self):
        self.merge(self.stays | self.goes, self.stays, keep_contacts=False)
        self.assertNotIn(self.colleague, self.stays.message_partner_ids)
        self.assertIn(self.owner, self.stays.message_partner_ids)

    def test_contacts_are_told_if_the_agent_wants_it(self):
        self.merge(self.stays | self.goes, self.stays, tell_contacts=True)
        message = self.stays.message_ids[0]
        self.assertIn(f"{self.goes.number} goes on as {self.stays.number}", message.body)
        self.assertIn(self.colleague, message.notified_partner_ids)

    def test_refusals_say_why_and_change_nothing(self):
        foreign = self.make_tickets(self.stranger)
        unknown = self.make_tickets(self.env["res.partner"], partner_email="who@nowhere.example")
        other_company = self.make_tickets(self.owner, team_id=False, user_id=False)
        other_company.sudo().company_id = self.other_company()
        gone = self.make_tickets(self.owner, 2)
        self.merge(gone, gone[0])
        for ticket, sentence in (
            (foreign, "what one client writes must not be shown to another"),
            (unknown, "what one client writes must not be shown to another"),
            (other_company, "different companies"),
            (gone[1], "was merged into"),
            (self.stays, "at least two tickets"),
        ):
            with self.assertRefused(UserError, sentence):
                (ticket | self.stays)._merge_into(self.stays)
            self.assertFalse(ticket.merged_into_id - gone[0])
        with self.assertRefused(UserError, "Choose the ticket that stays"):
            self.goes._merge_into(self.env["helpdesk.ticket"])
        with self.assertRefused(ValidationError, "circle"):
            self.stays.merged_into_id = self.stays
        with self.assertRaises(AccessError):
            self.goes.with_user(self.viewer).action_merge()
        with self.assertRaises(AccessError):
            self.goes.with_user(self.owner_user)._merge_into(self.stays)

    def test_the_wizard_shows_what_moves_or_why_not(self):
        self.post(self.goes, self.colleague_user)
        action = (self.stays | self.goes).with_user(self.agent).action_merge()
        form = Form(self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"]))
        self.assertEqual(form.survivor_id, self.stays)
        self.assertIn("messages and notes", form.preview)
        self.assertFalse(form.refusal)
        form.ticket_ids.add(self.make_tickets(self.stranger))
        self.assertIn("must not be shown to another", form.refusal)
        self.assertFalse(form.preview)

    def test_the_promise_goes_on_in_the_ticket_that_stays(self):
        policy = self.env["nestogy.sla.policy"].create(
            {
                "name": "Fast",
                "line_ids": [
                    (0, 0, {"kind": "request", "priority": priority, "response_hours": 1, "resolution_hours": 8})
                    for priority in ("1", "3")
                ],
            }
        )
        self.client.sla_policy_id = policy
        stays, goes = self.make_tickets(self.owner, 2)
        self.merge(stays | goes, stays)
        self.assertEqual(set(goes.sla_clock_ids.mapped("state")), {"cancelled"})
        self.assertEqual(set(stays.sla_clock_ids.mapped("state")), {"running"})

    def test_a_complaint_goes_on_as_a_complaint(self):
        self.goes._set_complaint("too slow")
        self.merge(self.stays | self.goes, self.stays)
        self.assertRecordValues(self.stays, [{"is_complaint": True, "complaint_reason": "too slow"}])
        self.assertFalse(self.goes.is_complaint)

    # -- split -------------------------------------------------------------

    def test_messages_go_into_a_ticket_of_their_own(self):
        self.post(self.stays, self.agent, "First")
        file = self.env["ir.attachment"].create({"name": "new.txt", "raw": b"x"})
        other = (
            self.stays.with_user(self.colleague_user)
            .sudo()
            .message_post(
                body=Markup("<p>And the phone is dead</p>"), message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        )
        other.sudo().attachment_ids = file
        file.write({"res_model": "helpdesk.ticket", "res_id": self.stays.id})
        action = self.stays.with_user(self.agent).action_split()
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        split = wizard.create({"name": "Phone is dead"})
        self.assertEqual([line.text for line in split.line_ids], ["First", "And the phone is dead"])
        split.line_ids.filtered(lambda line: line.message_id == other).is_chosen = True
        created = self.env["helpdesk.ticket"].browse(split.action_split()["res_id"])
        self.assertRecordValues(
            created,
            [
                {
                    "name": "Phone is dead",
                    "partner_id": self.colleague.id,
                    "commercial_partner_id": self.client.id,
                    "origin_ticket_id": self.stays.id,
                    "team_id": self.team.id,
                    "last_message_by": "client",
                }
            ],
        )
        self.assertIn("phone is dead", created.description)
        self.assertEqual([other.res_id, file.res_id], [created.id] * 2)
        self.assertEqual(self.stays.offshoot_ids, created)
        self.assertEqual(self.stays.last_message_by, "staff")
        self.assertIn(created.number, self.stays.message_ids[0].body)

    def test_a_split_is_refused_without_messages_title_or_right(self):
        message = self.post(self.stays, self.owner_user)
        foreign = self.post(self.make_tickets(self.stranger), self.stranger_user)
        tickets = self.env["helpdesk.ticket"]
        count = tickets.search_count([])
        for messages, name, sentence in (
            (message.browse(), "x", "Choose the messages"),
            (message, "  ", "Give the new ticket a title"),
            (foreign, "x", "not part of this ticket"),
        ):
            with self.assertRefused(UserError, sentence):
                self.stays._split_off(messages.sudo(), name)
        with self.assertRaises(AccessError):
            self.stays.with_user(self.viewer)._split_off(message, "x")
        self.assertEqual(tickets.search_count([]), count)
        self.assertEqual(message.res_id, self.stays.id)
