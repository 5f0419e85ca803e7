from odoo import api, fields, models


class NestogyTicketSplit(models.TransientModel):
    """Asks which messages of a ticket become a ticket of their own."""

    _name = "nestogy.ticket.split"
    _description = "Split of a Ticket"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, readonly=True)
    name = fields.Char(string="Title of the new ticket", required=True)
    line_ids = fields.One2many(
        "nestogy.ticket.split.line",
        "split_id",
        string="Messages",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("ticket_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create({"message_id": message.id})
                for message in (wizard.ticket_id._split_messages() if wizard.ticket_id else ())
            ]

    def action_split(self):
        """Make the new ticket and open it."""
        self.ensure_one()
        messages = self.line_ids.filtered("is_chosen").message_id
        created = self.ticket_id._split_off(messages, self.name)
        return created._get_records_action(context={})
