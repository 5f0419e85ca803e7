from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.misc import format_duration

LOCKED = {"unit_amount", "ticket_id", "is_billable", "project_id", "company_id"}
DAY = 24.0


class AccountAnalyticLine(models.Model):
    """Time for a client, on a ticket or a job: a timesheet that is billed once unless it is a gift.

    Time of a ticket is billed with the ticket, also when the ticket became a job; other time with its job.
    """

    _name = "account.analytic.line"
    _inherit = ["nestogy.billed.mixin", "account.analytic.line"]  # in this order: core adds values to what is written

    ticket_id = fields.Many2one(
        "helpdesk.ticket", index="btree_not_null", ondelete="restrict", copy=False, groups="base.group_user"
    )
    is_billable = fields.Boolean(
        string="Billed to the Client",
        default=True,
        groups="base.group_user",
        help="Time on a ticket or a job that the client pays; other time is given for free.",
    )
    is_for_client = fields.Boolean(
        string="Show to Client",
        groups="base.group_user",
        help="The description stands on the invoice; otherwise the title of the ticket or job alone does.",
    )

    @api.model
    def _to_bill_domain(self):
        """Billable time that neither an invoice nor an order bills yet."""
        return (
            Domain("project_id", "!=", False)
            & Domain("is_billable", "=", True)
            & Domain("is_invoiced", "=", False)
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
        if "task_id" in vals:
            # what a ticket bills may go along when the ticket becomes a job; whose it is one need not be able to read
            self.sudo().filtered(lambda line: not line.ticket_id)._check_not_invoiced()
        return super().write(vals)

    @api.model
    def _billed_fields(self):
        return LOCKED

    def _billed_title(self):
        return self.env._("This time")

    def _is_readonly(self):
        return super()._is_readonly() or self.sudo().is_invoiced  # whatever one may read of it

    def _prepare_billed_line(self, subject, client, company, service, agreed):
        """All hours on one line, with the descriptions that are for the client."""
        hours, hour = sum(self.mapped("unit_amount")), company.project_time_mode_id
        words = [self.env._("Time: %s", subject.name)]
        words += [
            f"{format_date(self.env, line.date)}, {format_duration(line.unit_amount)}: {line.name}"
            for line in self
            if line.is_for_client
        ]
        if service.uom_id._has_common_reference(hour):
            hours = hour._compute_quantity(hours, service.uom_id, rounding_method="HALF-UP")
        return {
            "product_id": service.id,
            "name": "\n".join(words),
            "quantity": hours,
            "product_uom_id": service.uom_id.id,
            "price_unit": client._work_price(service, hours, service.uom_id, company, agreed),
        }
