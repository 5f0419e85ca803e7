from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date
from odoo.tools.safe_eval import safe_eval

from .test_client_merge import MergeCase


@tagged("post_install", "-at_install")
class TestClientMergeLate(MergeCase):
    """What comes to a merged record afterwards, and how one sees that it is none to use."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls.make_client("Acme", email="hello@acme.example")
        cls.twin = cls.make_client("ACME Inc.", email="info@acme.example")
        cls.tag = cls.env["res.partner.category"].create({"name": "Important"})

    def prepare(self, *partners, target=None, **values):
        partners = partners or (self.kept, self.twin)
        return super().prepare(*partners, target=target or partners[0], **values)

    def follow(self):
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1):
            self.merges._cron_follow()
        self.env.invalidate_all()

    def insert(self, table, **values):
        """A row as another session saves it: past the checks, which saw the record before it was merged."""
        self.env.flush_all()
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.env.cr.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(values.values()))
        self.env.invalidate_all()

    def late_message(self, partner, text="Late"):
        self.insert(
            "mail_message", model="res.partner", res_id=partner.id, body=text, message_type="comment",
            date=fields.Datetime.now(),
        )  # fmt: skip
        return self.env["mail.message"].search([("body", "=", text)], limit=1)

    def tags(self):
        """Who has the tag."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT partner_id FROM res_partner_res_partner_category_rel WHERE category_id = %s", [self.tag.id]
        )
        return sorted(row[0] for row in self.env.cr.fetchall())

    # -- following -----------------------------------------------------------------------

    def test_a_merge_leaves_nothing_that_would_have_to_follow(self):
        kind = self.env["nestogy.message.kind"].search([("is_obligatory", "=", False)], limit=1)
        self.kept.unwanted_kind_ids = kind
        self.twin.wanted_kind_ids = kind
        (self.kept | self.twin).category_id = self.tag
        self.make_invoice(self.twin, 100)
        merge = self.merge()
        self.assertTrue(merge.stayed_count)
        self.assertFalse(merge.sudo()._late())
        lines = merge.line_ids
        self.follow()
        self.assertEqual(merge.line_ids, lines)
        self.assertEqual(self.tags(), sorted((self.kept | self.twin).ids))

    def test_the_look_is_taken_soon_after_each_merge(self):
        cron = self.env.ref("nestogy_clients.ir_cron_merges_late")
        before = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.merge()
        due = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - before
        now = fields.Datetime.now()
        self.assertEqual(len(due), 2)
        self.assertLess(min(due.mapped("call_at")), now + timedelta(minutes=1))
        self.assertGreater(max(due.mapped("call_at")), now + timedelta(minutes=50))

    def test_what_comes_later_follows_and_goes_back_with_the_merge(self):
        merge = self.merge()
        moved = merge.moved_count
        message = self.late_message(self.twin)
        self.insert(
            "nestogy_relation", left_partner_id=self.twin.id, right_partner_id=self.make_client("Else").id,
            kind_id=self.env["nestogy.relation.kind"].search([], limit=1).id, strength="2", active=True,
        )  # fmt: skip
        relation = self.env["nestogy.relation"].search([("left_partner_id", "=", self.twin.id)])
        self.kept.vat = "NO974760673"
        self.assertEqual(merge.sudo()._late(), merge)
        self.follow()
        self.assertEqual((message.res_id, relation.left_partner_id), (self.kept.id, self.kept))
        self.assertEqual(merge.moved_count, moved + 1)
        line = merge.line_ids.filtered(lambda line: line.detail == "Came after the merge.")
        self.assertRecordValues(line, [{"kind": "move", "row_count": 1, "source_name": "ACME Inc."}])
        self.assertFalse(merge.sudo()._late())
        own = self.late_message(self.kept, "Own")
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual((message.res_id, relation.left_partner_id), (self.twin.id, self.twin))
        self.assertEqual((own.res_id, self.kept.vat), (self.kept.id, "NO974760673"), "what is the kept one's stays")
        blocks = merge.line_ids.filtered(lambda line: line.kind == "block")
        self.assertFalse(blocks.filtered(lambda line: line.label != "Tax ID"))

    def test_what_is_there_already_stays_and_is_shown(self):
        self.kept.category_id = self.tag
        merge = self.merge()
        self.assertFalse(merge.stayed_count)
        self.insert("res_partner_res_partner_category_rel", partner_id=self.twin.id, category_id=self.tag.id)
        self.follow()
        self.assertEqual(self.tags(), sorted((self.kept | self.twin).ids))
        line = merge.line_ids.filtered(lambda line: line.kind == "stay")
        self.assertRecordValues(line, [{"row_count": 1, "source_name": "ACME Inc."}])
        self.assertTrue(line.detail.startswith("Came after the merge. The kept one has it already"))
        self.follow()
        self.assertEqual(merge.stayed_count, 1, "it is told once")
        merge.action_undo()
        self.assertEqual(self.tags(), sorted((self.kept | self.twin).ids))

    def test_a_custom_field_that_names_it_later_follows(self):
        project = self.env["project.project"].create(
            {
                "name": "Move",
                "task_properties_definition": [
                    {"name": "referred", "type": "many2one", "comodel": "res.partner", "string": "Referred by"}
                ],
            }
        )
        task = self.env["project.task"].create({"name": "Call", "project_id": project.id})
        merge = self.merge()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE project_task SET task_properties = jsonb_build_object('referred', %s) WHERE id = %s",
            [self.twin.id, task.id],
        )
        self.env.invalidate_all()
        self.assertEqual(merge.sudo()._late(), merge)
        self.follow()
        self.assertEqual(task.task_properties["referred"], self.kept)
        self.assertFalse(merge.sudo()._late())
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual(task.task_properties["referred"], self.twin)

    def test_looking_at_many_merges_costs_as_much_as_at_one(self):
        def cost(merges):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            merges.sudo()._late()
            return self.env.cr.sql_log_count - before

        merges = self.merge()
        cost(merges)
        alone = cost(merges)
        for n in range(4):
            merges |= self.merge(self.make_client(f"More {n}"), self.make_client(f"More {n} Ltd."))
        self.assertEqual(cost(merges), alone)

    def test_it_follows_through_several_merges(self):
        third = self.make_client("Acme Group")
        first = self.merge()
        second = self.merge(third, self.kept)
        message = self.late_message(self.twin)
        self.follow()
        self.assertEqual(message.res_id, third.id)
        second.action_undo()
        self.env.invalidate_all()
        self.assertEqual(message.res_id, self.kept.id)
        first.action_undo()
        self.env.invalidate_all()
        self.assertEqual(message.res_id, self.twin.id)

    def test_nothing_follows_once_a_merge_is_taken_back(self):
        merge = self.merge()
        merge.action_undo()
        message = self.late_message(self.twin)
        self.follow()
        self.assertEqual(message.res_id, self.twin.id)

    def test_one_that_cannot_follow_does_not_stop_the_others(self):
        other, double = self.make_client("Else"), self.make_client("Else Ltd.")
        merges = self.merge() | self.merge(other, double)
        messages = [self.late_message(self.twin, "One"), self.late_message(double, "Two")]
        follow = self.env.registry["nestogy.client.merge"]._move_rows

        def move(merge, kept, sources):
            if kept == self.kept:
                raise UserError(self.env._("stop"))
            return follow(merge, kept, sources)

        with (
            patch.object(self.env.registry["nestogy.client.merge"], "_move_rows", move),
            self.assertLogs("odoo.addons.nestogy_clients.models.merge.nestogy_client_merge_late", "WARNING"),
        ):
            self.follow()
        self.assertEqual([message.res_id for message in messages], [self.twin.id, other.id])
        self.assertEqual(merges.sudo()._late(), merges[0])

    def test_a_tag_that_both_others_have_comes_along(self):
        third = self.make_client("Acme Group")
        (self.twin | third).category_id = self.tag
        merge = self.merge(self.kept, self.twin, third)
        self.assertEqual(self.kept.category_id, self.tag)
        self.assertEqual(len(self.tags()), 2)
        merge.action_undo()
        self.assertEqual(self.tags(), sorted((self.twin | third).ids))

    # -- how one sees it ------------------------------------------------------------------

    def test_a_merged_record_is_no_choice_for_orders_and_invoices(self):
        self.merge()
        sentence = "ACME Inc. was merged into Acme; choose Acme instead"
        with self.assertRefused(UserError, sentence):
            self.make_invoice(self.twin, 100)
        with self.assertRefused(UserError, sentence):
            self.env["sale.order"].create({"partner_id": self.twin.id})

    def test_it_is_not_brought_back_by_hand(self):
        merge = self.merge()
        day = format_date(self.env, merge.undo_until)
        with self.assertRefused(UserError, f"a manager takes the merge back, until {day}, under Clients > Merges"):
            self.twin.with_user(self.agent).action_unarchive()
        self.assertFalse(self.twin.active)
        merge.sudo().undo_until = False
        with self.assertRefused(UserError, "cannot be taken back any more; go on with Acme"):
            self.twin.with_user(self.agent).action_unarchive()

    def test_it_says_so_wherever_it_shows(self):
        merge = self.merge()
        self.assertEqual(self.twin.with_user(self.agent).display_name, "ACME Inc. (merged into Acme)")
        archived = self.make_client("Old", active=False)
        self.assertEqual(archived.display_name, "Old")
        action = self.twin.with_user(self.agent).action_client_merges()
        self.assertEqual(self.merges.search(action["domain"]), merge)
        merge.action_undo()
        self.env.invalidate_all()
        self.assertEqual(self.twin.display_name, "ACME Inc.")

    def test_archived_does_not_list_it_merged_does(self):
        self.merge()
        partners = self.env["res.partner"].with_user(self.agent)
        archived = partners.browse(self.make_client("Old", active=False).id)
        for view, archived_filter in (
            ("base.view_res_partner_filter", "inactive"),
            ("nestogy_clients.res_partner_view_search_contact", "archived"),
        ):
            arch = etree.fromstring(partners.get_view(self.env.ref(view).id, "search")["arch"])
            for name, found in ((archived_filter, archived), ("merged", self.twin)):
                [node] = arch.xpath(f"//filter[@name='{name}']")
                both = (archived | self.twin).ids
                domain = safe_eval(node.get("domain")) + [("id", "in", both)]
                self.assertEqual(partners.search(domain).ids, found.ids, (view, name))
