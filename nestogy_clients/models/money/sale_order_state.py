from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, plaintext2html

REJECT_REASON_LIMIT = 2000  # characters
ACTIVITY = "nestogy_clients.mail_activity_type_estimate"


class SaleOrder(models.Model):
    """The state of an estimate in the words of clients, and why it was rejected."""

    _name = "sale.order"
    _inherit = ["sale.order", "nestogy.client.state.mixin"]

    _client_state_sources = ("state", "invoice_status", "validity_date", "client_reject_reason", "credit_approval")
    _client_state_tones = {
        "sent": "info",
        "waiting": "warning",
        "accepted": "success",
        "invoiced": "success",
        "rejected": "danger",
        "expired": "warning",
    }

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
        return SQL(
            """CASE WHEN %(state)s = 'cancel' AND %(client_reject_reason)s <> '' THEN 'rejected'
                    WHEN %(state)s = 'cancel' THEN 'cancel'
                    WHEN %(state)s = 'sale' AND %(invoice_status)s = 'invoiced' THEN 'invoiced'
                    WHEN %(state)s = 'sale' THEN 'accepted'
                    WHEN %(credit_approval)s = 'waiting' THEN 'waiting'
                    WHEN %(validity_date)s < %(today)s THEN 'expired'
                    ELSE %(state)s END""",
            today=fields.Date.context_today(self),
            **{name: super(SaleOrder, self)._field_to_sql(alias, name, query) for name in self._client_state_sources},
        )

    def _shown_client_state(self):
        """A client who accepted what waits for our approval reads Accepted."""
        state = super()._shown_client_state()
        if state == "waiting" and not self.env.user._is_internal():
            return "accepted" if self._is_accepted_by_client() else self.state
        return state

    def action_reject(self):
        """Ask why the client rejects the estimates."""
        return self._credit_decision_action("reject", self.env._("Rejected by the Client"))

    def _may_be_rejected(self):
        """Say whether the client may still say no: neither it nor the clock has decided yet."""
        self.ensure_one()
        return self.state in ("draft", "sent") and not self.is_expired and not self._is_accepted_by_client()

    def _check_reject_reason(self, reason):
        """
        :return: the reason as it is kept
        :raise UserError: there is none, or it is too long
        """
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why, in a few words."))
        if len(reason) > REJECT_REASON_LIMIT:
            raise UserError(self.env._("A reason has at most %s characters.", REJECT_REASON_LIMIT))
        return reason

    def _reject_estimates(self, reason):
        """Cancel estimates that the client does not want, as it told us.

        :param str reason: what it said
        :raise UserError: there is no reason, or something is an order already
        """
        reason = self._check_reject_reason(reason)
        if self.filtered(lambda order: order.state not in ("draft", "sent")):
            raise UserError(self.env._("Only estimates can be rejected; cancel the order instead."))
        self.with_context(client_reject_reason=reason)._action_cancel()
        self._message_log_batch(bodies={order.id: self.env._("Rejected by the client: %s", reason) for order in self})

    def _reject_by_client(self, reason, author):
        """The client itself says no: keep why, where the conversation is too, and give the salesperson something to do.

        :param str reason: what it wrote
        :param res.partner author: who wrote it
        :raise UserError: there is no reason, or it is too long
        """
        self.ensure_one()
        reason = self._check_reject_reason(reason)
        self.with_context(client_reject_reason=reason)._action_cancel()
        self.message_post(author_id=author.id, body=reason, message_type="comment", subtype_xmlid="mail.mt_comment")
        self._tell_salesperson(self.env._("%(client)s rejected %(estimate)s", **self._names_for_staff()), reason)

    def action_confirm(self):
        result = super().action_confirm()
        if self.env.context.get("send_email"):  # what Odoo says when the client accepted, by signature or by payment
            for order in self.filtered(lambda each: each.state == "sale"):
                order._tell_salesperson(
                    self.env._("%(client)s accepted %(estimate)s", **order._names_for_staff()),
                    self.env._("Send the invoice, or start the project."),
                )
        return result

    def _names_for_staff(self):
        client = self.partner_id.commercial_partner_id
        return {"client": self.signed_by or client.name or "", "estimate": self.name}

    def _tell_salesperson(self, summary, note):
        """Give the salesperson, or else the account manager of the client, an activity for today."""
        self.ensure_one()
        order_sudo = self.sudo()  # told by what the client did
        users = order_sudo.user_id | order_sudo.partner_id._get_client().user_id | order_sudo.create_uid
        user = users.filtered(lambda each: each.active and not each.share and each.id != SUPERUSER_ID)[:1]
        if user:
            order_sudo.activity_schedule(ACTIVITY, summary=summary, note=plaintext2html(note), user_id=user.id)

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
