from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_paused_time = fields.Selection(
        [("skip", "Not invoiced"), ("invoice", "Invoiced when it goes on")],
        string="Paused Time",
        required=True,
        default="skip",
        help="How new contracts treat the time in which they, or their clients, are paused.",
    )
