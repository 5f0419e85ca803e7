from odoo import api, models
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._ensure_default_client_group()
        return companies

    def _ensure_default_client_group(self):
        """Give each company that has none its group General, as the default."""
        # whoever makes a company need not be allowed to make client groups
        groups_sudo = self.env["nestogy.client.group"].sudo()
        known = groups_sudo.search([("company_id", "in", self.ids), ("is_default", "=", True)]).company_id
        for company in self - known:
            company._set_default_client_group(
                groups_sudo.create({"name": self.env._("General"), "company_id": company.id, "sequence": 1})
            )

    def _get_default_client_group(self):
        """The group of clients that have no group of their own in the company."""
        self.ensure_one()
        # a fact of the company, whatever companies the user has switched on
        return (
            self.env["nestogy.client.group"]
            .sudo()
            .search([("company_id", "=", self.id), ("is_default", "=", True)], limit=1)
        )

    def _set_default_client_group(self, group):
        """Make a group the default of the company; the fallback of the partner field follows.

        A value that equals the fallback is not stored, so clients of the former default get it in writing first.
        """
        self.ensure_one()
        # the flag has one door, this one, and field defaults belong to administrators
        group_sudo = group.sudo()
        former_sudo = self._get_default_client_group()
        if former_sudo and former_sudo != group_sudo:
            self.env["res.partner"].flush_model(["client_group_id", "is_client"])
            # SQL, because the ORM drops a value that equals the fallback
            self.env.cr.execute(
                SQL(
                    """UPDATE res_partner
                          SET client_group_id = COALESCE(client_group_id, '{}')
                                                || jsonb_build_object(%(key)s, %(group)s)
                        WHERE is_client AND client_group_id->>%(key)s IS NULL""",
                    key=str(self.id),
                    group=former_sudo.id,
                )
            )
            self.env["res.partner"].invalidate_model(["client_group_id"])
        former_sudo.is_default = False
        group_sudo.flush_model(["is_default"])
        group_sudo.is_default = True
        self.env["ir.default"].sudo().set(  # same door
            "res.partner", "client_group_id", group.id, company_id=self.id
        )

    def _get_tax_exempt_position(self):
        """The fiscal position without taxes, with which exempt clients are invoiced; made when first needed."""
        self.ensure_one()
        positions_sudo = self.env["account.fiscal.position"].sudo()  # made for whoever invoices first
        found = positions_sudo.search([("company_id", "=", self.id), ("is_client_tax_exempt", "=", True)], limit=1)
        return found or positions_sudo.create(
            {"name": self.env._("Tax exempt"), "company_id": self.id, "is_client_tax_exempt": True, "sequence": 1000}
        )
