from odoo import fields, models


class ResPartner(models.Model):
    """Contacts with an address of their own.

    Core keeps a contact's address equal to its parent's, in both directions and when a contact comes new. A contact
    that is marked is left out of all three.
    """

    _inherit = "res.partner"
    _complete_name_displayed_types = ("invoice", "delivery", "office", "other")

    use_own_address = fields.Boolean(
        string="Own Address",
        groups="base.group_user",
        help="The contact keeps an address of its own; otherwise it has that of the client.",
    )
    office_notes = fields.Text(
        string="Opening Notes",
        groups="base.group_user",
        help="When the site is open, whom to ask for, where to park.",
    )
    type = fields.Selection(selection_add=[("office", "Office")], ondelete={"office": "set default"})

    def _has_own_address(self):
        """Say whether the address is the contact's own affair; asked by whoever writes an address."""
        self_sudo = self.sudo()  # portal users write addresses too
        return self_sudo.use_own_address and bool(self_sudo.parent_id) and self_sudo.type == "contact"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("use_own_address") is False:
            for contact in self.filtered(lambda each: each.parent_id and each.type == "contact"):
                contact._update_address(contact.parent_id._convert_fields_to_values(self._address_fields()))
        return result

    def _fields_sync(self, values):
        if len(self) == 1 and self._has_own_address():
            apart = {*self._address_fields(), "type"}
            if "parent_id" in values:
                if values["parent_id"]:
                    self.sudo()._commercial_sync_from_company()  # as core: the firm's tax ID holds for whoever comes
                apart.add("parent_id")
                values = values | {name: self[name] for name in self._synced_commercial_fields()}
            values = {name: value for name, value in values.items() if name not in apart}
        return super()._fields_sync(values)

    def _update_address(self, vals):
        return super(ResPartner, self.filtered(lambda partner: not partner._has_own_address()))._update_address(vals)

    def _handle_first_contact_creation(self):  # pylint: disable=missing-return
        if not self._has_own_address():
            super()._handle_first_contact_creation()

    def _load_records_create(self, vals_list):
        partners = super()._load_records_create(vals_list)
        # core writes the parent's address on imported contacts in one go; give the marked ones theirs back
        for partner, vals in zip(partners, vals_list, strict=True):
            if vals.get("use_own_address") and partner._has_own_address():
                own = {name: vals.get(name, False) for name in self._address_fields()}
                partner.write(own)
        return partners
