from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

LOCKED = {"unit_amount", "ticket_id", "is_ticket_billable", "project_id", "company_id"}
DAY = 24.0


class AccountAnalyticLine(models.Model):
    """Time on a ticket: a timesheet that may be shown to the client and may be put on an invoice, once."""

    _inherit = "account.analytic.line"

    ticket_id = fields.Many2one(
        "helpdesk.ticket", index="btree_not_null", ondelete="restrict", copy=False, groups="base.group_user"
    )
    is_ticket_billable = fields.Boolean(string="Billable on Ticket", groups="base.group_user")
    is_for_client = fields.Boolean(
        string="Show to Client",
        groups="base.group_user",
        help="The description stands on the invoice; otherwise the title of the ticket alone does.",
    )
    ticket_invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    is_ticket_invoiced = fields.Boolean(
        string="Invoiced", compute="_compute_is_ticket_invoiced", groups="base.group_user"
    )

    @api.depends("ticket_invoice_line_id")
    def _compute_is_ticket_invoiced(self):
        for line in self:
            line.is_ticket_invoiced = bool(line.sudo().ticket_invoice_line_id)  # agents may not read invoices

    @api.model
    def _ticket_billable_domain(self):
        """Time of tickets that no invoice, no order and no job bills yet."""
        return (
            Domain("ticket_id", "!=", False)
            & Domain("is_ticket_billable", "=", True)
            & Domain("ticket_invoice_line_id", "=", False)
            & Domain("job_invoice_line_id", "=", False)
            & Domain("timesheet_invoice_id", "=", False)
            & Domain("so_line", "=", False)
            & Domain("unit_amount", ">", 0)
        )

    @api.constrains("ticket_id", "unit_amount")
    def _check_ticket_time(self):
        for line in self:
            if line.ticket_id and not 0 <= line.unit_amount <= DAY:
                raise ValidationError(self.env._("An entry has between 0 and 24 hours; split what is longer."))

    @api.constrains("ticket_id", "project_id")
    def _check_ticket_project(self):
        for line in self:
            if line.ticket_id and not line.project_id:
                raise ValidationError(self.env._("Time on a ticket needs a project; choose one that has timesheets."))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_ticket_mark(*vals_list)
        return super().create([self._complete_ticket_values(vals) for vals in vals_list])

    @api.model
    def _complete_ticket_values(self, vals):
        """Time that is entered on a ticket goes into the ticket's project."""
        ticket_id = vals.get("ticket_id") or self.env.context.get("default_ticket_id")
        if not ticket_id or vals.get("project_id") or vals.get("task_id"):
            return vals
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        ticket.check_access("read")
        known = ticket._prepare_time_values(vals.get("unit_amount") or 0.0, vals.get("name"))
        if vals.get("employee_id"):
            known.pop("user_id")
        empty = {"name", "project_id", "task_id", "user_id", "company_id"}
        return known | {key: value for key, value in vals.items() if value or key not in empty}

    def write(self, vals):
        self._check_ticket_mark(vals)
        if LOCKED & set(vals):
            self._check_ticket_open()
        return super().write(vals)

    @api.model
    def _check_ticket_mark(self, *vals_list):
        """What is invoiced is said by the invoicing alone."""
        if not self.env.su and any("ticket_invoice_line_id" in vals for vals in vals_list):
            raise AccessError(self.env._("Time is put on invoices with Put on Invoice."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        self._check_ticket_open()

    def _check_ticket_open(self):
        """Refuse changes of what stands on an invoice."""
        # whoever notes time may not read invoices
        invoiced_sudo = self.sudo().filtered("ticket_invoice_line_id")
        if invoiced_sudo:
            raise UserError(
                self.env._(
                    "This time stands on the invoice %s; delete the draft, or credit it, before you change it.",
                    ", ".join(invoiced_sudo.ticket_invoice_line_id.move_id.mapped("display_name")),
                )
            )

    def _is_readonly(self):
        return super()._is_readonly() or bool(self.sudo().ticket_invoice_line_id)  # as above
