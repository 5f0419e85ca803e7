from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import ALIAS_DOMAIN, TicketsMakers


@tagged("post_install", "-at_install")
class TestFeed(TicketsMakers, ClientsCase):
    """The mails of tickets are in the log of the client, each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stage_new.mail_template_id = cls.env.ref("nestogy_tickets.mail_template_ticket_received")

    def logged(self, client=None):
        self.env.cr.flush()  # what happens before a commit
        rows = self.env["nestogy.communication"]
        return rows.search([("client_id", "=", (client or self.client).id), ("kind", "=", "email")], order="id")

    def test_a_mail_and_its_confirmation_are_in_and_out(self):
        ticket = self.receive("owner@acme.example", subject="No ink", body="Please help")
        rows = self.logged()
        self.assertRecordValues(
            rows,
            [
                {
                    "name": "No ink",
                    "direction": "in",
                    "contact_id": self.owner.id,
                    "preview": "Please help",
                    "res_model": "helpdesk.ticket",
                    "res_id": ticket.id,
                },
                {
                    "name": f"We have your request {ticket.number}",
                    "direction": "out",
                    "contact_id": self.owner.id,
                    "preview": "",
                    "res_model": "helpdesk.ticket",
                    "res_id": ticket.id,
                },
            ],
        )
        self.assertTrue(rows[0].message_ref.startswith("<"))

    def test_an_answer_is_logged_and_a_note_is_not(self):
        ticket = self.make_tickets(self.owner)
        ticket.message_subscribe(self.owner.ids)
        ticket = ticket.with_user(self.agent)
        ticket.message_post(body="Secret", subtype_xmlid="mail.mt_note")
        self.assertFalse(self.logged())
        ticket.message_post(body="Try now", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertRecordValues(
            self.logged(),
            [{"direction": "out", "contact_id": self.owner.id, "user_id": self.agent.id, "preview": "Try now"}],
        )

    def test_a_mail_by_somebody_unknown_counts_for_the_client_of_the_ticket(self):
        ticket = self.make_tickets(self.owner)
        ticket.sudo().message_post(
            body="I am new here", message_type="email", author_id=False, email_from="new@elsewhere.example"
        )
        self.assertRecordValues(self.logged(), [{"direction": "in", "contact_id": False, "preview": "I am new here"}])

    def test_what_a_contact_writes_in_the_portal_comes_from_the_client(self):
        ticket = self.make_tickets(self.owner)
        ticket.with_user(self.owner_user).sudo().message_post(
            body="It works", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertRecordValues(self.logged(), [{"direction": "in", "contact_id": self.owner.id}])
        self.assertFalse(self.logged(self.other_client))

    def test_merged_tickets_log_nothing_twice(self):
        stays = self.make_tickets(self.owner, name="Stays")
        goes = self.receive("owner@acme.example", subject="Goes", body="The same")
        rows = self.logged()
        self.assertEqual(len(rows), 2)
        action = (stays | goes).with_user(self.agent).action_merge()
        wizard = self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])
        wizard.create({"survivor_id": stays.id, "tell_contacts": False}).action_merge()
        self.assertEqual(self.logged(), rows)
        self.assertEqual(rows[0].res_id, stays.id)

    def test_a_mail_that_comes_back_is_marked(self):
        ticket = self.receive("owner@acme.example", subject="No ink", body="Please help")
        row = self.logged()[1]
        address = "owner@acme.example"
        source = (
            f"From: MAILER-DAEMON@mx.example\r\nTo: bounce@{ALIAS_DOMAIN}\r\nSubject: Undelivered\r\n"
            "Message-Id: <back@mx.example>\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"From: hello@{ALIAS_DOMAIN}\r\nTo: {address}\r\nMessage-Id: {row.message_ref}\r\n\r\n--b--\r\n"
        )
        self.env["mail.thread"].message_process(None, source)
        self.assertEqual(self.logged().mapped("is_bounced"), [False, True])
        self.assertTrue(ticket)

    def test_the_same_mail_taken_in_again_is_logged_once(self):
        mail = self.make_mail("owner@acme.example", subject="No ink", body="Please help")
        for _time in range(2):
            self.env["mail.thread"].with_context(fetchmail_cron_running=True).message_process(None, mail)
        self.confirm()
        self.assertEqual(self.logged().mapped("direction"), ["in", "out"])

    def test_logging_a_mail_and_its_confirmation_costs_few_queries(self):
        self.receive("owner@acme.example", subject="Warm", body="Up")
        rows = self.env["nestogy.communication"]
        run, counts = type(rows)._feed_run, []

        def count(model):
            before = self.env.cr.sql_log_count
            run(model)
            counts.append(self.env.cr.sql_log_count - before)

        with patch.object(type(rows), "_feed_run", count):
            self.receive("owner@acme.example", subject="No ink", body="Please help")
        self.assertEqual(len(self.logged()), 4)
        self.assertEqual(len(counts), 2, "the mail and, by its job, the confirmation")
        self.assertLessEqual(max(counts), 6, counts)
