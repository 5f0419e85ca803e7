import base64
from contextlib import suppress
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, sql

from ..tools.erasure import WORDS
from .common import DeletionCase


@tagged("post_install", "-at_install")
class TestDeletion(DeletionCase):
    def test_the_ordinary_way_leads_here(self):
        for user in (self.manager, self.agent, self.make_user("del-viewer", "viewer")):
            with self.assertRefused(UserError, "Zyxwellian Dental is a client.*Delete in the menu Actions"):
                self.client.with_user(user).unlink()

    def test_managers_only(self):
        with self.assertRefused(AccessError, "Managers of the Clients app"):
            self.ask(user=self.agent)
        deletion = self.ask()
        with self.assertRefused(AccessError, ""):
            deletion.with_user(self.agent).read(["label"])
        with self.assertRefused(AccessError, "written by the erasure alone"):
            deletion.write({"state": "done"})
        with self.assertRefused(UserError, "Type the name"):
            deletion.action_start()
        with self.assertRefused(UserError, "no client and nobody of one"):
            self.ask(self.env["res.partner"].create({"name": "Somebody"}))
        self.assertEqual(
            deletion.action_inactive()["context"]["default_status_id"],
            self.env.ref("nestogy_clients.nestogy_client_status_inactive").id,
        )

    def test_the_plan_counts_and_refuses(self):
        paid, unpaid = self.make_invoice(self.client, 100), self.make_invoice(self.person, 50)
        self.pay(paid)
        self.make_invoice(self.client, 10, post=False)
        self.env["nestogy.communication"].create(
            {"name": "Call", "kind": "call", "direction": "in", "client_id": self.client.id}
        )
        self.env["nestogy.client.document"]._store_files(self.client, [("plan.txt", b"12345")])
        deletion = self.ask()
        goes = {line.key: (line.planned, line.size) for line in deletion.gone_line_ids}
        self.assertEqual(goes["draft_invoices"], (1, 0))
        self.assertEqual(goes["communications"], (1, 0))
        self.assertEqual(goes["documents"], (1, 5))
        kept = {line.key: line.planned for line in deletion.kept_line_ids}
        self.assertEqual((kept["kept_invoices"], kept["kept_payments"]), (2, 1))
        self.assertTrue(all(deletion.kept_line_ids.mapped("why")))
        self.assertEqual((deletion.people_count, deletion.is_kept, deletion.has_refusals), (2, True, True))
        [refused] = deletion.refused_line_ids
        self.assertIn("Open invoices", refused.name)
        action = refused.action_open()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), unpaid)
        deletion.typed_name = "  zyxwellian   DENTAL "
        self.assertTrue(deletion.is_typed)
        with self.assertRefused(UserError, "First of all"):
            deletion.action_start()
        self.assertTrue(self.client.active)

    def test_a_client_without_documents_is_gone(self):
        user = self.make_portal_user(self.person)
        self.env["nestogy.client.consent"].with_user(self.manager).create(
            {"partner_id": self.person.id, "text": "Yes", "proof": "on the phone"}
        )
        deletion = self.erase()
        self.assertFalse((self.client | self.person).exists())
        self.assertFalse(user.exists())
        self.assertFalse(deletion.is_kept)
        self.assertEqual(deletion.progress, 100)
        words = self.words(deletion)
        for word in (deletion.name, self.manager.name, "Consents", "no row is left", deletion.digest[:20]):
            self.assertIn(word, words)
        self.assertNotIn("yxwellian", words)
        with self.assertRefused(AccessError, "written by the erasure alone"):
            deletion.typed_name = "again"

    def test_with_posted_invoices_the_name_goes_and_the_documents_stay(self):
        move = self.make_invoice(self.client, 100)
        move.message_post(body="Thank you, Zyxwellian Dental", message_type="comment")
        self.pay(move)
        other = self.make_invoice(self.make_client("Someone else"), 70)
        draft = self.make_invoice(self.client, 10, post=False)
        lines = move.line_ids.mapped("balance")
        deletion = self.erase()
        self.assertTrue(deletion.is_kept)
        self.assertFalse(draft.exists())
        self.assertFalse(self.person.exists())
        self.assertTrue(other.exists())
        self.assertRecordValues(
            self.client,
            [{"name": f"Erased client {self.client.client_number}", "email": False, "phone": False, "active": False}],
        )
        self.assertEqual((move.state, move.payment_state, move.line_ids.mapped("balance")), ("posted", "paid", lines))
        self.assertEqual(move.partner_id, self.client)
        self.assertTrue(move.invoice_pdf_report_id, "what the law keeps is printed before the name goes")
        self.assertIn(self.client.name, self.words(deletion))
        self.assertIn("law on bookkeeping", self.words(deletion))

    def test_one_person_goes_and_the_client_stays(self):
        task = self.env["project.task"].create({"name": "Fix it", "partner_id": self.person.id})
        draft = self.make_invoice(self.person, 10, post=False)
        said = self.client.message_post(body="Call me at home", author_id=self.person.id, message_type="comment")
        deletion = self.erase(self.person)
        self.assertEqual(deletion.kind, "contact")
        self.assertFalse(self.person.exists())
        self.assertTrue(self.client.active)
        self.assertEqual((task.partner_id, draft.partner_id, draft.line_ids.partner_id), (self.client,) * 3)
        self.assertFalse(said.author_id)
        self.assertNotIn("home", said.body)
        self.assertNowhere("quillan", "zyxperson")

    def test_what_others_have_too_is_left_to_them(self):
        self.person.write({"email": "info@zyxwellian.example", "phone": "+1 212 555 0187"})
        number = self.client.phone
        mail = self.client.message_post(body="Write to info@zyxwellian.example", message_type="comment")
        self.erase(self.person)
        self.assertIn("info@zyxwellian.example", mail.body)
        self.assertEqual(self.client.phone, number)

    def test_killed_in_the_middle_it_goes_on(self):
        for n in range(3):
            self.env["nestogy.communication"].create({"name": f"Call {n}", "client_id": self.client.id})
        self.make_invoice(self.client, 10, post=False)
        self.start()
        deletion = self.env["nestogy.client.deletion"].search(
            [("client_id", "=", self.client.id), ("state", "=", "waiting")]
        )
        partners = type(self.env["res.partner"])
        real, calls = partners._erase_rows, []

        def killed(partner, table, ids, seen=None):
            if table == "nestogy_communication" and ids and not calls:
                calls.append(table)
                real(partner, table, ids, seen)
                raise KeyboardInterrupt  # as a kill: nothing is caught, the batch is lost
            return real(partner, table, ids, seen)

        with patch.object(partners, "_erase_rows", killed), suppress(KeyboardInterrupt), self.env.cr.savepoint():
            deletion._work_in_name()._work_all()
        self.assertEqual(len(calls), 1)
        self.env.invalidate_all()
        self.cron()
        self.assertEqual(deletion.state, "done")
        done = {line.key: line.done for line in deletion.gone_line_ids}
        self.assertEqual((done["communications"], done["draft_invoices"], done["people"]), (3, 1, 2))

    def test_it_stops_only_before_the_first_batch(self):
        deletion = self.start()
        self.assertFalse(self.client.active)
        deletion.action_pause()
        deletion.action_cancel()
        self.assertTrue(self.client.active)
        self.assertTrue(self.person.active)
        again = self.start()
        again.sudo().step = "communications"
        with self.assertRefused(UserError, "does not come back"):
            again.action_cancel()

    def test_nobody_is_merged_meanwhile(self):
        self.start()
        twin = self.make_client("Twin")
        merge = self.env["nestogy.client.merge"].with_user(self.manager)
        merge = merge.create({"partner_ids": [Command.set((self.client | twin).ids)], "target_id": twin.id})
        with self.assertRefused(UserError, "is being erased"):
            merge.action_merge()

    def test_many_at_once(self):
        other = self.make_client("Second Zyx")
        open_invoice = self.make_client("Third Zyx")
        self.make_invoice(open_invoice, 5)
        clients = self.client | other | open_invoice
        action = clients.with_user(self.manager).action_clients_delete()
        asks = self.env["nestogy.client.bulk.ask"].with_user(self.manager).with_context(**action["context"])
        ask = asks.create({"typed_count": 2})
        self.assertEqual((ask.deed, ask.client_count, ask.refused_count), ("delete", 3, 1))
        self.assertIn("Open invoices", ask.refused_text)
        with self.assertRefused(UserError, "number of clients, 3"):
            ask.action_start()
        ask.typed_count = 3
        bulk = self.env["nestogy.client.bulk"].browse(ask.action_start()["res_id"])
        self.assertEqual((bulk.done_count, bulk.refused_count), (2, 1))
        with self.assertRefused(AccessError, ""):
            asks.with_user(self.agent).create(
                {"deed": "delete", "domain": [("id", "=", 0)], "typed_count": 3}
            ).action_start()
        self.cron()
        self.assertFalse((self.client | other).exists())
        self.assertTrue(open_invoice.active)
        self.assertEqual(sorted(bulk.line_ids.mapped("client_name")), ["Third Zyx", "erased", "erased"])

    def test_every_column_has_a_decision(self):
        partners = self.env["res.partner"]
        decisions = partners._client_erase_columns()
        transient = {model._table for model in self.env.registry.values() if model._transient}
        missing = [
            f"{table}.{column}"
            for table, column, _rule, _has_id in partners._erase_keys("res_partner")
            if not partners._erase_decision(table, column)
        ]
        companions = {table for table, _model, _id in partners._erase_companions()} | {"ir_attachment"}
        rows = self.env.execute_query(
            SQL(
                """SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
                     JOIN information_schema.tables t USING (table_schema, table_name)
                    WHERE table_schema = current_schema AND t.table_type = 'BASE TABLE'
                      AND c.data_type IN ('text', 'character varying', 'jsonb')"""
            )
        )
        for table, column, kind in rows:
            key = f"{table}.{column}"
            if table in transient or key in decisions or table in decisions:
                continue
            model = self.env.get(partners._erase_tables().get(table, "base"))
            field = model._fields.get(column) if model is not None else None
            named = any(word in column for word in ("email", "phone", "address", "sender", "recipient", "login"))
            pair = column in ("res_model", "document_model", "parent_res_model") and table not in companions
            loose = kind == "jsonb" and (field is None or field.type in ("json", "properties"))
            if named or pair or loose:
                missing.append(key)
        self.assertEqual(missing, [], "decide in _client_erase_columns what becomes of it")
        stale = [
            key
            for key in decisions
            if "." in key
            and sql.table_exists(self.env.cr, key.split(".")[0])
            and not sql.column_exists(self.env.cr, *key.split("."))
        ]
        self.assertEqual(stale, [], "these columns are gone")

    def import_file(self, text):
        file = (
            self.env["nestogy.client.import"]
            .with_user(self.manager)
            .create({"file": base64.b64encode(text.encode()), "filename": "clients.csv"})
        )
        file.action_check()
        return file

    def test_nothing_is_left_of_files_and_lists(self):
        head = "name,email,phone,contact1_name,contact1_email,notes\n"
        row = "Zyxwellian Dental,info@zyxwellian.example,+1 212 555 0187,Quillan Zyxperson,quillan@zyxwellian.example,"
        self.client.email = False
        (self.client | self.person).active = False
        done = self.import_file(f"{head}{row}Zyxwellian note\nNeutral Ltd,,,,,Harmless\n")
        done.action_start()
        self.client = done.row_ids.client_id.filtered(lambda each: "Zyx" in each.name)
        self.assertTrue(self.client)
        # the same again is refused, corrected, and left lying there
        refused = self.import_file(f"{head}{row},\nZyxwellian Dental,no address,12,,,Quillan Zyxperson\n")
        self.assertTrue(refused.error_count + refused.skip_count)
        old = self.env["res.partner"].browse(self.person.id).parent_id
        (old | self.person).active = True
        merge = self.env["nestogy.client.merge"].with_user(self.manager)
        merge = merge.create({"partner_ids": [Command.set((self.client | old).ids)], "target_id": self.client.id})
        merge.action_merge()
        other = self.make_client("Neutral")
        bulk = self.env["nestogy.client.bulk"].with_user(self.manager)
        bulk._make("archive", [("id", "in", (self.client | other).ids)], {}, "Zyxwellian Dental asked")._work_now()
        self.client.active = True
        self.env["mail.mail"].create(
            {
                "subject": "News",
                "author_id": other.id,
                "body_html": "<p>Call +1 (212) 555-0187 or write to quillan@zyxwellian.example</p>",
                "email_to": "neutral@neutral.example",
            }
        )
        self.erase()
        self.assertNowhere("zyxwellian", "zyxperson", "quillan", "5550187", "555.{0,2}0187")
        self.assertEqual(done.row_ids.client_id.mapped("name"), ["Neutral Ltd"], "the rows of others are kept")
        self.assertIn("Harmless", str(done.row_ids.mapped("cells")))

    def test_a_number_is_found_however_it_is_written(self):
        other = self.make_client("Neutral")
        written = ("+1 (212) 555-0187", "212.555.0187", "+12125550187", "(212)&nbsp;555-0187", "call 2125550187!")
        for text in written:
            other.message_post(body=f"Ask {text} then", body_is_html=True, message_type="comment")
        longer = other.message_post(body="Order 992125550187 and 21255501870", message_type="comment")
        self.erase()
        bodies = " ".join(other.message_ids.mapped("body"))
        self.assertEqual(bodies.count("erased"), len(written), bodies)
        self.assertIn("992125550187 and 21255501870", longer.body)

    def test_texts_of_others_that_name_somebody_are_told(self):
        other = self.make_client("Neutral")
        said = other.message_post(body="As Quillan Zyxperson said", message_type="comment")
        other.message_post(body="As Quillan Zyxpersonal said", message_type="comment")
        task = self.env["project.task"].create({"name": "For ZYXWELLIAN dental", "partner_id": other.id})
        self.env["project.task"].create({"name": "Of Zyxwellian Dental", "partner_id": self.client.id})
        self.client.message_post(body="Quillan Zyxperson called", message_type="comment")
        self.make_invoice(self.client, 10, post=False).narration = "Dear Zyxwellian Dental"
        kept = self.make_invoice(self.client, 100)
        kept.narration = "Dear Zyxwellian Dental"
        self.pay(kept)
        deletion = self.ask()
        self.assertFalse(deletion.named_line_ids)
        deletion.action_look()
        found = {line.res_model: line.action_open()["domain"] for line in deletion.named_line_ids}
        self.assertEqual(found, {"mail.message": [["id", "in", said.ids]], "project.task": [["id", "in", task.ids]]})
        self.assertTrue(self.client.active)
        deletion = self.erase()
        counts = {line.name: line.done for line in deletion.named_line_ids}
        self.assertEqual(counts, {"Message": 1, "Task": 1})
        self.assertIn("Quillan Zyxperson", said.body)
        words = self.words(deletion)
        self.assertIn("Texts about others that still speak of them Kind Count Message 1 Task 1", words)
        self.assertNotIn("yxperson", words)
        with self.assertRefused(UserError, "has begun already"):
            deletion.action_look()

    def test_many_rows_are_looked_through_in_batches(self):
        other = self.make_client("Neutral")
        for _n in range(3):
            other.message_post(body="Write to quillan@zyxwellian.example", message_type="comment")
        partners = type(self.client)
        sizes, find, texts = [], partners._erase_find, {"mail.message": {"body": WORDS}}

        def count(people, records, *args):
            sizes.append(len(records))
            return find(people, records, *args)

        with (
            patch("odoo.addons.nestogy_clients.models.deletion.res_partner_erase_texts.SWEEP", 20),
            patch.object(partners, "_erase_texts", lambda people: texts),
            patch.object(partners, "_erase_find", count),
        ):
            self.erase()
        self.assertGreater(len(sizes), 3)
        self.assertLessEqual(max(sizes), 20)
        self.assertNotIn("zyxwellian", " ".join(other.message_ids.mapped("body")))

    def test_nothing_is_left_of_a_name(self):
        client, person = self.client, self.person
        needles = ("zyxwellian", "zyxperson", "quillan", "5550187", "555 0187")
        client.write(
            {
                "street": "1 Zyxwellian Road",
                "city": "Zyxwellian",
                "vat": "US-Zyxwellian",
                "website": "https://zyxwellian.example",
                "comment": "<p>Zyxwellian note</p>",
                "image_1920": False,
                "ref": "ZYXWELLIAN",
                "bank_ids": [Command.create({"acc_number": "ZYXWELLIAN1"})],
            }
        )
        self.make_portal_user(person)
        move = self.make_invoice(client, 100)
        self.pay(move)
        move.message_post(body="Dear Zyxwellian", message_type="comment", partner_ids=person.ids)
        client.message_post(body="Zyxwellian called", message_type="comment", partner_ids=person.ids)
        client.activity_schedule("mail.mail_activity_data_todo", summary="Zyxwellian", note="Quillan")
        other = self.make_client("Neutral")
        other.message_post(
            body="Ask quillan@zyxwellian.example", email_from="Quillan <quillan@zyxwellian.example>", author_id=False
        )
        other.message_post(body="I am Quillan Zyxperson", author_id=person.id, message_type="comment")
        task = self.env["project.task"].create(
            {"name": "Neutral", "partner_id": other.id, "email_cc": "quillan@zyxwellian.example"}
        )
        self.env["project.task"].create({"name": "Zyxwellian job", "partner_id": client.id, "description": "Quillan"})
        self.env["sale.order"].create(
            {
                "partner_id": client.id,
                "note": "Zyxwellian",
                "order_line": [Command.create({"name": "For Zyxwellian", "display_type": "line_note"})],
            }
        ).action_confirm()
        self.env["maintenance.equipment"].create({"name": "Zyxwellian server", "client_id": client.id})
        self.env["nestogy.client.document"]._store_files(client, [("zyxwellian.txt", b"Zyxwellian")])
        self.env["nestogy.communication"].create(
            {
                "name": "Zyxwellian call",
                "client_id": client.id,
                "contact_id": person.id,
                "body": "Quillan",
                "phone": "+1 212 555 0187",
            }
        )
        self.env["nestogy.client.consent"].create(
            {
                "partner_id": person.id,
                "text": "Zyxwellian agrees",
                "proof": "Quillan said",
                "proof_file": base64.b64encode(b"Zyxwellian"),
            }
        )
        self.env["calendar.event"].create(
            {
                "name": "Meet Zyxwellian",
                "start": "2026-01-05 10:00",
                "stop": "2026-01-05 11:00",
                "partner_ids": [Command.set(person.ids)],
            }
        )
        self.env["mail.blacklist"]._add("quillan@zyxwellian.example")
        self.env["mail.mail"].create(
            {"subject": "Zyxwellian", "body_html": "Quillan", "email_to": "quillan@zyxwellian.example"}
        )
        self.env["mail.mail"].create(
            {"subject": "Zyxwellian", "body_html": "Quillan", "recipient_ids": [Command.link(person.id)]}
        )
        self.env["sms.sms"].create({"partner_id": person.id, "number": "+12125550187", "body": "Hello Quillan"})
        self.env["ir.attachment"].create(
            {"name": "zyxwellian.png", "raw": b"Zyxwellian", "res_model": "res.partner", "res_id": client.id}
        )
        self.env["rating.rating"].create(
            {
                "partner_id": person.id,
                "feedback": "Zyxwellian is happy",
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": client.id,
            }
        )
        self.env["nestogy.client.bulk"].with_user(self.agent)._make("archive", [("id", "=", other.id)], {}, "")
        bulk = (
            self.env["nestogy.client.bulk"].with_user(self.manager)._make("unarchive", [("id", "=", client.id)], {}, "")
        )
        bulk._work_now()
        self.env["ir.filters"].create(
            {"name": "Mine", "model_id": "res.partner", "domain": "[('name', 'ilike', 'Zyxwellian Dental')]"}
        )
        deletion = self.erase()
        self.assertNowhere(*needles)
        self.assertTrue(task.exists())
        self.assertTrue(move.exists())
        self.assertTrue(deletion.certificate)
