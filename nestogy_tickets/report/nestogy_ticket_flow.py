from odoo import fields, models
from odoo.tools import SQL


class NestogyTicketFlow(models.Model):
    """Tickets that came and went, a row for each coming and each going; added up over time they are the backlog.

    A ticket that was opened again counts as open from its first opening: only its last closing is known.
    """

    _name = "nestogy.ticket.flow"
    _description = "Ticket Backlog"
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "ticket_id"
    _depends = {
        "helpdesk.ticket": [
            *("active", "closed_date", "commercial_partner_id", "company_id", "create_date", "priority", "stage_id"),
            *("team_id", "user_id"),
        ],
        "helpdesk.ticket.stage": ["closed"],
    }

    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    client_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned to", readonly=True)
    priority = fields.Selection(
        selection=lambda self: self.env["helpdesk.ticket"]._fields["priority"]._description_selection(self.env),
        readonly=True,
    )
    at = fields.Datetime(string="When", readonly=True)
    opened = fields.Integer(readonly=True)
    closed = fields.Integer(readonly=True)
    change = fields.Integer(string="Backlog", readonly=True, help="One more for each opened, one less for each closed.")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT ticket.id * 2::bigint + flow.is_closing AS id, ticket.id AS ticket_id,
                   ticket.commercial_partner_id AS client_id, ticket.company_id, ticket.team_id, ticket.user_id,
                   ticket.priority,
                   CASE flow.is_closing WHEN 1 THEN ticket.closed_date ELSE ticket.create_date END AS at,
                   1 - flow.is_closing AS opened, flow.is_closing AS closed, 1 - 2 * flow.is_closing AS change
              FROM helpdesk_ticket ticket
         LEFT JOIN helpdesk_ticket_stage stage ON stage.id = ticket.stage_id
        CROSS JOIN (VALUES (0), (1)) AS flow (is_closing)
             WHERE ticket.active
               AND (flow.is_closing = 0 OR (stage.closed AND ticket.closed_date IS NOT NULL))
            """
        )
