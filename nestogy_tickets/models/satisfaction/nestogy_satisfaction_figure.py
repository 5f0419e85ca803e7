from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.feedback import LEAST_NPS, LEAST_RATINGS, csat, csat_margin, nps, nps_margin


class NestogySatisfactionFigure(models.Model):
    """What clients think of us in figures, each with the size of its sample; small samples have no figure."""

    _name = "nestogy.satisfaction.figure"
    _description = "Satisfaction Figure"
    _auto = False
    _order = "measure, dimension, month desc, answers desc, id"

    measure = fields.Selection([("csat", "Satisfaction"), ("nps", "NPS")], readonly=True)
    dimension = fields.Selection(
        [
            ("month", "Month"),
            ("client", "Client, last 365 days"),
            ("agent", "Agent, last 365 days"),
            ("team", "Team, last 365 days"),
            ("campaign", "Campaign"),
        ],
        string="By",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    month = fields.Date(readonly=True)
    client_id = fields.Many2one("res.partner", readonly=True)
    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    campaign_id = fields.Many2one("nestogy.nps.campaign", readonly=True)
    asked = fields.Integer(readonly=True, help="Mails that went out, and answers that came without one.")
    answers = fields.Integer(string="Sample", readonly=True)
    good = fields.Integer(string="Satisfied or Promoters", readonly=True)
    bad = fields.Integer(string="Dissatisfied or Detractors", readonly=True)
    subject = fields.Char(string="Of", compute="_compute_figure")
    figure = fields.Char(compute="_compute_figure")
    margin = fields.Char(string="Margin of Error", compute="_compute_figure", help="With 95 % confidence.")
    has_enough = fields.Boolean(string="Enough Data", compute="_compute_figure", search="_search_has_enough")

    @api.depends("answers", "good", "bad")
    @api.depends_context("lang")
    def _compute_figure(self):
        for row in self:
            record = row.client_id or row.user_id or row.team_id or row.campaign_id
            row.subject = record.display_name or (fields.Date.to_string(row.month) or "")[:7] or self.env._("None")
            if row.measure == "nps":
                value, margin = nps(row.good, row.bad, row.answers), nps_margin(row.good, row.bad, row.answers)
                text = f"{value:+.0f}" if value is not None else ""
            else:
                value, margin = csat(row.good, row.answers), csat_margin(row.good, row.answers)
                text = f"{value:.0f} %" if value is not None else ""
            row.has_enough = value is not None
            row.figure = text or self.env._("Not enough data")
            row.margin = f"± {margin:.0f}" if margin is not None else ""

    @api.model
    def _search_has_enough(self, operator, value):
        if operator != "in":
            return NotImplemented
        enough = fields.Domain.OR(
            fields.Domain("measure", "=", measure) & fields.Domain("answers", ">=", least)
            for measure, least in (("csat", LEAST_RATINGS), ("nps", LEAST_NPS))
        )
        return enough if True in value else ~enough

    @property
    def _table_query(self):
        """Ratings and answers counted by each dimension; SQL, because the ORM cannot unite groupings.

        Months are those in which something was answered.
        """
        self.env["nestogy.satisfaction.request"].flush_model()
        self.env["nestogy.nps.answer"].flush_model()
        parts = []
        for measure, table, good, bad, dimensions in (
            (
                "csat",
                "nestogy_satisfaction_request",
                "satisfied = 100",
                "grade <= 2",
                {"month": None, "client": "client_id", "agent": "user_id", "team": "team_id"},
            ),
            (
                "nps",
                "nestogy_nps_answer",
                "nps_group = 'promoter'",
                "nps_group = 'detractor'",
                {"month": None, "campaign": "campaign_id", "client": "client_id"},
            ),
        ):
            for dimension, column in dimensions.items():
                month = SQL("date_trunc('month', COALESCE(answered_at, sent_at))::date")
                key = SQL.identifier(column) if column else month
                columns = [
                    SQL("%s AS %s", key if name == column else SQL("NULL::integer"), SQL.identifier(name))
                    for name in ("client_id", "user_id", "team_id", "campaign_id")
                ]
                parts.append(
                    SQL(
                        """
                        SELECT %(measure)s AS measure, %(dimension)s AS dimension, company_id, %(month)s AS month,
                               %(columns)s, COUNT(*) AS asked, COUNT(answered_at) AS answers,
                               COUNT(*) FILTER (WHERE answered_at IS NOT NULL AND %(good)s) AS good,
                               COUNT(*) FILTER (WHERE answered_at IS NOT NULL AND %(bad)s) AS bad,
                               %(id)s AS sub_id
                          FROM %(table)s
                         WHERE state IN ('sent', 'answered') AND COALESCE(answered_at, sent_at) IS NOT NULL
                               %(span)s
                         GROUP BY company_id, %(key)s
                        """,
                        measure=measure,
                        dimension=dimension,
                        month=SQL("NULL::date") if column else key,
                        columns=SQL(", ").join(columns),
                        good=SQL(good),
                        bad=SQL(bad),
                        id=SQL("MIN(id)"),
                        table=SQL.identifier(table),
                        span=SQL("AND COALESCE(answered_at, sent_at) >= now() AT TIME ZONE 'UTC' - interval '365 days'")
                        if dimension in ("client", "agent", "team")
                        else SQL(),
                        key=key,
                    )
                )
        # the number of a row is that of its first answer and its place among the parts
        united = SQL(" UNION ALL ").join(
            SQL("SELECT sub.*, sub.sub_id * 16 + %s AS id FROM (%s) sub", place, part)
            for place, part in enumerate(parts)
        )
        return united
