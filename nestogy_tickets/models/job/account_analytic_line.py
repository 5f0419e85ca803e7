from odoo import api, fields, models
from odoo.exceptions import UserError

FIXED = {"task_id", "project_id", "unit_amount", "job_billable"}


class AccountAnalyticLine(models.Model):
    """Time spent on a job, which is invoiced once unless it is a gift."""

    _inherit = "account.analytic.line"

    job_billable = fields.Boolean(
        string="Billed to the Client",
        default=True,
        groups="base.group_user",
        help="Time on a client's job that the client pays; other time is given for free.",
    )
    job_invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line of the Job",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )
    job_is_invoiced = fields.Boolean(
        string="On an Invoice", compute="_compute_job_is_invoiced", store=True, groups="base.group_user"
    )

    @api.depends("job_invoice_line_id.parent_state")
    def _compute_job_is_invoiced(self):
        for line in self:
            invoice_line_sudo = line.sudo().job_invoice_line_id  # who notes time does not read invoices
            line.job_is_invoiced = bool(invoice_line_sudo) and invoice_line_sudo.parent_state != "cancel"

    def write(self, vals):
        if FIXED & vals.keys():
            self._check_job_not_invoiced()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_job_invoiced(self):
        self._check_job_not_invoiced()

    def _check_job_not_invoiced(self):
        # who notes time does not read invoices, and is told the number of this one
        for line_sudo in self.sudo():
            if line_sudo.job_is_invoiced:
                raise UserError(
                    self.env._(
                        "This time is on the invoice %s; take it off there, or cancel that, first.",
                        line_sudo.job_invoice_line_id.move_id.name or self.env._("in draft"),
                    )
                )

    @staticmethod
    def _job_invoice_link():
        """The field that says on which invoice line it stands."""
        return "job_invoice_line_id"
