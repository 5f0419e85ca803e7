from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ClientsCase

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class MergeCase(ClientsCase):
    """Merges the kept client and its twin, or others, as a manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.merges = cls.env["nestogy.client.merge"]
        cls.manager = cls.make_user("merge_manager", "manager")
        cls.agent = cls.make_user("merge_agent", "agent")

    def prepare(self, *partners, target=None, user=None, **values):
        ids = [partner.id for partner in partners or (self.kept, self.twin)]
        values |= {"target_id": target.id} if target else {}
        model = self.merges.with_user(user or self.manager)
        return model.create({"partner_ids": [Command.set(ids)], **values})

    def merge(self, *partners, **values):
        merge = self.prepare(*partners, **values)
        merge.action_merge()
        self.env.invalidate_all()
        return merge


@tagged("post_install", "-at_install")
class TestClientMerge(MergeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("merge_viewer", "viewer")
        cls.kept = cls.make_client("Acme", email="hello@acme.example", city="Oslo", comment="<p>Old friends</p>")
        cls.twin = cls.make_client(
            "ACME Inc.", email="info@acme.example", vat="NO915933149", street="Quay 2", comment="<p>Pays late</p>"
        )
        cls.ann = cls.make_contact(cls.kept, "Ann", "ann@acme.example")
        cls.tom = cls.make_contact(cls.twin, "Tom", "tom@acme.example")

    def row(self, partner):
        """The row of a partner in the database, but for who wrote it when."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT (to_jsonb(p) - 'write_date' - 'write_uid')::text FROM res_partner p WHERE id = %s", [partner.id]
        )
        return self.env.cr.fetchone()[0]

    # -- what moves --------------------------------------------------------------------

    def test_everything_moves_and_the_other_is_hidden(self):
        invoice = self.make_invoice(self.twin, 100)
        call = self.env["nestogy.communication"].create(
            {"name": "Call", "kind": "call", "direction": "in", "client_id": self.twin.id}
        )
        note = self.twin.message_post(body="A note")
        file = self.env["ir.attachment"].create(
            {"name": "a", "raw": b"a", "res_model": "res.partner", "res_id": self.twin.id}
        )
        self.env["ir.model.data"].create(
            {"module": "__import__", "name": "twin", "model": "res.partner", "res_id": self.twin.id}
        )
        self.assertEqual(self.prepare().target_id, self.twin, "the one with the invoices, unless somebody chooses")
        merge = self.merge(target=self.kept)
        self.assertEqual(invoice.partner_id | invoice.commercial_partner_id | invoice.line_ids.partner_id, self.kept)
        self.assertEqual(call.client_id, self.kept)
        self.assertEqual((note.res_id, file.res_id), (self.kept.id, self.kept.id))
        self.assertEqual(self.env.ref("__import__.twin"), self.kept)
        self.assertEqual(self.tom.commercial_partner_id | self.tom.parent_id, self.kept)
        self.assertEqual(self.tom.complete_name, "Acme, Tom")
        self.assertRecordValues(
            self.twin,
            [{"active": False, "is_client": False, "merged_into_id": self.kept.id, "client_status_id": False}],
        )
        self.assertEqual(merge.state, "done")
        self.assertEqual(merge.source_ids.mapped("name"), ["ACME Inc."])
        self.assertIn("ACME Inc.", self.kept.message_ids[0].body)
        with self.assertRefused(UserError, "was merged into Acme. To have both again, a manager takes the merge back"):
            self.twin.active = True

    def test_empty_fields_are_filled_texts_joined_and_choices_kept(self):
        merge = self.prepare(target=self.kept)
        rows = {row["name"]: row for row in merge.comparison["rows"]}
        self.assertEqual(
            {name: rows[name]["picked"] for name in ("email", "vat", "street", "comment", "name")},
            {
                "email": self.kept.id,
                "vat": self.twin.id,
                "street": self.kept.id,
                "comment": "both",
                "name": self.kept.id,
            },
        )
        self.assertEqual(rows["street"]["values"], ["Oslo", "Quay 2"])
        merge.choices = {"name": self.twin.id, "client_number": self.twin.id}
        numbers = (self.kept.client_number, self.twin.client_number)
        merge.action_merge()
        self.env.invalidate_all()
        self.assertRecordValues(
            self.kept,
            [
                {
                    "name": "ACME Inc.",
                    "email": "hello@acme.example",
                    "vat": "NO915933149",
                    "city": "Oslo",
                    "street": False,
                    "comment": "<p>Old friends</p><p>Pays late</p>",
                    "client_number": numbers[1],
                }
            ],
        )
        self.assertEqual(self.twin.client_number, numbers[0])

    def test_the_picture_changes_places_and_comes_back(self):
        self.twin.image_1920 = PIXEL
        merge = self.merge()
        self.assertTrue(self.kept.image_1920)
        self.assertFalse(self.twin.image_1920)
        merge.action_undo()
        self.env.invalidate_all()
        self.assertFalse(self.kept.image_1920)
        self.assertTrue(self.twin.image_1920)

    def test_values_of_other_companies_are_filled(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids |= other
        terms = self.env.ref("account.account_payment_term_30days")
        self.twin.with_company(other).property_payment_term_id = terms
        self.merge()
        self.assertEqual(self.kept.with_company(other).property_payment_term_id, terms)

    def test_any_number_of_clients(self):
        more = [self.make_client(f"Acme {n}") for n in range(4)]
        self.merge(self.kept, self.twin, *more, target=self.kept)
        self.assertEqual({one.merged_into_id for one in (self.twin, *more)}, {self.kept})

    def test_what_one_of_them_did_not_want_is_not_sent(self):
        kind = self.env["nestogy.message.kind"].search([("is_obligatory", "=", False)], limit=1)
        self.ann.wanted_kind_ids = kind
        other = self.make_contact(self.kept, "Anne", "anne@acme.example", unwanted_kind_ids=[Command.set(kind.ids)])
        merge = self.merge(self.ann, other, target=self.ann)
        self.assertEqual((self.ann.unwanted_kind_ids, self.ann.wanted_kind_ids), (kind, kind.browse()))
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual((self.ann.unwanted_kind_ids, self.ann.wanted_kind_ids), (kind.browse(), kind))

    def test_a_stranger_becomes_a_contact(self):
        stranger = self.env["res.partner"].create(
            {"name": "ann", "email": "ann@home.example", "phone": "+47 55 12 34 56"}
        )
        note = stranger.message_post(body="hello")
        merge = self.merge(stranger, self.ann)
        self.assertEqual(merge.target_id, self.ann)
        self.assertEqual(note.res_id, self.ann.id)
        self.assertEqual(
            self.ann.phone_number_ids.client_id, self.kept if self.ann.phone_number_ids else self.ann.browse()
        )

    # -- there already -------------------------------------------------------------------

    def test_rows_that_are_there_already_stay_with_the_earlier_record(self):
        route = {"kind": "invoice"}
        mine = self.env["nestogy.client.mail.route"].create(
            {"client_id": self.kept.id, "contact_ids": [Command.set(self.ann.ids)], **route}
        )
        other = self.env["nestogy.client.mail.route"].create(
            {"client_id": self.twin.id, "contact_ids": [Command.set(self.tom.ids)], **route}
        )
        merge = self.prepare(target=self.kept)
        stays = {row["label"]: (row["count"], row["text"]) for row in merge.preview["stays"]}
        self.assertIn((1, "The kept one's route stays and gets the recipients of both."), stays.values())
        merge.action_merge()
        self.env.invalidate_all()
        self.assertEqual((mine.client_id, other.client_id), (self.kept, self.twin))
        self.assertEqual(mine.contact_ids, self.ann | self.tom)
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual((mine.contact_ids, other.contact_ids), (self.ann, self.tom))

    # -- logins --------------------------------------------------------------------------

    def test_one_login_stays_the_other_is_closed(self):
        other = self.make_contact(self.kept, "Anne", "anne@acme.example")
        first, second = self.make_portal_user(self.ann), self.make_portal_user(other)
        self.env["res.users.log"].with_user(second).sudo().create({})
        merge = self.prepare(self.ann, other, target=self.ann)
        self.assertEqual(merge.sudo().login_user_id, second)
        self.assertEqual(
            {login["login"]: login["stays"] for login in merge.preview["logins"]},
            {first.login: False, second.login: True},
        )
        merge.action_merge()
        self.env.invalidate_all()
        self.assertRecordValues(
            first | second, [{"active": False, "partner_id": self.ann.id}, {"active": True, "partner_id": self.ann.id}]
        )
        self.assertEqual(second.login, "anne@acme.example")
        merge.action_undo()
        self.env.invalidate_all()
        self.assertRecordValues(
            first | second, [{"active": True, "partner_id": self.ann.id}, {"active": True, "partner_id": other.id}]
        )
        memory = self.env["nestogy.client.merge.line"].search([("merge_id", "=", merge.id), ("before", "!=", False)])
        self.assertFalse(memory, "nothing is remembered once it is taken back")

    def test_a_closed_login_keeps_its_person(self):
        other = self.make_contact(self.kept, "Anne", "anne@acme.example")
        first, second = self.make_portal_user(self.ann), self.make_portal_user(other)
        merge = self.prepare(self.ann, other, target=self.ann)
        merge.sudo().login_user_id = first
        merge.action_merge()
        self.env.invalidate_all()
        self.assertRecordValues(
            first | second,
            [{"active": True, "partner_id": self.ann.id}, {"active": False, "partner_id": other.id}],
        )
        self.assertFalse(other.active)
        self.assertIn(
            "Closed: ann@acme.example is the login",
            merge.line_ids.filtered(lambda line: line.label == second.login).detail,
        )
        with (
            freeze_time(fields.Date.add(fields.Date.today(), days=31)),
            patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1),
        ):
            self.merges._cron_forget()
        self.assertTrue(other.exists(), "the login points at it")

    def test_no_secret_of_a_login_is_remembered(self):
        self.make_portal_user(self.tom)
        other = self.make_contact(self.twin, "Tommy", "tommy@acme.example")
        merge = self.merge(self.tom, other, target=other)
        lines = self.env["nestogy.client.merge.line"].search(
            [("merge_id", "=", merge.id), ("table_name", "=", "res_users"), ("kind", "=", "memory")]
        )
        self.assertEqual([set(line.before) for line in lines], [{"active", "partner_id"}])

    # -- refusals ------------------------------------------------------------------------

    def test_what_cannot_be_merged_says_why(self):
        stranger = self.env["res.partner"].create({"name": "Nobody"})
        company = self.env["res.company"].create({"name": "Elsewhere"})
        fraud = self.make_client("Rogue")
        self.set_status(fraud, "fraud")
        foreign = self.make_client("Foreign", company_id=company.id)
        local = self.make_client("Local", company_id=self.env.company.id)
        employee = self.manager.partner_id
        for partners, target, words in (
            ((self.kept, self.ann), self.kept, "Ann belongs to Acme; move it out"),
            ((self.kept, stranger), stranger, "Keep a client: Nobody is none"),
            ((self.ann, self.tom), self.ann, "contacts of different clients"),
            ((self.kept, fraud), self.kept, "Rogue is in the status"),
            ((foreign, local), local, "different companies"),
            ((self.kept, employee), self.kept, "merge_manager.* works here"),
            ((self.kept, self.env.company.partner_id), self.kept, "one of your own companies"),
            ((self.twin, self.tom, self.ann), self.ann, "cannot become a contact"),
        ):
            before = [self.row(partner) for partner in partners]
            with self.subTest(words), self.assertRefused(UserError, words):
                merge = self.merges.create(
                    {"partner_ids": [Command.set([one.id for one in partners])], "target_id": target.id}
                )
                merge.action_merge()
            self.assertEqual([self.row(partner) for partner in partners], before)
        with self.assertRefused(UserError, "Choose at least two"):
            self.prepare(self.kept).action_merge()

    def test_sealed_entries_do_not_move(self):
        invoice = self.make_invoice(self.twin, 100)
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET inalterable_hash = 'x' WHERE id = %s", [invoice.id])
        self.env.invalidate_all()
        self.assertEqual(self.prepare().target_id, self.twin, "the one that cannot move is kept")
        with self.assertRefused(UserError, "ACME Inc. are sealed"):
            self.merge(target=self.kept)

    def test_only_managers_merge(self):
        self.assertFalse(self.prepare().with_user(self.agent).preview)
        for user in (self.agent, self.viewer):
            with self.assertRefused(AccessError, "Only managers"):
                (self.kept | self.twin).with_user(user).action_client_merge()
            with self.assertRefused(AccessError, "not allowed"):
                self.prepare(user=user)
        done = self.merge()
        self.assertEqual(done.with_user(self.viewer).source_ids.name, "ACME Inc.")
        with self.assertRefused(AccessError, "not allowed|taken back"):
            done.with_user(self.agent).action_undo()
        with self.assertRefused(AccessError, "done is not changed"):
            done.with_user(self.manager).choices = {}
        with self.assertRefused(UserError, "log of a merge is kept"):
            done.with_user(self.manager).unlink()
        with self.assertRefused(UserError, "merged already"):
            done.sudo()._merge_locked(self.manager)

    def test_choices_are_looked_at(self):
        for wrong in ({"name": 1}, {"name": "x"}, ["name"], "name"):
            with self.subTest(wrong), self.assertRefused(UserError, "one of the records"):
                self.prepare(choices=wrong)

    # -- still found ---------------------------------------------------------------------

    def test_the_old_number_and_address_find_the_kept_one(self):
        number = self.twin.client_number
        merge = self.merge()
        found = self.env["res.partner"].with_user(self.agent).search([("client_search", "ilike", number)])
        self.assertEqual(found, self.kept)
        partners = self.env["res.partner"]._find_or_create_from_emails(
            ["ACME <info@acme.example>", "new@else.example", "ann@acme.example"]
        )
        self.assertEqual([partners[0], partners[2]], [self.kept, self.ann])
        self.assertEqual(partners[1].email, "new@else.example")
        merge.action_undo()
        self.assertEqual(self.env["res.partner"]._find_or_create_from_emails(["info@acme.example"]), [self.twin])

    def test_an_address_that_somebody_has_today_is_his(self):
        self.merge()
        new = self.make_contact(self.make_client("Else"), "Bo", "info@acme.example")
        self.assertEqual(self.env["res.partner"]._find_or_create_from_emails(["info@acme.example"]), [new])

    def test_merged_on_and_on(self):
        third = self.make_client("Acme Group")
        self.merge()
        first = self.merges.search([("state", "=", "done")])
        self.merge(self.kept, third, target=third)
        self.assertEqual(self.twin.merged_into_id, third)
        self.assertEqual(self.env["res.partner"]._find_or_create_from_emails(["info@acme.example"]), [third])
        with self.assertRefused(UserError, "Acme was merged into Acme Group since"):
            first.with_user(self.manager).action_undo()

    # -- undo ----------------------------------------------------------------------------

    def test_taken_back_to_the_byte(self):
        self.make_invoice(self.twin, 100)
        self.kept.category_id = self.env["res.partner.category"].create({"name": "Tag"})
        self.twin.category_id = self.kept.category_id
        everybody = self.kept | self.twin | self.ann | self.tom
        before = [self.row(one) for one in everybody]
        merge = self.merge(target=self.kept)
        self.assertNotEqual([self.row(one) for one in everybody], before)
        merge.with_user(self.manager).action_undo()
        self.env.invalidate_all()
        self.assertEqual([self.row(one) for one in everybody], before)
        self.assertEqual(self.twin.category_id, self.kept.category_id)
        self.assertEqual(merge.state, "undone")
        self.assertFalse(merge.line_ids.filtered(lambda line: line.kind == "block"))

    def test_what_was_changed_since_stays_and_is_listed(self):
        call = self.env["nestogy.communication"].create(
            {"name": "Call", "kind": "call", "direction": "in", "client_id": self.twin.id}
        )
        other = self.make_client("Third")
        merge = self.merge()
        self.kept.vat = "NO974760673"
        call.with_context(tracking_disable=True).sudo().client_id = other
        new = self.env["nestogy.communication"].create(
            {"name": "New", "kind": "call", "direction": "in", "client_id": self.kept.id}
        )
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual((self.kept.vat, self.twin.vat), ("NO974760673", "NO915933149"))
        self.assertEqual((call.client_id, new.client_id), (other, self.kept))
        blocks = merge.line_ids.filtered(lambda line: line.kind == "block").mapped("label")
        self.assertIn("Tax ID", blocks)
        self.assertEqual(len(blocks), 2)

    def test_after_a_month_the_memory_goes_and_an_empty_shell_too(self):
        bare = self.env["res.partner"].create({"name": "Bare", "email": "bare@acme.example"})
        shell = self.env["res.partner"].create({"name": "Shell"})
        bare.message_follower_ids.unlink()
        kept = self.env["res.partner"].create({"name": "Bare too"})
        merge = self.merge(bare, kept, target=kept)
        full = self.merge(shell, self.twin, target=self.twin)
        self.assertTrue(merge.may_undo)
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_message SET author_id = %s WHERE id = %s", [shell.id, kept.message_ids[0].id])
        with (
            freeze_time(fields.Date.add(fields.Date.today(), days=31)),
            patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1),
        ):
            self.merges._cron_forget()
            self.env.invalidate_all()
            self.assertFalse(merge.may_undo)
            with self.assertRefused(UserError, "cannot be taken back any more"):
                merge.action_undo()
        self.assertFalse(bare.exists())
        self.assertTrue(shell.exists(), "something points at it")
        self.assertEqual((merge.state, full.state, merge.source_ids.name), ("done", "done", "Bare"))
        self.assertEqual(self.env["res.partner"]._find_or_create_from_emails(["bare@acme.example"]), [kept])
        lines = self.env["nestogy.client.merge.line"].search([("merge_id", "in", (merge | full).ids)])
        self.assertFalse(lines.filtered(lambda line: line.before or line.row_ids))

    def test_an_error_in_the_middle_leaves_nothing(self):
        before = [self.row(one) for one in (self.kept, self.twin, self.tom)]
        merge = self.prepare()
        with (
            patch.object(self.env.registry["nestogy.client.merge"], "_close_memory", side_effect=UserError("stop")),
            self.assertRefused(UserError, "stop"),
        ):
            merge.action_merge()
        self.assertEqual([self.row(one) for one in (self.kept, self.twin, self.tom)], before)
        self.assertEqual(merge.state, "draft")

    def test_drafts_go(self):
        merge = self.prepare()
        self.env.cr.execute(
            "UPDATE nestogy_client_merge SET create_date = now() - interval '3 days' WHERE id = %s", [merge.id]
        )
        self.env.invalidate_all()
        self.merges._gc_drafts()
        self.assertFalse(merge.exists())

    # -- Odoo's own ----------------------------------------------------------------------

    def test_odoos_wizard_goes_the_same_way(self):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with self.assertRefused(AccessError, "Only managers"):
            wizard.with_user(self.agent)._merge([self.kept.id, self.twin.id], self.kept)
        wizard.with_user(self.manager)._merge([self.kept.id, self.twin.id], self.kept)
        self.env.invalidate_all()
        self.assertRecordValues(self.twin, [{"active": False, "merged_into_id": self.kept.id}])
        self.assertEqual(self.merges.search([("target_id", "=", self.kept.id)]).user_id, self.manager)

    def test_who_may_write_contacts_merges_those_with_the_same_address(self):
        clerk = self.make_user("merge_clerk")
        clerk.group_ids += self.env.ref("base.group_partner_manager")
        one, two = (self.env["res.partner"].create({"name": name, "email": "z@z.example"}) for name in ("Z", "Zed"))
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(clerk)
        two.email = "zed@z.example"
        with self.assertRefused(UserError, "different e-mail addresses"):
            wizard._merge([one.id, two.id], one)
        two.email = one.email
        wizard._merge([one.id, two.id], one)
        self.env.invalidate_all()
        self.assertEqual(two.merged_into_id, one)

    # -- the screens ---------------------------------------------------------------------

    def test_the_buttons_lead_here(self):
        action = (self.kept | self.twin).with_user(self.manager).action_client_merge()
        merge = self.merges.browse(action["res_id"])
        self.assertEqual(merge.partner_ids, self.kept | self.twin)
        self.assertFalse(merge.preview["refusals"])
        self.assertTrue(merge.preview["rows"])
        merge.with_user(self.manager).action_merge()
        action = self.kept.with_user(self.viewer).action_client_merges()
        self.assertEqual(self.merges.with_user(self.viewer).search(action["domain"]), merge)
        self.assertEqual(self.kept.with_user(self.viewer).merge_count, 1)

    def test_somebody_chooses_which_one_is_kept(self):
        third = self.make_client("Third")
        merge = self.prepare()
        other = self.twin if merge.target_id == self.kept else self.kept
        with Form(merge.with_user(self.manager), view="nestogy_clients.nestogy_client_merge_view_form") as form:
            form.target_id = other
            self.assertEqual(form.comparison["partners"][0]["id"], other.id)
            form.partner_ids.add(third)
            self.assertEqual(len(form.comparison["partners"]), 3)
        self.assertEqual((merge.target_id, merge.partner_ids), (other, self.kept | self.twin | third))

    def test_many_rows_cost_as_many_queries_as_one(self):
        def cost(count):
            twin = self.make_client("Twin")
            self.env["nestogy.communication"].create(
                [{"name": "Call", "kind": "call", "direction": "in", "client_id": twin.id} for _n in range(count)]
            )
            merge = self.prepare(self.kept, twin, target=self.kept)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            merge.action_merge()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertAlmostEqual(cost(40), cost(1), delta=4)
