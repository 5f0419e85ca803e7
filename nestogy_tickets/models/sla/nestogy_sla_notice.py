from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 200


class NestogySlaNotice(models.Model):
    """What is to be told, and was: the outbox of the escalation levels.

    A level speaks once about a target, which the database guarantees. A notice and what it does are kept together, so
    that nothing is told twice when the work is killed and begun again.
    """

    _name = "nestogy.sla.notice"
    _description = "SLA Notice"
    _order = "due_at desc, id desc"

    escalation_id = fields.Many2one(
        "nestogy.sla.escalation", string="Level", required=True, readonly=True, ondelete="cascade"
    )
    clock_id = fields.Many2one("nestogy.sla.clock", required=True, readonly=True, ondelete="cascade", index=True)
    ticket_id = fields.Many2one(related="clock_id.ticket_id")
    task_id = fields.Many2one(related="clock_id.task_id", string="Job")
    client_id = fields.Many2one(related="clock_id.client_id")
    company_id = fields.Many2one(related="clock_id.company_id")
    target = fields.Selection(related="clock_id.target")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("needless", "Not needed any more"),
            ("nobody", "Nobody to tell"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    due_at = fields.Datetime(required=True, readonly=True)
    done_at = fields.Datetime(readonly=True)
    user_ids = fields.Many2many("res.users", string="Told", readonly=True)
    note = fields.Char(readonly=True)

    _once = models.UniqueIndex("(escalation_id, clock_id)", "A level speaks once about a target.")
    _queue = models.Index("(due_at) WHERE state = 'waiting'")

    @api.depends_context("lang")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = notice.escalation_id.display_name

    @api.model
    def _due_domain(self):
        return Domain("state", "=", "waiting") & Domain("due_at", "<=", fields.Datetime.now())

    @api.model
    def _enqueue(self, told):
        """Note what is to be told about targets. Levels that have spoken before are left out.

        SQL, because the sweep does this for a thousand targets at a time and a conflict must harm nobody.

        :param list told: tuples of a clock and the escalation levels of one event
        """
        pairs = [(clock, level) for clock, levels in told for level in levels]
        if not pairs:
            return
        now = fields.Datetime.now()
        self.env["nestogy.sla.escalation"].union(*(level for _clock, level in pairs)).flush_recordset()
        self.env.cr.execute(
            SQL(
                """INSERT INTO nestogy_sla_notice
                          (escalation_id, clock_id, state, due_at, create_uid, create_date, write_uid, write_date)
                   VALUES %s ON CONFLICT DO NOTHING""",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, 'waiting', %s, %s, %s, %s, %s)",
                        *(level.id, clock.id, level._due_at(clock, now), self.env.uid, now, self.env.uid, now),
                    )
                    for clock, level in pairs
                ),
            )
        )
        if self.env.cr.precommit.data.setdefault("nestogy_sla_notices", False) is False:
            self.env.cr.precommit.data["nestogy_sla_notices"] = True
            # whoever answers a ticket may not start crons
            self.env.ref("nestogy_tickets.ir_cron_sla_notices").sudo()._trigger()

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Tell what is due. One bad notice does not stop the others."""
        domain = self._due_domain()
        due = self.search(domain, order="due_at, id", limit=BATCH)
        self.env["ir.cron"]._commit_each(due, domain, "_send", "_note_failure", remaining=self.search_count(domain))

    def _note_failure(self, error):
        self.write({"state": "failed", "done_at": fields.Datetime.now(), "note": str(error)[:200]})

    def _send(self):
        """Tell it now; later when nobody works, never when it is not true any more."""
        self.ensure_one()
        record, level = self.clock_id._sla_record(), self.escalation_id
        if not self._is_needed():
            self.write({"state": "needless", "done_at": fields.Datetime.now()})
            return
        now = fields.Datetime.now()
        schedule = level._schedule(self.clock_id)
        if not level.at_once and not schedule.is_open(now) and (opens := schedule.next_open(now)):
            self.due_at = opens
            return
        users = record._sla_people(level)
        if not users:
            self.write({"state": "nobody", "done_at": fields.Datetime.now()})
            return
        for user in users:
            self._tell(record.with_context(lang=user.lang, tz=user.tz), user)
        self.write({"state": "sent", "done_at": fields.Datetime.now(), "user_ids": [Command.set(users.ids)]})

    def _is_needed(self):
        """A warning is overtaken by the answer or the breach; that something was late stays true."""
        clock = self.clock_id
        if not self.clock_id._sla_record().exists() or clock.state == "cancelled":
            return False
        if self.escalation_id.event == "breached":
            return bool(clock.breached_at)
        is_open = clock.state in ("running", "paused")
        return is_open and bool(clock.breached_at) == (self.escalation_id.event == "after")

    def _tell(self, record, user):
        """Tell one person in his language and zone.

        :param record: the ticket or job, in the context of the user
        """
        level = self.escalation_id
        subject, body = record._sla_notice_text(self.clock_id, level)
        if level.by_activity:
            # who gets a message needs no second mail about the activity
            record.with_context(mail_activity_quick_update=level.by_message).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(record),
                summary=subject,
                note=body,
                user_id=user.id,
            )
        if level.by_message:
            record.message_notify(
                partner_ids=user.partner_id.ids,
                subject=f"{subject}: {record.display_name}",
                body=body,
                email_layout_xmlid="mail.mail_notification_light",
            )
