from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _client_team_domain(self, company_ids, prefix=""):
        """The partners that a user sees, for record rules; called where rules are evaluated.

        Who has no role in the Clients app is left to the rules of Odoo's other apps; managers see all.

        :param list company_ids: the companies that are switched on; one that keeps teams apart is enough
        :param str prefix: path from the model of the rule to the partner, with its dot
        :return: list, as record rules are written
        """
        self.ensure_one()
        # anybody's rules are evaluated, also those of users who may not read companies
        companies_sudo = self.env["res.company"].sudo().browse(company_ids)
        if (
            not self.has_group("nestogy_clients.nestogy_clients_group_viewer")
            or self.has_group("nestogy_clients.nestogy_clients_group_manager")
            or not any(companies_sudo.mapped("client_own_team_only"))
        ):
            return [(1, "=", 1)]
        return [
            "|",
            "|",
            (f"{prefix}client_team_id", "=", False),
            (f"{prefix}client_team_id.crm_team_member_ids.user_id", "=", self.id),
            (f"{prefix}commercial_partner_id.user_id", "=", self.id),
        ]
