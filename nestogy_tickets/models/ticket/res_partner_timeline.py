from odoo import models

from odoo.addons.nestogy_clients.tools.timeline import TimelineSource


class ResPartner(models.Model):
    """Tickets, jobs and ratings in the timeline of a client."""

    _inherit = "res.partner"

    def _client_timeline_sources(self):
        sources = super()._client_timeline_sources()
        return sources + self._timeline_readable(
            *self._timeline_tickets(), *self._timeline_jobs(), *self._timeline_ratings()
        )

    def _timeline_tickets(self):
        stage = self._timeline_name("helpdesk.ticket", "stage_id")
        columns = {
            "model": "helpdesk.ticket",
            "owner": "commercial_partner_id",
            "scope": "entity",
            "domain": [("active", "=", True)],
            "person": "partner_id",
            "user": "user_id",
            "kinds": {"ticket": (self.env._("Tickets"), "fa-life-ring")},
            "found_by": ("number", "name"),
        }

        def draw(row):
            title = self.env._("Ticket %(number)s: %(name)s", number=row["number"], name=row["name"])
            return {"title": title, "what": row["stage"] or ""}

        def draw_closed(row):
            title = self.env._("Ticket %(number)s was closed: %(name)s", number=row["number"], name=row["name"])
            return {"title": title, "tone": "success", "icon": "fa-check-square-o"}

        return [
            TimelineSource(
                key="ticket",
                date="create_date",
                facts={"number": "number", "name": "name", "stage": stage},
                draw=draw,
                **columns,
            ),
            TimelineSource(
                key="ticket_closed",
                date="closed_date",
                facts={"number": "number", "name": "name"},
                draw=draw_closed,
                **columns,
            ),
        ]

    def _timeline_jobs(self):
        columns = {
            "model": "project.task",
            "owner": "client_id",
            "domain": [("active", "=", True), ("is_template", "=", False)],
            "person": "contact_id",
            "kinds": {"job": (self.env._("Jobs"), "fa-wrench")},
            "found_by": ("job_number", "name"),
            "facts": {"number": "job_number", "name": "name", "state": "state"},
        }

        def named(row):
            return " ".join(part for part in (row["number"], row["name"]) if part)

        def draw(row):
            return {"title": self.env._("Job: %s", named(row))}

        def draw_closed(row):
            if row["state"] == "1_canceled":
                return {"title": self.env._("Job was cancelled: %s", named(row)), "tone": "warning"}
            icon = "fa-check-square-o"
            return {"title": self.env._("Job was done: %s", named(row)), "tone": "success", "icon": icon}

        return [
            TimelineSource(key="job", date="create_date", draw=draw, **columns),
            TimelineSource(key="job_closed", date="closed_at", draw=draw_closed, **columns),
        ]

    def _timeline_ratings(self):
        kinds = {"rating": (self.env._("Ratings"), "fa-star-o")}
        tones = {"promoter": "success", "detractor": "danger"}
        request = "nestogy.satisfaction.request"
        ticket = self._timeline_name(request, "ticket_id", "number")

        def draw(row):
            title = self.env._("Rated ticket %(number)s: %(grade)s of 5", number=row["ticket"], grade=row["grade"])
            tone = "success" if row["grade"] >= 4 else "danger" if row["grade"] <= 2 else ""
            return {"title": title, "text": row["comment"], "tone": tone}

        def draw_nps(row):
            title = self.env._("Would recommend us: %s of 10", row["grade"])
            return {"title": title, "text": row["comment"], "tone": tones.get(row["group"], "")}

        columns = {
            "date": "answered_at",
            "owner": "client_id",
            "scope": "entity",
            "domain": [("state", "=", "answered")],
            "person": "partner_id",
            "kinds": kinds,
            "found_by": ("comment",),
        }
        facts = {"grade": "grade", "comment": "comment"}
        return [
            TimelineSource(
                key="rating", model=request, user="user_id", facts=facts | {"ticket": ticket}, draw=draw, **columns
            ),
            TimelineSource(
                key="nps", model="nestogy.nps.answer", facts=facts | {"group": "nps_group"}, draw=draw_nps, **columns
            ),
        ]
