from odoo import api, fields, models

from ...tools.feedback import BAD_GRADE, SATISFIED_GRADE

BATCH = 200


class NestogySatisfactionRequest(models.Model):
    """How satisfied a contact was with one ticket: asked by mail after closing, or told on the ticket's page."""

    _name = "nestogy.satisfaction.request"
    _description = "Satisfaction with a Ticket"
    _inherit = "nestogy.feedback.mixin"
    _order = "id desc"
    _rec_name = "ticket_id"
    _feedback_kind = "satisfaction"
    _feedback_grades = range(1, 6)

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, readonly=True, index=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", string="Agent", readonly=True, index="btree_not_null", ondelete="set null", help="Who closed it."
    )
    team_id = fields.Many2one("helpdesk.ticket.team", readonly=True, index="btree_not_null", ondelete="set null")
    rating_id = fields.Many2one("rating.rating", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    satisfied = fields.Float(
        string="Satisfied (%)",
        compute="_compute_satisfied",
        store=True,
        aggregator="avg",
        help="100 for the grades 4 and 5, 0 for others: the average of many is the share of the satisfied (CSAT).",
    )

    _token_unique = models.UniqueIndex("(token_digest) WHERE token_digest IS NOT NULL")
    _one_at_a_time = models.UniqueIndex(
        "(ticket_id, partner_id) WHERE state != 'skipped' AND state != 'failed'",
        "This contact was asked about this ticket already.",
    )
    _due_idx = models.Index("(due_at) WHERE state = 'waiting'")
    _asked_idx = models.Index("(partner_id, sent_at) WHERE sent_at IS NOT NULL")
    _follow_up_idx = models.Index("(ticket_id) WHERE follow_up_state = 'open'")
    _client_answered_idx = models.Index("(client_id, answered_at DESC, id DESC) WHERE state = 'answered'")

    @api.depends("grade")
    def _compute_satisfied(self):
        for request in self:
            request.satisfied = 100.0 if request.grade >= SATISFIED_GRADE else 0.0

    @api.depends("ticket_id.number", "partner_id.name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.ticket_id.number} · {request.partner_id.name}"

    def _feedback_labels(self):
        return [
            (1, "😠", self.env._("Very bad")),
            (2, "😟", self.env._("Bad")),
            (3, "😐", self.env._("So-so")),
            (4, "😊", self.env._("Good")),
            (5, "😀", self.env._("Very good")),
        ]

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {
            "number": self.ticket_id.number,
            "title": self.ticket_id.name or "",
            "agent": self.user_id.name or self.company_id.name,
        }

    def _feedback_refusal(self):
        if not self.ticket_id.closed or not self.ticket_id.active:
            return self.env._("The ticket was opened again.")
        if self.ticket_id.rating_status == "no_rate":
            return self.env._("Nobody is asked about this ticket.")
        return super()._feedback_refusal()

    def _record_answer(self, grade, comment):  # pylint: disable=missing-return
        super()._record_answer(grade, comment)
        request_sudo = self.sudo()  # as in the original
        ticket_sudo = request_sudo.ticket_id
        values = {"rating": grade, "feedback": comment or False, "consumed": True}
        if request_sudo.rating_id:
            request_sudo.rating_id.write(values)
        else:
            # the figures of Odoo and helpdesk_mgmt read their own model; the token of that opens no page of ours
            request_sudo.rating_id = request_sudo.env["rating.rating"].create(
                values
                | {
                    "res_model_id": request_sudo.env["ir.model"]._get_id("helpdesk.ticket"),
                    "res_id": ticket_sudo.id,
                    "partner_id": request_sudo.partner_id.id,
                    "rated_partner_id": request_sudo.user_id.partner_id.id,
                    "is_internal": True,
                    "access_token": False,
                }
            )
        label = next(label for value, _sign, label in request_sudo._feedback_labels() if value == grade)
        ticket_sudo._message_log(
            author_id=request_sudo.partner_id.id,
            body=self.env._(
                "%(contact)s rated: %(grade)s of 5, %(label)s. %(comment)s",
                contact=request_sudo.partner_id.name,
                grade=grade,
                label=label,
                comment=comment or "",
            ),
        )

    def _is_bad_answer(self, grade):
        return grade <= BAD_GRADE

    def _feedback_record(self):
        return self.ticket_id

    def _follow_up_candidates(self):
        client = self.client_id.with_company(self.company_id)
        # what holds for the client, whoever answers
        chosen = client.sudo()._client_setting("bad_rating_to")[0] or "agent"
        people = {
            "agent": [self.ticket_id.user_id or self.user_id, self.team_id.user_id],
            "leader": [self.team_id.user_id],
            "manager": [],  # of the account, and he is asked in any case
        }
        return people[chosen]

    def _follow_up_summary(self):
        return self.env._(
            "%(contact)s of %(client)s rated %(ticket)s with %(grade)s of 5",
            contact=self.partner_id.name,
            client=self.client_id.name,
            ticket=self.ticket_id.number,
            grade=self.grade,
        )

    @api.model
    def _cron_send_requests(self, batch=BATCH):
        self._send_due(batch)
