from odoo import Command, models
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
        self.client_id._check_client_may_order()
        self._lock_jobs()
        moves = self.env["account.move"]
        for (client, company), jobs in self._job_groups_to_invoice().items():
            moves |= jobs._make_job_invoice(client, company)
        if not moves:
            raise UserError(self.env._("Nothing is left to invoice here: no billable time or materials wait."))
        return moves._job_invoices_action()

    def _lock_jobs(self):
        """Two people who click at the same moment must not invoice the same work twice."""
        self.sudo().lock_for_update(allow_referencing=True)  # whoever invoices need not be allowed to change jobs
        self.invalidate_recordset(["job_to_invoice"])

    def _job_groups_to_invoice(self):
        """:return: dict of client and company to those of these jobs that have something to invoice"""
        waiting = self.filtered(lambda task: task.client_id and task.job_to_invoice)
        return waiting.grouped(lambda task: (task.client_id, task.company_id or self.env.company))

    def _make_job_invoice(self, client, company):
        """Make the draft invoice of these jobs of one client, and mark what stands on it.

        :return: ``account.move``
        """
        # whoever invoices need neither see the time of colleagues nor change jobs
        jobs_sudo = self.sudo().with_company(company)
        materials_sudo = jobs_sudo.env["nestogy.job.material"].search(self._job_open_materials_domain())
        times_sudo = jobs_sudo.env["account.analytic.line"].search(self._job_open_time_domain())
        currency = client.with_company(company)._job_invoice_currency(company)
        time_product = jobs_sudo.env["product.product"]
        if times_sudo:
            time_product = client.with_company(company)._job_time_product()
        commands, sources = [], []
        for job_sudo in jobs_sudo.sorted("id"):
            rows = [
                (material._prepare_invoice_line(), material)
                for material in materials_sudo.filtered(lambda each, job=job_sudo: each.task_id == job)
            ]
            time_sudo = times_sudo.filtered(lambda each, job=job_sudo: each.task_id == job)
            if time_sudo:
                rows.insert(0, (job_sudo._prepare_time_invoice_line(time_sudo, time_product, company), time_sudo))
            if rows:
                commands.append({"display_type": "line_section", "name": job_sudo.display_name})
                sources.append(None)
            for values, source_sudo in rows:
                price = company.currency_id._convert(values["price_unit"], currency, company, round=False)
                commands.append(values | {"price_unit": price})
                sources.append(source_sudo)
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": client.id,
                    "currency_id": currency.id,
                    "company_id": company.id,
                    "invoice_line_ids": [
                        Command.create(values | {"sequence": number}) for number, values in enumerate(commands, 1)
                    ],
                }
            )
        )
        lines = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        for line, source_sudo in zip(lines, sources, strict=True):
            if source_sudo is not None:
                source_sudo[source_sudo._job_invoice_link()] = line
        self.sudo()._message_log_batch(  # a note, whoever invoices
            dict.fromkeys(self.ids, self.env._("Put on a draft invoice of %s.", client.display_name))
        )
        return move

    def _prepare_time_invoice_line(self, times_sudo, product, company):
        """All hours of a job that wait, on one line."""
        self.ensure_one()
        hours = sum(times_sudo.mapped("unit_amount"))
        hour = company.project_time_mode_id
        is_time = product.uom_id._has_common_reference(hour)
        return {
            "product_id": product.id,
            "name": self.env._("Time: %s", self.name),
            "quantity": hour._compute_quantity(hours, product.uom_id) if is_time else hours,
            "product_uom_id": product.uom_id.id,
            "price_unit": self._job_price(product, hours, product.uom_id, company),
        }

    def _job_price(self, product, quantity, uom, company):
        """The price of one in the company's currency, by the pricelist of the job's client."""
        # agents note materials without being allowed to read pricelists
        client_sudo = self.client_id.sudo().with_company(company)
        product_sudo = product.sudo().with_company(company)  # as above
        return client_sudo.property_product_pricelist._get_product_price(
            product_sudo, quantity, currency=company.currency_id, uom=uom or product.uom_id
        )

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
            lines |= rows_sudo[rows_sudo._job_invoice_link()].sudo(False)
        moves = self.env["account.move"].search([("line_ids", "in", lines.ids)])
        if not moves:
            raise UserError(self.env._("Nothing of this job is on an invoice yet."))
        return moves._job_invoices_action()
