from odoo.http import request, route

from odoo.addons.hr_timesheet.controllers.portal import TimesheetCustomerPortal
from odoo.addons.project.controllers.portal import ProjectCustomerPortal

from ..tools.page_words import known, known_period

PERIODS = ("today", "week", "month", "quarter", "year")
FILTERS = ("all", *PERIODS, "last_week", "last_month", "last_quarter", "last_year")


class Projects(ProjectCustomerPortal):
    """Odoo's lists of projects and tasks, likewise: some words of theirs would name columns to sort by."""

    @route()
    def portal_my_projects(self, page=1, date_begin=None, date_end=None, sortby=None, **kwargs):
        date_begin, date_end = known_period(date_begin, date_end)
        return super().portal_my_projects(
            page=page if isinstance(page, int) else 1,
            date_begin=date_begin,
            date_end=date_end,
            sortby=known(sortby, self._prepare_searchbar_sortings()),
            **kwargs,
        )

    @route()
    def portal_my_project_task(self, project_id=None, task_id=None, access_token=None, **kwargs):
        """A task that is not there looks like one that the visitor may not see."""
        tasks_sudo = request.env["project.task"].sudo()  # only whether there is one; Odoo asks who may see it
        if not tasks_sudo.search_count([("id", "=", task_id), ("project_id", "=", project_id)], limit=1):
            return request.redirect("/my")
        return super().portal_my_project_task(project_id, task_id, access_token, **kwargs)

    def _project_get_page_view_values(self, project, access_token, page=1, *args, **kwargs):
        page = page if isinstance(page, int) else 1
        return super()._project_get_page_view_values(project, access_token, page, *args, **kwargs)

    def _prepare_tasks_values(
        self, page, date_begin, date_end, sortby, search, search_in, groupby, *args, project=False, **kwargs
    ):
        date_begin, date_end = known_period(date_begin, date_end)
        one = project or (args[3] if len(args) > 3 else False)
        return super()._prepare_tasks_values(
            page if isinstance(page, int) else 1,
            date_begin,
            date_end,
            known(sortby, self._task_get_searchbar_sortings(True, one)),
            search,
            known(search_in, self._task_get_searchbar_inputs(True, one)) or "name",
            known(groupby, self._task_get_searchbar_groupby(True, one)) or ("stage_id" if one else None),
            *args,
            **({"project": project} if project else {}),
            **kwargs,
        )


class Timesheets(TimesheetCustomerPortal):
    """Odoo's list of hours, likewise."""

    @route()
    def portal_my_timesheets(
        self, page=1, sortby=None, filterby=None, search=None, search_in="all", groupby="so_line", **kwargs
    ):
        parent = str(kwargs.pop("parent_task_id", ""))
        if parent.isascii() and parent.isdigit() and len(parent) < 10:
            kwargs["parent_task_id"] = parent
        return super().portal_my_timesheets(
            page=page if isinstance(page, int) else 1,
            sortby=known(sortby, self._get_searchbar_sortings()),
            filterby=known(filterby, FILTERS),
            search=search,
            search_in=known(search_in, self._get_searchbar_inputs()) or "all",
            groupby=known(groupby, self._get_searchbar_groupby()) or "none",
            **kwargs,
        )
