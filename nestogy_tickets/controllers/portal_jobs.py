from odoo.http import route

from odoo.addons.nestogy_portal.controllers.areas import area
from odoo.addons.nestogy_portal.controllers.projects import ClientProjects


class ClientJobs(ClientProjects):
    @route()
    @area("projects")
    def portal_my_task(self, task_id, report_type=None, access_token=None, project_sharing=False, **kw):
        """The page of a job, with what was used on it."""
        response = super().portal_my_task(task_id, report_type, access_token, project_sharing, **kw)
        values = getattr(response, "qcontext", {})
        if values.get("page_name") == "client_tasks":
            values["materials"] = values["object"]._portal_materials()
        return response
