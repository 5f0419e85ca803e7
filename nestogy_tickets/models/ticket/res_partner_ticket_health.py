from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.nestogy_clients.tools.cards import kept

from ...tools.feedback import csat

MANY_BREACHED = 3
POOR_SHARE, GOOD_SHARE = 60, 80  # percent of the answers


class ResPartner(models.Model):
    """What tickets, jobs and feedback say about the health of a client.

    Red: a complaint is open · three tickets and jobs are past their SLA · fewer than 60 % are satisfied. Amber: one of
    them is past its SLA · fewer than 80 % are satisfied · more people advise against us than for us.
    """

    _inherit = "res.partner"

    def _client_health_asks(self):
        asks = super()._client_health_asks()
        if self.env["helpdesk.ticket"].has_access("read"):
            asks["ticket_stages"] = self._client_ticket_stages_question
        if self.env.user.has_group("project.group_project_user"):
            asks["job_stages"] = self._client_job_stages_question
        if self.env["nestogy.satisfaction.request"].has_access("read"):
            asks["satisfied"] = self._client_satisfied_question
        if self.env["nestogy.nps.answer"].has_access("read"):
            asks["recommended"] = self._client_recommended_question
        return asks

    @kept
    def _client_recommended_question(self):
        year = fields.Datetime.subtract(self._client_now(), days=365)
        return self._client_question(
            "nestogy.nps.answer",
            Domain("client_id", "=", self.id) & Domain("answered_at", ">=", year),
            {
                "answers": ("COUNT", None),
                "promoters": ("COUNT", None, [("nps_group", "=", "promoter")]),
                "detractors": ("COUNT", None, [("nps_group", "=", "detractor")]),
            },
        )

    def _client_health_reasons(self, **answers):
        reasons = super()._client_health_reasons(**answers)
        reasons += self._client_service_reasons(answers.get("ticket_stages", ()), answers.get("job_stages", ()))
        if "satisfied" in answers:
            reasons += self._client_satisfied_reasons(answers["satisfied"])
        if "recommended" in answers:
            reasons += self._client_recommended_reasons(answers["recommended"])
        return reasons

    def _client_service_reasons(self, ticket_stages, job_stages):
        counts = {key: sum(row[key] for row in ticket_stages) for key in ("count", "breached", "complaints")}
        late_jobs = sum(row["breached"] for row in job_stages)
        late_tone = "danger" if counts["breached"] + late_jobs >= MANY_BREACHED else "warning"
        reasons = []
        if counts["complaints"]:
            text = self.env._("Complaints that are not settled: %s.", counts["complaints"])
            reasons.append(self._client_health_reason("danger", text))
        if counts["breached"]:
            text = self.env._("Open tickets past their SLA: %s.", counts["breached"])
            reasons.append(self._client_health_reason(late_tone, text))
        elif counts["count"]:
            text = self.env._("Open tickets: %s, none past its SLA.", counts["count"])
            reasons.append(self._client_health_reason("success", text))
        if late_jobs:
            text = self.env._("Open jobs past their SLA: %s.", late_jobs)
            reasons.append(self._client_health_reason(late_tone, text))
        return reasons

    def _client_satisfied_reasons(self, satisfied):
        answers = satisfied[0]["answers"]
        share = csat(satisfied[0]["good"], answers)
        if share is None:
            return []
        tone = "success" if share >= GOOD_SHARE else "warning" if share >= POOR_SHARE else "danger"
        text = self.env._("%(share)s %% of %(count)s answers are satisfied.", share=round(share), count=answers)
        return [self._client_health_reason(tone, text)]

    def _client_recommended_reasons(self, recommended):
        row = recommended[0]
        values = {"count": row["answers"], "promoters": row["promoters"], "detractors": row["detractors"]}
        if row["detractors"] > row["promoters"]:
            text = self.env._("%(detractors)s of %(count)s people would not recommend us.", **values)
            return [self._client_health_reason("warning", text)]
        if row["promoters"] > row["detractors"]:
            text = self.env._("%(promoters)s of %(count)s people recommend us.", **values)
            return [self._client_health_reason("success", text)]
        return []
