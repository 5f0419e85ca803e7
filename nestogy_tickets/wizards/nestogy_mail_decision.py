from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyMailDecision(models.TransientModel):
    """What a manager decides about mails in quarantine."""

    _name = "nestogy.mail.decision"
    _description = "Decide about Mails in Quarantine"

    mail_ids = fields.Many2many("nestogy.mail.inbox", string="Mails", required=True, readonly=True)
    deed = fields.Selection([("assign", "Make a ticket"), ("discard", "Discard")], required=True, readonly=True)
    client_id = fields.Many2one(
        "res.partner",
        domain="['|', ('is_client', '=', True), ('commercial_partner_id.is_client', '=', True)]",
        default=lambda self: self._default_client(),
        help="The client or one of its contacts.",
    )
    team_id = fields.Many2one(
        "helpdesk.ticket.team", default=lambda self: self.env["helpdesk.ticket.team"].search([], limit=1)
    )
    reason = fields.Char(help="Why it is not needed; kept with the mail.")

    @api.model
    def _default_client(self):
        mails = self.env["nestogy.mail.inbox"].browse(self.env.context.get("default_mail_ids") or [])
        addresses = set(mails.mapped("sender_address"))
        if len(addresses) != 1:
            return False
        address = addresses.pop()
        contact = self.env["res.partner"].search([("email_normalized", "=", address)], limit=1) if address else None
        return (contact and contact._get_client() and contact) or self.env["helpdesk.ticket"]._mail_client(
            address
        ).sudo(False)

    def action_apply(self):
        self.ensure_one()
        mails_sudo = self.mail_ids._decide()  # checks that a manager asks
        if self.deed == "discard":
            if not (self.reason or "").strip():
                raise UserError(self.env._("Write down why it is not needed."))
            mails_sudo.write({"state": "discarded", "reason": self.reason, "next_try_at": False})
            return {"type": "ir.actions.act_window_close"}
        if not self.team_id:
            raise UserError(self.env._("Choose the team that gets the ticket."))
        extra = {"nestogy_inbox_client": self.client_id.id, "nestogy_inbox_team": self.team_id.id}
        for mail_sudo in mails_sudo:
            mail_sudo._process_now(**extra, options={"model": "helpdesk.ticket", "thread_id": False})
        return self.mail_ids._tell_result()
