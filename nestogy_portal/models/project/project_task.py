from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import is_html_empty
from odoo.tools.sql import escape_psql

from .project_project import SEARCH_CHARACTERS

# what a client's people may read of a job, over RPC too: no hours, no assignees, no dependencies, no tokens
CLIENT_FIELDS = frozenset(
    "id name display_name active project_id stage_id state is_closed priority sequence date_deadline description "
    "partner_id parent_id milestone_id date_last_stage_update create_date write_date company_id access_url "
    "message_is_follower".split()
)
TONES = {"1_done": "success", "1_canceled": "secondary", "02_changes_requested": "warning", "04_waiting_normal": "info"}


class ProjectTask(models.Model):
    """A job as its client sees it."""

    _name = "project.task"
    _inherit = ["project.task", "nestogy.portal.mail.mixin"]

    portal_hidden = fields.Boolean(
        string="Internal",
        compute="_compute_portal_hidden",
        store=True,
        readonly=False,
        recursive=True,
        tracking=True,
        groups="base.group_user",
        help="The client does not see this job, nor anything below it.",
    )

    @api.depends("parent_id.portal_hidden")
    def _compute_portal_hidden(self):
        for task in self:
            task.portal_hidden = task.portal_hidden or task.parent_id.portal_hidden

    # ------------------------------------------------------------------
    # Who sees what
    # ------------------------------------------------------------------

    @api.model
    def _portal_shown_domain(self, client):
        """Which jobs a client's people may see.

        Those of its shown projects, unless they are made out to somebody else; and its own in shown projects that
        belong to nobody.
        """
        mine = Domain("partner_id.commercial_partner_id", "=", client.id)
        in_own = Domain("project_id.partner_id.commercial_partner_id", "=", client.id)
        in_common = Domain("project_id.partner_id", "=", False)
        return (
            Domain("active", "=", True)
            & Domain("is_template", "=", False)
            & Domain("portal_hidden", "!=", True)
            & Domain("project_id.portal_show", "=", True)
            & Domain("project_id.is_template", "=", False)
            & ((in_own & (mine | Domain("partner_id", "=", False))) | (in_common & mine))
        )

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        return self.env.su or field.name in CLIENT_FIELDS or not self.env.user._portal_client()

    def _needs_sign_in_to_write(self):
        # asked before anybody is signed in
        return bool((self.sudo().partner_id or self.sudo().project_id.partner_id)._get_client())

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        task_sudo = self.sudo()  # settings, whoever notifies
        is_shown = bool(self) and task_sudo.project_id.portal_show and not task_sudo.portal_hidden
        return self._notify_shown_groups(groups, message, msg_vals, is_shown)

    # ------------------------------------------------------------------
    # List and page
    # ------------------------------------------------------------------

    @api.model
    def _portal_filters(self):
        closed = Domain("state", "in", ("1_done", "1_canceled"))
        return {
            "open": {"label": self.env._("Open"), "domain": ~closed},
            "closed": {"label": self.env._("Done"), "domain": closed},
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
        }

    @api.model
    def _portal_sortings(self):
        return {
            "priority": {"label": self.env._("Priority"), "order": "priority desc, sequence, date_deadline, id desc"},
            "deadline": {"label": self.env._("Due first"), "order": "date_deadline, priority desc, id desc"},
            "date": {"label": self.env._("Newest"), "order": "create_date desc, id desc"},
            "name": {"label": self.env._("Name"), "order": "name, id"},
        }

    @api.model
    def _portal_search_domain(self, search):
        search = " ".join(str(search or "").replace("\x00", "").split())[:SEARCH_CHARACTERS]
        return Domain("name", "ilike", escape_psql(search)) if search else Domain.TRUE

    def _portal_rows(self):
        """What lists and pages print, in as many queries for one job as for many.

        Call it on jobs that were found with the visitor's rights.
        """
        # names of stages and colleagues, and hours where the project shows them
        tasks_sudo = self.sudo()
        labels = dict(tasks_sudo._fields["state"]._description_selection(self.env))
        priorities = dict(tasks_sudo._fields["priority"]._description_selection(self.env))
        now = fields.Datetime.now()
        projects = self.env["project.project"]
        seen = (
            set(projects.search([("id", "in", tasks_sudo.project_id.ids)]).ids) if projects.has_access("read") else ()
        )
        rows = []
        for task, task_sudo in zip(self, tasks_sudo, strict=True):
            is_closed = task.state in ("1_done", "1_canceled")
            project_sudo = task_sudo.project_id
            rows.append(
                {
                    "id": task.id,
                    "name": task.name,
                    "url": f"/my/tasks/{task.id}",
                    "project": project_sudo.name,
                    "project_url": f"/my/projects/{project_sudo.id}" if project_sudo.id in seen else None,
                    "state": labels[task.state] if is_closed else task_sudo.stage_id.name or labels[task.state],
                    "tone": TONES.get(task.state, "primary"),
                    "is_closed": is_closed,
                    "priority": priorities[task.priority] if task.priority > "0" else "",
                    "deadline": task.date_deadline,
                    "is_late": bool(task.date_deadline and task.date_deadline < now and not is_closed),
                    "assignees": ", ".join((user.name or "").split(" ")[0] for user in task_sudo.user_ids),
                    "milestone": task_sudo.milestone_id.name or "",
                    "contact": task_sudo.partner_id.name if task_sudo.partner_id.parent_id else "",
                    "hours": {"spent": task_sudo.effective_hours, "planned": task_sudo.allocated_hours}
                    if project_sudo.portal_show_hours
                    else None,
                    "updated_at": task.date_last_stage_update or task.create_date,
                    "description": False if is_html_empty(task.description) else task.description,
                }
            )
        return rows
