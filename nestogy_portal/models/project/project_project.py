from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

# what a client's people may read of a project, over RPC too: no figures, no managers, no notes
CLIENT_FIELDS = frozenset(
    "id name display_name active partner_id company_id date_start date sequence allow_milestones label_tasks "
    "access_url create_date write_date".split()
)
SEARCH_CHARACTERS = 100


class ProjectProject(models.Model):
    """A project as its client sees it."""

    _name = "project.project"
    _inherit = ["project.project", "nestogy.portal.mail.mixin"]

    portal_show = fields.Boolean(
        string="Shown to the Client",
        default=lambda self: self.env.company.project_portal_show,
        tracking=True,
        help="People of the client with the area “Projects and jobs” see it in the portal, with its milestones, its "
        "jobs and their descriptions and messages. Notes, internal jobs and figures stay inside. In a project without "
        "a client each client sees the jobs that are made out to it.",
    )
    portal_show_hours = fields.Boolean(
        string="With Hours",
        default=lambda self: self.env.company.project_portal_show_hours,
        tracking=True,
        help="The client sees hours planned and spent as totals, never who worked when.",
    )

    # ------------------------------------------------------------------
    # Who sees what
    # ------------------------------------------------------------------

    @api.model
    def _portal_shown_domain(self, client):
        """Which projects a client's people may see."""
        return (
            Domain("portal_show", "=", True)
            & Domain("is_template", "=", False)
            & Domain("partner_id.commercial_partner_id", "=", client.id)
        )

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        return self.env.su or field.name in CLIENT_FIELDS or not self.env.user._portal_client()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return self._notify_shown_groups(groups, message, msg_vals, bool(self) and self.sudo().portal_show)  # a setting

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _portal_today(self):
        return fields.Date.context_today(self)

    @api.model
    def _portal_filters(self):
        today = self._portal_today()
        return {
            "current": {
                "label": self.env._("Current"),
                "domain": Domain("date", "=", False) | Domain("date", ">=", today),
            },
            "past": {"label": self.env._("Past"), "domain": Domain("date", "<", today)},
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
        }

    @api.model
    def _portal_sortings(self):
        return {
            "name": {"label": self.env._("Name"), "order": "name, id"},
            "date": {"label": self.env._("Newest"), "order": "create_date desc, id desc"},
            "end": {"label": self.env._("Ends first"), "order": "date, name, id"},
        }

    @api.model
    def _portal_search_domain(self, search):
        search = " ".join(str(search or "").replace("\x00", "").split())[:SEARCH_CHARACTERS]
        return Domain("name", "ilike", escape_psql(search)) if search else Domain.TRUE

    def _portal_rows(self):
        """What the list prints, in as many queries for one project as for many.

        Call it on projects that were found with the visitor's rights.
        """
        figures = {project.id: {"done": 0, "total": 0, "moved_at": False} for project in self}
        for project, state, count, moved_at in self.env["project.task"]._read_group(
            domain=[("project_id", "in", self.ids), ("state", "!=", "1_canceled")],
            groupby=["project_id", "state"],
            aggregates=["__count", "date_last_stage_update:max"],
        ):
            figure = figures[project.id]
            figure["total"] += count
            figure["done"] += count if state == "1_done" else 0
            figure["moved_at"] = max(filter(None, (figure["moved_at"], moved_at)), default=False)
        ahead = {}
        for milestone in self.env["project.milestone"].search(
            [("project_id", "in", self.ids), ("is_reached", "=", False)], order="deadline, sequence, id"
        ):
            ahead.setdefault(milestone.project_id.id, milestone)
        updates_sudo = self._portal_updates()
        today = self._portal_today()
        rows = []
        for project in self:
            figure, milestone = figures[project.id], ahead.get(project.id)
            update_sudo = updates_sudo.get(project.id)
            moved_on = figure["moved_at"] and fields.Datetime.context_timestamp(self, figure["moved_at"]).date()
            rows.append(
                {
                    "id": project.id,
                    "name": project.name,
                    "url": f"/my/projects/{project.id}",
                    "done": figure["done"],
                    "total": figure["total"],
                    "percent": round(100 * figure["done"] / figure["total"]) if figure["total"] else 0,
                    "date_start": project.date_start,
                    "date": project.date,
                    "milestone": milestone.name if milestone else "",
                    "milestone_deadline": milestone.deadline if milestone else False,
                    "updated_on": max(filter(None, (moved_on, update_sudo and update_sudo.date)), default=False),
                }
                | project._portal_state(figure, update_sudo, today)
            )
        return rows

    def _portal_state(self, figure, update_sudo, today):
        """The state as the client reads it: that of the last published update, else what the jobs say."""
        tones = {
            "on_track": "success",
            "at_risk": "warning",
            "off_track": "danger",
            "on_hold": "info",
            "done": "success",
        }
        if update_sudo:
            labels = dict(update_sudo._fields["status"]._description_selection(self.env))
            return {"state": labels[update_sudo.status], "tone": tones.get(update_sudo.status, "secondary")}
        if figure["total"] and figure["done"] == figure["total"]:
            return {"state": self.env._("Complete"), "tone": "success"}
        if self.date_start and self.date_start > today:
            return {"state": self.env._("Planned"), "tone": "secondary"}
        return {"state": self.env._("In progress"), "tone": "primary"}

    def _portal_updates(self):
        """The last published update of each project, in sudo: clients have no rights on updates, whose other ones are
        internal.

        :return: dict of project id to update
        """
        updates_sudo = self.env["project.update"].sudo()  # as said
        rows = updates_sudo._read_group(
            [("project_id", "in", self.ids), ("portal_published", "=", True)], ["project_id"], ["id:max"]
        )
        last_sudo = updates_sudo.browse(number for _project, number in rows)
        return {update.project_id.id: update for update in last_sudo}

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    def _portal_hours(self):
        """Hours planned and spent, if the client may see them.

        Call it on a project that was found with the visitor's rights.
        """
        self.ensure_one()
        project_sudo = self.sudo()  # clients may read totals alone, and only where the project says so
        if not project_sudo.portal_show_hours or self.env.user._portal_scope("projects") != "company":
            return None
        return {"spent": project_sudo.effective_hours, "planned": project_sudo.allocated_hours}

    def _portal_documents(self):
        """The documents filed under this project that the visitor may see."""
        self.ensure_one()
        documents = self.env["nestogy.client.document"]
        if not documents.has_access("read"):
            return documents
        # under which project a document is filed is the staff's; which of these he sees say his own rights
        filed_sudo = documents.sudo().search([("project_id", "=", self.id)])
        return documents.search(documents._portal_domain() & Domain("id", "in", filed_sudo.ids), order="name, id")

    def action_portal_preview(self):
        """Look at this project as a contact of the client does."""
        self.ensure_one()
        self.check_access("read")
        client = self.partner_id._get_client()
        contacts = client | client.child_ids
        # whether a contact has a login is asked for agents, who have no rights on users
        with_login = contacts.filtered(lambda contact: contact.sudo().user_ids.filtered("share"))
        contact = with_login.filtered(lambda each: each == client.primary_contact_id) or with_login[:1]
        if not self.portal_show or not contact:
            raise UserError(
                self.env._("Nobody sees this project yet: show it to the client, and invite a contact to the portal.")
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/preview/{contact.id}?redirect=/my/projects/{self.id}",
            "target": "new",
        }
