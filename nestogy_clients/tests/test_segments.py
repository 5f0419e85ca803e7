from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, tagged, users

from ..tools.domains import literal_domain
from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestLiteralDomains(BaseCase):
    def test_literals_and_known_words_are_read(self):
        for text, domain in (
            ("[]", []),
            ("", []),
            (None, []),
            ('["|", ("a", "=", 1), ["b", "in", [-1, 2.5]]]', ["|", ("a", "=", 1), ["b", "in", [-1, 2.5]]]),
            (
                '[("user_id", "=", uid), ("x", "=", true), ("y", "=", None)]',
                [("user_id", "=", 7), ("x", "=", True), ("y", "=", None)],
            ),
        ):
            self.assertEqual(literal_domain(text, {"uid": 7}), domain, text)

    def test_nothing_is_run(self):
        for text in (
            "[('a', '=', open('x'))]",
            "[('a', '=', user.id)]",
            "[('a', '=', 1 + 1)]",
            "[x for x in ()]",
            "__import__('os')",
            "{'a': 1}",
            "'a'",
            "[",
            "(" * 5000,
            "[('a', '=', other)]",
        ):
            with self.assertRaises(ValueError, msg=text[:40]):
                literal_domain(text, {"uid": 7})


@tagged("post_install", "-at_install")
class TestSegments(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("segment_viewer", "viewer")
        cls.agent = cls.make_user("segment_agent", "agent")
        cls.other_agent = cls.make_user("segment_other", "agent")
        cls.manager = cls.make_user("segment_manager", "manager")
        cls.big = cls.make_client("Segment Big", company_size="enterprise", user_id=cls.agent.id)
        cls.small = cls.make_client("Segment Small", company_size="small")
        cls.supplier = cls.env["res.partner"].create({"name": "Segment Supplier", "company_size": "small"})
        cls.segment = cls._segment("Ours", [("name", "=like", "Segment%")])

    @classmethod
    def _segment(cls, name, domain, user=None, **values):
        return (
            cls.env["nestogy.client.segment"]
            .with_user(user or cls.agent)
            .create({"name": name, "domain": str(domain), **values})
        )

    def test_a_segment_holds_the_clients_that_match_now(self):
        self.assertEqual(self.segment.client_count, 2)
        self.assertEqual(self.segment._clients(), self.big | self.small)
        late = self.make_client("Segment Late")
        self.segment.invalidate_recordset()
        self.assertEqual(self.segment.client_count, 3)
        late.action_archive()
        self.segment.invalidate_recordset()
        self.assertEqual(self.segment.client_count, 2)

    def test_me_is_whoever_looks(self):
        mine = self._segment("Mine", "[('user_id', '=', uid), ('name', '=like', 'Segment%')]")
        self.assertEqual(mine._clients(), self.big)
        self.assertFalse(mine.with_user(self.other_agent)._clients())

    def test_dates_may_be_relative(self):
        recent = self._segment("Recent", '[("create_date", ">=", "today -1d"), ("name", "=like", "Segment%")]')
        self.assertEqual(recent._clients(), self.big | self.small)

    def test_clients_are_found_by_segment(self):
        partners = self.env["res.partner"].with_user(self.agent)
        large = self._segment("Large ones", [("company_size", "=", "enterprise")])
        ours = [("name", "=like", "Segment%")]
        self.assertEqual(partners.search([("client_segment_ids", "in", large.ids), *ours]), self.big)
        self.assertEqual(partners.search([("client_segment_ids", "=", large.id), *ours]), self.big)
        self.assertEqual(partners.search([("client_segment_ids", "ilike", "large on"), *ours]), self.big)
        self.assertEqual(partners.search([("client_segment_ids.name", "=", "Large ones"), *ours]), self.big)
        self.assertEqual(
            partners.search([("client_segment_ids", "not in", large.ids), *ours]), self.small | self.supplier
        )
        self.assertEqual((self.big | self.supplier).with_user(self.agent).client_segment_ids & large, large)
        self.assertFalse(self.small.with_user(self.agent).client_segment_ids & large)

    def test_the_action_opens_the_clients(self):
        action = self.segment.action_open_clients()
        self.assertEqual(self.env["res.partner"].with_user(self.agent).search(action["domain"]), self.big | self.small)

    def test_a_filter_that_cannot_be_used_is_refused(self):
        for domain, message in (
            ("[('no_such_field', '=', 1)]", "check its conditions"),
            ("[('id', '=', open('x'))]", "check its conditions"),
            ("['&']", "check its conditions"),
            ("[('client_segment_ids', 'in', [1])]", "cannot ask for segments"),
            (r"[('name', '=', 'a\x00')]", "does not fit"),
        ):
            with self.assertRefused(ValidationError, message):
                self._segment("Wrong", domain)

    def test_a_broken_segment_says_so_and_breaks_nothing(self):
        self.env.cr.execute(
            "UPDATE nestogy_client_segment SET domain = %s WHERE id = %s",
            ["[('gone_field', '=', 1)]", self.segment.id],
        )
        self.env.invalidate_all()
        both = self.segment | self._segment("Whole", [("name", "=like", "Segment%")])
        self.assertEqual(both.mapped("client_count"), [0, 2])
        self.assertIn("gone_field", self.segment.problem)
        self.assertFalse(both[1].problem)
        partners = self.env["res.partner"].with_user(self.agent)
        self.assertFalse(partners.search([("client_segment_ids", "in", self.segment.ids)]))
        self.assertNotIn(self.segment, self.big.with_user(self.agent).client_segment_ids)
        with self.assertRaisesRegex(UserError, "check its conditions"):
            self.segment._clients()

    def test_what_the_user_may_not_see_is_not_in_it(self):
        company = self.env["res.company"].create({"name": "Second"})
        self.make_client("Segment Hidden", company_id=company.id)
        self.assertEqual(self.segment.client_count, 2)
        self.assertEqual(self.segment.with_user(self.viewer).client_count, 2)
        self.assertEqual(self.segment.sudo().client_count, 3)

    def test_segments_of_another_company_are_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Second"})
        theirs = self._segment("Theirs", "[]", user=self.env.user, company_id=company.id)
        self.assertNotIn(theirs, self.env["nestogy.client.segment"].with_user(self.manager).search([]))

    def test_shared_and_own(self):
        own = self._segment("Own", "[]", is_shared=False)
        segments = self.env["nestogy.client.segment"]
        for user, sees in ((self.agent, True), (self.other_agent, False), (self.manager, False), (self.viewer, False)):
            self.assertEqual(own in segments.with_user(user).search([]), sees, user.login)
            self.assertIn(self.segment, segments.with_user(user).search([]))

    def test_who_changes_segments(self):
        self.segment.with_user(self.manager).name = "By the manager"
        for user in (self.viewer, self.other_agent):
            with self.assertRefused(AccessError, "Segment|segment"):
                self.segment.with_user(user).name = "Not mine"
        with self.assertRefused(AccessError, "segment"):
            self._segment("New", "[]", user=self.viewer)
        self.assertEqual(self.segment.name, "By the manager")

    @users("segment_agent")
    def test_the_filter_of_the_list_is_saved(self):
        segments = self.env["nestogy.client.segment"]
        action = segments.get_filter_action("Mine", '[("user_id", "=", uid)]', [["user_id", "=", self.agent.id]])
        self.assertEqual(action["context"]["default_domain"], '[("user_id", "=", uid)]')
        with Form(segments.with_context(**action["context"]), view=action["views"][0][0]) as form:
            self.assertEqual(form.client_count, 1)
        self.assertEqual(form.record.action_saved()["tag"], "display_notification")
        self.assertRecordValues(form.record, [{"name": "Mine", "user_id": self.agent.id, "client_count": 1}])
        action = segments.get_filter_action("Old", "[('create_date', '<', context_today())]", [["id", "=", 1]])
        self.assertEqual(action["context"]["default_domain"], "[['id', '=', 1]]")

    def test_each_count_is_one_query(self):
        segments = self.segment
        for number in range(5):
            segments |= self._segment(f"S{number}", [("color", "=", number)])
        segments.mapped("client_count")
        segments.invalidate_recordset(["client_count", "problem"])
        with self.assertQueryCount(6):
            segments.mapped("client_count")

    def test_membership_costs_a_query_a_segment_for_all_clients(self):
        clients = (self.big | self.small).with_user(self.agent)
        counts = []
        for each in (clients, clients[:1], clients):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            each.mapped("client_segment_ids")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
