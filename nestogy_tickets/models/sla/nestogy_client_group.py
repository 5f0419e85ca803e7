from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    sla_policy_id = fields.Many2one("nestogy.sla.policy", string="SLA Policy", check_company=True, ondelete="set null")

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"sla_policy_id", "setting_overrides"}:
            for company, groups in self.grouped("company_id").items():
                # in which group a client is, each company says for itself
                tickets = self.env["helpdesk.ticket"].with_company(company)
                tickets._sla_sync_domain(
                    [("company_id", "=", company.id), ("commercial_partner_id.client_group_id", "in", groups.ids)]
                )
                jobs = self.env["project.task"].with_company(company)
                jobs._sla_sync_domain(
                    [("company_id", "in", (company.id, False)), ("client_id.client_group_id", "in", groups.ids)]
                )
        return result
