from datetime import date

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date, html2plaintext

ROWS = 4  # of each kind of project
MOST_PROJECTS = 200  # the newest ones, among which the shown are chosen
LAST_DAY = date.max
ISSUES = 5
LEAST_SAMPLE = 5
NOTE_CHARACTERS = 140


class ResPartner(models.Model):
    """What was done for a client, what goes on, and what is to come; and how well it went."""

    _inherit = "res.partner"

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_viewer"):
            return widgets
        widget = self._client_dashboard_widget
        widgets += [
            widget("projects", 35, self.env._("Projects"), "fa-puzzle-piece", self._client_projects_card),
            widget("performance", 36, self.env._("Performance"), "fa-tachometer", self._client_performance_card),
        ]
        if self.env["helpdesk.ticket"].has_access("read"):
            widgets.append(
                widget("issues", 37, self.env._("Issues of Projects"), "fa-lightbulb-o", self._client_issues_card)
            )
        return widgets

    # ------------------------------------------------------------------
    # Past, current, proposed, planned
    # ------------------------------------------------------------------

    def _client_project_domain(self):
        return (
            Domain("partner_id", "child_of", self.commercial_partner_id.id)
            & Domain("is_template", "=", False)
            & Domain("active", "=", True)
        )

    def _client_projects_card(self):
        """Projects by where they stand in time, estimates that wait for an answer, and jobs that are planned."""
        today = fields.Date.context_today(self)
        mine = self._client_project_domain()
        projects = self.env["project.project"].search(mine, order="date desc, id desc", limit=MOST_PROJECTS)
        past = projects.filtered(lambda project: project.date and project.date < today)
        planned = (projects - past).filtered(lambda project: project.date_start and project.date_start > today)
        current = projects - past - planned
        found = {
            "primary": (self.env._("Current"), current.sorted(lambda each: (each.date or LAST_DAY, -each.id))[:ROWS]),
            "info": (self.env._("Planned"), planned.sorted(lambda each: (each.date_start, each.id))[:ROWS]),
            "secondary": (self.env._("Past"), past[:ROWS]),
        }
        progress = self._client_project_progress(projects.browse().union(*(some for _label, some in found.values())))
        by_tone = {
            tone: [self._client_project_row(project, label, tone, progress) for project in some]
            for tone, (label, some) in found.items()
        }
        rows = [
            *by_tone["primary"],
            *self._client_proposal_rows(),
            *by_tone["info"],
            *self._client_planned_job_rows(),
            *by_tone["secondary"],
        ]
        return {
            "count": None,
            "columns": [
                {"name": "name", "label": self.env._("Name")},
                {"name": "state", "label": self.env._("When")},
                {"name": "progress", "label": self.env._("Progress")},
                {"name": "date", "label": self.env._("Date")},
            ],
            "rows": rows,
            "empty": self.env._("No project, proposal or planned job yet. Log a Job begins the first one."),
            "action": self._client_list_action(self.env._("Projects"), "project.project", list(mine)),
        }

    def _client_project_progress(self, projects):
        """:return: dict of project id to pair of done and all jobs, cancelled ones apart"""
        progress = {}
        for project, state, count in self.env["project.task"]._read_group(
            [("project_id", "in", projects.ids), ("state", "!=", "1_canceled"), ("is_template", "=", False)],
            ["project_id", "state"],
            ["__count"],
        ):
            done, total = progress.get(project.id, (0, 0))
            progress[project.id] = (done + (count if state == "1_done" else 0), total + count)
        return progress

    def _client_project_row(self, project, label, tone, progress):
        done, total = progress.get(project.id, (0, 0))
        day = project.date_start if tone == "info" else project.date
        words = {"info": self.env._("from %s"), "secondary": self.env._("ended %s"), "primary": self.env._("until %s")}
        return {
            "id": project.id,
            "model": "project.project",
            "tone": tone,
            "cells": {
                "name": project.name,
                "state": label,
                "progress": self.env._("%(done)s of %(total)s jobs", done=done, total=total) if total else "",
                "date": words[tone] % format_date(self.env, day) if day else "",
            },
        }

    def _client_proposal_rows(self):
        """Estimates that were sent and not answered."""
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return []
        domain = [("partner_id.commercial_partner_id", "=", self.commercial_partner_id.id), ("state", "=", "sent")]
        return [
            {
                "id": order.id,
                "model": "sale.order",
                "tone": "warning",
                "cells": {
                    "name": order.name,
                    "state": self.env._("Proposal"),
                    "progress": format_amount(self.env, order.amount_total, order.currency_id),
                    "date": self.env._("sent %s", format_date(self.env, order.date_order)),
                },
            }
            for order in orders.search(domain, order="date_order desc, id desc", limit=ROWS)
        ]

    def _client_planned_job_rows(self):
        """The next jobs that are planned."""
        domain = (
            Domain("client_id", "=", self.commercial_partner_id.id)
            & Domain("is_closed", "=", False)
            & Domain("planned_start", ">", fields.Datetime.now())
        )
        return [
            {
                "id": job.id,
                "model": "project.task",
                "tone": "info",
                "cells": {
                    "name": job.display_name,
                    "state": self.env._("Planned Job"),
                    "progress": "",
                    "date": format_date(self.env, fields.Datetime.context_timestamp(self, job.planned_start).date()),
                },
            }
            for job in self.env["project.task"].search(domain, order="planned_start, id", limit=ROWS)
        ]

    # ------------------------------------------------------------------
    # How it went
    # ------------------------------------------------------------------

    def _client_performance_card(self):
        """Measures of the jobs that the user may see, each with how it is computed and from how many."""
        figures = self._client_performance()
        rows = []
        for number, figure in enumerate(figures, 1):
            enough = figure["sample"] >= LEAST_SAMPLE
            value = figure["value"] if enough else self.env._("Not enough data")
            sample = (
                str(figure["sample"])
                if enough
                else self.env._("%(count)s of at least %(least)s", count=figure["sample"], least=LEAST_SAMPLE)
            )
            rows.append(
                {
                    "id": number,
                    "model": "",
                    "tone": "",
                    "hint": figure["formula"],
                    "cells": {"name": figure["label"], "value": value, "sample": sample},
                }
            )
        return {
            "count": None,
            "columns": [
                {"name": "name", "label": self.env._("Measure")},
                {"name": "value", "label": self.env._("Result")},
                {"name": "sample", "label": self.env._("Out of")},
            ],
            "rows": rows,
            "empty": "",
            "action": False,
        }

    def _client_performance(self):
        """The measures in three queries, whatever the number of jobs.

        :return: list of dicts: ``label``, ``value`` (text), ``sample`` (number of jobs or ratings), ``formula``
        """
        tasks = self.env["project.task"]
        tasks.flush_model()  # the sums below are asked for in SQL
        mine = Domain("client_id", "=", self.commercial_partner_id.id)
        mine &= Domain("company_id", "in", (False, self.env.company.id))
        closed = tasks._search(mine & Domain("state", "in", ("1_done", "1_canceled")))
        column = {
            name: SQL.identifier(closed.table, name)
            for name in (
                *("state", "date_deadline", "closed_at", "allocated_hours", "effective_hours"),
                *("job_time_cost", "job_material_cost", "job_billed_amount"),
            )
        }
        is_due = SQL("%(state)s = '1_done' AND %(date_deadline)s IS NOT NULL", **column)
        is_planned = SQL("%(allocated_hours)s > 0", **column)
        is_billed = SQL("%(job_billed_amount)s > 0", **column)
        [row] = self.env.execute_query(
            closed.select(
                SQL("COUNT(*) FILTER (WHERE %s)", is_due),
                SQL("COUNT(*) FILTER (WHERE %s AND %s <= %s)", is_due, column["closed_at"], column["date_deadline"]),
                SQL("COUNT(*) FILTER (WHERE %s)", is_planned),
                SQL("COALESCE(SUM(%s) FILTER (WHERE %s), 0)", column["allocated_hours"], is_planned),
                SQL("COALESCE(SUM(%s) FILTER (WHERE %s), 0)", column["effective_hours"], is_planned),
                SQL("COUNT(*) FILTER (WHERE %s)", is_billed),
                SQL(
                    "COALESCE(SUM(%s + %s) FILTER (WHERE %s), 0)",
                    column["job_time_cost"],
                    column["job_material_cost"],
                    is_billed,
                ),
                SQL("COALESCE(SUM(%s) FILTER (WHERE %s), 0)", column["job_billed_amount"], is_billed),
            )
        )
        due, on_time, with_budget, planned, spent, billed_jobs, cost, billed = row
        rating, ratings = self._client_rating(mine)
        currency = self.env.company.currency_id
        figures = [
            {
                "label": self.env._("Satisfaction"),
                "value": self.env._("%s of 5", f"{rating:.1f}"),
                "sample": ratings,
                "formula": self.env._("Average of the ratings that this client gave to jobs and tickets, 1 to 5."),
            },
            {
                "label": self.env._("Done on time"),
                "value": f"{round(100 * on_time / due)} %" if due else "",
                "sample": due,
                "formula": self.env._("Jobs that were done by their deadline / done jobs that have a deadline."),
            },
            {
                "label": self.env._("Hours against budget"),
                "value": self.env._(
                    "%(spent)s h of %(planned)s h (%(share)s %%)",
                    spent=f"{spent:.1f}",
                    planned=f"{planned:.1f}",
                    share=round(100 * spent / planned) if planned else 0,
                ),
                "sample": with_budget,
                "formula": self.env._("Hours spent / hours planned, of closed jobs with planned hours."),
            },
        ]
        if self.env.user.has_group("nestogy_clients.nestogy_clients_group_billing"):
            figures.append(
                {
                    "label": self.env._("Cost against billed"),
                    "value": self.env._(
                        "%(cost)s of %(billed)s (%(share)s %%)",
                        cost=format_amount(self.env, cost, currency),
                        billed=format_amount(self.env, billed, currency),
                        share=round(100 * cost / billed) if billed else 0,
                    ),
                    "sample": billed_jobs,
                    "formula": self.env._(
                        "Cost of time and materials / what was billed for them, of closed jobs on posted invoices."
                    ),
                }
            )
        return figures

    def _client_rating(self, job_domain):
        """:return: pair of average and number of the ratings of the client's jobs and tickets that the user may see"""
        jobs = self.env["project.task"]._search(job_domain)
        about = Domain("res_model", "=", "project.task") & Domain("res_id", "in", jobs)
        tickets = self.env["helpdesk.ticket"]
        if tickets.has_access("read"):
            mine = tickets._search([("commercial_partner_id", "=", self.commercial_partner_id.id)])
            about |= Domain("res_model", "=", "helpdesk.ticket") & Domain("res_id", "in", mine)
        # ratings have no rules of their own; those of what the user may see are counted
        ratings_sudo = self.env["rating.rating"].sudo()
        given = about & Domain("consumed", "=", True) & Domain("rating", ">=", 1)
        [(average, count)] = ratings_sudo._read_group(given, [], ["rating:avg", "__count"])
        return average or 0.0, count

    # ------------------------------------------------------------------
    # Issues and their solutions
    # ------------------------------------------------------------------

    def _client_issues_card(self):
        """The last tickets about the client's projects and jobs, with how they were solved."""
        tickets = self.env["helpdesk.ticket"]
        domain = Domain("commercial_partner_id", "=", self.commercial_partner_id.id) & (
            Domain("project_id", "!=", False) | Domain("task_id", "!=", False)
        )
        found = tickets.search(domain, order="last_update desc, id desc", limit=ISSUES)
        notes = self._client_closing_notes(found.filtered(lambda ticket: ticket.stage_id.closed))
        return {
            "count": len(found) if len(found) < ISSUES else tickets.search_count(domain),
            "columns": [
                {"name": "number", "label": self.env._("Number")},
                {"name": "name", "label": self.env._("Issue")},
                {"name": "state", "label": self.env._("Stage")},
                {"name": "solution", "label": self.env._("Solution")},
            ],
            "rows": [
                {
                    "id": ticket.id,
                    "model": "helpdesk.ticket",
                    "tone": "success" if ticket.stage_id.closed else "warning",
                    "cells": {
                        "number": ticket.number,
                        "name": ticket.name,
                        "state": ticket.stage_id.name or "",
                        "solution": notes.get(ticket.id, ""),
                    },
                }
                for ticket in found
            ],
            "empty": self.env._("No ticket was linked to a project or job of this client."),
            "action": self._client_list_action(self.env._("Issues of Projects"), "helpdesk.ticket", list(domain)),
        }

    def _client_closing_notes(self, tickets):
        """The last words of ours to the client on each of these tickets.

        :return: dict of ticket id to text
        """
        messages = self.env["mail.message"]
        # the last message of each ticket that the user sees; its authors may be of other companies
        rows = messages.sudo()._read_group(
            [
                ("model", "=", "helpdesk.ticket"),
                ("res_id", "in", tickets.ids),
                ("message_type", "in", ("comment", "email", "email_outgoing")),
                ("subtype_id", "=", self.env.ref("mail.mt_comment").id),
                ("author_id.partner_share", "=", False),
            ],
            ["res_id"],
            ["id:max"],
        )
        last_sudo = messages.sudo().browse([message_id for _ticket_id, message_id in rows])  # as above
        notes = {}
        for message_sudo in last_sudo:
            text = " ".join(html2plaintext(message_sudo.body or "").split())
            notes[message_sudo.res_id] = (
                text if len(text) <= NOTE_CHARACTERS else f"{text[: NOTE_CHARACTERS - 1].rstrip()}…"
            )
        return notes
