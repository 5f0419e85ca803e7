from odoo import models
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL

FAMILY = "nestogy.portal.family"  # where a request keeps who belongs to the visitor's client


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _compute_domain(self, model_name, mode="read"):
        """Narrow what people from outside reach by the areas and levels of the portal.

        Here and not in rules of the database, because Odoo keeps their domains in a cache that knows nothing of a
        contact's level: taking access away must hold at once.
        """
        domain = super()._compute_domain(model_name, mode)
        user = self.env.user
        if self.env.su or not user or not user.share or user._is_public():
            return domain
        domain &= self.env["nestogy.portal.area"]._narrow_domain(model_name, user, mode)
        client_id = user.commercial_partner_id.id

        def name_the_family(condition):
            if condition.operator != "child_of" or condition.value not in (client_id, [client_id], (client_id,)):
                return condition
            if self._comodel_name(model_name, condition.field_expr) != "res.partner":
                return condition
            return Domain(condition.field_expr, "in", self._family_of(client_id))

        return domain.map_conditions(name_the_family)

    def _comodel_name(self, model_name, path):
        """The model to which a path of fields leads."""
        for name in path.split("."):
            field = self.env[model_name]._fields[name]
            model_name = model_name if name == "id" else field.comodel_name
        return model_name

    def _family_of(self, client_id):
        """Ids of a client and all partners below it.

        Most rules of Odoo ask for them, each anew and once for every generation; a page with ten counters would ask
        twenty times.
        """
        kept = request.httprequest.environ.setdefault(FAMILY, {}) if request else {}
        if client_id not in kept:
            self.env["res.partner"].flush_model(["parent_id"])
            rows = self.env.execute_query(
                SQL(
                    """
                    WITH RECURSIVE family AS (
                        SELECT id FROM res_partner WHERE id = %s
                         UNION
                        SELECT child.id FROM res_partner child JOIN family ON child.parent_id = family.id
                    )
                    SELECT id FROM family
                    """,
                    client_id,
                )
            )
            kept[client_id] = [row[0] for row in rows]
        return kept[client_id]

    @staticmethod
    def _forget_families():
        """Ask anew who belongs to whom: somebody came or moved within this request."""
        if request:
            request.httprequest.environ.pop(FAMILY, None)
