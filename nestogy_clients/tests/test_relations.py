from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.nestogy_clients.models.relation.res_partner_relations import MOST_NODES

from .common import ClientsCase, ClientsMakers


class RelationsMakers(ClientsMakers):
    @classmethod
    def make_people(cls):
        cls.kinds = {
            name: cls.env.ref(f"nestogy_clients.nestogy_relation_kind_{name}")
            for name in ("reports_to", "family", "referred", "subsidiary", "works_for", "supplier")
        }
        cls.client = cls.make_client("Acme")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example", decision_role="decision_maker")
        cls.bob = cls.make_contact(cls.client, "Bob", "bob@acme.example")
        cls.cyd = cls.make_contact(cls.client, "Cyd")
        cls.other = cls.make_client("Other Ltd")
        cls.eve = cls.make_contact(cls.other, "Eve")

    @classmethod
    def relate(cls, left, kind, right, **values):
        return cls.env["nestogy.relation"].create(
            {"left_partner_id": left.id, "kind_id": cls.kinds[kind].id, "right_partner_id": right.id, **values}
        )


@tagged("post_install", "-at_install")
class TestRelations(RelationsMakers, ClientsCase):
    """Who has to do with whom, said once and read from both sides (B4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_people()
        cls.agent = cls.make_user("relations_agent", "agent")
        cls.viewer = cls.make_user("relations_viewer", "viewer")

    def phrase(self, name):
        return self.env["nestogy.relation.phrase"].search([("name", "=", name)])

    def words(self, partner, depth=1, user=None):
        data = partner.with_user(user or self.agent).get_relation_map(depth)
        names = {node["id"]: node["name"] for node in data["nodes"]}
        return {(names[one["who"]], one["words"], names[one["other"]]) for one in data["relations"]}

    # ------------------------------------------------------------------
    # Two sides
    # ------------------------------------------------------------------

    def test_each_side_reads_its_own_words(self):
        self.relate(self.bob, "reports_to", self.ann)
        self.assertEqual(self.words(self.bob), {("Bob", "reports to", "Ann")})
        self.assertEqual(self.words(self.ann), {("Ann", "manages", "Bob")})

    def test_what_is_said_from_the_right_is_stored_from_the_left(self):
        relation = (
            self.env["nestogy.relation"]
            .with_user(self.agent)
            .create(
                {
                    "left_partner_id": self.ann.id,
                    "phrase_id": self.phrase("manages").id,
                    "right_partner_id": self.bob.id,
                }
            )
        )
        self.assertRecordValues(
            relation,
            [
                {
                    "left_partner_id": self.bob.id,
                    "kind_id": self.kinds["reports_to"].id,
                    "right_partner_id": self.ann.id,
                    "phrase_id": self.phrase("reports to").id,
                    "display_name": "Bob reports to Ann",
                    "is_current": True,
                }
            ],
        )
        relation.write({"phrase_id": self.phrase("manages").id})
        self.assertEqual(relation.display_name, "Ann reports to Bob")
        relation.write({"phrase_id": self.phrase("manages").id, "right_partner_id": self.cyd.id})
        self.assertEqual(relation.display_name, "Cyd reports to Ann")

    def test_words_are_offered_that_fit_both_ends(self):
        new = self.env["nestogy.relation"].new({"left_partner_id": self.ann.id})
        offered = set(new.phrase_ids.mapped("name"))
        self.assertIn("manages", offered)
        self.assertIn("also works for", offered)
        self.assertNotIn("also employs", offered)
        new.right_partner_id = self.client
        self.assertNotIn("manages", set(new.phrase_ids.mapped("name")))
        # a client that is a person is both
        sole = self.make_client("Jan", is_company=False)
        self.relate(self.ann, "family", sole)
        self.relate(sole, "supplier", self.client)

    def test_relations_are_current_by_their_dates(self):
        today = fields.Date.context_today(self.env["nestogy.relation"])
        past = self.relate(self.bob, "reports_to", self.ann, date_from="2001-01-01", date_to="2001-12-31")
        current = self.relate(self.bob, "reports_to", self.cyd, date_to=today)
        future = self.relate(self.ann, "family", self.cyd, date_from="2999-01-01")
        every = past | current | future
        self.assertEqual(every.mapped("is_current"), [False, True, False])
        found = self.env["nestogy.relation"].search([("id", "in", every.ids), ("is_current", "=", True)])
        self.assertEqual(found, current)
        found = self.env["nestogy.relation"].search([("id", "in", every.ids), ("is_current", "=", False)])
        self.assertEqual(found, past | future)
        (past | future).action_end()
        self.assertEqual(str(past.date_to), "2001-12-31")
        self.assertFalse(future.date_to)
        lasting = self.relate(self.eve, "family", self.cyd)
        lasting.action_end()
        self.assertEqual(lasting.date_to, today)

    # ------------------------------------------------------------------
    # What cannot be
    # ------------------------------------------------------------------

    def test_nobody_is_related_to_himself(self):
        with self.assertRefused(ValidationError, "Ann cannot be related to itself"):
            self.relate(self.ann, "family", self.ann)

    def test_kinds_fit_their_ends(self):
        with self.assertRefused(ValidationError, "Acme does not fit “reports to”, which needs there: a person"):
            self.relate(self.ann, "reports_to", self.client)
        with self.assertRefused(ValidationError, "Ann does not fit “is a subsidiary of”"):
            self.relate(self.ann, "subsidiary", self.client)
        address = self.env["res.partner"].create({"name": "Depot", "parent_id": self.client.id, "type": "delivery"})
        with self.assertRefused(ValidationError, "Depot does not fit “is family of”"):
            self.relate(address, "family", self.ann)

    def test_dates_are_in_order(self):
        with self.assertRefused(ValidationError, "“Bob reports to Ann” ends before it begins"):
            self.relate(self.bob, "reports_to", self.ann, date_from="2024-02-01", date_to="2024-01-31")

    def test_nothing_is_said_twice_for_the_same_time(self):
        self.relate(self.bob, "reports_to", self.ann, date_from="2020-01-01", date_to="2020-12-31")
        with self.assertRefused(ValidationError, "“Bob reports to Ann” is noted already for this time"):
            self.relate(self.bob, "reports_to", self.ann, date_from="2020-12-31")
        later = self.relate(self.bob, "reports_to", self.ann, date_from="2021-01-01")
        with self.assertRefused(ValidationError, "is noted already"):
            later.date_from = False
        self.relate(self.ann, "family", self.bob)
        with self.assertRefused(ValidationError, "“Bob is family of Ann” is noted already"):
            self.relate(self.bob, "family", self.ann)
        # the other way round is another thing where the words differ
        self.relate(self.client, "supplier", self.other)
        self.relate(self.other, "supplier", self.client)

    def test_nobody_stands_above_himself(self):
        self.relate(self.bob, "reports_to", self.ann, date_from="2020-01-01")
        self.relate(self.cyd, "reports_to", self.bob, date_from="2021-01-01", date_to="2022-12-31")
        with self.assertRefused(ValidationError, "“Ann reports to Cyd” closes a circle: Ann stands above Cyd"):
            self.relate(self.ann, "reports_to", self.cyd)
        with self.assertRefused(ValidationError, "closes a circle"):
            self.relate(self.ann, "reports_to", self.cyd, date_from="2022-12-31")
        # when Cyd was Bob's no more, Ann may come to Cyd
        self.relate(self.ann, "reports_to", self.cyd, date_from="2023-01-01")
        with self.assertRefused(ValidationError, "closes a circle"):
            self.relate(self.cyd, "reports_to", self.bob, date_from="2024-01-01")

    def test_notes_have_a_length(self):
        with self.assertRefused(ValidationError, "at most 1000 characters"):
            self.relate(self.bob, "reports_to", self.ann, note="x" * 1001)

    def test_kinds_have_two_sides_or_are_mutual(self):
        kinds = self.env["nestogy.relation.kind"]
        with self.assertRefused(ValidationError, "Say how “feeds” is called from the right"):
            kinds.create({"name": "feeds"})
        with self.assertRefused(ValidationError, "“leads” is mutual"):
            kinds.create({"name": "leads", "is_symmetric": True, "is_hierarchy": True})
        self.relate(self.bob, "reports_to", self.ann)
        with self.assertRefused(ValidationError, "Relations are of the kind “reports to” already"):
            self.kinds["reports_to"].left_end = "any"
        self.kinds["reports_to"].write({"name": "answers to", "left_end": "person"})
        self.assertEqual(self.words(self.bob), {("Bob", "answers to", "Ann")})

    # ------------------------------------------------------------------
    # The map
    # ------------------------------------------------------------------

    def test_the_map_of_a_client_begins_with_its_people(self):
        self.relate(self.bob, "reports_to", self.ann, strength="3", note="since ever")
        self.relate(self.eve, "family", self.bob)
        far = self.make_client("Far Ltd")
        self.relate(self.other, "subsidiary", far)
        self.relate(self.eve, "works_for", far)
        data = self.client.with_user(self.agent).get_relation_map()
        nodes = {node["name"]: node for node in data["nodes"]}
        self.assertEqual(set(nodes), {"Acme", "Ann", "Bob", "Cyd", "Eve"})
        self.assertEqual({name: node["step"] for name, node in nodes.items() if node["step"]}, {"Eve": 1})
        self.assertEqual(nodes["Ann"]["role_label"], "Decision Maker")
        self.assertEqual(nodes["Eve"]["parent_name"], "Other Ltd")
        self.assertEqual(self.words(self.client), {("Bob", "reports to", "Ann"), ("Bob", "is family of", "Eve")})
        self.assertEqual(
            self.words(self.client, 2),
            {("Bob", "reports to", "Ann"), ("Bob", "is family of", "Eve"), ("Eve", "also works for", "Far Ltd")},
        )
        with self.assertRefused(UserError, "one step or two"):
            self.client.get_relation_map(3)
        with self.assertRefused(UserError, "one step or two"):
            self.client.get_relation_map("1 OR 1")

    def test_the_map_takes_the_same_number_of_queries_whatever_its_size(self):
        def count():
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.cr.sql_log_count
            data = self.client.with_user(self.agent).get_relation_map(2)
            return self.cr.sql_log_count - before, data

        self.relate(self.bob, "reports_to", self.ann)
        self.relate(self.eve, "family", self.bob)
        count()
        small, _data = count()
        people = self.env["res.partner"].create(
            [{"name": f"P{n}", "parent_id": (self.client if n % 2 else self.other).id} for n in range(40)]
        )
        self.env["nestogy.relation"].create(
            [
                {"left_partner_id": one.id, "kind_id": self.kinds["family"].id, "right_partner_id": self.bob.id}
                for one in people
            ]
        )
        large, data = count()
        self.assertEqual(len(data["nodes"]), 45)
        self.assertEqual(large, small)

    def test_a_large_map_says_what_it_leaves_out(self):
        people = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(MOST_NODES + 5)])
        self.env["nestogy.relation"].create(
            [
                {"left_partner_id": one.id, "kind_id": self.kinds["family"].id, "right_partner_id": self.bob.id}
                for one in people
            ]
        )
        data = self.bob.with_user(self.agent).get_relation_map()
        self.assertEqual((len(data["nodes"]), data["left_out"], data["limit"]), (MOST_NODES, 6, MOST_NODES))
        shown = {node["id"] for node in data["nodes"]}
        self.assertIn(self.bob.id, shown)
        self.assertLessEqual({one["left"] for one in data["relations"]}, shown)

    def test_a_person_is_put_below_another(self):
        today = fields.Date.context_today(self.client)
        bob = self.bob.with_user(self.agent)
        bob.set_reporting_line(self.ann.id)
        first = self.bob._relations_of()
        self.assertRecordValues(first, [{"display_name": "Bob reports to Ann", "date_from": today, "date_to": False}])
        bob.set_reporting_line(self.ann.id, first.id)
        self.assertEqual(self.bob._relations_of(), first)
        # what was not true for a day goes, what was ends
        bob.set_reporting_line(self.cyd.id, first.id)
        second = self.bob._relations_of()
        self.assertEqual(second.display_name, "Bob reports to Cyd")
        second.date_from = "2020-01-01"
        bob.set_reporting_line(self.ann.id, second.id)
        self.assertEqual(second.date_to, fields.Date.subtract(today, days=1))
        self.assertEqual(len(self.bob._relations_of().filtered("is_current")), 1)
        third = self.bob._relations_of() - second
        with self.assertRefused(ValidationError, "closes a circle"):
            self.ann.with_user(self.agent).set_reporting_line(self.bob.id)
        with self.assertRefused(UserError, "changed meanwhile"):
            self.cyd.with_user(self.agent).set_reporting_line(self.ann.id, third.id)
        with self.assertRefused(AccessError, "."):
            self.bob.with_user(self.viewer).set_reporting_line(self.cyd.id, third.id)
        self.assertEqual(third.right_partner_id, self.ann)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_agents_write_and_viewers_read(self):
        relation = self.relate(self.bob, "reports_to", self.ann)
        self.assertEqual(self.words(self.bob, user=self.viewer), {("Bob", "reports to", "Ann")})
        self.assertFalse(self.bob.with_user(self.viewer).get_relation_map()["may_edit"])
        self.assertTrue(self.bob.with_user(self.agent).get_relation_map()["may_edit"])
        with self.assertRefused(AccessError, "Relation"):
            relation.with_user(self.viewer).note = "mine"
        with self.assertRefused(AccessError, "Kind of Relation"):
            self.kinds["family"].with_user(self.agent).name = "mine"
        relation.with_user(self.agent).note = "theirs"
        relation.with_user(self.agent).unlink()

    def test_without_a_role_nothing_is_read(self):
        relation = self.relate(self.bob, "reports_to", self.ann)
        portal = self.make_portal_user(self.ann)
        plain = new_test_user(self.env, "relations_plain", groups="base.group_user")
        for user in (portal, plain):
            for model in ("nestogy.relation", "nestogy.relation.kind", "nestogy.relation.phrase"):
                with self.assertRefused(AccessError, "."):
                    self.env[model].with_user(user).search_read([], ["id"])
            with self.assertRefused(AccessError, "."):
                self.ann.with_user(user).get_relation_map()
            with self.assertRefused(AccessError, "."):
                relation.with_user(user).action_end()
        with self.assertRefused(AccessError, "."):
            self.ann.with_user(portal).read(["decision_role"])
        self.assertNotIn("decision_role", self.env["res.partner"].with_user(portal).fields_get())
        self.assertFalse(relation.date_to)

    def test_who_does_not_see_one_end_does_not_see_the_relation(self):
        north = self.env["crm.team"].create(
            {"name": "North", "crm_team_member_ids": [Command.create({"user_id": self.viewer.id})]}
        )
        hidden = self.make_client("Hidden Ltd", client_team_id=north.id)
        mole = self.make_contact(hidden, "Mole")
        self.env.company.client_own_team_only = True
        self.relate(self.bob, "reports_to", self.ann)
        inward = self.relate(self.bob, "family", mole)
        outward = self.relate(hidden, "supplier", self.client)
        self.relate(mole, "family", self.eve)
        self.assertEqual(self.words(self.client, 2), {("Bob", "reports to", "Ann")})
        data = self.client.with_user(self.agent).get_relation_map(2)
        self.assertNotRegex(str(data), "Hidden|Mole|Eve")
        self.assertEqual(len(self.words(self.client, 2, user=self.viewer)), 4)
        relations = self.env["nestogy.relation"].with_user(self.agent)
        self.assertFalse(relations.search([("id", "in", (inward | outward).ids)]))
        with self.assertRefused(AccessError, "."):
            inward.with_user(self.agent).read(["note"])
        with self.assertRefused(AccessError, "."):
            relations.create(
                {
                    "left_partner_id": self.ann.id,
                    "kind_id": self.kinds["family"].id,
                    "right_partner_id": mole.id,
                }
            )
        with self.assertRefused(AccessError, "."):
            hidden.with_user(self.agent).get_relation_map()
        with self.assertRefused(AccessError, "."):
            hidden.with_user(self.agent).action_relation_node()

    def test_relations_stay_in_their_companies(self):
        second = self.env["res.company"].create({"name": "Second"})
        abroad = self.make_client("Abroad", company_id=second.id)
        self.relate(abroad, "supplier", self.client)
        self.assertEqual(self.words(self.client), set())
        self.agent.company_ids += second
        both = self.client.with_user(self.agent).with_context(allowed_company_ids=[self.env.company.id, second.id])
        self.assertEqual(len(both.get_relation_map()["relations"]), 1)

    # ------------------------------------------------------------------
    # Merge, erasure, copy
    # ------------------------------------------------------------------

    def merge(self, kept, *gone):
        ids = [kept.id, *(one.id for one in gone)]
        self.env["base.partner.merge.automatic.wizard"]._merge(ids, kept)
        self.env.invalidate_all()

    def test_merging_keeps_all_relations(self):
        twin = self.make_contact(self.client, "Ann B.")
        self.relate(self.bob, "reports_to", self.ann, date_from="2020-01-01", date_to="2021-12-31", note="first")
        self.relate(self.bob, "reports_to", twin, date_from="2021-06-01", note="second", strength="3")
        self.relate(twin, "family", self.ann)
        self.relate(self.eve, "family", twin, note="cousin")
        self.relate(self.ann, "family", self.eve)
        self.relate(twin, "works_for", self.other)
        self.merge(self.ann, twin)
        self.assertFalse(twin.active)
        relations = self.ann._relations_of().sorted(lambda one: (one.kind_id.sequence, one.id))
        self.assertRecordValues(
            relations,
            [
                {
                    "display_name": "Bob reports to Ann",
                    "date_from": fields.Date.to_date("2020-01-01"),
                    "date_to": False,
                    "note": "first · second",
                    "strength": "3",
                },
                {
                    "display_name": "Ann also works for Other Ltd",
                    "date_from": False,
                    "date_to": False,
                    "note": False,
                    "strength": "2",
                },
                {
                    "display_name": "Eve is family of Ann",
                    "date_from": False,
                    "date_to": False,
                    "note": "cousin",
                    "strength": "2",
                },
            ],
        )

    def test_merging_keeps_times_that_do_not_meet_apart(self):
        twin = self.make_contact(self.client, "Ann B.")
        self.relate(self.bob, "reports_to", self.ann, date_from="2020-01-01", date_to="2020-12-31")
        self.relate(self.bob, "reports_to", twin, date_from="2023-01-01")
        self.merge(self.ann, twin)
        self.assertEqual(len(self.ann._relations_of()), 2)

    def test_merging_is_not_stopped_by_a_circle(self):
        twin = self.make_contact(self.client, "Ann B.")
        self.relate(self.bob, "reports_to", self.ann)
        self.relate(twin, "reports_to", self.bob)
        self.merge(self.ann, twin)
        self.assertEqual(
            set(self.ann._relations_of().mapped("display_name")), {"Bob reports to Ann", "Ann reports to Bob"}
        )
        # and whoever looks at a circle that is there gets an answer
        with self.assertRefused(ValidationError, "closes a circle"):
            self.relate(self.cyd, "reports_to", self.bob)
            self.relate(self.bob, "reports_to", self.cyd)

    def test_merging_takes_along_what_the_user_does_not_see(self):
        north = self.env["crm.team"].create({"name": "North"})
        hidden = self.make_contact(self.make_client("Hidden Ltd", client_team_id=north.id), "Mole")
        twin = self.make_contact(self.client, "Ann B.")
        self.relate(twin, "family", hidden)
        self.env.company.client_own_team_only = True
        self.env["base.partner.merge.automatic.wizard"].with_user(self.agent).sudo()._merge(
            [self.ann.id, twin.id], self.ann
        )
        self.assertEqual(self.ann._relations_of().mapped("display_name"), ["Ann is family of Mole"])

    def test_a_person_gets_a_copy_and_is_forgotten(self):
        self.relate(self.bob, "reports_to", self.ann, date_from="2020-01-01", note="a secret")
        self.relate(self.eve, "family", self.ann)
        part = next(part for part in self.ann._client_export_parts() if part["key"] == "relations")
        rows = sorted(tuple(str(value) for value in row.values()) for row in part["rows"])
        self.assertEqual(
            rows, [("is family of", "A person outside your firm", "", ""), ("manages", "Bob", "2020-01-01", "")]
        )
        self.ann._erase_relations()
        self.assertFalse(self.ann._relations_of())
        self.assertFalse(self.ann.decision_role)
        self.assertFalse(self.eve._relations_of())

    def test_relations_go_with_who_is_deleted_and_stay_with_who_is_archived(self):
        relation = self.relate(self.cyd, "reports_to", self.ann)
        self.cyd.active = False
        data = self.ann.with_user(self.agent).get_relation_map()
        self.assertEqual([node["is_archived"] for node in data["nodes"] if node["id"] == self.cyd.id], [True])
        self.cyd.unlink()
        self.assertFalse(relation.exists())


@tagged("post_install", "-at_install")
class TestRelationsTour(RelationsMakers, HttpCase):
    def test_an_agent_relates_people_and_sees_them_drawn(self):
        self.make_people()
        self.relate(self.cyd, "reports_to", self.ann)
        self.make_user("tour_relations", "agent")
        self.start_tour(f"/odoo/clients/{self.client.id}", "nestogy_clients_relations", login="tour_relations")
        current = (self.bob | self.cyd)._relations_of().filtered("is_current")
        self.assertEqual(set(current.mapped("display_name")), {"Bob reports to Ann", "Cyd reports to Bob"})
