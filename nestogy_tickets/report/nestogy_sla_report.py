from odoo import fields, models
from odoo.tools import SQL

from ..models.sla.nestogy_sla_policy_line import PRIORITIES


class NestogySlaReport(models.Model):
    """How promises were kept: a row for each target of each ticket and job.

    A target that is running and late is missed already. What is open in time counts neither way, and so does what was
    called off, so compliance is met / (met + missed) however the rows are grouped.
    """

    _name = "nestogy.sla.report"
    _description = "SLA Compliance"
    _auto = False
    _order = "started_at desc, id desc"
    _rec_name = "name"
    _depends = {
        "nestogy.sla.clock": [
            "ticket_id",
            "task_id",
            "client_id",
            "company_id",
            "target",
            "policy_id",
            "priority",
            "goal_seconds",
            "consumed_seconds",
            "state",
            "started_at",
            "deadline_at",
            "done_at",
            "breached_at",
        ],
        "helpdesk.ticket": ["number", "name", "user_id", "team_id", "category_id"],
        "project.task": ["name", "project_id"],
        "res.partner": ["client_group_id"],
        "nestogy.client.group": ["company_id", "is_default"],
    }

    name = fields.Char(string="Ticket or Job", readonly=True)
    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    task_id = fields.Many2one("project.task", string="Job", readonly=True)
    kind = fields.Selection([("request", "Request"), ("job", "Job")], readonly=True)
    target = fields.Selection([("response", "First response"), ("resolution", "Resolution")], readonly=True)
    client_id = fields.Many2one("res.partner", readonly=True)
    client_group_id = fields.Many2one("nestogy.client.group", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    policy_id = fields.Many2one("nestogy.sla.policy", readonly=True)
    priority = fields.Selection(PRIORITIES, readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned to", readonly=True)
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True)
    category_id = fields.Many2one("helpdesk.ticket.category", readonly=True)
    project_id = fields.Many2one("project.project", readonly=True)
    result = fields.Selection([("met", "Met"), ("missed", "Missed"), ("open", "Open")], readonly=True)
    started_at = fields.Datetime(string="Begun", readonly=True)
    deadline_at = fields.Datetime(string="Due", readonly=True)
    done_at = fields.Datetime(string="Done", readonly=True)
    met_count = fields.Integer(string="Met", readonly=True)
    missed_count = fields.Integer(string="Missed", readonly=True)
    open_count = fields.Integer(string="Open", readonly=True)
    compliance = fields.Float(
        string="Compliance (%)",
        readonly=True,
        aggregator="avg",
        digits=(5, 1),
        help="Met among those that are decided: met / (met + missed).",
    )
    goal_hours = fields.Float(string="Goal (h)", readonly=True, aggregator="avg")
    consumed_hours = fields.Float(
        string="Used (h)", readonly=True, aggregator="avg", help="Of those that are done, in the policy's time."
    )
    late_hours = fields.Float(
        string="Late by (h)", readonly=True, aggregator="avg", help="Time used beyond the goal, in the policy's time."
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT clock.id,
                   COALESCE(ticket.number, task.name) AS name,
                   clock.ticket_id,
                   clock.task_id,
                   CASE WHEN clock.ticket_id IS NULL THEN 'job' ELSE 'request' END AS kind,
                   clock.target,
                   clock.client_id,
                   COALESCE((client.client_group_id ->> clock.company_id::text)::int, fallback.id) AS client_group_id,
                   clock.company_id,
                   clock.policy_id,
                   clock.priority,
                   COALESCE(ticket.user_id, worker.user_id) AS user_id,
                   ticket.team_id,
                   ticket.category_id,
                   task.project_id,
                   verdict.result,
                   clock.started_at,
                   clock.deadline_at,
                   clock.done_at,
                   (verdict.result = 'met')::int AS met_count,
                   (verdict.result = 'missed')::int AS missed_count,
                   (verdict.result = 'open')::int AS open_count,
                   CASE verdict.result WHEN 'met' THEN 100.0 WHEN 'missed' THEN 0.0 END AS compliance,
                   clock.goal_seconds / 3600.0 AS goal_hours,
                   CASE WHEN clock.done_at IS NOT NULL THEN clock.consumed_seconds / 3600.0 END AS consumed_hours,
                   CASE WHEN verdict.result = 'missed' AND clock.done_at IS NOT NULL
                        THEN GREATEST(clock.consumed_seconds - clock.goal_seconds, 0) / 3600.0 END AS late_hours
              FROM nestogy_sla_clock clock
              JOIN LATERAL (
                   SELECT CASE WHEN clock.state = 'met' THEN 'met'
                               WHEN clock.state = 'missed' OR clock.breached_at IS NOT NULL
                                    OR (clock.state = 'running' AND clock.deadline_at < now() AT TIME ZONE 'UTC')
                               THEN 'missed'
                               ELSE 'open' END AS result
                   ) verdict ON TRUE
         LEFT JOIN helpdesk_ticket ticket ON ticket.id = clock.ticket_id
         LEFT JOIN project_task task ON task.id = clock.task_id
         LEFT JOIN LATERAL (
                   SELECT MIN(rel.user_id) AS user_id FROM project_task_user_rel rel WHERE rel.task_id = clock.task_id
                   ) worker ON TRUE
         LEFT JOIN res_partner client ON client.id = clock.client_id
         LEFT JOIN LATERAL (
                   SELECT id FROM nestogy_client_group
                    WHERE is_default AND company_id = clock.company_id LIMIT 1
                   ) fallback ON TRUE
             WHERE clock.state <> 'cancelled'
            """
        )

    def action_open_record(self):
        """Open the ticket or the job of the row."""
        self.ensure_one()
        record = self.ticket_id or self.task_id
        return record._get_records_action(name=record.display_name, context={})
