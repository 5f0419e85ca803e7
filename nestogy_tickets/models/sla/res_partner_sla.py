from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting

MANAGER = "nestogy_clients.nestogy_clients_group_manager"


class ResPartner(models.Model):
    """Which SLA policy holds for a client."""

    _inherit = "res.partner"

    sla_policy_id = fields.Many2one(
        "nestogy.sla.policy", string="SLA Policy", company_dependent=True, groups="base.group_user"
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "sla_policy": ClientSetting(
                self.env._("SLA policy"),
                "sla_policy_id",
                "sla_policy_id",
                "client_sla_policy_id",
                subject="service",
                role=MANAGER,
                none_label=self.env._("No SLA"),
                default_label=self.env._("No SLA"),
            )
        }

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals and (movers := self._get_client() and self):
            # the tickets of a contact go along to another client
            self.env["helpdesk.ticket"]._sla_sync_domain([("partner_id", "in", movers.ids)])
        if vals.keys() & {"sla_policy_id", "setting_overrides", "client_group_id", "client_status_id"}:
            # a promise holds for the tickets of all teams
            self.sudo()._sync_client_sla(is_status_changed="client_status_id" in vals)
        return result

    def _client_dashboard_fields(self):
        return [*super()._client_dashboard_fields(), "sla_policy_id", "setting_overrides"]

    def _client_company_fields(self):
        return [*super()._client_company_fields(), "client_sla_policy_id"]

    def _client_overview_lines(self, **answers):
        """What is promised to the client, and where that is set."""
        lines = super()._client_overview_lines(**answers)
        if not self.env["nestogy.sla.policy"].has_access("read"):
            return lines
        policy, level = self._client_setting("sla_policy")
        places = {
            "client": self.env._("Set on the client."),
            "group": self.env._("Set on the group of the client."),
            "company": self.env._("Set for all clients of the company."),
        }
        if policy:
            lines.append(self._client_overview_line(self.env._("SLA"), policy.name, hint=places[level]))
        return lines

    def _sync_client_sla(self, is_status_changed=False):
        """Bring the open tickets and jobs of clients in line with the policy that holds for them now.

        :param bool is_status_changed: also of those who are no clients any more
        """
        clients = self if is_status_changed else self.filtered("is_client")
        if clients:
            families = [("commercial_partner_id", "child_of", clients.ids)]
            self.env["helpdesk.ticket"]._sla_sync_domain(families)
            self.env["project.task"]._sla_sync_domain([("client_id", "in", clients.ids)])
