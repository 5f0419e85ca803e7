from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Reminding a client of what is overdue."""

    _inherit = "res.partner"

    def _client_overdue_domain(self):
        """Overdue invoices of the current company, of these clients."""
        return (
            Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("company_id", "=", self.env.company.id)
            & self._overdue_domain()
        )

    def _overdue_domain(self):
        return (
            Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_receipt"))
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("amount_residual", ">", 0)
            & Domain("invoice_date_due", "<", fields.Date.context_today(self))
        )

    def _client_overdue_invoices(self):
        """The client's overdue invoices, the oldest first, with the rights of the user."""
        self.ensure_one()
        return self.env["account.move"].search(self._client_overdue_domain(), order="invoice_date_due, id")

    def action_client_send_reminder(self):
        """Open the send dialog with one mail about all overdue invoices of the client."""
        self.ensure_one()
        self.env["account.move"].check_access("write")  # reminding is for who invoices
        client = self.commercial_partner_id
        if not client._client_overdue_invoices():
            raise UserError(self.env._("%s has no overdue invoice; there is nothing to remind of.", client.name))
        return client._client_mail_composer("reminder", self.env._("Send Reminder"))

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        moves = self.env["account.move"]
        if moves.has_access("write") and moves.search_count(self._client_overdue_domain(), limit=1):
            actions.append(
                self._client_quick_action(
                    "reminder", 46, self.env._("Send Reminder"), "fa-bell-o", "action_client_send_reminder"
                )
            )
        return actions

    def message_post(self, **kwargs):
        """Note on each overdue invoice that its client was reminded."""
        message = super().message_post(**kwargs)
        context = self.env.context
        by_hand = context.get("client_mail_kind") == "reminder" and not context.get("client_reminder_move_ids")
        if by_hand and message.partner_ids:
            moves = self._client_overdue_invoices()
            note = self.env._("Payment reminder mailed to %s.", ", ".join(message.partner_ids.mapped("display_name")))
            moves._message_log_batch(dict.fromkeys(moves.ids, note))
            self.env["nestogy.reminder.log"]._write_log(moves, "manual").mail_message_id = message
        return message
