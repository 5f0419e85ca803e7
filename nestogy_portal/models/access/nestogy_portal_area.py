from odoo import api, fields, models
from odoo.fields import Domain

SCOPES = [("none", "Nothing"), ("own", "Own"), ("company", "Whole client")]
# models that Odoo opens to followers, and the path to people who were invited on purpose
FOLLOWED = {
    "project.project": "collaborator_ids.partner_id",
    "project.task": "project_id.collaborator_ids.partner_id",
    "contract.contract": None,
}
RANK = {scope: rank for rank, (scope, _label) in enumerate(SCOPES)}


class NestogyPortalArea(models.Model):
    """A part of the portal to which a client's people have access or not; addons bring their own.

    What an area means for records is decided in one place, :meth:`_narrow_domain`, which joins Odoo's record rules:
    lists, pages, searches and RPC obey alike.
    """

    _name = "nestogy.portal.area"
    _description = "Portal Area"
    _inherit = ["nestogy.portal.catalogue.mixin"]
    _order = "sequence, id"

    key = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Char(translate=True)
    sequence = fields.Integer(default=100)
    has_own = fields.Boolean(
        string="Knows Own Records",
        help="Records of this area belong to single contacts, so one can see only one's own.",
    )

    _key_unique = models.UniqueIndex("(key)", "There is an area with this key.")

    @api.model
    def _area_models(self):
        """Which models belong to which area; addons add theirs.

        :return: dict of model name to the area's key and the path to the contact to whom a record belongs, ``None``
            where records belong to the whole client
        """
        return {
            "account.move": ("money", "partner_id"),
            "account.move.line": ("money", "move_id.partner_id"),
            "sale.order": ("estimates", "partner_id"),
            "sale.order.line": ("estimates", "order_id.partner_id"),
            "project.project": ("projects", None),
            "project.task": ("projects", "partner_id"),
            "contract.contract": ("contracts", "partner_id"),
            "contract.line": ("contracts", "contract_id.partner_id"),
            "contract.modification": ("contracts", "contract_id.partner_id"),
            "nestogy.client.document": ("documents", "contact_id"),
            "nestogy.conversation": ("messages", None),
        }

    @api.model
    def _narrow_domain(self, model_name, user, mode="read"):
        """What a client's contact may reach of a model, beside what Odoo's own rules say.

        :param res.users user: somebody from outside
        """
        area = self._area_models().get(model_name)
        if not area:
            return Domain.TRUE
        if mode != "read" and not user._portal_may_act():
            return Domain.FALSE
        key, owner_path = area
        scope = user._portal_scope(key)
        if scope == "company":
            return self._unfollowed_domain(model_name, user)
        if scope == "own" and owner_path:
            return Domain(owner_path, "=", user.sudo().partner_id.id)  # his own number
        return Domain.FALSE

    @api.model
    def _unfollowed_domain(self, model_name, user):
        """Where Odoo shows a record to whoever follows it: not to people of a client whose record it is not.

        Anybody becomes a follower whom a mail names as one of its readers. Collaborators of a project were invited,
        and a record that says no customer is shared by its followers alone.
        """
        contact_sudo = user.sudo().partner_id  # his own number
        if model_name not in FOLLOWED or not contact_sudo._get_client():
            return Domain.TRUE
        domain = Domain("partner_id", "=", False)
        domain |= Domain("partner_id", "child_of", contact_sudo.commercial_partner_id.id)
        if path := FOLLOWED[model_name]:
            domain |= Domain(path, "=", contact_sudo.id)
        return domain
