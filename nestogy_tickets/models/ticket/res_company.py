from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ticket_close_days = fields.Integer()
    ticket_reopen_days = fields.Integer(default=14)

    @api.constrains("ticket_close_days", "ticket_reopen_days")
    def _check_ticket_days(self):
        self.env["res.partner"]._check_days(self)
