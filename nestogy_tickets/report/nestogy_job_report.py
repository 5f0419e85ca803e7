from odoo import api, fields, models
from odoo.tools import SQL

SLA_RESULTS = [
    ("met", "Met"),
    ("missed", "Missed"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("none", "No target"),
]


class NestogyJobReport(models.Model):
    """Job queries: every job of a client with all that one asks for. A row is a task; its sums are kept there."""

    _name = "nestogy.job.report"
    _description = "Job Queries"
    _auto = False
    _order = "logged_at desc, id desc"
    _rec_name = "name"
    _depends = {
        "project.task": [
            "active",
            "allocated_hours",
            "client_id",
            "closed_at",
            "company_id",
            "contact_id",
            "create_date",
            "date_deadline",
            "effective_hours",
            "equipment_id",
            "is_template",
            "job_billed_amount",
            "job_material_amount",
            "job_material_cost",
            "job_number",
            "job_time_cost",
            "job_to_invoice",
            "name",
            "planned_end",
            "planned_start",
            "priority",
            "project_id",
            "site_id",
            "sla_first_response_at",
            "sla_paused_since",
            "sla_policy_id",
            "sla_resolution_deadline",
            "sla_resolved_at",
            "sla_response_deadline",
            "stage_id",
            "state",
            "user_ids",
        ],
        "res.partner": ["client_group_id"],
        "nestogy.client.group": ["company_id", "is_default"],
        "res.company": ["currency_id"],
    }

    task_id = fields.Many2one("project.task", string="Job", readonly=True)
    job_number = fields.Char(string="Number", readonly=True)
    name = fields.Char(string="Title", readonly=True)
    client_id = fields.Many2one("res.partner", readonly=True)
    client_group_id = fields.Many2one("nestogy.client.group", readonly=True)
    contact_id = fields.Many2one("res.partner", readonly=True)
    site_id = fields.Many2one("res.partner", readonly=True)
    equipment_id = fields.Many2one("maintenance.equipment", string="Asset", readonly=True)
    project_id = fields.Many2one("project.project", readonly=True)
    stage_id = fields.Many2one("project.task.type", readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env["project.task"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    is_closed = fields.Boolean(string="Closed", readonly=True)
    user_ids = fields.Many2many(
        "res.users",
        "project_task_user_rel",
        "task_id",
        "user_id",
        string="Assignees",
        readonly=True,
        context={"active_test": False},
    )
    priority = fields.Selection(
        selection=lambda self: self.env["project.task"]._fields["priority"]._description_selection(self.env),
        readonly=True,
    )
    logged_at = fields.Datetime(string="Logged", readonly=True)
    planned_start = fields.Datetime(readonly=True)
    planned_end = fields.Datetime(readonly=True)
    date_deadline = fields.Datetime(string="Due", readonly=True)
    closed_at = fields.Datetime(string="Closed On", readonly=True)
    sla_response = fields.Selection(SLA_RESULTS, string="First Response", readonly=True)
    sla_resolution = fields.Selection(SLA_RESULTS, string="Resolution", readonly=True)
    hours_planned = fields.Float(readonly=True)
    hours_spent = fields.Float(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    material_amount = fields.Monetary(string="Materials", readonly=True, help="Billable materials, before taxes.")
    cost = fields.Monetary(readonly=True, help="Time by the hourly cost of who worked, and materials.")
    billed_amount = fields.Monetary(string="Billed", readonly=True, help="On posted invoices, before taxes.")
    to_invoice = fields.Boolean(readonly=True, help="Billable time or materials stand on no invoice.")
    company_id = fields.Many2one("res.company", readonly=True)

    @property
    def _table_query(self):
        """Plain columns of one row a job and joins by key, so that filters and orders reach the indexes of jobs."""
        return SQL(
            """
            SELECT task.id,
                   task.id AS task_id,
                   task.job_number,
                   task.name,
                   task.client_id,
                   COALESCE(
                       (client.client_group_id ->> COALESCE(task.company_id, %(company)s)::text)::int, standard.id
                   ) AS client_group_id,
                   task.contact_id,
                   task.site_id,
                   task.equipment_id,
                   task.project_id,
                   task.stage_id,
                   task.state,
                   task.state IN ('1_done', '1_canceled') AS is_closed,
                   task.priority,
                   task.create_date AS logged_at,
                   task.planned_start,
                   task.planned_end,
                   task.date_deadline,
                   task.closed_at,
                   %(response)s AS sla_response,
                   %(resolution)s AS sla_resolution,
                   task.allocated_hours AS hours_planned,
                   task.effective_hours AS hours_spent,
                   company.currency_id,
                   task.job_material_amount AS material_amount,
                   task.job_time_cost + task.job_material_cost AS cost,
                   task.job_billed_amount AS billed_amount,
                   task.job_to_invoice AS to_invoice,
                   task.company_id
              FROM project_task task
              JOIN res_partner client ON client.id = task.client_id
              JOIN res_company company ON company.id = COALESCE(task.company_id, %(company)s)
         LEFT JOIN nestogy_client_group standard ON standard.company_id = company.id AND standard.is_default
             WHERE task.client_id IS NOT NULL
               AND task.active
               AND task.project_id IS NOT NULL
            """,
            company=self.env.company.id,
            response=self._sla_result_sql("response", "sla_first_response_at"),
            resolution=self._sla_result_sql("resolution", "sla_resolved_at"),
        )

    @api.model
    def _sla_result_sql(self, target, done_column):
        """SQL of how a target of a job came out, by its deadline and the moment at which it was reached."""
        return SQL(
            """
            CASE WHEN %(deadline)s IS NOT NULL AND %(done)s IS NOT NULL
                 THEN CASE WHEN %(done)s <= %(deadline)s THEN 'met' ELSE 'missed' END
                 WHEN %(deadline)s < (now() AT TIME ZONE 'UTC') THEN 'missed'
                 WHEN %(deadline)s IS NOT NULL THEN 'running'
                 WHEN task.sla_policy_id IS NOT NULL AND task.sla_paused_since IS NOT NULL AND %(done)s IS NULL
                 THEN 'paused'
                 ELSE 'none' END
            """,
            deadline=SQL("task.%s", SQL.identifier(f"sla_{target}_deadline")),
            done=SQL("task.%s", SQL.identifier(done_column)),
        )

    def action_open_job(self):
        """Open the job behind the row."""
        self.ensure_one()
        return self.task_id.action_open_job()
