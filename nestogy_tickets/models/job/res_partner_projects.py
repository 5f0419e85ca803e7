from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, html2plaintext

from odoo.addons.nestogy_clients.tools.cards import card_columns, kept
from odoo.addons.nestogy_clients.tools.mail_excerpt import items_apart

ROWS = 4  # of each kind of project
MOST_PROJECTS = 200  # the newest ones, among which the shown are chosen
NO_END = "9999"  # after all dates
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
            widget(
                "projects",
                35,
                self.env._("Projects"),
                "fa-puzzle-piece",
                self._client_projects_card,
                **self._client_projects_asks(),
            ),
            widget(
                "performance",
                36,
                self.env._("Performance"),
                "fa-tachometer",
                self._client_performance_card,
                job_measures=self._client_job_measures_question,
                ratings_given=self._client_rating_question,
            ),
        ]
        if self.env["helpdesk.ticket"].has_access("read"):
            widgets.append(
                widget(
                    "issues",
                    37,
                    self.env._("Issues of Projects"),
                    "fa-lightbulb-o",
                    self._client_issues_card,
                    issues=self._client_issues_question,
                )
            )
        return widgets

    # ------------------------------------------------------------------
    # Past, current, proposed, planned
    # ------------------------------------------------------------------

    def _client_project_domain(self):
        return (
            Domain("partner_id", "child_of", self.id) & Domain("is_template", "=", False) & Domain("active", "=", True)
        )

    def _client_projects_asks(self):
        """Projects with the progress of each, and what is to come."""
        asks = {
            "projects": self._client_projects_question,
            "project_jobs": self._client_project_jobs_question,
            "planned_jobs": self._client_planned_jobs_question,
        }
        if self.env["sale.order"].has_access("read"):
            asks["proposals"] = self._client_proposals_question
        return asks

    def _client_question_domain(self):
        """The projects of the client, as in ``_client_project_domain``."""
        return (
            self._client_family_domain("partner_id") & Domain("is_template", "=", False) & Domain("active", "=", True)
        )

    @kept
    def _client_projects_question(self):
        return self._client_question(
            "project.project",
            self._client_question_domain(),
            {"id": "id", "name": "name", "start": "date_start", "end": "date", "whole": SQL("COUNT(*) OVER ()")},
            order="date desc, id desc",
            limit=MOST_PROJECTS,
        )

    @kept
    def _client_project_jobs_question(self):
        """Done and all jobs of each project, cancelled ones apart."""
        return self._client_question(
            "project.task",
            Domain("project_id", "any", self._client_question_domain())
            & Domain("state", "!=", "1_canceled")
            & Domain("is_template", "=", False),
            {"id": "project_id", "total": ("COUNT", None), "done": ("COUNT", None, [("state", "=", "1_done")])},
            by=1,
        )

    @kept
    def _client_proposals_question(self):
        """Estimates that were sent and not answered."""
        return self._client_question(
            "sale.order",
            [("partner_id.commercial_partner_id", "=", self.id), ("state", "=", "sent")],
            {
                "id": "id",
                "name": "name",
                "amount": "amount_total",
                "currency_id": "currency_id",
                "date": "date_order",
            },
            order="date_order desc, id desc",
            limit=ROWS,
        )

    @kept
    def _client_planned_jobs_question(self):
        """The next jobs that are planned."""
        return self._client_question(
            "project.task",
            Domain("client_id", "=", self.id)
            & Domain("is_closed", "=", False)
            & Domain("planned_start", ">", self._client_now()),
            {"id": "id", "name": "name", "number": "job_number", "start": "planned_start"},
            order="planned_start, id",
            limit=ROWS,
        )

    def _client_projects_card(self, projects, project_jobs, planned_jobs, proposals=()):
        """Projects by where they stand in time, estimates that wait for an answer, and jobs that are planned."""
        jobs = {row["id"]: row for row in project_jobs}
        words = {
            "primary": (self.env._("Current"), "end", self.env._("until %s")),
            "info": (self.env._("Planned"), "start", self.env._("from %s")),
            "secondary": (self.env._("Past"), "end", self.env._("ended %s")),
        }

        def project_rows(tone, found):
            state, day, word = words[tone]
            for row in found[:ROWS]:
                progress = ""
                if count := jobs.get(row["id"]):
                    progress = self.env._("%(done)s of %(total)s jobs", done=count["done"], total=count["total"])
                date = word % self._client_day(row[day]) if row[day] else ""
                cells = {"name": row["name"], "state": state, "progress": progress, "date": date}
                yield {"id": row["id"], "model": "project.project", "tone": tone, "cells": cells}

        today = str(fields.Date.context_today(self))
        past = [row for row in projects if row["end"] and row["end"] < today]
        planned = [row for row in projects if row not in past and row["start"] and row["start"] > today]
        current = [row for row in projects if row not in past and row not in planned]
        action = self._client_list_action(
            self.env._("Projects"), "project.project", list(self._client_project_domain())
        )
        return {
            "count": projects[0]["whole"] if projects else None,
            "columns": card_columns(
                name=self.env._("Name"),
                state=self.env._("When"),
                progress=self.env._("Progress"),
                date=self.env._("Date"),
            ),
            "rows": [
                *project_rows("primary", sorted(current, key=lambda row: (row["end"] or NO_END, -row["id"]))),
                *(
                    {
                        "id": row["id"],
                        "model": "sale.order",
                        "tone": "warning",
                        "cells": {
                            "name": row["name"],
                            "state": self.env._("Proposal"),
                            "progress": format_amount(
                                self.env, row["amount"], self._client_currency(row["currency_id"])
                            ),
                            "date": self.env._("sent %s", self._client_day(row["date"])),
                        },
                    }
                    for row in proposals
                ),
                *project_rows("info", sorted(planned, key=lambda row: (row["start"], row["id"]))),
                *(
                    {
                        "id": row["id"],
                        "model": "project.task",
                        "tone": "info",
                        "cells": {
                            "name": f"{row['number']} {row['name']}" if row["number"] else row["name"],
                            "state": self.env._("Planned Job"),
                            "progress": "",
                            "date": self._client_day(row["start"]),
                        },
                    }
                    for row in planned_jobs
                ),
                *project_rows("secondary", past),
            ],
            "empty": self.env._("No project, proposal or planned job yet. Log a Job begins the first one."),
            "action": action,
        }

    # ------------------------------------------------------------------
    # How it went
    # ------------------------------------------------------------------

    def _client_performance_card(self, job_measures, ratings_given):
        """Measures of the jobs that the user may see, each with how it is computed and from how many."""
        figures = self._client_performance(job_measures[0], ratings_given[0])
        rows = []
        for number, figure in enumerate(figures, 1):
            enough = figure["sample"] >= LEAST_SAMPLE
            value = figure["value"] if enough else self.env._("Not enough data")
            sample = (
                str(figure["sample"])
                if enough
                else self.env._("%(count)s of %(least)s needed", count=figure["sample"], least=LEAST_SAMPLE)
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
            "columns": card_columns(
                name=self.env._("Measure"),
                value=self.env._("Result"),
                sample=self.env._("Based on"),
            ),
            "rows": rows,
            "empty": "",
            "action": False,
        }

    def _client_performance_domain(self):
        mine = Domain("client_id", "=", self.id)
        return mine & Domain("company_id", "in", (False, self.env.company.id))

    @kept
    def _client_job_measures_question(self):
        """Counts and sums of closed jobs, whatever their number."""
        is_due = [("state", "=", "1_done"), ("date_deadline", "!=", False)]
        is_planned = [("allocated_hours", ">", 0)]
        is_billed = [("job_billed_amount", ">", 0)]

        def on_time(tasks, query):
            state, closed, deadline = (
                self._client_path(tasks, query, name) for name in ("state", "closed_at", "date_deadline")
            )
            return SQL("COUNT(*) FILTER (WHERE %s = '1_done' AND %s <= %s)", state, closed, deadline)

        return self._client_question(
            "project.task",
            self._client_performance_domain() & Domain("state", "in", ("1_done", "1_canceled")),
            {
                "due": ("COUNT", None, is_due),
                "on_time": on_time,
                "with_budget": ("COUNT", None, is_planned),
                "planned": ("SUM", "allocated_hours", is_planned),
                "spent": ("SUM", "effective_hours", is_planned),
                "billed_jobs": ("COUNT", None, is_billed),
                "time_cost": ("SUM", "job_time_cost", is_billed),
                "material_cost": ("SUM", "job_material_cost", is_billed),
                "billed": ("SUM", "job_billed_amount", is_billed),
            },
        )

    def _client_performance(self, measures, given):
        """The measures.

        :param dict measures: the answer to :meth:`_client_job_measures_question`
        :param dict given: the answer to :meth:`_client_rating_question`
        :return: list of dicts: ``label``, ``value`` (text), ``sample`` (number of jobs or ratings), ``formula``
        """
        due, on_time = measures["due"], measures["on_time"]
        planned, spent, billed = (measures[name] or 0.0 for name in ("planned", "spent", "billed"))
        cost = (measures["time_cost"] or 0.0) + (measures["material_cost"] or 0.0)
        rating, ratings = given["average"] or 0.0, given["count"]
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
                "sample": measures["with_budget"],
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
                    "sample": measures["billed_jobs"],
                    "formula": self.env._(
                        "Cost of time and materials / what was billed for them, of closed jobs on posted invoices."
                    ),
                }
            )
        return figures

    @kept
    def _client_rating_question(self):
        """Average and number of the ratings of the client's jobs and tickets that the user may see."""
        jobs = self.env["project.task"]._search(self._client_performance_domain())
        about = Domain("res_model", "=", "project.task") & Domain("res_id", "in", jobs)
        tickets = self.env["helpdesk.ticket"]
        if tickets.has_access("read"):
            mine = tickets._search([("commercial_partner_id", "=", self.id)])
            about |= Domain("res_model", "=", "helpdesk.ticket") & Domain("res_id", "in", mine)
        return self._client_question_sudo(  # ratings have no rules; those of what the user may see are counted
            "rating.rating",
            about & Domain("consumed", "=", True) & Domain("rating", ">=", 1),
            {"average": ("AVG", "rating"), "count": ("COUNT", None)},
        )

    # ------------------------------------------------------------------
    # Issues and their solutions
    # ------------------------------------------------------------------

    def _client_issues_domain(self):
        return Domain("commercial_partner_id", "=", self.id) & (
            Domain("project_id", "!=", False) | Domain("task_id", "!=", False)
        )

    @kept
    def _client_issues_question(self):
        """The last tickets about projects and jobs; of closed ones our last words to the client."""

        def solution(tickets, query):
            # the last message of each ticket that the user sees; its authors may be of other companies
            return SQL(
                """CASE WHEN %(closed)s THEN
                       (SELECT message.body FROM mail_message message
                          JOIN res_partner author ON author.id = message.author_id AND author.partner_share IS NOT TRUE
                         WHERE message.model = 'helpdesk.ticket' AND message.res_id = %(ticket)s
                           AND message.message_type IN ('comment', 'email', 'email_outgoing')
                           AND message.subtype_id = %(comment)s
                         ORDER BY message.id DESC LIMIT 1) END""",
                closed=self._client_path(tickets, query, "stage_id.closed"),
                ticket=SQL.identifier(query.table, "id"),
                comment=self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            )

        return self._client_question(
            "helpdesk.ticket",
            self._client_issues_domain(),
            {
                "id": "id",
                "number": "number",
                "name": "name",
                "stage": "stage_id.name",
                "closed": "stage_id.closed",
                "solution": solution,
                "whole": SQL("COUNT(*) OVER ()"),
            },
            order="last_update desc, id desc",
            limit=ISSUES,
        )

    def _client_issues_card(self, issues):
        """The last tickets about the client's projects and jobs, with how they were solved."""
        return {
            "count": issues[0]["whole"] if issues else 0,
            "columns": card_columns(
                number=self.env._("Number"),
                name=self.env._("Issue"),
                state=self.env._("Stage"),
                solution=self.env._("Solution"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": "helpdesk.ticket",
                    "tone": "success" if row["closed"] else "warning",
                    "cells": {
                        "number": row["number"],
                        "name": row["name"],
                        "state": row["stage"] or "",
                        "solution": self._client_excerpt(row["solution"]),
                    },
                }
                for row in issues
            ],
            "empty": self.env._("No ticket is linked to a project or job. The field Project of a ticket does it."),
            "action": self._client_list_action(
                self.env._("Issues of Projects"), "helpdesk.ticket", list(self._client_issues_domain())
            ),
        }

    def _client_excerpt(self, html):
        text = " ".join(html2plaintext(items_apart(html)).split())
        return text if len(text) <= NOTE_CHARACTERS else f"{text[: NOTE_CHARACTERS - 1].rstrip()}…"
