import base64
from contextlib import suppress
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ClientsCase

MIXIN = "odoo.addons.nestogy_clients.models.work.nestogy_work_mixin"


class BulkCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("bulk-agent", "agent", email="agent@example.com")
        cls.clients = cls.env["res.partner"].union(
            *(cls.make_client(f"Bulk {n}", email=f"info{n}@bulk.example") for n in range(5))
        )
        cls.tag = cls.env["res.partner.category"].create({"name": "Bulk tag"})
        cls.inactive = cls.env.ref("nestogy_clients.nestogy_client_status_inactive")
        cls.active = cls.env.ref("nestogy_clients.nestogy_client_status_active")

    def domain(self, clients=None):
        return [("id", "in", (self.clients if clients is None else clients).ids), ("active", "in", [True, False])]

    def ask(self, deed, user=None, clients=None, domain=None, **values):
        """Fill in the dialog as a user does it; gives the bulk action that it started."""
        asks = self.env["nestogy.client.bulk.ask"].with_user(user or self.agent)
        ask = asks.create({"deed": deed, "domain": domain or self.domain(clients), **values})
        return self.env["nestogy.client.bulk"].with_user(user or self.agent).browse(ask.action_start()["res_id"])

    def outcome(self, bulk):
        return {line.client_id: (line.state, line.reason) for line in bulk.sudo().line_ids}

    def logged(self, client):
        return client.message_ids.filtered(lambda message: "(bulk action)" in (message.body or ""))

    def background(self):
        """From here on everything runs in the background; the job keeps what it did as far as a test can."""
        self.patch(type(self.env["nestogy.client.bulk"]), "_run", lambda bulk, undo=False: bulk._work_start(undo))

    def cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("nestogy_clients.ir_cron_work").method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestBulkDeeds(BulkCase):
    def test_status_needs_its_reason_and_is_logged_and_taken_back(self):
        needing = self.inactive
        needing.needs_reason = True
        with self.assertRefused(UserError, "Say why"):
            self.ask("status", status_id=needing.id)
        lead = self.env.ref("nestogy_clients.nestogy_client_status_lead")
        self.clients[0].client_status_id = lead
        bulk = self.ask("status", status_id=needing.id, reason="They moved away")
        self.assertEqual(bulk.state, "done")
        self.assertEqual((bulk.total, bulk.done_count, bulk.refused_count), (5, 5, 0))
        self.assertEqual(self.clients.client_status_id, needing)
        for client in self.clients:
            [change] = client.client_status_change_ids.filtered(lambda row: row.new_status_id == needing)
            self.assertEqual((change.reason, change.user_id), ("They moved away", self.agent))
            [message] = self.logged(client)
            self.assertIn("They moved away", message.body)
            self.assertEqual(message.author_id, self.agent.partner_id)
        self.clients[1].with_context(client_status_reason="x").client_status_id = self.active
        bulk.action_undo()
        self.assertEqual(bulk.state, "undone")
        self.assertEqual(self.clients[0].client_status_id, lead)
        self.assertEqual(self.clients[2:].client_status_id, self.active)
        state, reason = self.outcome(bulk)[self.clients[1]]
        self.assertEqual(state, "kept")
        self.assertIn("changed since", reason)
        self.assertEqual((bulk.done_count, bulk.refused_count), (4, 1))
        with self.assertRefused(UserError, "cannot be taken back"):
            bulk.action_undo()

    def test_group_manager_and_tags(self):
        group = self.env["nestogy.client.group"].create({"name": "Bulk group", "company_id": self.env.company.id})
        before = self.clients.client_group_id
        bulk = self.ask("group", group_id=group.id)
        self.assertEqual(self.clients.client_group_id, group)
        bulk.action_undo()
        self.assertEqual(self.clients.client_group_id, before)
        other = self.make_user("bulk-other", "agent", email="other@example.com")
        bulk = self.ask("manager", user_id=other.id)
        self.assertEqual(self.clients.user_id, other)
        self.assertIn(other.partner_id, self.clients[0].message_partner_ids)
        told = self.env["mail.notification"].search([("res_partner_id", "=", other.partner_id.id)])
        self.assertEqual(len(told), 1, "told once, not once a client")
        self.assertIn("5 clients", told.mail_message_id.body)
        self.assertIn(other.name, self.logged(self.clients[0])[:1].body)
        bulk.action_undo()
        self.assertFalse(self.clients.user_id)
        own = self.env["res.partner.category"].create({"name": "Their own"})
        self.clients[0].category_id = own | self.tag
        bulk = self.ask("tags_add", tag_ids=[Command.set(self.tag.ids)])
        self.assertEqual(self.clients[0].category_id, own | self.tag)
        self.assertEqual(self.clients[1].category_id, self.tag)
        self.clients[1].category_id |= own
        bulk.action_undo()
        self.assertEqual(self.clients[0].category_id, own | self.tag, "it had the tag before")
        self.assertEqual(self.clients[1].category_id, own, "a tag of its own is nothing newer")
        self.ask("tags_remove", tag_ids=[Command.set(self.tag.ids)])
        self.assertEqual(self.clients[0].category_id, own)

    def test_archive_and_back(self):
        user = self.make_portal_user(self.clients[0], login="bulk-portal")
        bulk = self.ask("archive")
        self.assertEqual(self.outcome(bulk)[self.clients[0]][0], "refused")
        self.assertIn("signs in", self.outcome(bulk)[self.clients[0]][1])
        self.assertTrue(user.active)
        self.assertEqual(self.clients.mapped("active"), [True, False, False, False, False])
        self.ask("unarchive", clients=self.clients[1:2])
        self.assertTrue(self.clients[1].active)
        bulk.action_undo()
        self.assertTrue(all(self.clients.mapped("active")))
        self.assertEqual(self.outcome(bulk)[self.clients[1]][0], "kept")

    def test_credit_is_for_billing_staff(self):
        with self.assertRefused(AccessError, "not among what you may do"):
            self.ask("credit", credit_status="hold", reason="No money")
        billing = self.make_user("bulk-billing", "billing")
        with self.assertRefused(UserError, "Say why"):
            self.ask("credit", billing, credit_status="hold")
        bulk = self.ask("credit", billing, credit_status="hold", reason="No money")
        self.assertEqual(self.clients.mapped("credit_status"), ["hold"] * 5)
        bulk.action_undo()
        self.assertEqual(set(self.clients.mapped("credit_status")), {self.make_client("Fresh").credit_status})

    def test_who_may_do_what(self):
        viewer = self.make_user("bulk-viewer", "viewer")
        with self.assertRefused(AccessError, ""):
            self.ask("archive", viewer)
        with self.assertRefused(AccessError, ""):
            self.env["nestogy.client.bulk"].with_user(viewer)._make("archive", self.domain(), {})
        billing = self.make_user("bulk-billing2", "billing")
        with self.assertRefused(AccessError, "not among what you may do"):
            self.ask("archive", billing)
        keys = [key for key, _label in self.env["nestogy.client.bulk.ask"].with_user(billing)._selection_deed()]
        self.assertIn("credit", keys)
        self.assertNotIn("archive", keys)
        bulk = self.ask("archive")
        other = self.make_user("bulk-colleague", "agent")
        self.assertFalse(self.env["nestogy.client.bulk"].with_user(other).search([("id", "=", bulk.id)]))
        with self.assertRefused(AccessError, ""):
            bulk.with_user(other).action_undo()
        manager = self.make_user("bulk-manager", "manager")
        self.assertTrue(bulk.with_user(manager).line_ids.mapped("client_name"))
        with self.assertRefused(AccessError, "Only"):
            bulk.with_user(manager).action_undo()
        for values in ({"state": "done"}, {"done_count": 9}):
            with self.assertRefused(AccessError, ""):
                bulk.write(values)
        with self.assertRefused(AccessError, ""):
            bulk.line_ids[:1].write({"state": "done"})

    def test_other_companies_and_teams_are_not_reached(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.make_client("Foreign", company_id=company.id)
        bulk = self.ask("tags_add", clients=self.clients | foreign, tag_ids=[Command.set(self.tag.ids)])
        self.assertEqual(bulk.total, 5)
        self.assertFalse(foreign.category_id)
        contact = self.make_contact(self.clients[0])
        with self.assertRefused(UserError, "No client matches"):
            self.ask("archive", clients=contact)

    def test_whatever_a_filter_matches(self):
        self.clients[:2].city = "Bulkville"
        bulk = self.ask("tags_add", domain=[("city", "=", "Bulkville")], tag_ids=[Command.set(self.tag.ids)])
        self.assertEqual(bulk.line_ids.client_id, self.clients[:2])

    def test_the_dialog_counts_before(self):
        self.make_portal_user(self.clients[0], login="bulk-portal")
        asks = self.env["nestogy.client.bulk.ask"].with_user(self.agent)
        with Form(asks.with_context(default_domain=self.domain())) as form:
            self.assertEqual(form.client_count, 5)
            form.deed = "archive"
            self.assertIn("Bulk 0", form.refused_text)
            self.assertIn("signs in", form.refused_text)
            self.assertEqual(form.refused_title, "1 will be refused")
            self.assertTrue(form.may_start)
            form.deed = "unarchive"
            self.assertEqual((form.refused_title, form.may_start), (False, True))

    def test_there_is_nothing_to_start_where_all_will_be_refused(self):
        self.make_portal_user(self.clients[0], login="bulk-portal")
        asks = self.env["nestogy.client.bulk.ask"].with_user(self.agent)
        for domain, title in (
            (self.domain(self.clients[:1]), "There is nothing to start: all of them will be refused."),
            ([("id", "=", 0)], "No client matches."),
        ):
            with Form(asks.with_context(default_domain=domain)) as form:
                form.deed = "archive"
                self.assertEqual((form.refused_title, form.may_start), (title, False))

    def test_the_report_is_a_file_without_formulas(self):
        self.clients[0].name = "=cmd()"
        bulk = self.ask("archive")
        text = base64.b64decode(bulk.report).decode("utf-8-sig")
        self.assertIn("'=cmd()", text)
        self.assertIn("Done", text)
        self.assertEqual(len(text.splitlines()), 6)


@tagged("post_install", "-at_install")
class TestBulkEmail(BulkCase):
    def send(self, kind="survey", **values):
        kind = self.env.ref(f"nestogy_clients.nestogy_message_kind_{kind}")
        values = {"subject": "News for {client}", "body": "<p>Dear {contact}</p>"} | values
        return self.ask("email", message_kind_id=kind.id, **values)

    def mails(self):
        return self.env["mail.mail"].search([("subject", "like", "News for%")])

    def test_one_mail_a_client_to_the_right_contact(self):
        ann = self.make_contact(self.clients[0], "Ann", "ann@bulk.example")
        bob = self.make_contact(self.clients[1], "Bob", "bob@bulk.example")
        bob.unwanted_kind_ids = self.env.ref("nestogy_clients.nestogy_message_kind_survey")
        self.clients[2].channel_email = "never"
        self.clients[3].email = False
        bulk = self.send()
        found = self.outcome(bulk)
        self.assertEqual(
            [found[client][0] for client in self.clients], ["done", "refused", "refused", "refused", "done"]
        )
        self.assertIn("does not want this kind", found[self.clients[1]][1])
        self.assertIn("does not want e-mails", found[self.clients[2]][1])
        self.assertIn("e-mail address", found[self.clients[3]][1])
        mails = self.mails()
        self.assertEqual(mails.recipient_ids, ann | self.clients[4])
        [mail] = mails.filtered(lambda each: ann in each.recipient_ids)
        self.assertEqual(mail.subject, "News for Bulk 0")
        self.assertIn("Dear Ann", mail.body_html)
        self.assertEqual(mail.author_id, self.agent.partner_id)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertFalse(bulk.may_undo, "a mail cannot be taken back")

    def test_marketing_needs_consent(self):
        bulk = self.send("newsletter")
        self.assertEqual(bulk.refused_count, 5)
        self.assertFalse(self.mails())
        self.clients[0]._record_consent("given", "portal", text="Yes please")
        self.assertEqual(self.send("newsletter").done_count, 1)

    def test_who_has_had_enough_gets_it_later(self):
        self.clients[0].write({"contact_limit": 1, "contact_limit_period": "week"})
        self.send()
        self.send()
        first, second = self.mails().filtered(lambda mail: self.clients[0] in mail.recipient_ids).sorted("id")
        self.assertFalse(first.scheduled_date)
        self.assertTrue(second.scheduled_date)

    def write_text(self, words, **owner):
        """Make the e-mail text of a client, a group or the company."""
        values = {"kind": "letter", "subject": f"News for {{client}} by {words}", "body": f"<p>{words} {{contact}}</p>"}
        return self.env["nestogy.client.mail.template"].create(values | owner)

    def test_each_client_in_the_words_that_hold_for_it(self):
        group = self.env["nestogy.client.group"].create({"name": "Bulk group", "company_id": self.env.company.id})
        self.clients[:3].client_group_id = group
        self.env["res.lang"]._activate_lang("fr_FR")
        self.clients[1].lang = "fr_FR"
        self.write_text("client", client_id=self.clients[0].id)
        self.write_text("group", group_id=group.id)
        self.write_text("groupe", group_id=group.id, lang="fr_FR")
        self.clients[2].channel_email = "never"
        asks = self.env["nestogy.client.bulk.ask"].with_user(self.agent)
        kind = self.env.ref("nestogy_clients.nestogy_message_kind_survey")
        ask = asks.create({"deed": "email", "domain": self.domain(), "words": "letter", "message_kind_id": kind.id})
        self.assertEqual(ask.words_note, "Text of the client: 1, text of the group: 2, no text: 2")
        self.assertEqual(ask.refused_count, 3)
        bulk = self.send(words="letter", subject=False, body=False)
        found = self.outcome(bulk)
        states = [found[client][0] for client in self.clients]
        self.assertEqual(states, ["done", "done", "refused", "refused", "refused"])
        self.assertIn("does not want e-mails", found[self.clients[2]][1])
        self.assertIn("write one for the client", found[self.clients[3]][1])
        mails = {mail.recipient_ids: mail for mail in self.mails()}
        self.assertEqual(mails[self.clients[0]].subject, "News for Bulk 0 by client")
        self.assertEqual(mails[self.clients[1]].subject, "News for Bulk 1 by groupe")
        self.assertIn("groupe Bulk 1", mails[self.clients[1]].body_html)
        self.write_text("company", company_id=self.env.company.id)
        self.assertEqual(self.send(words="letter").done_count, 4)
        with self.assertRefused(UserError, "Write a subject"):
            self.send(body=False)

    def test_one_query_finds_the_words_of_one_as_of_many(self):
        """The mails cost something each; who gets them, in which words, and whether they are welcome does not."""
        self.write_text("company", company_id=self.env.company.id)
        many = self.env["res.partner"].create([{"name": f"Many {n}", "is_company": True} for n in range(30)])
        many.write({"client_status_id": self.active.id, "email": "many@bulk.example"})
        for client in many[:10]:
            client.primary_contact_id = self.make_contact(client, "Ann", "ann@bulk.example")
        kind = self.env.ref("nestogy_clients.nestogy_message_kind_survey")
        values = {"words": "letter", "message_kind_id": kind.id}

        def count(clients):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(clients.with_user(self.agent)._bulk_email_check(values), {})
            return self.cr.sql_log_count - before

        count(many[:3])
        self.assertEqual(count(many[:3]), count(many))

    def test_words_are_words(self):
        with self.assertRefused(UserError, "cannot be filled here"):
            self.send(subject="Hello {salary}")
        self.send(body="<p>{{ 6 * 7 }} <t t-out='6 * 7'>x</t></p>")
        self.assertNotIn("42", self.mails()[:1].body)


@tagged("post_install", "-at_install")
class TestBulkWork(BulkCase):
    """Work in the background, with bulk actions as its example."""

    def setUp(self):
        super().setUp()
        self.background()
        self.batch(2)

    def batch(self, size):
        partners = type(self.env["res.partner"])
        deeds = partners._bulk_deeds
        self.patch(
            partners,
            "_bulk_deeds",
            lambda records: {key: spec | {"batch": size} for key, spec in deeds(records).items()},
        )

    def tag_all(self, **values):
        return self.ask("tags_add", tag_ids=[Command.set(self.tag.ids)], **values)

    def test_runs_as_its_user_in_batches_and_tells(self):
        bulk = self.tag_all()
        self.assertEqual((bulk.state, bulk.progress), ("waiting", 0))
        self.assertFalse(self.clients.category_id)
        seen = []
        tag = type(self.env["res.partner"])._bulk_tags_add

        def note(clients, values):
            seen.append((clients.env.user, clients.env.su, len(clients)))
            return tag(clients, values)

        told = []
        with (
            patch.object(type(self.env["res.partner"]), "_bulk_tags_add", note),
            patch.object(
                type(self.env["res.users"]),
                "_bus_send",
                lambda users, kind, message, **kw: told.append((users, kind, message)),
            ),
        ):
            self.cron()
        self.assertEqual(seen, [(self.agent, False, 2), (self.agent, False, 2), (self.agent, False, 1)])
        self.assertEqual((bulk.state, bulk.done_count, bulk.progress), ("done", 5, 100))
        self.assertEqual(self.clients.category_id, self.tag)
        mine = [message["done"] for users, kind, message in told if kind == "nestogy.work" and users == self.agent]
        self.assertEqual(mine, [2, 4, 5, 5])

    def test_killed_in_the_middle_of_a_batch_nothing_is_lost_or_doubled(self):
        bulk = self.tag_all()
        cls = type(self.env["nestogy.client.bulk"])
        deal, calls = cls._deal, []

        def kill(bulk, lines):
            result = deal(bulk, lines)
            bulk.env.flush_all()
            calls.append(len(lines))
            if len(calls) == 2:
                raise KeyboardInterrupt()
            return result

        with patch.object(cls, "_deal", kill), suppress(KeyboardInterrupt):
            self.cron()
        self.env.invalidate_all()
        self.assertEqual(calls, [2, 2])
        self.assertEqual((bulk.state, bulk.done_count), ("running", 2))
        self.assertEqual(len(self.clients.filtered("category_id")), 2)
        self.assertEqual([len(self.logged(client)) for client in self.clients], [1, 1, 0, 0, 0])
        self.cron()
        self.assertEqual((bulk.state, bulk.done_count), ("done", 5))
        self.assertEqual([len(self.logged(client)) for client in self.clients], [1] * 5)
        self.assertEqual(len(self.clients.filtered("category_id")), 5)

    def test_the_end_comes_soon_where_time_is_up_after_the_last_batch(self):
        bulk = self.tag_all()
        cron = type(self.env["ir.cron"])
        commit, told = cron._commit_progress, []

        def no_time(crons, processed=0, *, remaining=None, **kwargs):
            told.append(remaining)
            commit(crons, processed, remaining=remaining, **kwargs)
            return 0 if bulk.done_count == 5 and bulk.state == "running" else 10

        with patch.object(cron, "_commit_progress", no_time):
            self.cron()
        self.assertEqual(told[0], 6, "five clients, and to say that it is done")
        self.assertEqual((bulk.state, bulk.done_count), ("done", 5), "the job was called again")

    def test_a_mistake_in_a_row_is_the_row_s_own(self):
        bulk = self.tag_all()
        tag = type(self.env["res.partner"])._bulk_tags_add

        def stumble(clients, values):
            if self.clients[2] in clients:
                raise UserError("Not this one")  # pylint: disable=translation-required
            if self.clients[3] in clients:
                raise ZeroDivisionError()
            return tag(clients, values)

        with patch.object(type(self.env["res.partner"]), "_bulk_tags_add", stumble), mute_logger(MIXIN):
            self.cron()
        found = self.outcome(bulk)
        self.assertEqual([found[each][0] for each in self.clients], ["done", "done", "refused", "refused", "done"])
        self.assertEqual(found[self.clients[2]][1], "Not this one")
        self.assertIn("unexpected", found[self.clients[3]][1])
        self.assertEqual((bulk.state, bulk.done_count, bulk.refused_count, bulk.progress), ("done", 3, 2, 100))

    def test_pause_and_go_on_and_stop(self):
        bulk = self.tag_all()
        bulk.action_pause()
        self.cron()
        self.assertEqual((bulk.state, bulk.done_count), ("paused", 0))
        colleague = self.make_user("bulk-colleague", "agent")
        with self.assertRefused(AccessError, ""):
            bulk.with_user(colleague).action_resume()
        bulk.action_resume()
        self.cron()
        self.assertEqual((bulk.state, bulk.done_count), ("done", 5))
        bulk.action_pause()
        self.assertEqual(bulk.state, "done", "what is done does not pause")
        other = self.ask("archive")
        manager = self.make_user("bulk-manager", "manager")
        other.with_user(manager).action_cancel()
        self.cron()
        self.assertEqual(other.state, "cancelled")
        self.assertTrue(all(self.clients.mapped("active")))

    def test_rights_are_those_of_the_moment(self):
        bulk = self.tag_all()
        self.agent.group_ids -= self.env.ref("nestogy_clients.nestogy_clients_group_agent")
        self.cron()
        self.assertEqual(bulk.sudo().state, "failed")
        self.assertIn("not among what you may do", bulk.sudo().note)
        self.assertFalse(self.clients.category_id)
        gone = self.ask("archive", self.make_user("bulk-gone", "agent"))
        self.env["res.users"].browse(gone.user_id.id).active = False
        self.cron()
        self.assertEqual(gone.sudo().state, "failed")

    def test_taking_back_goes_on_after_a_kill(self):
        bulk = self.tag_all()
        self.cron()
        bulk.action_undo()
        self.assertEqual(bulk.state, "waiting")
        cls = type(self.env["nestogy.client.bulk"])
        restore, calls = cls._restore, []

        def kill(bulk, lines):
            result = restore(bulk, lines)
            bulk.env.flush_all()
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt()
            return result

        with patch.object(cls, "_restore", kill), suppress(KeyboardInterrupt):
            self.cron()
        self.env.invalidate_all()
        self.assertEqual(len(self.clients.filtered("category_id")), 3)
        self.cron()
        self.assertEqual((bulk.state, bulk.done_count), ("undone", 5))
        self.assertFalse(self.clients.category_id)

    def test_as_many_queries_for_many_clients_as_for_few(self):
        many = self.env["res.partner"].create(
            [
                {
                    "name": f"Many {n}",
                    "is_company": True,
                    "client_status_id": self.active.id,
                    "email": f"m{n}@x.example",
                }
                for n in range(30)
            ]
        )
        self.batch(500)
        deeds = {
            "status": {"status_id": self.inactive.id, "reason": "x"},
            "manager": {"user_id": self.agent.id},
            "tags_add": {"tag_ids": [Command.set(self.tag.ids)]},
            "archive": {},
        }

        def count(bulk):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            bulk.sudo()._work_now()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        for deed, values in deeds.items():
            with self.subTest(deed=deed):
                count(self.ask(deed, clients=self.clients[:1], **values))
                few = count(self.ask(deed, clients=self.clients[1:4], **values))
                lots = count(self.ask(deed, clients=many, **values))
                self.assertLessEqual(lots, few + 3)
