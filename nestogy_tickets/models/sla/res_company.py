from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    client_sla_policy_id = fields.Many2one("nestogy.sla.policy", string="SLA Policy of Clients", ondelete="set null")

    def write(self, vals):
        result = super().write(vals)
        if "client_sla_policy_id" in vals:
            for model in self.env["nestogy.sla.clock"]._sla_models():
                model._sla_sync_domain([("company_id", "in", self.ids)])
        return result
