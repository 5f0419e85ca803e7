from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

TIME_GROUP = "hr_timesheet.group_hr_timesheet_user"


class HelpdeskTicket(models.Model):
    """Time that was spent on a ticket, as timesheets of the ticket's project."""

    _inherit = "helpdesk.ticket"

    timesheet_ids = fields.One2many("account.analytic.line", "ticket_id", string="Time", groups=TIME_GROUP)
    time_hours = fields.Float(string="Time Spent", compute="_compute_time_hours", groups="base.group_user")
    time_open_hours = fields.Float(
        string="To Invoice (Hours)",
        compute="_compute_time_hours",
        groups="base.group_user",
        help="Billable time that stands on no invoice yet.",
    )
    timer_started_at = fields.Datetime(compute="_compute_timer", groups="base.group_user")
    timer_elsewhere = fields.Char(compute="_compute_timer", groups="base.group_user")

    def _compute_time_hours(self):
        """Add up the time of all colleagues with one grouped query."""
        lines_sudo = self.env["account.analytic.line"].sudo()  # a total tells nothing about who works how much
        rows = lines_sudo._read_group([("ticket_id", "in", self.ids)], ["ticket_id"], ["unit_amount:sum"])
        totals = {ticket.id: hours for ticket, hours in rows}
        rows = lines_sudo._read_group(
            lines_sudo._to_bill_domain() & fields.Domain("ticket_id", "in", self.ids),
            ["ticket_id"],
            ["unit_amount:sum"],
        )
        to_invoice = {ticket.id: hours for ticket, hours in rows}
        for ticket in self:
            ticket.time_hours = totals.get(ticket.id, 0.0)
            ticket.time_open_hours = to_invoice.get(ticket.id, 0.0)

    @api.depends_context("uid")
    def _compute_timer(self):
        timer = self.env["nestogy.ticket.timer"]
        timer = timer._own() if timer.has_access("read") else timer
        for ticket in self:
            is_here = timer.ticket_id == ticket._origin
            ticket.timer_started_at = timer.started_at if is_here and timer else False
            ticket.timer_elsewhere = timer.ticket_id.display_name if timer and not is_here else False

    def _time_project(self):
        """Where the time of this ticket is noted: its project, else its client's, else the company's for jobs."""
        self.ensure_one()
        # which project it is decides the ticket; whether the user may note time there say the rules of timesheets
        ticket_sudo = self.sudo().with_company(self.company_id)
        client_sudo = ticket_sudo.commercial_partner_id
        for project_sudo in (ticket_sudo.project_id, client_sudo and client_sudo._client_job_project()):
            if project_sudo and project_sudo.allow_timesheets and project_sudo.active:
                return project_sudo
        return ticket_sudo.company_id._get_client_job_project()

    def _prepare_time_values(self, hours, name=""):
        self.ensure_one()
        project_sudo = self._time_project()  # as above
        task_sudo = self.sudo().task_id  # the job of the ticket, seen or not
        return {
            "ticket_id": self.id,
            "project_id": project_sudo.id,
            "task_id": task_sudo.id if task_sudo.project_id == project_sudo else False,
            "name": name or self.name,
            "unit_amount": hours,
            "is_billable": True,
            "is_for_client": True,
            "user_id": self.env.uid,
            "company_id": self.company_id.id,
        }

    def _check_may_time(self):
        if not self.env.user.has_group(TIME_GROUP):
            raise AccessError(self.env._("Time is noted by users of timesheets; ask for that right."))
        self.check_access("read")

    def action_timer_start(self):
        """Start the user's stop-watch here; one that runs on another ticket is stopped, and its time noted."""
        self.ensure_one()
        self._check_may_time()
        timer = self.env["nestogy.ticket.timer"]._own()
        if timer.ticket_id == self:
            return True
        if timer:
            timer.ticket_id.action_timer_stop()
        self.env["nestogy.ticket.timer"].create({"ticket_id": self.id})
        return True

    def action_timer_stop(self):
        """Stop it, and note the time as the user's timesheet."""
        self.ensure_one()
        timer = self._own_timer()
        hours = timer._elapsed_hours()
        timer.unlink()
        self._log_time(hours)
        return True

    def action_timer_discard(self):
        """Stop it without noting anything."""
        self._own_timer().unlink()
        return True

    def _own_timer(self):
        self.ensure_one()
        self._check_may_time()
        timer = self.env["nestogy.ticket.timer"]._own()
        if timer.ticket_id != self or not timer.try_lock_for_update():
            raise UserError(self.env._("Your timer does not run on this ticket; reload the page."))
        return timer

    def _log_time(self, hours, name=""):
        """Note time of the user on this ticket."""
        self.ensure_one()
        # an employee may be hidden from the user
        employees_sudo = self.env.user.sudo().employee_ids
        if not employees_sudo:
            raise UserError(
                self.env._(
                    "You have no employee record, which timesheets need. Ask an administrator to make one for you."
                )
            )
        return self.env["account.analytic.line"].create(self._prepare_time_values(hours, name))
