from contextlib import contextmanager
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import ormcache

from ...tools.sla_clock import AROUND_THE_CLOCK, EPOCH, CalendarRule, WorkCalendar

NOON = 12 * 60


class ResourceCalendar(models.Model):
    """Working hours as SLA clocks count them: read once, then held in memory until they change."""

    _inherit = "resource.calendar"

    @api.model
    @ormcache("calendar_id", "company_id")
    def _sla_schedule(self, calendar_id, company_id):
        """The working time of a calendar, for clocks of a company.

        :return: :class:`WorkCalendar`, or around the clock without a calendar
        """
        if not calendar_id:
            return AROUND_THE_CLOCK
        # promises are counted by all holidays, whoever looks
        calendar_sudo = self.sudo().browse(calendar_id).exists()
        return WorkCalendar(calendar_sudo._sla_rule(company_id)) if calendar_sudo else AROUND_THE_CLOCK

    def _sla_rule(self, company_id):
        """What Odoo's own planning reads of a calendar: its hours, and the time off that is nobody's own.

        Differs from it in three things, on purpose: an hour that ends at 24:00 ends at midnight, not a microsecond
        before; a day off that ends at 23:59:59 ends at midnight; days off for all calendars count in their company.
        """
        self.ensure_one()
        weekly = set()
        if self.flexible_hours:
            left = self.full_time_required_hours
            for weekday in range(7):
                half = min(self.hours_per_day, max(left, 0)) * 30
                left -= self.hours_per_day
                weekly |= {(week, weekday, round(NOON - half), round(NOON + half)) for week in (0, 1)}
        else:
            for attendance in self.attendance_ids:
                if not attendance._is_work_period():
                    continue
                weeks = (int(attendance.week_type),) if self.two_weeks_calendar else (0, 1)
                hours = round(attendance.hour_from * 60), round(attendance.hour_to * 60)
                weekly |= {(week, int(attendance.dayofweek), *hours) for week in weeks}
        domain = (
            Domain("resource_id", "=", False)
            & Domain("time_type", "=", "leave")
            & (
                Domain("calendar_id", "=", self.id)
                | (Domain("calendar_id", "=", False) & Domain("company_id", "in", (False, company_id)))
            )
        )
        leaves = self.env["resource.calendar.leaves"].search(domain)
        holidays = set()
        for leave in leaves:
            end = leave.date_to + timedelta(seconds=1 if leave.date_to.second == 59 else 0)
            holidays.add(tuple((moment - EPOCH) // timedelta(seconds=1) for moment in (leave.date_from, end)))
        weekly = {(week, day, start, end) for week, day, start, end in weekly if start < end}
        return CalendarRule(self.tz or "UTC", tuple(sorted(weekly)), tuple(sorted(holidays)))

    @api.model
    @contextmanager
    def _sla_watch(self):
        """Around a change of working time: afterwards the clocks that run by it go on by the new one."""
        clocks = self.env["nestogy.sla.clock"]
        before = clocks._running_schedules()
        yield
        self.env.registry.clear_cache()
        clocks._rebook(before)

    def write(self, vals):
        if self.env.context.get("sla_watched") or not vals.keys() - {"name", "active", "sequence"}:
            return super().write(vals)
        with self._sla_watch():
            # lines that are written along need not be watched again
            return super(ResourceCalendar, self.with_context(sla_watched=True)).write(vals)
