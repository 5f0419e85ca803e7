from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

SEQUENCE = "nestogy.job"


class ProjectTask(models.Model):
    """The number of a job: given once, from the sequence of its company."""

    _inherit = "project.task"

    job_number = fields.Char(
        compute="_compute_job_number",
        store=True,
        copy=False,
        index="trigram",
        groups="base.group_user",
        help="Given when the task becomes a client's job; it stays, whatever happens to the task.",
    )

    _job_number_unique = models.UniqueIndex(
        "(job_number, COALESCE(company_id, 0)) WHERE job_number IS NOT NULL",
        "Another job of the company has this number.",
    )

    @api.depends("client_id")
    def _compute_job_number(self):
        """Number those that became jobs, in the order in which they were made; a number is never taken back."""
        fresh = self.browse()
        for task in self:
            number = task._origin.job_number
            task.job_number = number
            if not number and task.client_id and task._origin:
                fresh |= task
        fresh.sorted("id")._give_job_numbers()

    def write(self, vals):
        moved = self.browse()
        if vals.get("company_id") or vals.get("project_id"):
            # where a job goes, whatever of projects the user may see
            project_sudo = self.env["project.project"].sudo().browse(vals.get("project_id") or [])
            companies_sudo = project_sudo.env["res.company"]
            company = companies_sudo.browse(vals.get("company_id") or project_sudo.company_id.id or [])
            counting = self._job_counting_company(company)
            numbered_sudo = self.sudo().filtered("job_number")  # as above
            moved = self & numbered_sudo.filtered(
                lambda task: self._job_counting_company(task.company_id) != counting
            ).sudo(False)
            former = dict(zip(moved, moved.sudo().mapped("job_number"), strict=True))  # as above
            moved.sudo().job_number = False  # the number is of the other company's sequence
        result = super().write(vals)
        moved._give_job_numbers()
        for task in moved:
            task._message_log(body=self.env._("The number was %s in the other company.", former[task]))
        return result

    def _give_job_numbers(self):
        """Take as many numbers as there are jobs here: a query for each company, not for each job."""
        # whoever logs a job takes the next number
        by_company = self.sudo().grouped(lambda task: self._job_counting_company(task.company_id))
        for company, tasks_sudo in by_company.items():
            sequence_sudo = self._get_job_sequence(company)
            numbers = self.env.execute_query(
                SQL(
                    "SELECT nextval(%s) FROM generate_series(1, %s)",
                    f"ir_sequence_{sequence_sudo.id:03d}",
                    len(tasks_sudo),
                )
            )
            for task_sudo, (number,) in zip(tasks_sudo, numbers, strict=True):
                task_sudo.job_number = sequence_sudo.get_next_char(number)

    @api.model
    def _job_counting_company(self, company):
        """The company in whose sequence a job is counted; the first one counts those of no company in particular."""
        return company or company.sudo().search([], order="id", limit=1)  # whichever companies the user works in

    @api.model
    def _get_job_sequence(self, company):
        """The sequence of a company's jobs.

        :return: an ``ir.sequence`` in sudo, without gaps of the kind that locks
        """
        sequences_sudo = self.env["ir.sequence"].sudo()  # numbers are given to whoever logs a job
        sequence_sudo = sequences_sudo.search([("code", "=", SEQUENCE), ("company_id", "=", company.id)], limit=1)
        return sequence_sudo or sequences_sudo.create(
            {
                "name": f"{self.env._('Job Number')} {company.name or ''}".strip(),
                "code": SEQUENCE,
                "prefix": "J",
                "padding": 5,
                "implementation": "standard",
                "company_id": company.id,
            }
        )

    # ------------------------------------------------------------------
    # Where it is seen
    # ------------------------------------------------------------------

    @api.depends("name", "job_number")
    def _compute_display_name(self):  # pylint: disable=missing-return
        super()._compute_display_name()
        for task in self:
            number = task.sudo().job_number  # the number of a job is no secret to whoever may read the job
            if number and task.name:
                task.display_name = f"{number} {task.name}"

    @api.model
    def _search_display_name(self, operator, value):
        """Find jobs by their number wherever staff picks one."""
        domain = super()._search_display_name(operator, value)
        if value and operator in ("=", "ilike", "like", "=ilike", "=like", "in") and self.env.user._is_internal():
            domain = Domain(domain) | Domain("job_number", operator, value)
        return domain
