from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

MOST_NODES = 120  # persons and clients that are drawn at once
MOST_RELATIONS = 1000  # that are looked at in one step
MOST_STEPS = 2
NODE_FIELDS = [
    "name",
    "function",
    "department",
    "is_company",
    "is_client",
    "parent_id",
    "decision_role",
    "active",
    "type",
]


class ResPartner(models.Model):
    """With whom a client and its people have to do: the chart, the map and the list of their relations."""

    _inherit = "res.partner"

    def _relation_ends(self):
        """What this partner can be in a relation; a client that is a person is both.

        :return: set of keys of the kinds' ends, empty without a partner and for mere addresses
        """
        ends = set()
        for partner in self:
            if partner.is_company or partner.is_client:
                ends |= {"client", "any"}
            if not partner.is_company and partner.type == "contact":
                ends |= {"person", "any"}
        return ends

    # ------------------------------------------------------------------
    # The map
    # ------------------------------------------------------------------

    @api.readonly
    def get_relation_map(self, depth=1):
        """Who has to do with this client and its people, or with this person; only what the user may see.

        :param int depth: how many relations away from them, one or two
        :return: dict with ``root``, ``nodes``, ``relations``, ``kinds``, ``left_out`` (how many persons and clients are
            not shown because there are more than ``limit``, at least where ``is_cut``) and ``may_edit``
        :raise UserError: for another depth
        """
        self.ensure_one()
        self.check_access("read")
        self.env["nestogy.relation"].check_access("read")
        if not isinstance(depth, int) or not 1 <= depth <= MOST_STEPS:
            raise UserError(self.env._("Choose one step or two."))
        steps, relations, is_cut = self._relations_around(depth)
        partners = self.with_context(active_test=False).search_fetch([("id", "in", list(steps))], NODE_FIELDS)
        seen = {partner.id for partner in partners}
        relations = [one for one in relations if one.left_partner_id.id in seen and one.right_partner_id.id in seen]
        weight = dict.fromkeys(seen, 0)
        for relation in relations:
            weight[relation.left_partner_id.id] += 1
            weight[relation.right_partner_id.id] += 1
        ranked = partners.sorted(
            lambda one: (one != self, steps[one.id], not weight[one.id], not one.decision_role, -weight[one.id], one.id)
        )
        shown = ranked[:MOST_NODES]
        ids = set(shown.ids)
        # who may see a person need not see where it belongs
        parents = self.with_context(active_test=False).search_fetch([("id", "in", shown.parent_id.ids)], ["name"])
        kinds = self.env["nestogy.relation.kind"].with_context(active_test=False).search([])
        return {
            "root": self.id,
            "nodes": [partner._relation_node(steps[partner.id], parents) for partner in shown],
            "relations": [
                one._relation_edge(steps)
                for one in relations
                if one.left_partner_id.id in ids and one.right_partner_id.id in ids
            ],
            "kinds": [
                {
                    "id": kind.id,
                    "name": kind.name,
                    "inverse": kind.name if kind.is_symmetric else kind.inverse_name,
                    "color": kind.color,
                    "is_hierarchy": kind.is_hierarchy,
                    "is_symmetric": kind.is_symmetric,
                }
                for kind in kinds
            ],
            "left_out": len(ranked) - len(shown),
            "is_cut": is_cut,
            "limit": MOST_NODES,
            "may_edit": self.env["nestogy.relation"].has_access("create"),
        }

    def _relations_around(self, depth):
        """Look around in a fixed number of queries.

        :return: dict of partner ids to their distance, the relations among them, and whether there are still more
        """
        relation_model = self.env["nestogy.relation"]
        names = ["left_partner_id", "kind_id", "right_partner_id", "date_from", "date_to", "strength", "note"]
        steps = {self.id: 0}
        if self.is_client:
            people = [("id", "child_of", self.id), ("id", "!=", self.id), ("type", "=", "contact")]
            steps |= dict.fromkeys(self.search(people, order="id").ids, 0)
        around, is_cut = relation_model.browse(), False
        outermost = list(steps)
        for step in range(1, depth + 2):
            touching = Domain("left_partner_id", "in", outermost) | Domain("right_partner_id", "in", outermost)
            if step > depth:  # what joins the outermost among themselves
                touching = Domain("left_partner_id", "in", outermost) & Domain("right_partner_id", "in", outermost)
            found = relation_model.search_fetch(touching, names, limit=MOST_RELATIONS)
            around |= found
            is_cut |= len(found) == MOST_RELATIONS
            ends = {one[name].id for one in found for name in ("left_partner_id", "right_partner_id")}
            outermost = sorted(ends - set(steps))
            if step <= depth:
                steps |= dict.fromkeys(outermost, step)
        return steps, around, is_cut

    def _relation_node(self, step, parents):
        """What the map shows of this partner.

        :param int step: how far it is from the middle
        :param res.partner parents: those that the user may see
        """
        parent = self.parent_id if self.parent_id in parents else self.browse()
        return {
            "id": self.id,
            "name": self.name or "",
            "is_person": not self.is_company,
            "is_client": self.is_client,
            "title": self.function or self.department or "",
            "parent": parent.id,
            "parent_name": parent.name or "",
            "role": self.decision_role or "",
            "role_label": self._export_value("decision_role") or "",
            "is_archived": not self.active,
            "step": step,
        }

    def action_relation_node(self):
        """Open the profile of a client, or the form of a contact or company."""
        self.ensure_one()
        self.check_access("read")
        views = "client" if self.is_client else "contact" if self.parent_id else ""
        view = self.env.ref(f"nestogy_clients.res_partner_view_form_{views}") if views else self.env["ir.ui.view"]
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.id,
            "views": [(view.id, "form")],
        }

    def set_reporting_line(self, partner_id, relation_id=False):
        """Put this person below another from today on; the line until now ends yesterday.

        :param int partner_id: the new superior
        :param int relation_id: the line that ends; without one a first line of the first kind in the chart is made
        :raise UserError: when there is no such line, or no kind for it
        """
        self.ensure_one()
        self.check_access("read")
        relations = self.env["nestogy.relation"]
        today = fields.Date.context_today(self)
        if relation_id:
            old = relations.search(
                [("id", "=", relation_id), ("left_partner_id", "=", self.id), ("kind_id.is_hierarchy", "=", True)]
            )
            if not old:
                raise UserError(self.env._("This line has been changed meanwhile; look at the chart again."))
            kind = old.kind_id
        else:
            old = relations
            kind = self.env["nestogy.relation.kind"].search(
                [
                    ("is_hierarchy", "=", True),
                    ("left_end", "in", ("person", "any")),
                    ("right_end", "in", ("person", "any")),
                ],
                limit=1,
            )
            if not kind:
                raise UserError(self.env._("No kind of relation between persons makes the chart; set one up first."))
        if old.right_partner_id.id == partner_id:
            return
        if old.date_from == today:
            old.unlink()  # it was never true for a day
        elif old.is_current:
            old.date_to = fields.Date.subtract(today, days=1)
        relations.create(
            {
                "left_partner_id": self.id,
                "kind_id": kind.id,
                "right_partner_id": partner_id,
                "date_from": today,
            }
        )

    # ------------------------------------------------------------------
    # Copy and erasure
    # ------------------------------------------------------------------

    def _relations_of(self):
        """All relations in which these partners are an end."""
        return self.env["nestogy.relation"].search(
            Domain("left_partner_id", "in", self.ids) | Domain("right_partner_id", "in", self.ids)
        )

    def _erase_relations(self):
        """Forget with whom these people have to do, their notes included; called in sudo when a person is erased."""
        self._relations_of().unlink()
        self.decision_role = False

    def _client_export_parts(self):
        return [*super()._client_export_parts(), self._export_relations()]

    def _export_relations(self):
        """The person's relations; whoever is outside its own firm stays unnamed, and notes are staff's own."""
        labels = self.env["nestogy.relation"]._fields
        family = self.commercial_partner_id
        rows = []
        for relation in self._relations_of():
            is_left = relation.left_partner_id == self
            other = relation.right_partner_id if is_left else relation.left_partner_id
            kind = relation.kind_id
            own = other.commercial_partner_id == family
            outside = (
                self.env._("A company outside yours") if other.is_company else self.env._("A person outside your firm")
            )
            rows.append(
                {
                    self.env._("Relation"): kind.name if is_left or kind.is_symmetric else kind.inverse_name,
                    self.env._("With"): other.name if own else outside,
                    labels["date_from"]._description_string(self.env): relation.date_from or "",
                    labels["date_to"]._description_string(self.env): relation.date_to or "",
                }
            )
        return {"key": "relations", "title": self.env._("Relations"), "rows": rows}
