from datetime import timedelta
from unittest.mock import patch

from markupsafe import Markup

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from ..tools.mail_excerpt import excerpt, items_apart
from .common import ClientsCase

FEED = "odoo.addons.nestogy_clients.models.log.nestogy_communication_feed"


class FeedCase(ClientsCase, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = cls.make_client("Acme", email="office@acme.example")
        cls.ann = cls.make_contact(cls.acme, "Ann", "ann@acme.example")
        cls.bob = cls.make_contact(cls.acme, "Bob", "bob@acme.example")
        cls.other = cls.make_client("Other", email="office@other.example")
        cls.otto = cls.make_contact(cls.other, "Otto", "otto@other.example")
        cls.agent = cls.make_user("feed_agent", "agent", name="Ada Agent", email="ada@firm.example")
        cls.rows = cls.env["nestogy.communication"]

    def logged(self, *clients):
        """The rows that wrote themselves, the oldest first."""
        self.env.cr.flush()  # what happens before a commit
        ids = [client.id for client in clients] or [self.acme.id, self.other.id]
        return self.rows.search([("client_id", "in", ids)], order="id")

    def post(self, record=None, author=None, **values):
        values.setdefault("body", Markup("<p>Hello there</p>"))
        values.setdefault("message_type", "comment")
        values.setdefault("subtype_xmlid", "mail.mt_comment")
        record = self.acme if record is None else record
        return record.with_user(author or self.agent).sudo().message_post(**values)


@tagged("post_install", "-at_install")
class TestFeed(FeedCase):
    """E-mails that come and go are in the client's log by themselves."""

    def test_a_mail_to_a_contact_is_one_row_of_the_client(self):
        message = self.post(partner_ids=self.ann.ids, subject="Your printer")
        self.assertRecordValues(
            self.logged(),
            [
                {
                    "name": "Your printer",
                    "kind": "email",
                    "direction": "out",
                    "client_id": self.acme.id,
                    "contact_id": self.ann.id,
                    "user_id": self.agent.id,
                    "date": message.date,
                    "preview": "Hello there",
                    "body": False,
                    "mail_message_id": message.id,
                    "message_ref": message.message_id,
                    "res_model": "res.partner",
                    "res_id": self.acme.id,
                    "is_bounced": False,
                    "is_shared": False,
                }
            ],
        )

    def test_several_people_of_a_client_are_one_row_and_two_clients_are_two(self):
        self.post(partner_ids=(self.ann | self.bob | self.otto).ids)
        rows = self.logged()
        self.assertEqual(rows.mapped("client_id"), self.acme | self.other)
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows.mapped("contact_id"), self.ann | self.otto)

    def test_notes_tracking_and_mails_among_colleagues_are_not_logged(self):
        colleague = self.make_user("feed_colleague", "viewer", email="cole@firm.example")
        self.post(subtype_xmlid="mail.mt_note")
        self.post(partner_ids=colleague.partner_id.ids)
        self.acme._message_log(body="Moved to another group")
        self.set_status(self.acme, "inactive")
        self.assertFalse(self.logged())

    def test_a_note_that_mentions_a_contact_was_sent_to_him(self):
        self.post(subtype_xmlid="mail.mt_note", partner_ids=self.ann.ids)
        self.assertEqual(self.logged().contact_id, self.ann)

    def test_what_a_contact_writes_comes_from_the_client(self):
        self.post(author=self.make_portal_user(self.ann), author_id=self.ann.id, email_from=self.ann.email)
        self.assertRecordValues(self.logged(), [{"direction": "in", "contact_id": self.ann.id, "user_id": False}])

    def test_what_one_client_writes_and_another_gets_is_in_and_out(self):
        self.acme.message_subscribe((self.bob | self.otto).ids)
        self.post(author_id=self.ann.id, message_type="email", email_from=self.ann.email)
        self.assertRecordValues(
            self.logged().sorted("client_id"),
            [
                {"client_id": self.acme.id, "direction": "in", "contact_id": self.ann.id},
                {"client_id": self.other.id, "direction": "out", "contact_id": self.otto.id},
            ],
        )

    def test_a_mail_by_a_stranger_about_a_client_counts_for_the_client(self):
        self.post(author_id=False, message_type="email", email_from="unknown@nowhere.example", subject="Hi")
        self.assertRecordValues(
            self.logged(), [{"client_id": self.acme.id, "direction": "in", "contact_id": False, "name": "Hi"}]
        )

    def test_a_mail_that_comes_to_two_addresses_of_ours_is_logged_once(self):
        mail = {"author_id": self.ann.id, "message_type": "email", "message_id": "<one@acme.example>"}
        self.post(**mail)
        self.post(self.bob, **mail)
        row = self.logged()
        self.assertRecordValues(row, [{"message_ref": "<one@acme.example>", "contact_id": self.ann.id}])
        self.post(self.bob, **mail)
        self.post(partner_ids=self.bob.ids, subject="Not lost")
        self.assertEqual((self.logged() - row).mapped("name"), ["Not lost"])

    def test_a_colleagues_mail_to_a_contact_with_a_copy_to_us_went_out(self):
        self.post(message_type="email", incoming_email_to='"Ann" <ann@acme.example>, cc@nowhere.example')
        self.assertRecordValues(self.logged(), [{"direction": "out", "contact_id": self.ann.id}])

    def test_a_mail_without_a_document_is_found_by_its_addresses(self):
        self.env["mail.mail"].create({"subject": "Plain", "email_to": "Ann <ANN@acme.example>, x@nowhere.example"})
        self.assertRecordValues(self.logged(), [{"contact_id": self.ann.id, "name": "Plain", "preview": ""}])

    def test_an_address_of_two_clients_belongs_to_the_one_whose_document_it_is(self):
        self.otto.email = self.ann.email
        message = self.post(subtype_xmlid="mail.mt_note", outgoing_email_to=self.ann.email)
        self.env["mail.mail"].create({"subject": "Whose?", "email_to": self.ann.email})
        self.assertRecordValues(self.logged(), [{"client_id": self.acme.id, "mail_message_id": message.id}])

    def test_the_mass_composer_logs_each_client(self):
        composer = self.env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": (self.ann | self.otto).ids,
                "composition_mode": "mass_mail",
                "subject": "News",
                "body": "<p>New prices</p>",
            }
        )
        with self.mock_mail_gateway(mail_unlink_sent=True):
            composer._action_send_mail()
        self.assertRecordValues(
            self.logged(),
            [
                {"name": "News", "contact_id": self.ann.id, "direction": "out"},
                {"name": "News", "contact_id": self.otto.id, "direction": "out"},
            ],
        )

    def test_a_mail_that_is_deleted_once_it_is_sent_stays_logged(self):
        with self.mock_mail_gateway(mail_unlink_sent=True):
            mail = self.env["mail.mail"].create(
                {"subject": "Short life", "recipient_ids": [Command.link(self.ann.id)], "auto_delete": True}
            )
            ref = mail.message_id
            mail.send()
        self.assertFalse(mail.exists())
        self.assertRecordValues(self.logged(), [{"name": "Short life", "mail_message_id": False, "message_ref": ref}])

    def test_the_log_keeps_no_secret(self):
        mail = self.env["mail.mail"].create(
            {
                "subject": "Sign in",
                "body_html": "<p>Code 123456, password hunter2</p>",
                "body": "<p>Code 123456, password hunter2</p>",
                "model": "res.partner",
                "res_id": self.ann.id,
                "recipient_ids": [Command.link(self.ann.id)],
            }
        )
        self.assertTrue(mail.mail_message_id.body)
        self.assertRecordValues(self.logged(), [{"name": "Sign in", "preview": "", "body": False}])
        self.post(partner_ids=self.ann.ids, body=Markup('<p>See <a href="/x">https://a.example/?token=abc</a> now</p>'))
        self.assertEqual(self.logged()[1].preview, "See now")

    def test_an_excerpt_is_one_short_line_without_addresses_and_keys(self):
        self.assertEqual(
            excerpt("Dear\n  Ann,\tgo to www.x.example/a or /my/link/Ab-3 [[key]] ok", 99), "Dear Ann, go to or ok"
        )
        self.assertEqual(excerpt("a" * 48 + " b", 9), "b")
        self.assertEqual(excerpt("one two three", 8), "one two…")

    def test_items_of_a_list_do_not_run_into_one_another(self):
        self.assertEqual(items_apart(False), "")
        body = Markup("<p>Bring:</p><ul><li>the keys</li>\n<li class='x'>the <b>card</b></li></ul><p>Thanks</p>")
        self.post(partner_ids=self.ann.ids, body=body)
        self.assertEqual(self.logged().preview, "Bring: the keys · the *card* Thanks")

    def test_chats_and_invitations_to_meetings_are_not_mails_of_the_log(self):
        channel = self.env["discuss.channel"].create({"name": "Chat"})
        channel.message_post(body="Hi", message_type="comment", author_id=self.ann.id)
        self.env["calendar.event"].create(
            {
                "name": "Visit",
                "start": fields.Datetime.now() + timedelta(days=1),
                "stop": fields.Datetime.now() + timedelta(days=1, hours=1),
                "partner_ids": [Command.set(self.ann.ids)],
            }
        )
        self.assertEqual(self.logged().mapped("kind"), ["meeting"])

    def test_a_text_message_is_a_text_to_whom_it_went(self):
        texts = self.acme.with_user(self.agent).sudo()
        texts._message_sms("We are on our way", partner_ids=(self.ann | self.otto).ids, put_in_queue=True)
        shared = {"kind": "text", "direction": "out", "user_id": self.agent.id, "preview": "We are on our way"}
        rows = self.logged()
        self.assertRecordValues(
            rows,
            [
                {"client_id": self.acme.id, "contact_id": self.ann.id, **shared},
                {"client_id": self.other.id, "contact_id": self.otto.id, **shared},
            ],
        )
        told = rows[0].mail_message_id.notification_ids.filtered(lambda each: each.res_partner_id == self.ann)
        told.notification_status = "exception"
        self.assertEqual(rows.mapped("is_bounced"), [True, False])
        rows.sudo().unlink()
        self.fill()
        self.assertEqual(sorted(self.logged().mapped("kind")), ["text", "text"])

    # -- what becomes of them ----------------------------------------------

    def test_a_mail_that_cannot_be_delivered_is_marked_until_it_is_sent_again(self):
        message = self.post(partner_ids=(self.ann | self.otto).ids)
        row, other = self.logged()
        notification = message.sudo().notification_ids.filtered(lambda each: each.res_partner_id == self.ann)
        notification.write({"notification_status": "bounce", "failure_type": "mail_bounce"})
        self.assertTrue(row.is_bounced)
        self.assertFalse(other.is_bounced)
        notification.mail_mail_id.state = "exception"
        notification.mail_mail_id.mark_outgoing()
        self.assertFalse(row.is_bounced)

    def test_a_failure_while_it_is_sent_in_the_same_moment_is_marked(self):
        mail = self.env["mail.mail"].create({"subject": "No way", "recipient_ids": [Command.link(self.ann.id)]})
        with self.mock_mail_gateway(), mute_logger("odoo.addons.mail.models.mail_mail"):
            with patch.object(type(self.env["ir.mail_server"]), "send_email", side_effect=ValueError("no")):
                mail.send()
        self.assertRecordValues(self.logged(), [{"name": "No way", "is_bounced": True}])

    def test_a_report_of_the_mail_server_marks_the_mail_by_its_id(self):
        self.post(partner_ids=(self.ann | self.otto).ids)
        row, other = self.logged()
        self.rows._feed_bounce("ann@acme.example", self.env["res.partner"], self.env["mail.message"], [row.message_ref])
        self.assertTrue(row.is_bounced)
        self.assertFalse(other.is_bounced)

    def test_a_mail_that_is_cancelled_was_not_sent(self):
        mail = self.env["mail.mail"].create({"subject": "Oops", "recipient_ids": [Command.link(self.ann.id)]})
        self.assertEqual(len(self.logged()), 1)
        mail.cancel()
        self.assertFalse(self.logged())

    def test_one_of_several_mails_that_is_cancelled_was_sent_to_the_others(self):
        message = self.post(partner_ids=self.ann.ids).sudo()
        values = {"mail_message_id": message.id, "is_notification": True, "state": "outgoing"}
        mail = self.env["mail.mail"].create({**values, "recipient_ids": [Command.link(self.otto.id)]})
        self.logged().is_bounced = True
        mail.action_retry()
        mail.state = "outgoing"
        self.assertEqual(self.logged().filtered("is_bounced").client_id, self.acme)
        mail.cancel()
        self.assertEqual(self.logged().client_id, self.acme)

    def test_a_deleted_message_leaves_an_empty_row(self):
        message = self.post(partner_ids=self.ann.ids, subject="Private matters")
        row = self.logged()
        message.sudo().unlink()
        self.assertRecordValues(
            row, [{"name": "Deleted message", "preview": "", "mail_message_id": False, "client_id": self.acme.id}]
        )

    def test_a_message_that_is_emptied_in_the_chatter_empties_its_row(self):
        message = self.post(partner_ids=self.ann.ids, subject="Private matters").sudo()
        row = self.logged()
        message.body = Markup("<p>Corrected</p>")
        self.assertEqual(row.preview, "Corrected")
        message.body = Markup("<span class='o-mail-Message-edited'/>")
        self.assertRecordValues(row, [{"name": "Deleted message", "preview": ""}])

    def test_rows_follow_a_message_to_another_document(self):
        message = self.post(partner_ids=self.ann.ids).sudo()
        row = self.logged()
        message.write({"res_id": self.bob.id})
        self.assertEqual((row.res_model, row.res_id), ("res.partner", self.bob.id))
        self.assertEqual(len(self.logged()), 1)

    # -- cost and safety ---------------------------------------------------

    def test_what_is_rolled_back_leaves_no_row(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.post(partner_ids=self.ann.ids)
            raise ZeroDivisionError
        self.assertFalse(self.logged())

    def test_a_failure_of_the_log_loses_no_mail(self):
        with patch.object(type(self.rows), "_feed_write", side_effect=ValueError("broken")), mute_logger(FEED):
            message = self.post(partner_ids=self.ann.ids)
            self.assertFalse(self.logged())
        self.assertEqual(message.sudo().notification_ids.res_partner_id, self.ann)
        self.acme.name = "Still here"
        self.env.flush_all()
        self.assertTrue(message.exists())

    def broken(self, name):
        """Let rows of this name fail."""
        create = type(self.rows).create

        def fail(model, vals_list):
            if any(vals["name"] == name for vals in vals_list):
                raise ValueError(name)
            return create(model, vals_list)

        return patch.object(type(self.rows), "create", fail)

    def test_a_mail_that_cannot_be_logged_loses_no_other(self):
        with self.broken("Bad"), self.assertLogs(FEED, "ERROR") as logs:
            for subject in ("First", "Bad", "Second"):
                self.post(partner_ids=self.ann.ids, subject=subject)
            self.assertEqual(self.logged().mapped("name"), ["First", "Second"])
        self.assertEqual(len(logs.output), 1)

    def test_a_mail_from_before_that_cannot_be_logged_does_not_stop_the_job(self):
        self.old_mails()
        with self.broken("First"), mute_logger(FEED):
            self.fill()
        self.assertEqual(sorted(self.logged().mapped("name")), ["Fourth", "Second"])
        self.assertEqual(self.rows._fill_progress(), {"mail.message": 0, "calendar.event": 0})

    def test_many_mails_cost_as_many_queries_as_one(self):
        clients = self.env["res.partner"].union(
            *(self.make_client(f"Client {number}", email=f"c{number}@many.example") for number in range(30))
        )

        def send(readers):
            for reader in readers:
                self.env["mail.mail"].create(
                    {"subject": "Hi", "recipient_ids": [Command.link(reader.id)], "email_to": reader.email}
                )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

        send(clients[:1])  # fills what is cached for good
        self.env.invalidate_all()
        one = send(clients[1:2])
        self.env.invalidate_all()
        many = send(clients[2:])
        self.assertEqual(many, one)
        self.assertLessEqual(one, 9)  # five for the log, four to have the engagement computed
        self.assertEqual(len(self.rows.search([("client_id", "in", clients.ids)])), 30)

    def test_logging_an_answer_costs_a_row_and_a_savepoint(self):
        self.post(partner_ids=self.ann.ids)
        self.env.cr.flush()
        self.post(partner_ids=self.ann.ids)
        self.env.flush_all()
        with self.assertQueryCount(3):
            self.env.cr.flush()
        self.assertEqual(len(self.logged()), 2)

    # -- what was there before ---------------------------------------------

    def fill(self):
        self.env["ir.config_parameter"].set_param("nestogy_clients.communication_filled", "{}")
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=1):
            self.rows.sudo()._cron_feed()

    def old_mails(self):
        messages = self.post(partner_ids=self.ann.ids, subject="First")
        messages |= self.post(author_id=self.bob.id, message_type="email", email_from=self.bob.email, subject="Second")
        messages |= self.post(subtype_xmlid="mail.mt_note", subject="Third")
        self.env["mail.mail"].create({"subject": "Fourth", "recipient_ids": [Command.link(self.otto.id)]})
        live = self.logged()
        live.sudo().unlink()
        return live

    def test_mails_from_before_are_logged_like_those_of_today(self):
        self.old_mails()
        self.fill()
        self.assertRecordValues(
            self.logged().sorted("name"),
            [
                {"name": "First", "direction": "out", "contact_id": self.ann.id, "user_id": self.agent.id},
                {"name": "Fourth", "direction": "out", "contact_id": self.otto.id, "user_id": False},
                {"name": "Second", "direction": "in", "contact_id": self.bob.id, "user_id": False},
            ],
        )
        self.fill()
        self.assertEqual(len(self.logged()), 3, "never twice")

    def test_the_job_goes_on_where_it_was_killed(self):
        self.old_mails()
        module = "odoo.addons.nestogy_clients.models.log.nestogy_communication_fill"
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("nestogy_clients.communication_filled", "{}")
        with patch(f"{module}.BATCH", 1):
            with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0):
                self.rows.sudo()._cron_feed()
            self.assertLess(len(self.logged()), 3)
            self.assertNotEqual(self.rows._fill_progress()["mail.message"], 0)
            module_fill = type(self.rows)._fill_mails
            seen = []

            def watch(model, before):
                seen.append(before)
                return module_fill(model, before) if len(seen) < 400 else 0

            with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=1):
                with patch.object(type(self.rows), "_fill_mails", watch):
                    self.rows.sudo()._cron_feed()
        self.assertEqual(sorted(self.logged().mapped("name")), ["First", "Fourth", "Second"])
        self.assertEqual(len(set(seen)), len(seen), "no batch twice")
        self.assertEqual(self.rows._fill_progress(), {"mail.message": 0, "calendar.event": 0})
