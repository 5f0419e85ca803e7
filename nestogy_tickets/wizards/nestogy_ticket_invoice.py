from odoo import api, fields, models


class NestogyTicketInvoice(models.TransientModel):
    """Asks on which invoice the time and charges of tickets go."""

    _name = "nestogy.ticket.invoice"
    _description = "Invoice Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    client_id = fields.Many2one("res.partner", compute="_compute_open")
    client_count = fields.Integer(compute="_compute_open")
    hours = fields.Float(compute="_compute_open")
    charge_count = fields.Integer(string="Fixed Charges", compute="_compute_open")
    move_id = fields.Many2one(
        "account.move",
        string="Draft Invoice",
        domain="[('commercial_partner_id', '=', client_id), ('state', '=', 'draft'),"
        " ('move_type', '=', 'out_invoice')]",
        help="Empty: a new draft.",
    )

    @api.depends("ticket_ids")
    def _compute_open(self):
        for wizard in self:
            tickets = wizard.ticket_ids._origin
            tickets._check_may_invoice()
            time_sudo, charges_sudo = tickets._open_time(), tickets._open_charges()
            clients = (time_sudo.ticket_id | charges_sudo.ticket_id).commercial_partner_id.sudo(False)
            wizard.client_count = len(clients)
            wizard.client_id = clients if len(clients) == 1 else False
            wizard.hours = sum(time_sudo.mapped("unit_amount"))
            wizard.charge_count = len(charges_sudo)

    def action_invoice(self):
        """Make the lines, and open the invoice."""
        self.ensure_one()
        return self.ticket_ids._invoice(self.move_id)._billed_action()
