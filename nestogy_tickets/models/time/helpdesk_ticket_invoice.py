from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

BILLING_GROUP = "nestogy_clients.nestogy_clients_group_billing"


class HelpdeskTicket(models.Model):
    """Billable time and fixed charges of tickets on an invoice of the client, each once."""

    _inherit = "helpdesk.ticket"

    ticket_charge_ids = fields.One2many(
        "nestogy.ticket.charge",
        "ticket_id",
        string="Fixed Charges",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    ticket_invoice_count = fields.Integer(compute="_compute_ticket_invoice_count", groups=BILLING_GROUP)

    def _compute_ticket_invoice_count(self):
        moves = self._ticket_invoices()
        for ticket in self:
            ticket.ticket_invoice_count = len(moves.get(ticket.id, ()))

    def _ticket_invoices(self):
        """The invoices on which each ticket stands.

        :return: dict of ticket id to set of invoice ids
        """
        found = {}
        for model in ("account.analytic.line", "nestogy.ticket.charge"):
            rows_sudo = self.env[model].sudo()  # billing need not read whose time it was
            domain = Domain("ticket_id", "in", self.ids) & Domain("invoice_line_id", "!=", False)
            for ticket, line in rows_sudo._read_group(domain, ["ticket_id", "invoice_line_id"]):
                found.setdefault(ticket.id, set()).add(line.move_id.id)
        return found

    def action_ticket_invoices(self):
        """Open the invoices on which this ticket stands."""
        self.ensure_one()
        self.check_access("read")
        return self.env["account.move"].browse(sorted(self._ticket_invoices().get(self.id, ())))._billed_action()

    def action_invoice_tickets(self):
        """Open the question on which invoice the time and charges go."""
        self._check_may_invoice()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invoice Tickets"),
            "res_model": "nestogy.ticket.invoice",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_ids": self.ids},
        }

    def _check_may_invoice(self):
        if not self.env.user.has_group(BILLING_GROUP):
            raise AccessError(self.env._("Tickets are invoiced by the role Client Billing; ask for it."))
        self.check_access("read")
        self.env["account.move"].check_access("create")

    def _open_time(self):
        """Billable time of these tickets that stands on no invoice, in sudo."""
        lines_sudo = self.env["account.analytic.line"].sudo()  # billing need not read whose time it is
        return lines_sudo.search(lines_sudo._to_bill_domain() & Domain("ticket_id", "in", self.ids), order="date, id")

    def _open_charges(self):
        """Charges of these tickets that stand on no invoice, in sudo."""
        charges_sudo = self.env["nestogy.ticket.charge"].sudo()  # marked by whoever invoices
        return charges_sudo.search(Domain("is_invoiced", "=", False) & Domain("ticket_id", "in", self.ids))

    def _invoice(self, move=None):
        """Put what is open on a draft invoice, or on a new one for each client and company.

        :param account.move move: a draft of the tickets' client; empty: new ones
        :return: the invoices
        :raise UserError: nothing is open, the client may not be invoiced, somebody else is at it
        """
        self._check_may_invoice()
        time_sudo, charges_sudo = self._open_time(), self._open_charges()
        if not time_sudo and not charges_sudo:
            raise UserError(self.env._("Nothing to invoice: all billable time and charges stand on invoices already."))
        time_sudo._lock_to_bill()
        charges_sudo._lock_to_bill()
        moves = self.env["account.move"]
        billed = (time_sudo.ticket_id | charges_sudo.ticket_id).sudo(False)
        for (client, company), tickets in billed.grouped(
            lambda ticket: (ticket.commercial_partner_id, ticket.company_id)
        ).items():
            if not client:
                numbers = ", ".join(tickets.mapped("number"))
                raise UserError(self.env._("%s has no client; give it a contact first.", numbers))
            moves |= moves._bill_work(client, company, tickets, "ticket_id", time_sudo, charges_sudo, move)
        return moves

    @api.ondelete(at_uninstall=False)
    def _unlink_except_work(self):
        """What was done for a client does not vanish with its ticket."""
        for model in ("account.analytic.line", "nestogy.ticket.charge"):
            # it counts, whoever may see it
            found_sudo = self.env[model].sudo().search([("ticket_id", "in", self.ids)], limit=1)
            if found_sudo:
                raise UserError(
                    self.env._(
                        "%s has time or charges; merge it into another ticket of the client, or delete those first.",
                        found_sudo.ticket_id.number,
                    )
                )
