from odoo import api, fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    ticket_close_days = fields.Integer()
    ticket_reopen_days = fields.Integer()

    @api.constrains("ticket_close_days", "ticket_reopen_days")
    def _check_ticket_days(self):
        self.env["res.partner"]._check_days(self)
