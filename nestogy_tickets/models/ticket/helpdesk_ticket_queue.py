from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

ANSWER_TYPES = ("comment", "email", "email_outgoing")  # written by people, not by a stage or a clock


class HelpdeskTicket(models.Model):
    """Who waits for whom, and the queues that staff work from.

    The last public message decides: after an answer of ours the ticket waits for the client, after one of the client
    it waits for us. What a machine wrote (confirmations, out of office) changes nothing.
    """

    _inherit = "helpdesk.ticket"

    last_message_by = fields.Selection(
        [("client", "Client"), ("staff", "Us")],
        string="Last Word",
        default="client",
        readonly=True,
        copy=False,
        index=True,
        groups="base.group_user",
        help="Who wrote the last message that both can see. A new ticket waits for us.",
    )
    client_reply_at = fields.Datetime(
        string="Answered by Client",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the client answered, until we have.",
    )
    waiting_since = fields.Datetime(
        string="Waits for the Client Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the ticket came into a stage that waits for the client, or we last wrote in it; until he answers.",
    )

    _client_reply_idx = models.Index("(client_reply_at) WHERE client_reply_at IS NOT NULL")
    _waiting_since_idx = models.Index("(company_id, waiting_since) WHERE waiting_since IS NOT NULL")

    # ------------------------------------------------------------------
    # Who waits
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._note_waiting()
        return tickets

    def write(self, vals):
        result = super().write(vals)
        if "stage_id" in vals:
            self._note_waiting()
        return result

    def _note_waiting(self):
        """Begin or end the time that tickets wait for their client in a stage."""
        tickets_sudo = self.sudo()  # a client's answer moves the stage, too
        waiting = tickets_sudo.filtered(lambda ticket: ticket.stage_id.waits_for_client and not ticket.stage_id.closed)
        begun = waiting.filtered(lambda ticket: not ticket.waiting_since)
        ended = (tickets_sudo - waiting).filtered("waiting_since")
        if begun:
            begun.write({"waiting_since": fields.Datetime.now()})
        if ended:
            ended.write({"waiting_since": False})

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if self._is_answer(message):
            ticket_sudo = self.sudo()  # visitors may answer, which is enough to turn the ticket over to us
            ticket_sudo._note_answer(message)
        return result

    def _is_answer(self, message):
        """Tell whether a message was written by a person for both sides to read."""
        subtype = message.subtype_id
        return bool(
            message.message_type in ANSWER_TYPES
            and subtype
            and subtype != self._creation_subtype()
            and not subtype.internal
            and not message.is_internal
            and not self._mail_traits().get("automatic")
        )

    def _note_answer(self, message):
        """Turn the ticket over to the other side."""
        self.ensure_one()
        if self._is_by_staff(message.author_id):
            values = {"last_message_by": "staff", "client_reply_at": False}
            if self.stage_id.waits_for_client:
                values["waiting_since"] = fields.Datetime.now()
        else:
            values = {"last_message_by": "client", "client_reply_at": fields.Datetime.now(), "waiting_since": False}
            if stage := self._stage_after_answer():
                self._track_set_author(message.author_id)
                values["stage_id"] = stage.id
        self.write(values)

    @api.model
    def _is_by_staff(self, author):
        return bool(author) and not author.sudo().partner_share  # whose address it is does not depend on the reader

    def _stage_after_answer(self):
        """The stage into which an answer of the client brings the ticket; empty when it stays where it is."""
        self.ensure_one()
        return self.stage_id.browse()

    def _working_stages(self):
        """The open stages of the ticket's team in which we have something to do, in their order."""
        self.ensure_one()
        stages = self.team_id.with_company(self.company_id)._get_applicable_stages()
        return stages.filtered(lambda stage: not stage.closed and not stage.waits_for_client)

    @api.model
    def _note_last_word_of_all(self):
        """Find in the messages who wrote last; for the tickets that are there when the addon comes."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpdesk_ticket t
                   SET last_message_by = CASE WHEN last.by_staff THEN 'staff' ELSE 'client' END,
                       client_reply_at = CASE WHEN last.by_staff OR stage.closed THEN NULL ELSE last.date END
                  FROM (SELECT DISTINCT ON (m.res_id) m.res_id, m.date,
                               COALESCE(NOT author.partner_share, FALSE) AS by_staff
                          FROM mail_message m
                          LEFT JOIN res_partner author ON author.id = m.author_id
                         WHERE m.model = 'helpdesk.ticket' AND m.message_type IN %(types)s
                           AND m.subtype_id = %(comment)s AND NOT COALESCE(m.is_internal, FALSE)
                         ORDER BY m.res_id, m.date DESC, m.id DESC) last,
                       helpdesk_ticket_stage stage
                 WHERE last.res_id = t.id AND stage.id = t.stage_id
                """,
                types=ANSWER_TYPES,
                comment=self.env.ref("mail.mt_comment").id,
            )
        )
        self.env.cr.execute(
            """
            UPDATE helpdesk_ticket t SET waiting_since = COALESCE(t.last_update, t.write_date)
              FROM helpdesk_ticket_stage stage
             WHERE stage.id = t.stage_id AND stage.waits_for_client AND NOT stage.closed
               AND t.waiting_since IS NULL
            """
        )
        self.invalidate_model(["last_message_by", "client_reply_at", "waiting_since"])

    # ------------------------------------------------------------------
    # The queues
    # ------------------------------------------------------------------

    @api.model
    def _waiting_for_client_domain(self):
        return Domain("last_message_by", "=", "staff") | Domain("waiting_since", "!=", False)

    @api.model
    def _ticket_queues(self):
        """The queues above the list, in their order; addons add theirs.

        :return: list of dicts of ``key`` (the name of a filter of the search view with the same domain), ``label``,
            ``domain`` (on top of being open) and ``tone`` (Bootstrap's colour of a counter above 0)
        """
        waiting = self._waiting_for_client_domain()
        return [
            {
                "key": "queue_mine",
                "label": self.env._("Mine"),
                "domain": Domain("user_id", "=", self.env.uid),
                "tone": "primary",
            },
            {
                "key": "queue_unassigned",
                "label": self.env._("Unassigned"),
                "domain": Domain("user_id", "=", False),
                "tone": "warning",
            },
            {
                "key": "queue_replies",
                "label": self.env._("New replies"),
                "domain": Domain("client_reply_at", "!=", False),
                "tone": "info",
            },
            {
                "key": "queue_waiting_us",
                "label": self.env._("Waiting for us"),
                "domain": ~waiting,
                "tone": "secondary",
            },
            {
                "key": "queue_waiting_client",
                "label": self.env._("Waiting for the client"),
                "domain": waiting,
                "tone": "secondary",
            },
            {
                "key": "sla_at_risk",
                "label": self.env._("At risk"),
                "domain": self._sla_at_risk_domain(),
                "tone": "warning",
            },
            {
                "key": "sla_breached",
                "label": self.env._("Breached"),
                "domain": self._sla_breached_domain(),
                "tone": "danger",
            },
            {
                "key": "queue_complaints",
                "label": self.env._("Complaints"),
                "domain": Domain("is_complaint", "=", True),
                "tone": "danger",
            },
            {"key": "open", "label": self.env._("All open"), "domain": Domain.TRUE, "tone": "secondary"},
        ]

    @api.model
    def get_ticket_queues(self):
        """The queues with their counters, for the row above the list: one query over the open tickets.

        :return: list of dicts of ``key``, ``label``, ``tone`` and ``count``
        """
        self._check_staff()
        queues = self._ticket_queues()
        domains = [queue["domain"].optimize_full(self) for queue in queues]
        query = self._search(self._open_domain())
        self.flush_model()  # what the counters' conditions read
        columns = [
            SQL("COUNT(*) FILTER (WHERE %s)", domain._to_sql(self, self._table, query)) if domain else SQL("COUNT(*)")
            for domain in domains
        ]
        counts = self.env.execute_query(query.select(*columns))[0]
        return [
            {"key": queue["key"], "label": queue["label"], "tone": queue["tone"], "count": count}
            for queue, count in zip(queues, counts, strict=True)
        ]

    @api.model
    def _check_staff(self):
        """Let staff alone ask; visitors may read their tickets, but not what is beside and above them."""
        self.check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("This is for staff."))

    def action_take(self):
        """Assign tickets to oneself out of the queue; each one as its team allows."""
        for ticket in self:
            ticket.assign_to_me()
        return True

    def action_close(self):
        """Close this ticket, in the first closing stage of its team."""
        self.ensure_one()
        self.check_access("write")
        stage = self._closed_stage()
        if not stage:
            raise UserError(self.env._("The team of this ticket has no closing stage. Add one in the team's stages."))
        self.stage_id = stage
        return True
