from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

MOMENTS = ("client_sent_at", "client_rejected_at")


class SaleOrder(models.Model):
    """Estimates as events of a client: when they were sent, accepted and rejected."""

    _inherit = "sale.order"

    client_sent_at = fields.Datetime(
        string="Sent on", compute="_compute_client_moments", store=True, copy=False, groups="base.group_user"
    )
    client_rejected_at = fields.Datetime(
        string="Rejected on", compute="_compute_client_moments", store=True, copy=False, groups="base.group_user"
    )

    _client_sent_idx = models.Index("(partner_id, client_sent_at DESC, id DESC) WHERE client_sent_at IS NOT NULL")
    _client_accepted_idx = models.Index("(partner_id, date_order DESC, id DESC) WHERE state = 'sale'")
    _client_rejected_idx = models.Index(
        "(partner_id, client_rejected_at DESC, id DESC) WHERE client_rejected_at IS NOT NULL"
    )

    def _auto_init(self):
        """Leave the moments of existing estimates empty: nobody knows them, and now would be wrong."""
        for name in MOMENTS:
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, "timestamp")
        return super()._auto_init()

    @api.depends("state", "client_reject_reason")
    def _compute_client_moments(self):
        """Keep the moment at which an estimate was first sent, and at which it was rejected."""
        now = fields.Datetime.now()
        for order in self:
            before = order._origin
            order.client_sent_at = order.state != "draft" and (before.client_sent_at or order.state == "sent" and now)
            is_rejected = order.state == "cancel" and order.client_reject_reason
            order.client_rejected_at = is_rejected and (before.client_rejected_at or now)
