from odoo import fields, models
from odoo.tools import SQL

# upper ends of the bands, in hours, by which times are counted; the last band has no end. A graph goes by the order of
# their keys
BANDS = {"000h": 1, "001h": 4, "004h": 24, "024h": 72, "072h": 168}
BAND_LABELS = [
    ("000h", "Up to 1 hour"),
    ("001h", "1 to 4 hours"),
    ("004h", "4 to 24 hours"),
    ("024h", "1 to 3 days"),
    ("072h", "3 to 7 days"),
    ("168h", "Over 7 days"),
]


class NestogyTicketReport(models.Model):
    """How old tickets are, how soon they were answered and resolved, and who works on how many.

    A row is a ticket and has its number. Hours are hours of the clock on the wall, nights and holidays included: the
    time that a client waited. What was promised in working time is in the SLA report.
    """

    _name = "nestogy.ticket.report"
    _description = "Ticket Report"
    _auto = False
    _order = "created_at desc, id desc"
    _rec_name = "ticket_id"
    _depends = {
        "helpdesk.ticket": [
            *(
                "active",
                "category_id",
                "channel_id",
                "closed_date",
                "commercial_partner_id",
                "company_id",
                "create_date",
            ),
            *("priority", "sla_first_response_at", "stage_id", "team_id", "user_id"),
        ],
        "helpdesk.ticket.stage": ["closed"],
        "res.partner": ["client_group_id"],
    }

    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    client_id = fields.Many2one("res.partner", readonly=True)
    client_group_id = fields.Many2one("nestogy.client.group", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned to", readonly=True)
    category_id = fields.Many2one("helpdesk.ticket.category", readonly=True)
    channel_id = fields.Many2one("helpdesk.ticket.channel", readonly=True)
    stage_id = fields.Many2one("helpdesk.ticket.stage", readonly=True)
    priority = fields.Selection(
        selection=lambda self: self.env["helpdesk.ticket"]._fields["priority"]._description_selection(self.env),
        readonly=True,
    )
    state = fields.Selection([("open", "Open"), ("closed", "Closed")], readonly=True)
    created_at = fields.Datetime(string="Opened", readonly=True)
    closed_at = fields.Datetime(string="Closed", readonly=True)
    age_hours = fields.Float(
        string="Age (hours)", readonly=True, aggregator="avg", help="Of an open ticket: since it was opened."
    )
    response_hours = fields.Float(
        string="First Response (hours)",
        readonly=True,
        aggregator="avg",
        help="From opening to the first answer of ours that the client can see; only tickets that have one.",
    )
    resolution_hours = fields.Float(
        string="Resolution (hours)",
        readonly=True,
        aggregator="avg",
        help="From opening to closing; only closed tickets.",
    )
    age_band = fields.Selection(BAND_LABELS, string="Age", readonly=True)
    response_band = fields.Selection(BAND_LABELS, string="First Response within", readonly=True)
    resolution_band = fields.Selection(BAND_LABELS, string="Resolution within", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT hours.*, %(age)s AS age_band, %(response)s AS response_band, %(resolution)s AS resolution_band
              FROM (
                SELECT ticket.id, ticket.id AS ticket_id, ticket.commercial_partner_id AS client_id,
                       %(group)s AS client_group_id, ticket.company_id, ticket.team_id, ticket.user_id,
                       ticket.category_id, ticket.channel_id, ticket.stage_id, ticket.priority,
                       CASE WHEN stage.closed THEN 'closed' ELSE 'open' END AS state,
                       ticket.create_date AS created_at,
                       CASE WHEN stage.closed THEN ticket.closed_date END AS closed_at,
                       CASE WHEN stage.closed IS NOT TRUE
                            THEN EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - ticket.create_date) / 3600
                       END AS age_hours,
                       CASE WHEN ticket.sla_first_response_at >= ticket.create_date
                            THEN EXTRACT(EPOCH FROM ticket.sla_first_response_at - ticket.create_date) / 3600
                       END AS response_hours,
                       CASE WHEN stage.closed AND ticket.closed_date >= ticket.create_date
                            THEN EXTRACT(EPOCH FROM ticket.closed_date - ticket.create_date) / 3600
                       END AS resolution_hours
                  FROM helpdesk_ticket ticket
             LEFT JOIN helpdesk_ticket_stage stage ON stage.id = ticket.stage_id
             LEFT JOIN res_partner partner ON partner.id = ticket.commercial_partner_id
                 WHERE ticket.active
              ) hours
            """,
            group=self.env["res.partner"]._field_to_sql("partner", "client_group_id"),
            age=self._band_sql("age_hours"),
            response=self._band_sql("response_hours"),
            resolution=self._band_sql("resolution_hours"),
        )

    def _band_sql(self, column):
        """SQL of the band in which the hours of a column are."""
        name = SQL.identifier("hours", column)
        cases = SQL(" ").join(SQL("WHEN %s <= %s THEN %s", name, end, band) for band, end in BANDS.items())
        return SQL("CASE WHEN %s IS NULL THEN NULL %s ELSE '168h' END", name, cases)

    def action_open(self):
        """Open the ticket of a row."""
        self.ensure_one()
        return self.ticket_id._get_records_action(context={})
