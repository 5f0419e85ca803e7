from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.hr_timesheet.controllers.portal import TimesheetCustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.addons.project.controllers.portal import ProjectCustomerPortal

from ..tools.page_words import known_period
from .areas import area
from .portal import ClientPortal

TIMESHEET_FILTERS = (
    *("all", "last_year", "last_quarter", "last_month", "last_week"),
    *("today", "week", "month", "quarter", "year"),
)


class ClientProjects(ClientPortal, ProjectCustomerPortal):
    """The projects and jobs of a client, on pages of their own; people of other firms and staff get Odoo's."""

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _is_of_client(self):
        return bool(request.env.user._portal_client())

    def _get_shown(self, model_name, record_id):
        """One record by an id from outside; foreign, internal, missing and senseless ones look alike.

        :raise NotFound: there is none for this visitor
        """
        records = request.env[model_name]
        if not 0 < record_id < 2**31 or not records.has_access("read"):
            raise NotFound
        record = records.search([("id", "=", record_id)], limit=1)
        if not record:
            raise NotFound
        return record

    def _refuse_token(self, model_name, record_id, access_token):
        """Where to sign in, when nobody in particular shows the address of a client's record; ``None`` lets Odoo go on.

        Such addresses are not bound to a reader; those in our mails are.
        """
        if not request.env.user._is_public():
            return None
        try:
            record_sudo = self._document_check_access(model_name, record_id, access_token)
        except (AccessError, MissingError):
            record_sudo = None
        if record_sudo and not record_sudo._needs_sign_in_to_write():
            return None
        return request.redirect_query("/web/login", {"redirect": request.httprequest.path}, code=303)

    @staticmethod
    def _as_page(page):
        return page if isinstance(page, int) else 1

    def _list_values(self, records, url, page, sortby, filterby, search, base_domain=Domain.TRUE, filters=None):
        """One page of projects or jobs, with what the search bar prints."""
        filters = filters or records._portal_filters()
        sortings = records._portal_sortings()
        filterby = filterby if filterby in filters else next(iter(filters))
        sortby = sortby if sortby in sortings else next(iter(sortings))
        search = str(search or "")[:100]
        base_domain &= records._portal_search_domain(search)
        domain = base_domain & filters[filterby]["domain"]
        pager = portal_pager(
            url=url,
            url_args={"filterby": filterby, "sortby": sortby, "search": search},
            total=records.search_count(domain),
            page=min(self._as_page(page), 10**6),
            step=self._items_per_page,
        )
        found = records.search(
            domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
        )
        return {
            "rows": found._portal_rows(),
            "list_url": url,
            "tabs": [
                {
                    "id": key,
                    "label": each["label"],
                    "url": f"{url}?{urlencode({'filterby': key, 'sortby': sortby, 'search': search})}",
                }
                for key, each in filters.items()
            ],
            "filterby": filterby,
            "sortings": sortings,
            "sortby": sortby,
            "search": search,
            "pager": pager,
        }

    # ------------------------------------------------------------------
    # Projects
    # ------------------------------------------------------------------

    @route()
    @area("projects")
    def portal_my_projects(self, page=1, date_begin=None, date_end=None, sortby=None, filterby=None, search=None, **kw):
        if not self._is_of_client():
            date_begin, date_end = known_period(date_begin, date_end)
            sortby = sortby if sortby in self._prepare_searchbar_sortings() else None
            return super().portal_my_projects(self._as_page(page), date_begin, date_end, sortby, **kw)
        values = self._list_values(request.env["project.project"], "/my/projects", page, sortby, filterby, search)
        return self._render_private("nestogy_portal.portal_my_projects", values | {"page_name": "client_projects"})

    @route()
    @area("projects")
    def portal_my_project(self, project_id=None, access_token=None, page=1, sortby=None, search=None, **kw):
        if refusal := self._refuse_token("project.project", project_id, access_token):
            return refusal
        if not self._is_of_client():
            return super().portal_my_project(project_id, access_token, self._as_page(page), **self._task_words(kw))
        project = self._get_shown("project.project", project_id)
        (row,) = project._portal_rows()
        jobs = self._list_values(
            request.env["project.task"],
            row["url"],
            page,
            sortby,
            kw.get("filterby"),
            search,
            base_domain=Domain("project_id", "=", project.id),
        )
        update_sudo = project._portal_updates().get(project.id)
        milestones = request.env["project.milestone"].search(
            [("project_id", "=", project.id)], order="deadline, sequence, id"
        )
        values = {
            "page_name": "client_projects",
            "object": project.sudo(False),
            "shown_project": row,
            "milestones": milestones._portal_rows(),
            "update": update_sudo,
            "hours": project._portal_hours(),
            "documents": project._portal_documents()._portal_rows(),
            "jobs": jobs,
            "pager": jobs["pager"],
        }
        return self._render_private("nestogy_portal.portal_my_project", values)

    @route()
    @area("projects")
    def portal_my_project_task(self, project_id=None, task_id=None, access_token=None, **kw):
        if refusal := self._refuse_token("project.project", project_id, access_token):
            return refusal
        if not self._is_of_client():
            return super().portal_my_project_task(project_id, task_id, access_token, **kw)
        return request.redirect(f"/my/tasks/{int(task_id)}", code=303)

    @route()
    @area("projects")
    def portal_my_project_subtasks(self, project_id, task_id, page=1, **kw):
        if not self._is_of_client():
            return super().portal_my_project_subtasks(project_id, task_id, self._as_page(page), **self._task_words(kw))
        return request.redirect(f"/my/tasks/{int(task_id)}", code=303)

    @route()
    @area("projects")
    def portal_my_project_recurrent_tasks(self, project_id, task_id, page=1, **kw):
        if not self._is_of_client():
            words = self._task_words(kw)
            return super().portal_my_project_recurrent_tasks(project_id, task_id, self._as_page(page), **words)
        return request.redirect(f"/my/tasks/{int(task_id)}", code=303)

    @route()
    @area("projects", acts=True)
    def render_project_backend_view(self, project_id, subpath=None):
        """Odoo's shared project shows what is the firm's own, so clients get our page alone."""
        if self._is_of_client():
            raise NotFound
        return super().render_project_backend_view(project_id, subpath=subpath)

    # ------------------------------------------------------------------
    # Jobs
    # ------------------------------------------------------------------

    @route()
    @area("projects")
    def portal_my_tasks(self, page=1, sortby=None, filterby=None, search=None, **kw):
        if not self._is_of_client():
            words = self._task_words(kw | {"sortby": sortby, "filterby": filterby, "search": search})
            return super().portal_my_tasks(self._as_page(page), **words)
        values = self._list_values(request.env["project.task"], "/my/tasks", page, sortby, filterby, search)
        return self._render_private("nestogy_portal.portal_my_tasks", values | {"page_name": "client_tasks"})

    @route()
    @area("projects")
    def portal_my_task(self, task_id, report_type=None, access_token=None, project_sharing=False, **kw):
        if refusal := self._refuse_token("project.task", task_id, access_token):
            return refusal
        if not self._is_of_client():
            return super().portal_my_task(task_id, report_type, access_token, project_sharing, **kw)
        task = self._get_shown("project.task", task_id)
        tasks = request.env["project.task"]
        below = tasks.search([("parent_id", "=", task.id)], limit=self._items_per_page)
        row, *below_rows = (task | below)._portal_rows()
        values = {"page_name": "client_tasks", "object": task, "shown_task": row, "below": below_rows}
        return self._render_private("nestogy_portal.portal_my_task", values)

    def _task_words(self, words):
        """What an address says about a list of Odoo's, without what it cannot mean."""
        begin, end = known_period(words.get("date_begin"), words.get("date_end"))
        sortings, groupings = self._task_get_searchbar_sortings(True), self._task_get_searchbar_groupby(True)
        inputs = self._task_get_searchbar_inputs(True)
        allowed = {"sortby": sortings, "groupby": groupings, "search_in": inputs}
        clean = {key: value for key, value in words.items() if key not in allowed or value in allowed[key]}
        clean |= {"date_begin": begin, "date_end": end}
        if "search" in clean:
            clean["search"] = str(clean["search"] or "").replace("\x00", "")[:100]
        return clean


class ClientTimesheets(TimesheetCustomerPortal):
    @route()
    @area("projects")
    def portal_my_timesheets(self, page=1, **kw):
        """Who of the firm worked when is none of a client's business; it sees totals on its projects."""
        if request.env.user._portal_client():
            raise NotFound
        known = {"sortby": self._get_searchbar_sortings(), "groupby": self._get_searchbar_groupby()}
        known |= {"search_in": self._get_searchbar_inputs()}
        known |= {"filterby": TIMESHEET_FILTERS}
        kw = {key: value for key, value in kw.items() if key not in known or value in known[key]}
        if not str(kw.get("parent_task_id") or "").isdecimal():
            kw.pop("parent_task_id", None)
        return super().portal_my_timesheets(page if isinstance(page, int) else 1, **kw)
