from odoo import fields, models


class NestogyContractPause(models.Model):
    """Days on which a contract rests: nothing is invoiced until it goes on."""

    _name = "nestogy.contract.pause"
    _description = "Pause of a Contract"
    _order = "date_from desc, id desc"
    _rec_name = "date_from"

    contract_id = fields.Many2one("contract.contract", required=True, index=True, ondelete="cascade")
    date_from = fields.Date(string="From", required=True, readonly=True, default=fields.Date.context_today)
    date_to = fields.Date(string="To", readonly=True, help="The last day of the pause; empty while it lasts.")
    origin = fields.Selection(
        [("client", "Status of the client"), ("contract", "Paused by hand")], required=True, readonly=True
    )
    user_id = fields.Many2one("res.users", string="Paused by", readonly=True, default=lambda self: self.env.uid)

    _one_open = models.UniqueIndex("(contract_id) WHERE date_to IS NULL", "The contract is paused already.")
    _in_order = models.Constraint("CHECK (date_to >= date_from)", "A pause ends after it begins.")
