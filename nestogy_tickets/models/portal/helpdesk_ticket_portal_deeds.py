from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html


class HelpdeskTicket(models.Model):
    """What visitors decide about a ticket: how urgent it is, which line of an invoice it is about, that it goes on."""

    _inherit = "helpdesk.ticket"

    # ------------------------------------------------------------------
    # Priority
    # ------------------------------------------------------------------

    @api.model
    def _portal_priorities(self):
        """What the visitor may choose from, as (value, label) pairs; empty where we decide how urgent something is."""
        client = self.env.user._portal_client()
        highest = client._client_setting("ticket_priority_choice")[0] if client else False
        if not highest:
            return []
        labels = self._fields["priority"]._description_selection(self.env)
        return [(value, label) for value, label in labels if value <= highest]

    # ------------------------------------------------------------------
    # A line of an invoice
    # ------------------------------------------------------------------

    @api.model
    def _portal_line_to_ask(self, line_id):
        """The line of an invoice that the visitor wants to ask about, in sudo; empty when it is not one he sees."""
        lines_sudo = self.env["account.move.line"].sudo()  # its invoice is searched with the visitor's own rights
        line_sudo = lines_sudo.browse(line_id or []).exists()
        moves = self.env["account.move"]
        user = self.env.user
        if not line_sudo or user._is_public() or user._portal_scope("money") == "none" or not moves.has_access("read"):
            return lines_sudo.browse()
        invoice = moves.search(
            [("id", "=", line_sudo.move_id.id), ("commercial_partner_id", "=", user.commercial_partner_id.id)], limit=1
        )
        return line_sudo & invoice.sudo()._portal_lines_to_ask()  # found with his rights

    # ------------------------------------------------------------------
    # Opening again
    # ------------------------------------------------------------------

    def _portal_reopen_until(self):
        """Until when the client may open this closed ticket again; ``None`` when it may not."""
        self.ensure_one()
        ticket_sudo = self.sudo()  # settings hold for whoever asks
        days = ticket_sudo._days_setting("ticket_reopen_days")[ticket_sudo]
        if not ticket_sudo.closed or not ticket_sudo.closed_date or ticket_sudo.merged_into_id or not days:
            return None
        return ticket_sudo.closed_date + timedelta(days=days)

    def _portal_may_reopen(self):
        """Say whether the client may open this ticket again: it is closed, and not for too long."""
        until = self._portal_reopen_until()
        return bool(until and until >= fields.Datetime.now())

    def _portal_reopen(self, reason):
        """Open a closed ticket again in the name of the visitor, who says why: each answer of the client does that.

        What somebody wants of a ticket that was merged while he wrote is a message to the one in which it goes on.

        :param str reason: plain text
        :raise UserError: the ticket is open, or closed for too long
        """
        self.ensure_one()
        self.check_access("read")  # that is what visitors have; what they may change is decided here
        ticket_sudo = self.sudo()  # visitors may not write tickets; access and state are checked in this method
        is_merged = bool(ticket_sudo.merged_into_id)
        if not ticket_sudo.closed and not is_merged:
            raise UserError(self.env._("This ticket is open; just write a message."))
        if not ticket_sudo._portal_may_reopen() and not is_merged:
            raise UserError(self.env._("This ticket is closed for too long; please open a new one."))
        ticket_sudo._track_set_author(self.env.user.partner_id)
        ticket_sudo.message_post(
            body=plaintext2html(reason),
            author_id=self.env.user.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        if ticket_sudo.closed and not is_merged:
            raise UserError(self.env._("This ticket cannot be opened again; please open a new one."))

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _portal_open_domain(self):
        """Open tickets; those that were merged go on elsewhere, whatever their stage."""
        tickets_sudo = self.sudo()  # which tickets were merged is a field of staff; visitors may know of their own
        return self._open_domain() & Domain("id", "not in", tickets_sudo._search([("merged_into_id", "!=", False)]))

    @api.model
    def _portal_waiting_domain(self):
        """Open tickets that wait for the client's answer: not those that he has answered."""
        tickets_sudo = self.sudo()  # since when is a field of staff; that they wait for him is for the client to know
        return self._portal_open_domain() & Domain("id", "in", tickets_sudo._search([("waiting_since", "!=", False)]))

    # ------------------------------------------------------------------
    # Merged tickets
    # ------------------------------------------------------------------

    def _portal_survivor(self):
        """The ticket in which this one goes on, which the visitor may not be shown; itself when it was not merged."""
        return self._merge_survivor().with_user(self.env["res.users"]._get_portal_visitor()).sudo(False)
