from odoo import api, fields, models
from odoo.exceptions import ValidationError

ENDS = [("person", "A person"), ("client", "A client or company"), ("any", "A person, client or company")]


class NestogyRelationKind(models.Model):
    """How two partners can be related, with a name from either side: "reports to" and "manages"."""

    _name = "nestogy.relation.kind"
    _description = "Kind of Relation"
    _order = "sequence, id"

    name = fields.Char(
        string="From the Left", required=True, translate=True, help="Ann “reports to” Bob: the words after Ann."
    )
    inverse_name = fields.Char(
        string="From the Right", translate=True, help="Bob “manages” Ann: the words after Bob. Empty when it is mutual."
    )
    is_symmetric = fields.Boolean(string="Mutual", help="The same from both sides, as “is married to”.")
    is_hierarchy = fields.Boolean(
        string="In the Chart",
        help="The right end stands above the left one in the organisation chart, and nobody above himself.",
    )
    left_end = fields.Selection(ENDS, string="Left Is", required=True, default="any")
    right_end = fields.Selection(ENDS, string="Right Is", required=True, default="any")
    color = fields.Integer()
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.constrains("inverse_name", "is_symmetric", "is_hierarchy", "left_end", "right_end")
    def _check_sides(self):
        for kind in self:
            if kind.is_symmetric and (kind.is_hierarchy or kind.left_end != kind.right_end):
                raise ValidationError(
                    self.env._("“%s” is mutual: its ends are alike, and nobody stands above the other.", kind.name)
                )
            if not kind.is_symmetric and not (kind.inverse_name or "").strip():
                raise ValidationError(
                    self.env._("Say how “%s” is called from the right, or mark it as mutual.", kind.name)
                )

    def write(self, vals):
        changed = {"is_symmetric", "is_hierarchy", "left_end", "right_end"} & set(vals)
        for kind in self if changed else ():
            # relations that the user may not see count, too
            if any(kind[name] != vals[name] for name in changed) and kind.sudo()._is_used():
                raise ValidationError(
                    self.env._(
                        "Relations are of the kind “%s” already: its words can be changed, what it joins cannot."
                        " Archive it and make another kind.",
                        kind.name,
                    )
                )
        return super().write(vals)

    def _is_used(self):
        return bool(self.env["nestogy.relation"].search_count([("kind_id", "in", self.ids)], limit=1))
