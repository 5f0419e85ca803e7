from odoo import fields, models
from odoo.tools import SQL

from .nestogy_relation_kind import ENDS


class NestogyRelationPhrase(models.Model):
    """The words for a kind of relation, read from the left or from the right, to choose from on either side."""

    _name = "nestogy.relation.phrase"
    _description = "Words for a Relation"
    _order = "sequence, id"
    _auto = False

    name = fields.Char(readonly=True, translate=True)
    kind_id = fields.Many2one("nestogy.relation.kind", readonly=True)
    is_inverse = fields.Boolean(readonly=True)
    left_end = fields.Selection(ENDS, readonly=True)
    right_end = fields.Selection(ENDS, readonly=True)
    sequence = fields.Integer(readonly=True)
    active = fields.Boolean(readonly=True)

    @property
    def _table_query(self):
        kind = self.env["nestogy.relation.kind"]
        kind.flush_model()
        return SQL(
            """
            SELECT id * 2 AS id, id AS kind_id, FALSE AS is_inverse, name, left_end, right_end, sequence, active
              FROM %(kinds)s
             UNION ALL
            SELECT id * 2 + 1, id, TRUE, inverse_name, right_end, left_end, sequence, active
              FROM %(kinds)s
             WHERE is_symmetric IS NOT TRUE
            """,
            kinds=SQL.identifier(kind._table),
        )
