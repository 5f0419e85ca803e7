from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

BILLING = "account.group_account_invoice"


class ProjectTask(models.Model):
    """From what was done on jobs to a draft invoice, once."""

    _inherit = "project.task"

    def action_job_invoice(self):
        """Put the billable time and materials of these jobs on draft invoices, one for each client, and open them.

        :raise AccessError: the user may not make invoices
        :raise UserError: nothing waits, or the status of a client forbids invoices
        """
        self.check_access("read")
        self.env["account.move"].check_access("create")
        # whoever invoices need neither see the time of colleagues nor change jobs
        jobs_sudo = self.sudo().filtered("client_id")
        materials_sudo = jobs_sudo.env["nestogy.job.material"].search(jobs_sudo._job_open_materials_domain())
        times_sudo = jobs_sudo.env["account.analytic.line"].search(jobs_sudo._job_open_time_domain(), order="date, id")
        waiting_sudo = (materials_sudo.task_id | times_sudo.task_id).sorted("id")
        if not waiting_sudo:
            raise UserError(self.env._("Nothing is left to invoice here: no billable time or materials wait."))
        materials_sudo._lock_to_bill()
        times_sudo._lock_to_bill()
        moves = self.env["account.move"]
        for (client, company), jobs in (
            waiting_sudo.sudo(False).grouped(lambda job: (job.client_id, job.company_id or self.env.company)).items()
        ):
            moves |= moves._bill_work(client, company, jobs, "task_id", times_sudo, materials_sudo)
        return moves._billed_action()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        """Materials go with their job, but not those that stand on an invoice."""
        self.sudo().material_ids._check_not_invoiced()  # whoever may see them

    def _job_to_invoice_domain(self):
        """Completed jobs of which something is not invoiced yet."""
        return Domain("state", "=", "1_done") & Domain("job_to_invoice", "=", True)

    def action_job_invoices(self):
        """Open the invoices on which work of this job stands."""
        self.ensure_one()
        self.check_access("read")
        self.env["account.move"].check_access("read")
        lines = self.env["account.move.line"]
        for model in ("nestogy.job.material", "account.analytic.line"):
            # the links are the firm's own; which invoices one may open say one's rights
            rows_sudo = self.env[model].sudo().search([("task_id", "=", self.id)])
            lines |= rows_sudo.invoice_line_id.sudo(False)
        moves = self.env["account.move"].search([("line_ids", "in", lines.ids)])
        if not moves:
            raise UserError(self.env._("Nothing of this job is on an invoice yet."))
        return moves._billed_action()
