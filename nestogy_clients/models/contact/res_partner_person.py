from odoo import api, fields, models


class ResPartner(models.Model):
    """First and last name of persons; ``name`` stays the one name that all of Odoo knows.

    Writing the parts writes the name, writing the name splits it at the last blank when the parts are not given.
    """

    _inherit = "res.partner"

    name_title = fields.Char(string="Salutation", groups="base.group_user", help="Mr, Ms, Dr, Rev. ...")
    first_name = fields.Char(groups="base.group_user")
    last_name = fields.Char(groups="base.group_user")

    @api.model
    def _split_name(self, name):
        """Split a person's name at its last blank.

        :return: tuple of first and last name, either may be empty
        """
        parts = (name or "").split()
        if len(parts) < 2:
            return "", " ".join(parts)
        return " ".join(parts[:-1]), parts[-1]

    @api.onchange("first_name", "last_name")
    def _onchange_person_name(self):
        if not self.is_company and (self.first_name or self.last_name):
            self.name = " ".join(filter(None, (self.first_name, self.last_name)))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if (vals.get("first_name") or vals.get("last_name")) and not vals.get("is_company"):
                vals["name"] = " ".join(filter(None, (vals.get("first_name"), vals.get("last_name"))))
        return super().create(vals_list)

    def write(self, vals):
        if not {"first_name", "last_name", "name"} & set(vals):
            return super().write(vals)
        if "name" in vals and not {"first_name", "last_name"} & set(vals):
            result = super().write(vals)
            # the parts follow a name that was changed as a whole; whoever changes the name need not see them
            for partner_sudo in self.sudo().filtered(lambda each: each.first_name or each.last_name):
                first, last = self._split_name(partner_sudo.name)
                super(ResPartner, partner_sudo).write({"first_name": first or False, "last_name": last or False})
            return result
        result = super().write(vals)
        for partner in self.filtered(lambda each: not each.is_company):
            name = " ".join(filter(None, (partner.first_name, partner.last_name)))
            if name and name != partner.name:
                super(ResPartner, partner).write({"name": name})
        return result
