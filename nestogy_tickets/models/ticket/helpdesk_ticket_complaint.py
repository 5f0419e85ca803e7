from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

ACTIVITY = "nestogy_tickets.mail_activity_type_complaint"
REASON_LIMIT = 2000  # characters


class HelpdeskTicket(models.Model):
    """A complaint: seen by who leads the team and by who looks after the client, until it is settled."""

    _inherit = "helpdesk.ticket"

    is_complaint = fields.Boolean(
        string="Complaint", readonly=True, copy=False, tracking=True, groups="base.group_user"
    )
    complaint_reason = fields.Text(readonly=True, copy=False, groups="base.group_user")

    _complaint_idx = models.Index("(commercial_partner_id) WHERE is_complaint")

    @api.constrains("complaint_reason")
    def _check_complaint_reason(self):
        for ticket in self:
            if len(ticket.complaint_reason or "") > REASON_LIMIT:
                raise ValidationError(self.env._("The reason of a complaint has at most %s characters.", REASON_LIMIT))

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._complain_by_category()
        return tickets

    def write(self, vals):
        result = super().write(vals)
        if vals.get("category_id"):
            self._complain_by_category()
        return result

    def _complain_by_category(self):
        """Tickets of a category that stands for complaints are complaints from the start."""
        # the category decides, also for what a visitor opens
        for category_sudo, tickets_sudo in self.sudo().grouped("category_id").items():
            if category_sudo.is_complaint:
                tickets_sudo.filtered(lambda ticket: not ticket.is_complaint)._set_complaint(
                    self.env._("By its category %s.", category_sudo.complete_name)
                )

    def _set_complaint(self, reason):
        """Make tickets complaints, and tell who leads the team and who looks after the client.

        :raise UserError: without a reason, or one of them is a complaint already
        """
        reason = self._complaint_text(reason)
        for ticket in self:
            if ticket.is_complaint:
                raise UserError(self.env._("%s is a complaint already.", ticket.display_name))
        self.write({"is_complaint": True, "complaint_reason": reason})
        for ticket in self:
            ticket._message_log(body=self.env._("Complaint: %s", reason))
            for user in ticket._complaint_users():
                ticket.activity_schedule(
                    ACTIVITY,
                    user_id=user.id,
                    summary=self.env._(
                        "Complaint of %s", ticket.commercial_partner_id.name or ticket.partner_name or ticket.number
                    ),
                    note=reason,
                )

    def _settle_complaint(self, reason):
        """The complaint is dealt with; what was done about it stays in the history.

        :raise UserError: without a reason, or one of them is no complaint
        """
        reason = self._complaint_text(reason)
        for ticket in self:
            if not ticket.is_complaint:
                raise UserError(self.env._("%s is no complaint.", ticket.display_name))
        self.write({"is_complaint": False})
        self.activity_feedback([ACTIVITY], feedback=reason)
        for ticket in self:
            ticket._message_log(body=self.env._("Complaint settled: %s", reason))

    @api.model
    def _complaint_text(self, reason):
        text = (reason or "").strip()
        if not text:
            raise UserError(self.env._("Say why: the reason is kept in the ticket's history."))
        return text

    def _complaint_users(self):
        """Who is told of a complaint: who leads the team and who looks after the client, else the client managers."""
        self.ensure_one()
        ticket_sudo = self.sudo()  # who leads and who manages is not a question of the reader's rights
        users = (ticket_sudo.team_id.user_id | ticket_sudo.commercial_partner_id.user_id).filtered(
            lambda user: user.active and not user.share
        )
        return users or ticket_sudo.commercial_partner_id._client_managers(ticket_sudo.company_id)[:1]

    def action_complaint(self):
        """Ask why these tickets are complaints, or what was done about them."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complaint Settled") if self[:1].is_complaint else self.env._("Complaint"),
            "res_model": "nestogy.ticket.complaint",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_ids": self.ids, "default_is_settled": self[:1].is_complaint},
        }
