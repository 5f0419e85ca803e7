from odoo import api, fields, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    client_alerts = fields.Json(compute="_compute_client_alerts")

    @api.depends("model", "res_ids")
    def _compute_client_alerts(self):
        """Say what is missing at the client before an estimate goes out."""
        for composer in self:
            composer.client_alerts = {}
            if composer.model == "sale.order":
                orders = self.env["sale.order"].browse(composer._evaluate_res_ids())
                composer.client_alerts = orders.filtered(
                    lambda order: order.state in ("draft", "sent")
                )._client_alerts()
