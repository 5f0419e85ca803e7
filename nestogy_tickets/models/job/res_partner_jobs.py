from odoo import models
from odoo.fields import Command


class ResPartner(models.Model):
    """The jobs of a client: how one is logged, where and by whom it is done."""

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # Log a job
    # ------------------------------------------------------------------

    def action_client_log_job(self):
        """Begin a job in a short form, with all that is known of the client."""
        action = super().action_client_log_job()
        return action | {
            "views": [(self.env.ref("nestogy_tickets.project_task_view_form_log").id, "form")],
            "target": "new",
            "context": action["context"] | self._client_job_defaults(),
        }

    def _client_job_defaults(self):
        """What is known before anybody types: whom to ask for, where, and who does it."""
        self.ensure_one()
        client = self.commercial_partner_id
        is_site = bool(self.parent_id) and self.type != "contact"
        is_person = bool(self.parent_id) and self.type == "contact" and not self.is_company
        contact = self if is_person else client.primary_contact_id
        site = self
        if not is_site:
            sites = self.search(
                [("id", "child_of", client.id), ("type", "in", ("office", "other", "delivery"))], limit=2
            )
            site = sites if len(sites) == 1 else self.browse()
        return {
            "default_contact_id": contact.id,
            "default_site_id": site.id,
            "default_user_ids": [Command.set(self._client_job_assignee().ids)],
        }

    def _client_job_assignee(self):
        """The account manager, else the leader of the client's team, else whoever logs the job."""
        client = self.commercial_partner_id
        people = (client.user_id, client.client_team_id.user_id, self.env.user)
        return next((user for user in people if user.active and not user.share), self.env.user)

    def action_client_jobs(self):
        """Open the jobs of the client, in the list of jobs."""
        former = super().action_client_jobs()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.project_task_action_jobs")
        return (
            action
            | {key: former[key] for key in ("display_name", "domain")}
            | {"context": {"search_default_open": 1, "default_partner_id": self.commercial_partner_id.id}}
        )

    def action_client_job_queries(self):
        """Open the report on jobs, with this client chosen."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.nestogy_job_report_action")
        return action | {"context": {"search_default_client_id": self.commercial_partner_id.id}}

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.env["nestogy.job.report"].has_access("read"):
            label = self.env._("Job Queries")
            actions.append(
                self._client_quick_action("job_queries", 22, label, "fa-bar-chart", "action_client_job_queries")
            )
        return actions
