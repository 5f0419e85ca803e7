from odoo import models


class ContractContract(models.Model):
    """Contracts are read by client and by the days on which they begin and end."""

    _inherit = "contract.contract"

    _client_start_idx = models.Index("(commercial_partner_id, date_start DESC, id DESC)")
    _client_end_idx = models.Index("(commercial_partner_id, date_end DESC, id DESC) WHERE date_end IS NOT NULL")
