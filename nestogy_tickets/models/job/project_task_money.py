from odoo import api, fields, models
from odoo.fields import Domain


class ProjectTask(models.Model):
    """What a job costs and brings; kept with the job, so that lists and reports add it up without asking around."""

    _inherit = "project.task"

    material_ids = fields.One2many(
        "nestogy.job.material", "task_id", string="Materials", copy=False, groups="base.group_user"
    )
    job_currency_id = fields.Many2one(
        "res.currency", compute="_compute_job_currency_id", string="Currency of the Job", groups="base.group_user"
    )
    job_material_amount = fields.Monetary(
        string="Billable Materials",
        currency_field="job_currency_id",
        compute="_compute_job_materials",
        store=True,
        groups="base.group_user",
        help="What the client pays for materials, before taxes.",
    )
    job_material_cost = fields.Monetary(
        string="Cost of Materials",
        currency_field="job_currency_id",
        compute="_compute_job_materials",
        store=True,
        groups="base.group_user",
    )
    job_time_cost = fields.Monetary(
        string="Cost of Time",
        currency_field="job_currency_id",
        compute="_compute_job_time_cost",
        store=True,
        groups="base.group_user",
        help="The hours by the hourly cost of who worked.",
    )
    job_billed_amount = fields.Monetary(
        string="Billed",
        currency_field="job_currency_id",
        compute="_compute_job_billed",
        store=True,
        groups="base.group_user",
        help="Time and materials of this job, and time and charges of its tickets, on posted invoices, before taxes.",
    )
    job_to_invoice = fields.Boolean(
        string="To Invoice",
        compute="_compute_job_billed",
        store=True,
        groups="base.group_user",
        help="There are billable time or materials that stand on no invoice.",
    )

    _job_to_invoice_idx = models.Index("(client_id) WHERE job_to_invoice")

    @api.depends("company_id")
    def _compute_job_currency_id(self):
        for task in self:
            task.job_currency_id = (task.company_id or self.env.company).currency_id

    @api.depends("material_ids.price_subtotal", "material_ids.cost_subtotal", "material_ids.is_billable")
    def _compute_job_materials(self):
        rows = self.env["nestogy.job.material"]._read_group(
            [("task_id", "in", self.ids)],
            ["task_id", "is_billable"],
            ["price_subtotal:sum", "cost_subtotal:sum"],
        )
        found = {}
        for task, is_billable, price, cost in rows:
            amounts = found.setdefault(task.id, [0.0, 0.0])
            amounts[0] += price if is_billable else 0.0
            amounts[1] += cost
        for task in self:
            task.job_material_amount, task.job_material_cost = found.get(task.id, (0.0, 0.0))

    @api.depends("timesheet_ids.amount")
    def _compute_job_time_cost(self):
        rows = self.env["account.analytic.line"]._read_group([("task_id", "in", self.ids)], ["task_id"], ["amount:sum"])
        costs = {task.id: -amount for task, amount in rows}
        for task in self:
            task.job_time_cost = costs.get(task.id, 0.0)

    @api.depends(
        "client_id",
        "material_ids.is_billable",
        "material_ids.is_invoiced",
        "material_ids.invoice_line_id.balance",
        "material_ids.invoice_line_id.parent_state",
        "timesheet_ids.is_billable",
        "timesheet_ids.is_invoiced",
        "timesheet_ids.unit_amount",
        "timesheet_ids.so_line",
        "timesheet_ids.timesheet_invoice_id",
        "timesheet_ids.ticket_id",
        "timesheet_ids.invoice_line_id.balance",
        "timesheet_ids.invoice_line_id.parent_state",
        "ticket_ids.ticket_charge_ids.invoice_line_id.balance",
        "ticket_ids.ticket_charge_ids.invoice_line_id.parent_state",
    )
    def _compute_job_billed(self):
        """Add up the invoice lines of posted invoices, each once: all hours of a job, or of a ticket, share one."""
        lines = {}
        waiting = set()
        for model, link, domain in (
            ("nestogy.job.material", "task_id", self._job_open_materials_domain()),
            ("account.analytic.line", "task_id", self._job_open_time_domain()),
            ("nestogy.ticket.charge", "ticket_id.task_id", None),
        ):
            records = self.env[model]
            posted = Domain(link, "in", self.ids) & Domain("invoice_line_id.parent_state", "=", "posted")
            for owner, line in records._read_group(posted, [link.partition(".")[0], "invoice_line_id"]):
                task = owner if link == "task_id" else owner.task_id
                lines.setdefault(task.id, set()).add(line.id)
            if domain is not None:  # charges wait for the ticket to be invoiced
                waiting.update(task.id for (task,) in records._read_group(domain, ["task_id"]))
        found = self.env["account.move.line"].browse({line_id for ids in lines.values() for line_id in ids})
        balances = {line.id: line.balance for line in found}
        for task in self:
            task.job_billed_amount = -sum(balances[line_id] for line_id in lines.get(task.id, ()))
            task.job_to_invoice = bool(task.client_id) and task.id in waiting

    def _job_open_materials_domain(self):
        return Domain("task_id", "in", self.ids) & Domain("is_billable", "=", True) & Domain("is_invoiced", "=", False)

    def _job_open_time_domain(self):
        """Time that waits for an invoice; what belongs to a sales order, or a ticket, is invoiced with that."""
        return (
            self.env["account.analytic.line"]._to_bill_domain()
            & Domain("task_id", "in", self.ids)
            & Domain("ticket_id", "=", False)
        )
