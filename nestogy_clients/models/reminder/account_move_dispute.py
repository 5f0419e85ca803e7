from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools.client_settings import BILLING

REASON_LIMIT = 2000  # characters
ACTIVITY = "nestogy_clients.mail_activity_type_dispute"


class AccountMove(models.Model):
    """The client says that an invoice is wrong: until that is settled, it is neither reminded nor charged."""

    _inherit = "account.move"

    is_disputed = fields.Boolean(string="Disputed", copy=False, readonly=True, groups="base.group_user")
    dispute_reason = fields.Text(string="Disputed Because", copy=False, readonly=True, groups="base.group_user")
    dispute_by_id = fields.Many2one(
        "res.partner", string="Disputed by", copy=False, readonly=True, groups="base.group_user"
    )
    dispute_since = fields.Datetime(string="Disputed Since", copy=False, readonly=True, groups="base.group_user")

    _disputed_idx = models.Index("(company_id, dispute_since) WHERE is_disputed")

    @api.constrains("dispute_reason", "is_disputed")
    def _check_dispute(self):
        for move_sudo in self.sudo():  # a limit, whoever writes
            if move_sudo.is_disputed and not (move_sudo.dispute_reason or "").strip():
                raise ValidationError(self.env._("Say what is wrong with %s.", move_sudo.name))
            if len(move_sudo.dispute_reason or "") > REASON_LIMIT:
                raise ValidationError(self.env._("The reason of a dispute has at most %s characters.", REASON_LIMIT))

    def _dispute(self, reason, partner):
        """Note that a client disputes these invoices, and ask accounting to look; the caller vouches for the right.

        :param str reason: what is wrong, in the client's words
        :param res.partner partner: who says so
        :raise UserError: an invoice is not open
        """
        for move_sudo in self.sudo():  # the client may not write on its invoices, but say this
            if move_sudo.state != "posted" or move_sudo.currency_id.is_zero(move_sudo.amount_residual):
                raise UserError(self.env._("%s is not open; write to us about it instead.", move_sudo.name))
            if move_sudo.is_disputed:
                raise UserError(self.env._("%s is disputed already; we are looking into it.", move_sudo.name))
            move_sudo.write(
                {
                    "is_disputed": True,
                    "dispute_reason": reason,
                    "dispute_by_id": partner.id,
                    "dispute_since": fields.Datetime.now(),
                }
            )
            move_sudo._message_log(body=self.env._("Disputed by %(who)s: %(reason)s", who=partner.name, reason=reason))
            managers_sudo = move_sudo.commercial_partner_id._client_managers(move_sudo.company_id)
            user_sudo = move_sudo.invoice_user_id or move_sudo.commercial_partner_id.user_id or managers_sudo[:1]
            move_sudo.activity_schedule(
                ACTIVITY,
                user_id=(user_sudo or self.env.user).id,
                summary=self.env._("%(client)s disputes %(invoice)s", client=partner.name, invoice=move_sudo.name),
                note=reason,
            )

    def action_dispute(self):
        """Ask what is wrong with the invoice."""
        self._check_reminder_staff()
        return self._reminder_question("nestogy.invoice.dispute", self.env._("Disputed by the Client"))

    def action_dispute_settled(self):
        """The dispute is over: reminders go on."""
        if not self.env.user.has_group(BILLING):
            raise AccessError(self.env._("Disputes are settled by those who invoice clients."))
        self.check_access("write")
        self._end_dispute(self.env._("The dispute is settled."))

    def _end_dispute(self, note):
        """Let reminders and charges go on, and close what accounting was asked; the caller vouches for the right."""
        disputed = self.filtered("is_disputed")
        disputed.write({"is_disputed": False})
        disputed.activity_feedback([ACTIVITY])
        disputed._message_log_batch(dict.fromkeys(disputed.ids, note))
