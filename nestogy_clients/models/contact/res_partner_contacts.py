from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class ResPartner(models.Model):
    """The people and the places of a client."""

    _inherit = "res.partner"

    primary_contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        domain="[('parent_id', '=', id), ('type', '=', 'contact')]",
        groups="base.group_user",
        help="Gets the client's automatic mails unless somebody else is chosen.",
    )
    is_primary_contact = fields.Boolean(
        compute="_compute_is_primary_contact", search="_search_is_primary_contact", groups="base.group_user"
    )
    client_contact_ids = fields.One2many(
        "res.partner",
        "parent_id",
        string="Client Contacts",
        domain=[("type", "=", "contact")],
        groups="base.group_user",
    )
    client_address_ids = fields.One2many(
        "res.partner",
        "parent_id",
        string="Client Addresses",
        domain=[("type", "!=", "contact")],
        groups="base.group_user",
    )
    contact_kind_ids = fields.Many2many("nestogy.contact.kind", string="Kinds", groups="base.group_user")
    department = fields.Char(groups="base.group_user")
    client_contact_count = fields.Integer(compute="_compute_client_contact_count", groups="base.group_user")

    @api.depends("parent_id.primary_contact_id")
    def _compute_is_primary_contact(self):
        for partner in self:
            partner.is_primary_contact = bool(partner) and partner.parent_id.primary_contact_id == partner

    def _search_is_primary_contact(self, operator, value):
        if operator != "in":
            return NotImplemented
        clients = self.with_context(active_test=False)._search([("primary_contact_id", "!=", False)])
        primary = Domain("id", "in", clients.subselect("primary_contact_id"))
        return primary if True in value else ~primary

    def _compute_client_contact_count(self):
        counts = dict(
            self._read_group(
                domain=[("parent_id", "in", self.ids), ("type", "=", "contact")],
                groupby=["parent_id"],
                aggregates=["__count"],
            )
        )
        for partner in self:
            partner.client_contact_count = counts.get(partner, 0)

    @api.constrains("primary_contact_id")
    def _check_primary_contact(self):
        for client in self:
            contact = client.primary_contact_id
            if contact and (contact.parent_id != client or contact.type != "contact"):
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s and cannot be its primary contact.",
                        contact=contact.display_name,
                        client=client.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners.filtered(lambda partner: partner.parent_id and partner.type == "contact")._become_first_primary()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals or "type" in vals:
            # who left a client is its primary contact no more; whoever moves contacts need not see clients
            left_sudo = self.sudo().search([("primary_contact_id", "in", self.ids)])
            left_sudo.filtered(
                lambda client: (
                    client.primary_contact_id.parent_id != client or client.primary_contact_id.type != "contact"
                )
            ).primary_contact_id = False
            self.filtered(lambda partner: partner.parent_id and partner.type == "contact")._become_first_primary()
        return result

    def _become_first_primary(self):
        """Make the first contact of a client that has no primary contact the primary one."""
        first = {}
        for contact_sudo in self.sudo():  # whoever may add a contact may add the first one
            client_sudo = contact_sudo.parent_id
            if client_sudo.is_client and not client_sudo.primary_contact_id:
                first.setdefault(client_sudo, contact_sudo)
        if not self.env.context.get("_partners_skip_fields_sync"):
            for client_sudo, contact_sudo in first.items():
                client_sudo.primary_contact_id = contact_sudo
            return
        # many come at once from a file: they are set as a computed field is, a write for each would cost too much
        clients_sudo = self.browse([client.id for client in first]).sudo()
        with self.env.protecting([self._fields["primary_contact_id"]], clients_sudo):
            for client_sudo, contact_sudo in first.items():
                client_sudo.primary_contact_id = contact_sudo
        clients_sudo.modified(["primary_contact_id"])
        clients_sudo._quality_again(["primary_contact_id"])

    def action_make_primary(self):
        """Make this contact the one who gets the client's mails."""
        self.ensure_one()
        if not self.parent_id._get_client():
            raise UserError(self.env._("Only a contact of a client can be its primary contact."))
        self.parent_id.primary_contact_id = self

    def action_client_contacts(self):
        """Open the contacts of the client."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client_contacts")
        return action | {
            "display_name": self.env._("Contacts of %s", self.name),
            "domain": [("parent_id", "=", self.id), ("type", "=", "contact")],
            "context": {"default_parent_id": self.id, "default_type": "contact", "default_is_company": False},
        }
