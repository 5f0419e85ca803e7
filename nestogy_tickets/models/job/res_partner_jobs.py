from odoo import fields, models
from odoo.fields import Command, Domain

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns, kept

JOB_TONES = {
    "01_in_progress": "info",
    "02_changes_requested": "warning",
    "03_approved": "success",
    "04_waiting_normal": "secondary",
}


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

    # ------------------------------------------------------------------
    # On the profile
    # ------------------------------------------------------------------

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env.user.has_group("project.group_project_user"):
            widgets.append(
                self._client_dashboard_widget(
                    "jobs",
                    11,
                    self.env._("Open Jobs"),
                    "fa-wrench",
                    self._client_dashboard_jobs,
                    job_stages=self._client_job_stages_question,
                    jobs=self._client_jobs_question,
                )
            )
        return widgets

    def _client_open_jobs_domain(self):
        return Domain("client_id", "=", self.id) & Domain("is_closed", "=", False)

    @kept
    def _client_job_stages_question(self):
        """Open jobs by state, and how many of them are late or at risk."""
        tasks, now = self.env["project.task"], self._client_now()
        return self._client_question(
            "project.task",
            self._client_open_jobs_domain(),
            {
                "state": "state",
                "count": ("COUNT", None),
                "breached": ("COUNT", None, tasks._sla_breached_domain(now)),
                "at_risk": ("COUNT", None, tasks._sla_at_risk_domain(now)),
                "late": ("COUNT", None, Domain("date_deadline", "<", now)),
            },
            by=1,
        )

    @kept
    def _client_jobs_question(self):
        """The open jobs of which something is due or planned first."""
        return self._client_question(
            "project.task",
            self._client_open_jobs_domain(),
            {
                "id": "id",
                "number": "job_number",
                "name": "name",
                "stage": "stage_id.name",
                "project": "project_id.name",
                "planned": "planned_start",
                "deadline": "date_deadline",
                "sla": "sla_deadline",
            },
            order="sla_deadline, date_deadline, planned_start, id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_jobs(self, job_stages, jobs):
        model = self.env["project.task"]
        now = fields.Datetime.now().isoformat()
        is_open = self._client_open_jobs_domain()
        action = self._client_list_action(self.env._("Open Jobs"), model._name, list(is_open))
        states = dict(model._fields["state"]._description_selection(self.env))
        counts = {row["state"]: row["count"] for row in job_stages}
        whole = sum(counts.values())
        return {
            "figures": self._client_sla_figures(model, is_open, job_stages, action),
            "segments": [
                {
                    "label": label,
                    "value": str(counts[state]),
                    "share": counts[state] / whole,
                    "tone": JOB_TONES.get(state, "secondary"),
                    "action": action | {"domain": list(is_open & Domain("state", "=", state))},
                }
                for state, label in states.items()
                if counts.get(state)
            ],
            "count": whole,
            "columns": card_columns(
                number=self.env._("Number"),
                name=self.env._("Job"),
                stage=self.env._("Stage"),
                due=self.env._("Due"),
                planned=self.env._("Planned"),
                project=self.env._("Project"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": model._name,
                    "tone": "danger" if any(row[day] and row[day] < now for day in ("deadline", "sla")) else "",
                    "cells": {
                        "number": row["number"] or "",
                        "name": row["name"],
                        "project": row["project"] or "",
                        "stage": row["stage"] or "",
                        "planned": self._client_moment(row["planned"]),
                        "due": self._client_moment(min(filter(None, (row["deadline"], row["sla"])), default=False)),
                    },
                }
                for row in jobs
            ],
            "empty": self.env._("No open job. Log a Job begins one."),
            "action": action,
        }
