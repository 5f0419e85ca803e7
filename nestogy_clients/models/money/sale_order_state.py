from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

TONES = {
    "sent": "info",
    "waiting": "warning",
    "accepted": "success",
    "invoiced": "success",
    "rejected": "danger",
    "expired": "warning",
}
REJECT_REASON_LIMIT = 2000  # characters


class SaleOrder(models.Model):
    """The state of an estimate in the words of clients, and why it was rejected.

    As with invoices (see ``account.move``) the order of questions stands here in Python and in SQL.
    """

    _inherit = "sale.order"

    client_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("waiting", "Waiting for Approval"),
            ("accepted", "Accepted"),
            ("invoiced", "Invoiced"),
            ("rejected", "Rejected"),
            ("expired", "Expired"),
            ("cancel", "Cancelled"),
        ],
        string="Estimate State",
        compute="_compute_client_state",
        search="_search_client_state",
        groups="base.group_user",
    )
    client_reject_reason = fields.Text(
        string="Rejected Because",
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="What the client wrote when it rejected the estimate, or what it told us.",
    )

    @api.depends("state", "invoice_status", "validity_date", "client_reject_reason", "credit_approval")
    def _compute_client_state(self):
        for order in self:
            order.client_state = order._get_client_state()

    def _search_client_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        words = tuple(each or "" for each in value)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", model._field_to_sql(alias, "client_state", query), words
            ),
            predicate=lambda order: order.client_state in words,
        )

    def _get_client_state(self):
        """:return: the key of the state"""
        self.ensure_one()
        order_sudo = self.sudo()  # clients are told a word about what they may not read
        if order_sudo.state == "cancel":
            return "rejected" if order_sudo.client_reject_reason else "cancel"
        if order_sudo.state == "sale":
            return "invoiced" if order_sudo.invoice_status == "invoiced" else "accepted"
        if order_sudo.credit_approval == "waiting":
            return "waiting"
        if order_sudo.validity_date and order_sudo.validity_date < fields.Date.context_today(self):
            return "expired"
        return order_sudo.state

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists group and sort by the state."""
        if field_expr != "client_state":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        names = ("state", "invoice_status", "validity_date", "client_reject_reason", "credit_approval")
        return SQL(
            """CASE WHEN %(state)s = 'cancel' AND %(client_reject_reason)s <> '' THEN 'rejected'
                    WHEN %(state)s = 'cancel' THEN 'cancel'
                    WHEN %(state)s = 'sale' AND %(invoice_status)s = 'invoiced' THEN 'invoiced'
                    WHEN %(state)s = 'sale' THEN 'accepted'
                    WHEN %(credit_approval)s = 'waiting' THEN 'waiting'
                    WHEN %(validity_date)s < %(today)s THEN 'expired'
                    ELSE %(state)s END""",
            today=fields.Date.context_today(self),
            **{name: super(SaleOrder, self)._field_to_sql(alias, name, query) for name in names},
        )

    def _client_state(self):
        """The state of an estimate in the words of clients, with the colour in which it is shown.

        A client who accepted what waits for our approval reads Accepted.

        :return: tuple of a text and a Bootstrap colour name
        """
        self.ensure_one()
        state = self._get_client_state()
        if state == "waiting" and not self.env.user._is_internal():
            state = "accepted" if self._is_accepted_by_client() else self.state
        # the field is not the client's, its words are
        labels = dict(self.sudo()._fields["client_state"]._description_selection(self.env))
        return labels.get(state, ""), TONES.get(state, "secondary")

    def action_reject(self):
        """Ask why the client rejects the estimates."""
        return self._credit_decision_action("reject", self.env._("Rejected by the Client"))

    def _reject_estimates(self, reason):
        """Cancel estimates that the client does not want.

        :param str reason: what it said, not empty
        :raise UserError: something is an order already
        """
        if self.filtered(lambda order: order.state not in ("draft", "sent")):
            raise UserError(self.env._("Only estimates can be rejected; cancel the order instead."))
        self.with_context(client_reject_reason=reason)._action_cancel()
        self._message_log_batch(bodies={order.id: self.env._("Rejected by the client: %s", reason) for order in self})

    def _action_cancel(self):
        result = super()._action_cancel()
        reason = (self.env.context.get("client_reject_reason") or "").strip()
        if reason:
            self.client_reject_reason = reason[:REJECT_REASON_LIMIT]
        return result

    def action_draft(self):
        result = super().action_draft()
        self.filtered("client_reject_reason").client_reject_reason = False
        return result
