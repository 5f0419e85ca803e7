import base64
import threading
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import fields, modules
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import ALIAS_DOMAIN, TicketsMakers
from .test_mail_corpus import winmail

LOGGER = "odoo.addons.nestogy_tickets.models.mail.nestogy_mail_inbox"
OURS = f"mx.{ALIAS_DOMAIN}"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Killed(BaseException):
    """What no handler of errors catches, as if the process had died."""


@tagged("post_install", "-at_install")
class TestMailInbox(TicketsMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stage_new.mail_template_id = cls.env.ref("nestogy_tickets.mail_template_ticket_received")
        cls.manager = cls.make_user("desk_manager", "manager", email="manager@desk.example")
        cls.inbox = cls.env["nestogy.mail.inbox"]
        cls.tickets = type(cls.env["helpdesk.ticket"])

    def last(self, count=1):
        return self.inbox.search([], limit=count)

    def run_cron(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60):
            self.inbox._cron_process()

    def answers(self, ticket):
        return self.env["mail.mail"].search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id), ("email_from", "!=", False)]
        )

    # -- nothing is lost ---------------------------------------------------

    def test_a_process_that_dies_leaves_a_mail_that_the_clock_takes_in(self):
        with patch.object(self.tickets, "message_new", side_effect=Killed):
            caught = None
            try:
                self.receive("owner@acme.example", subject="Survivor")
            except Killed as killed:
                caught = killed
            self.assertTrue(caught, "nobody catches this")
        mail = self.last()
        self.assertEqual((mail.state, mail.subject, mail.tries), ("received", "Survivor", 0))
        self.run_cron()
        self.assertEqual(mail.state, "received", "its process may still be at it")
        mail.next_try_at = fields.Datetime.now() - timedelta(seconds=1)
        self.run_cron()
        ticket = self.env["helpdesk.ticket"].browse(mail.res_id)
        self.assertEqual((mail.state, mail.outcome), ("done", "record"))
        self.assertEqual((ticket.name, ticket.partner_id), ("Survivor", self.owner))
        self.run_cron()
        self.assertEqual(self.env["helpdesk.ticket"].search_count([("name", "=", "Survivor")]), 1)

    @mute_logger(LOGGER)
    def test_an_error_of_anybodys_code_leaves_the_mail_and_a_button(self):
        with patch.object(self.tickets, "create", side_effect=ValueError("no calendar")):
            self.assertFalse(self.receive("owner@acme.example", subject="Unlucky"))
        mail = self.last()
        self.assertRecordValues(
            mail, [{"state": "quarantined", "kind": "error", "reason": "ValueError: no calendar", "tries": 1}]
        )
        self.assertFalse(self.env["mail.mail"].search([("email_to", "ilike", "owner@acme.example")]), "nobody is told")
        self.assertEqual(self.team.alias_status, "not_tested")
        with self.assertRaises(AccessError):
            mail.with_user(self.agent).action_retry()
        self.assertEqual(mail.state, "quarantined")
        action = mail.with_user(self.manager).action_retry()
        self.assertEqual((mail.state, mail.decided_by_id, mail.res_model), ("done", self.manager, "helpdesk.ticket"))
        self.assertEqual((action["res_model"], action["res_id"]), ("helpdesk.ticket", mail.res_id))
        with self.assertRefused(UserError, "not in quarantine any more"):
            mail.with_user(self.manager).action_retry()

    def test_what_may_pass_is_tried_again_by_itself_at_longer_intervals(self):
        with patch.object(self.tickets, "create", side_effect=psycopg2.OperationalError("gone away")):
            self.receive("owner@acme.example", subject="Later")
            mail = self.last()
            self.assertRecordValues(mail, [{"state": "received", "kind": "temporary", "reason": "gone away"}])
            pauses = []
            for _turn in range(8):
                if mail.state != "received":
                    break
                pauses.append(mail.next_try_at - fields.Datetime.now())
                mail.next_try_at = fields.Datetime.now()
                self.run_cron()
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(len(pauses), 3)
        self.assertRecordValues(mail, [{"state": "quarantined", "kind": "temporary"}])
        mail.with_user(self.manager).action_retry()
        self.assertEqual(mail.state, "done")

    @mute_logger(LOGGER)
    def test_one_bad_mail_does_not_stop_the_others(self):
        sources = [self.make_mail("owner@acme.example", subject=name) for name in ("bad", "good")]
        mails = self.inbox.browse([self.inbox._store(source, {}).id for source in sources])
        mails.next_try_at = fields.Datetime.now()
        create = self.tickets.message_new

        def fails_once(records, msg, custom_values=None):
            if msg["subject"] == "bad":
                raise ValueError("bad")
            return create(records, msg, custom_values)

        with patch.object(self.tickets, "message_new", fails_once):
            self.run_cron()
        self.assertEqual(mails.mapped("state"), ["quarantined", "done"])

    def test_a_mail_that_the_database_refuses_is_kept_in_a_file(self):
        with patch.object(type(self.inbox), "_store", side_effect=psycopg2.OperationalError("disk full")):
            with self.assertRaises(psycopg2.OperationalError), self.assertLogs(LOGGER, "WARNING"):
                self.receive("owner@acme.example", subject="From the spool")
        self.run_cron()
        self.assertTrue(self.env["helpdesk.ticket"].search([("name", "=", "From the spool")]))
        self.assertFalse(list(self.inbox._spool_folder().glob("*")))

    def test_a_mail_for_nobody_is_kept(self):
        self.assertFalse(self.receive("owner@acme.example", to="nobody@nowhere.example"))
        self.assertRecordValues(self.last(), [{"state": "quarantined", "kind": "nobody"}])
        self.assertIn("nobody@nowhere.example", self.last().reason)

    def test_only_the_gateway_and_staff_hand_mails_in(self):
        count = self.inbox.search_count([])
        plain = self.make_user("no_role_of_ours")
        for user in plain | self.owner_user:
            with self.assertRaises(AccessError):
                self.env["mail.thread"].with_user(user).message_process(None, self.make_mail("a@b.example"))
        self.assertEqual(self.inbox.search_count([]), count)

    def test_only_managers_see_mails(self):
        self.receive("owner@acme.example")
        mail = self.last()
        self.assertIn("Please help.", mail.with_user(self.manager).text)
        self.assertTrue(mail.with_user(self.manager).source)
        for user in (self.agent, self.viewer, self.owner_user):
            with self.assertRaises(AccessError):
                mail.with_user(user).read(["subject"])
        for values in ({"state": "done"}, {"reason": "x"}):
            with self.assertRaises(AccessError):
                mail.with_user(self.manager).write(values)

    def test_managers_see_mails_of_their_companies_and_the_main_one_those_of_none(self):
        main, other = self.env.ref("base.main_company"), self.other_company()
        other.alias_domain_id = self.env["mail.alias.domain"].create({"name": "second.example"})
        self.team.company_id = main
        self.env["helpdesk.ticket.team"].create(
            {
                "name": "Second desk",
                "company_id": other.id,
                "alias_name": "second",
                "alias_domain_id": other.alias_domain_id.id,
            }
        )
        mails = {
            to: self.inbox._store(self.make_mail("a@b.example", to=to, subject=to), {})
            for to in (
                f"Desk <support@{ALIAS_DOMAIN}>",
                "second@second.example",
                "unknown@second.example",
                f"support@{ALIAS_DOMAIN}, second@second.example",
                "nobody@nowhere.example",
            )
        }
        ours, seconds, domains, shared, nobodys = mails.values()
        self.assertEqual(ours.company_id, main)
        self.assertEqual((seconds | domains).company_id, other)
        self.assertTrue(domains.company_id)
        self.assertFalse((shared | nobodys).company_id, "nobody knows")
        manager = self.make_user(
            "second_manager", "manager", company_id=other.id, company_ids=[(6, 0, other.ids)], email="m@second.example"
        )
        found = self.inbox.browse([mail.id for mail in mails.values()])
        self.assertEqual(found.with_user(manager)._filtered_access("read"), seconds | domains)
        self.assertEqual(found.with_user(self.manager)._filtered_access("read"), ours | shared | nobodys)
        with self.assertRaises(AccessError):
            nobodys.with_user(manager).action_retry()
        with self.assertRaises(AccessError):
            seconds.with_user(self.manager).action_retry()
        manager.company_ids += main
        self.assertIn(nobodys, found.with_user(manager)._filtered_access("read"), "he works for the main company, too")

    def test_a_mail_is_of_the_company_of_its_ticket(self):
        other = self.other_company()
        ticket = self.make_tickets(self.owner)
        ours = ticket.message_post(body="Try again", subtype_xmlid="mail.mt_comment", message_type="comment")
        self.team.company_id = False
        ticket.sudo().company_id = other
        self.receive("owner@acme.example", to=f"unknown@{ALIAS_DOMAIN}", References=ours.message_id)
        self.assertRecordValues(self.last(), [{"state": "done", "res_id": ticket.id, "company_id": other.id}])

    def test_managers_see_how_many_mails_wait(self):
        def waiting(user):
            queues = {queue["key"]: queue for queue in self.env["helpdesk.ticket"].with_user(user).get_ticket_queues()}
            return queues.get("mail_quarantine", {})

        self.inbox.search([]).write({"state": "done"})
        self.assertFalse(waiting(self.manager), "nothing is to be done")
        self.receive("owner@acme.example", to="nobody@nowhere.example")
        self.receive("owner@acme.example", to="nobody@nowhere.example", subject="Again")
        self.assertEqual(waiting(self.manager)["count"], 2)
        action = self.env["ir.actions.actions"]._for_xml_id(waiting(self.manager)["action"])
        self.assertEqual(action["res_model"], "nestogy.mail.inbox")
        self.assertIn("search_default_quarantine", action["context"])
        self.assertFalse(waiting(self.agent))

    def test_markup_of_a_mail_is_shown_as_text(self):
        mail = self.inbox._store(self.make_mail("a@b.example", body="<script>alert(1)</script> 1 < 2"), {})
        self.assertEqual(mail.text, "<script>alert(1)</script> 1 < 2")
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", mail._name), ("res_id", "=", mail.id), ("res_field", "=", "source")]
        )
        self.assertEqual(attachment.mimetype, "message/rfc822")

    # -- copies ------------------------------------------------------------

    def test_copies_of_a_mail_are_one_ticket(self):
        for has_id in (True, False):
            source = self.make_mail("owner@acme.example", subject=f"Copy {has_id}")
            if not has_id:
                source = b"\n".join(line for line in source.splitlines() if not line.startswith(b"Message-Id"))
            for _copy in range(3):
                self.env["mail.thread"].message_process(None, source)
            mail = self.last()
            self.assertEqual((mail.copies, mail.state), (3, "done"))
            self.assertEqual(self.env["helpdesk.ticket"].search_count([("name", "=", f"Copy {has_id}")]), 1)

    def test_the_same_words_are_no_copy_for_ever(self):
        source = self.make_mail("owner@acme.example", subject="Again")
        source = b"\n".join(line for line in source.splitlines() if not line.startswith(b"Message-Id"))
        self.env["mail.thread"].message_process(None, source)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=25)):
            self.env["mail.thread"].message_process(None, source)
        self.assertEqual(self.env["helpdesk.ticket"].search_count([("name", "=", "Again")]), 2)

    def test_the_same_message_id_with_another_text_is_kept(self):
        first = self.make_mail("owner@acme.example")
        second = first.replace(b"Please help.", b"Something else.")
        third = second
        for source in (first, second, third):
            self.env["mail.thread"].message_process(None, source)
        kept, done = self.last(2)
        self.assertEqual((done.state, kept.state, kept.kind, kept.copies), ("done", "quarantined", "twin", 2))

    @mute_logger("odoo.sql_db")
    def test_copies_at_the_same_moment_are_stored_once(self):
        """Real transactions of six threads; the unique index decides."""
        registry, uid = self.env.registry, self.env.uid
        source = self.make_mail("race@acme.example", subject="Race")
        start, found, faults = threading.Barrier(6), [], []

        def deliver():
            try:
                with registry.cursor() as cr:
                    inbox = self.env(cr=cr, user=uid)["nestogy.mail.inbox"]
                    start.wait(30)
                    found.append(inbox._store(source, {}).id)
            except Exception as error:  # noqa: BLE001  shown below
                faults.append(error)

        with patch.object(modules.module, "current_test", None):
            threads = [threading.Thread(target=deliver) for _number in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        try:
            self.assertEqual(faults, [])
            self.assertEqual(len([each for each in found if each]), 1)
        finally:
            with registry.cursor() as cr:
                self.env(cr=cr)["nestogy.mail.inbox"].browse([each for each in found if each]).unlink()

    # -- loops -------------------------------------------------------------

    def test_a_flood_is_held_and_staff_told_once(self):
        notices = self.env["mail.message"].search_count([("subject", "=", "Too many mails from owner@acme.example")])
        for _turn in range(24):
            self.receive("owner@acme.example")
        mails = self.last(24)
        self.assertEqual(mails.mapped("state").count("done"), 20)
        self.assertEqual(set(mails.filtered(lambda mail: mail.state != "done").mapped("kind")), {"flood"})
        told = self.env["mail.message"].search([("subject", "=", "Too many mails from owner@acme.example")])
        self.assertEqual(len(told) - notices, 1)
        self.assertIn(self.manager.partner_id, told.notified_partner_ids)
        self.assertTrue(self.receive("colleague@acme.example"), "others are not held")

    def test_two_desks_do_not_talk_to_each_other(self):
        """Each confirms what the other confirms, without any header that says so."""
        desk = self.env["res.partner"].create({"name": "Their desk", "email": "desk@other.example"})
        desk.parent_id = self.other_client
        answered = 0
        for turn in range(40):
            ticket = self.receive("desk@other.example", subject=f"Re: your request {turn}", body=f"Number {turn}")
            if not ticket:
                break
            answered += len(self.answers(ticket))
        self.assertEqual(turn, 20)
        self.assertEqual(answered, 5)
        self.assertEqual(self.last().kind, "flood")

    def test_a_mail_from_an_address_of_ours_is_held(self):
        self.assertFalse(self.receive(f"Desk <support@{ALIAS_DOMAIN}>"))
        self.assertRecordValues(self.last(), [{"state": "quarantined", "kind": "own"}])

    def test_machines_answer_tickets_and_open_none(self):
        ticket = self.make_tickets(self.owner)
        ours = ticket.message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"Auto_Submitted": "auto-generated"},
            {"X_Auto_Response_Suppress": "All"},
            *({"Precedence": word} for word in ("bulk", "list", "junk", "auto_reply")),
            {"List_Id": "<x.example>"},
            {"X_Loop": "yes"},
            {"X_Autoreply": "yes"},
            {"Return_Path": "<>"},
        ):
            with self.subTest(headers=headers):
                self.assertFalse(self.receive("colleague@acme.example", **headers))
                self.assertRecordValues(self.last(), [{"state": "quarantined", "kind": "machine"}])
                self.assertEqual(self.receive("colleague@acme.example", References=ours.message_id, **headers), ticket)
        self.env["mail.gateway.allowed"].create({"email": "monitor@watch.example"})
        self.assertTrue(self.receive("monitor@watch.example", Auto_Submitted="auto-generated"))

    # -- who ---------------------------------------------------------------

    def test_an_unknown_sender_is_held_if_wished(self):
        self.env.company.ticket_mail_strangers = "quarantine"
        self.assertFalse(self.receive("who@nowhere.example"))
        self.assertRecordValues(self.last(), [{"state": "quarantined", "kind": "unknown"}])
        self.assertTrue(self.receive("new@acme.example"), "somebody of a client")

    def test_somebody_of_a_clients_domain_writes_for_the_client(self):
        ticket = self.receive("Nelly New <nelly@acme.example>", subject="From Nelly")
        self.assertRecordValues(
            ticket,
            [
                {
                    "partner_id": self.client.id,
                    "commercial_partner_id": self.client.id,
                    "partner_name": "Nelly New",
                    "partner_email": "nelly@acme.example",
                    "mail_new_contact": "nelly@acme.example",
                }
            ],
        )
        self.assertFalse(self.answers(ticket), "no mail about it goes to others")
        ticket.with_user(self.agent).action_add_mail_contact()
        self.assertRecordValues(
            ticket.partner_id, [{"name": "Nelly New", "email": "nelly@acme.example", "parent_id": self.client.id}]
        )
        self.assertFalse(ticket.mail_new_contact)
        self.assertIn(ticket.partner_id, ticket.message_partner_ids)

    def test_a_contact_is_made_if_wished(self):
        self.env.company.ticket_mail_contacts = "create"
        ticket = self.receive("Nelly New <nelly@acme.example>")
        self.assertEqual((ticket.partner_id.name, ticket.partner_id.parent_id), ("Nelly New", self.client))
        self.assertEqual(ticket.message_ids[-1:].author_id, ticket.partner_id)
        self.assertFalse(ticket.partner_id.user_ids)

    def test_domains_that_say_nothing_decide_nothing(self):
        self.owner.email = "olive@gmail.com"
        self.assertFalse(self.receive("somebody@gmail.com").partner_id)
        self.stranger.email = "other@acme.example"  # two clients share it now
        self.assertFalse(self.receive("nelly@acme.example").partner_id)
        self.env["nestogy.client.domain"].create({"name": "ACME.example ", "client_id": self.other_client.id})
        self.assertEqual(self.receive("nelly2@acme.example").partner_id, self.other_client)

    def test_a_website_tells_the_domain(self):
        self.client.website = "https://www.acme-dental.example/team"
        self.assertEqual(self.receive("who@acme-dental.example").partner_id, self.client)

    def test_domains_are_domains_of_one_client(self):
        domains = self.env["nestogy.client.domain"].with_user(self.agent)
        domain = domains.create({"name": "info@Help.Acme.example", "client_id": self.client.id})
        self.assertEqual(domain.name, "help.acme.example")
        with self.assertRefused(ValidationError, "Everybody can have an address"):
            domains.create({"name": "gmail.com", "client_id": self.client.id})
        with self.assertRefused(ValidationError, "is no domain"):
            domains.create({"name": "nonsense", "client_id": self.client.id})
        with self.assertRaises(AccessError):
            domains.with_user(self.viewer).create({"name": "x.example", "client_id": self.client.id})

    def test_the_alias_names_the_client_only_for_unknown_senders(self):
        self.team.alias_id.alias_defaults = repr({"team_id": self.team.id, "partner_id": self.other_client.id})
        self.assertEqual(self.receive("owner@acme.example").partner_id, self.owner)
        self.assertEqual(self.receive("who@nowhere.example").partner_id, self.other_client)

    def test_a_forged_mail_of_a_client_is_marked_and_not_answered(self):
        self.env["ir.config_parameter"].set_param("nestogy_tickets.authserv_id", OURS)
        ticket = self.receive("owner@acme.example", Authentication_Results=f"{OURS}; dmarc=fail")
        self.assertTrue(ticket.mail_unverified)
        self.assertFalse(self.answers(ticket))
        note = ticket.message_ids[0]
        self.assertIn("Unverified", note.body)
        self.assertFalse(self.env["mail.message"].with_user(self.owner_user).search([("id", "=", note.id)]))
        fine = self.receive("owner@acme.example", Authentication_Results=f"{OURS}; dmarc=pass")
        self.assertFalse(fine.mail_unverified)
        self.assertTrue(self.answers(fine))

    # -- decisions ---------------------------------------------------------

    def test_a_manager_makes_a_ticket_for_a_client(self):
        self.receive("alarm@nowhere.example", Auto_Submitted="auto-generated", subject="Disk full")
        mail = self.last().with_user(self.manager)
        with Form(
            self.env["nestogy.mail.decision"].with_user(self.manager).with_context(**mail.action_assign()["context"])
        ) as form:
            form.client_id = self.owner
            form.team_id = self.team
        form.record.action_apply()
        ticket = self.env["helpdesk.ticket"].browse(mail.res_id)
        self.assertEqual((ticket.name, ticket.partner_id, ticket.team_id), ("Disk full", self.owner, self.team))
        self.assertFalse(self.answers(ticket), "a machine is not answered")

    def test_a_manager_discards_with_a_reason(self):
        self.receive("news@nowhere.example", List_Id="<news>")
        mail = self.last().with_user(self.manager)
        wizards = self.env["nestogy.mail.decision"].with_context(**mail.action_discard()["context"])
        with self.assertRaises(AccessError):
            wizards.with_user(self.agent).create({})
        wizard = wizards.with_user(self.manager).create({})
        with self.assertRefused(UserError, "Write down why"):
            wizard.action_apply()
        self.assertEqual(mail.state, "quarantined")
        wizard.reason = "A newsletter"
        wizard.action_apply()
        self.assertRecordValues(
            mail, [{"state": "discarded", "reason": "A newsletter", "decided_by_id": self.manager.id}]
        )

    def test_originals_are_forgotten_in_time_and_quarantine_never(self):
        self.receive("owner@acme.example")
        done = self.last()
        self.receive("news@nowhere.example", List_Id="<news>")
        held = self.last()
        (done | held).received_at = fields.Datetime.now() - timedelta(days=91)
        self.inbox._gc_originals()
        self.assertFalse(done.exists())
        self.assertTrue(held.exists())

    # -- files -------------------------------------------------------------

    def test_what_outlook_packs_is_opened(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "owner@acme.example", f"support@{ALIAS_DOMAIN}", "Packed"
        message.set_content("See there.")
        message.add_attachment(winmail(), maintype="application", subtype="ms-tnef", filename="winmail.dat")
        ticket_id = self.env["mail.thread"].message_process(None, message.as_bytes())
        files = self.env["helpdesk.ticket"].browse(ticket_id).message_ids.attachment_ids
        self.assertEqual([(file.name, file.raw) for file in files], [("Offer.pdf", b"%PDF-1.4 offer")])

    def test_pictures_in_a_mail_are_shown(self):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "owner@acme.example", f"support@{ALIAS_DOMAIN}", "Picture"
        message.set_content("Look")
        message.add_alternative('<p>Look:</p><img src="cid:shot@x" alt="Screen">', subtype="html")
        message.get_payload()[1].add_related(PNG, "image", "png", cid="<shot@x>", filename="shot.png")
        ticket_id = self.env["mail.thread"].message_process(None, message.as_bytes())
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertRegex(ticket.description, r'src="/web/image/\d+\?access_token=')
        self.assertNotIn("cid:", ticket.description)

    def test_a_long_file_name_is_cut_and_harmless(self):
        for name, kept in (("x" * 300 + ".pdf", "x" * 116 + ".pdf"), ("../../etc/passwd", "passwd"), ("..", "file")):
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "owner@acme.example", f"support@{ALIAS_DOMAIN}", name
            message.set_content("See there.")
            message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
            ticket_id = self.env["mail.thread"].message_process(None, message.as_bytes())
            files = self.env["helpdesk.ticket"].browse(ticket_id).message_ids.attachment_ids
            self.assertEqual(files.mapped("name"), [kept])

    def test_new_text_and_quotation_are_kept_apart(self):
        ticket = self.receive("owner@acme.example", body="New words\n\nOn 1/5/26 10:12, Desk wrote:\n> Old words\n")
        self.assertIn("New words", ticket.description)
        self.assertNotIn("Old words", ticket.description)
        self.assertIn("Old words", ticket.mail_quoted)
        message = ticket.message_ids.filtered(lambda each: each.message_type == "email")
        self.assertRegex(message.body, r'(?s)New words.*data-o-mail-quote="1".*Old words')
        with self.assertRaises(AccessError):
            ticket.with_user(self.owner_user).read(["mail_quoted"])


@tagged("post_install", "-at_install")
class TestBounces(TicketsMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def bounce(self, address, status, diagnostic="smtp; said so", action="failed"):
        source = (
            f"From: MAILER-DAEMON@mx.example\r\nTo: bounce@{ALIAS_DOMAIN}\r\nSubject: Undelivered\r\n"
            f"Message-Id: <{status}.{address}>\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: {diagnostic}\r\n\r\n--b--\r\n"
        )
        self.env["mail.thread"].message_process(None, source)

    def test_an_address_that_does_not_exist_is_marked_until_it_changes(self):
        self.bounce("owner@acme.example", "5.1.1", "smtp; 550 5.1.1 no such user")
        self.assertEqual(self.owner.message_bounce, 1)
        self.assertTrue(self.owner.bounced_at)
        self.assertEqual(self.owner.bounce_reason, "550 5.1.1 no such user")
        mail = self.env["nestogy.mail.inbox"].search([], limit=1)
        self.assertEqual((mail.state, mail.outcome), ("done", "bounce"))
        self.owner.name = "Olive O."
        self.assertTrue(self.owner.bounced_at)
        self.owner.email = "olive@acme.example"
        self.assertFalse(self.owner.bounced_at or self.owner.bounce_reason)

    def test_a_mail_from_it_shows_that_it_is_good_again(self):
        self.bounce("owner@acme.example", "5.1.1")
        self.receive("owner@acme.example")
        self.assertFalse(self.owner.bounced_at)
        self.assertEqual(self.owner.message_bounce, 0)

    def test_a_mail_that_is_late_or_a_box_that_is_full_marks_nothing(self):
        for status, action in (("4.4.1", "delayed"), ("4.2.2", "failed"), ("5.2.2", "failed"), ("5.7.1", "failed")):
            self.bounce("owner@acme.example", status, action=action)
        self.assertFalse(self.owner.bounced_at)
        self.assertEqual(self.owner.message_bounce, 0)

    def test_somebody_else_of_the_client_gets_what_came_back(self):
        self.client.primary_contact_id = self.owner
        self.assertEqual(self.client._client_mail_recipients("ticket"), self.owner)
        ticket = self.make_tickets(self.owner)
        self.bounce("owner@acme.example", "5.1.1")
        instead = self.client._client_mail_recipients("ticket")
        self.assertTrue(instead)
        self.assertNotIn(self.owner, instead)
        self.assertEqual(instead.commercial_partner_id, self.client)
        self.assertEqual(ticket._get_mail_recipients(), instead)
        everybody = self.client | self.client.child_ids
        everybody.sudo().bounced_at = fields.Datetime.now()
        self.assertEqual(self.client._client_mail_recipients("ticket"), self.owner, "better than nobody")
