from odoo import api, fields, models

from ...tools.feedback import nps_group

BATCH = 200
GROUPS = [("promoter", "Promoter"), ("passive", "Passive"), ("detractor", "Detractor")]
VALUES = {"promoter": 100.0, "passive": 0.0, "detractor": -100.0}


class NestogyNpsAnswer(models.Model):
    """How likely a contact recommends us: his place in a campaign, whether he was asked, and what he answered."""

    _name = "nestogy.nps.answer"
    _description = "NPS Answer"
    _inherit = "nestogy.feedback.mixin"
    _order = "id desc"
    _rec_name = "campaign_id"
    _feedback_kind = "nps"
    _feedback_grades = range(11)

    campaign_id = fields.Many2one("nestogy.nps.campaign", required=True, readonly=True, index=True, ondelete="restrict")
    nps_group = fields.Selection(GROUPS, string="Group", compute="_compute_nps_group", store=True)
    nps_value = fields.Float(
        string="NPS",
        compute="_compute_nps_group",
        store=True,
        aggregator="avg",
        help="100 for promoters (9, 10), -100 for detractors (0 to 6), 0 for others: the average of many is the NPS.",
    )

    _once = models.UniqueIndex("(campaign_id, partner_id)", "This contact is in the campaign already.")
    _token_unique = models.UniqueIndex("(token_digest) WHERE token_digest IS NOT NULL")
    _due_idx = models.Index("(due_at) WHERE state = 'waiting'")
    _asked_idx = models.Index("(partner_id, sent_at) WHERE sent_at IS NOT NULL")
    _client_answered_idx = models.Index("(client_id, answered_at DESC, id DESC) WHERE state = 'answered'")

    @api.depends("grade", "answered_at")
    def _compute_nps_group(self):
        for answer in self:
            answer.nps_group = nps_group(answer.grade) if answer.answered_at else False
            answer.nps_value = VALUES.get(answer.nps_group, 0.0)

    @api.depends("campaign_id.name", "partner_id.name")
    def _compute_display_name(self):
        for answer in self:
            answer.display_name = f"{answer.campaign_id.name} · {answer.partner_id.name}"

    def _feedback_labels(self):
        words = {0: self.env._("Not at all likely"), 10: self.env._("Very likely")}
        return [(grade, str(grade), words.get(grade, "")) for grade in self._feedback_grades]

    def _client_mail_values(self, kind=None):
        lang = self._client_mail_lang()
        return super()._client_mail_values(kind) | {"question": self.campaign_id.with_context(lang=lang).question}

    @api.model
    def _feedback_due_domain(self):
        return super()._feedback_due_domain() & fields.Domain("campaign_id.state", "=", "running")

    def _feedback_refusal(self):
        self.ensure_one()
        if self.campaign_id._is_over():
            return self.env._("The campaign ended before.")
        if self.partner_id in self.campaign_id._asked_before(self.partner_id):
            return self.campaign_id._skip_reason("asked")
        return super()._feedback_refusal()

    def _is_bad_answer(self, grade):
        return nps_group(grade) == "detractor"

    def _feedback_record(self):
        return self.client_id

    def _follow_up_candidates(self):
        return []  # the account manager, who is asked in any case

    def _follow_up_summary(self):
        return self.env._(
            "%(contact)s of %(client)s would not recommend us: %(grade)s of 10",
            contact=self.partner_id.name,
            client=self.client_id.name,
            grade=self.grade,
        )

    @api.model
    def _cron_send_invitations(self, batch=BATCH):
        self.env["nestogy.nps.campaign"]._end_due()
        self._send_due(batch)
