from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import is_html_empty

from .helpdesk_ticket_queue import ANSWER_TYPES

CLOSING_TEMPLATE = "nestogy_tickets.mail_template_ticket_closing"
NOTICE_DAYS = 2  # before a ticket is closed; half of the time where that is shorter


class HelpdeskTicket(models.Model):
    """Tickets that wait in vain are closed after a notice; an answer re-opens, or begins a new one when it is late.

    After how many days is a setting that clients inherit (see ``res.partner``).
    """

    _inherit = "helpdesk.ticket"

    closing_notice_at = fields.Datetime(
        string="Closing Announced",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the client was told that the ticket is closed soon unless he answers.",
    )
    origin_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Came out of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="The ticket from which this one was split off, or that was closed too long ago to be opened again.",
    )
    origin_kind = fields.Selection(
        [("split", "Split off"), ("late", "Answered too late")], readonly=True, copy=False, groups="base.group_user"
    )
    offshoot_ids = fields.One2many(
        "helpdesk.ticket", "origin_ticket_id", string="Went into", groups="base.group_user", readonly=True
    )

    def write(self, vals):
        if "waiting_since" in vals and "closing_notice_at" not in vals:
            vals = {**vals, "closing_notice_at": False}  # another wait, another notice
        return super().write(vals)

    def _days_setting(self, name):
        """A setting in days of the tickets' clients, in the companies of the tickets.

        :return: dict of ticket to days, 0 where it is never
        """
        found = {}
        for company, tickets in self.sudo().grouped("company_id").items():  # settings hold for whoever writes
            clients = tickets.commercial_partner_id.with_company(company)
            settings = clients._client_settings_of(name)
            for ticket in tickets:
                client = ticket.commercial_partner_id.with_company(company)
                days = settings[client][name][0] if client else company[name]
                found[self.browse(ticket.id)] = days or 0
        return found

    # ------------------------------------------------------------------
    # Closing
    # ------------------------------------------------------------------

    @api.model
    def _cron_close_waiting(self):
        """Announce the closing of tickets that wait in vain, and close those that were announced.

        Running again does no harm: what was done is kept on the ticket together with the mail.
        """
        domain = self._closing_domain()
        waiting = self.search(domain, order="waiting_since, id")
        due = [ticket for ticket, step in waiting._closing_steps().items() if step]
        self.env["ir.cron"]._commit_each(due, domain, "_close_waiting")

    @api.model
    def _closing_domain(self):
        return (
            Domain("waiting_since", "!=", False)
            & Domain("waiting_since", "<=", fields.Datetime.now() - timedelta(hours=12))
            & Domain("merged_into_id", "=", False)
            & self._open_domain()
        )

    def _closing_steps(self):
        """What is due with tickets that wait.

        :return: dict of ticket to ``notice``, ``close`` or an empty text
        """
        now, steps = fields.Datetime.now(), {}
        for ticket, days in self._days_setting("ticket_close_days").items():
            steps[ticket] = ""
            if not days or not ticket.waiting_since:
                continue
            notice = timedelta(days=min(NOTICE_DAYS, days / 2))
            closes_at = ticket.waiting_since + timedelta(days=days)
            if not ticket.closing_notice_at:
                steps[ticket] = "notice" if now >= closes_at - notice else ""
            elif now >= max(closes_at, ticket.closing_notice_at + notice):
                steps[ticket] = "close"
        return steps

    def _closing_date(self):
        """The day on which this ticket is closed if the client does not answer."""
        self.ensure_one()
        days = self._days_setting("ticket_close_days")[self]
        if not days or not self.waiting_since:
            return False
        notice = timedelta(days=min(NOTICE_DAYS, days / 2))
        announced = self.closing_notice_at or fields.Datetime.now()
        return max(self.waiting_since + timedelta(days=days), announced + notice).date()

    def _close_waiting(self):
        """Take one step towards closing a ticket that waits in vain."""
        self.ensure_one()
        step = self._closing_steps()[self]
        if step == "notice":
            if self._get_mail_recipients():
                template = self._client_mail_template("ticket_closing") or self.env.ref(CLOSING_TEMPLATE)
                self.message_post_with_source(template, message_type="auto_comment", subtype_xmlid="mail.mt_comment")
            else:
                self._message_log(
                    body=self.env._("Nobody could be told that this ticket will be closed; it has no address.")
                )
            self.closing_notice_at = fields.Datetime.now()
        elif step == "close" and (stage := self._closed_stage()):
            days = self._days_setting("ticket_close_days")[self]
            self._message_log(body=self.env._("Closed by itself: no answer for %s days.", days))
            self.stage_id = stage

    def _closed_stage(self):
        """The first stage with which tickets of this team are closed."""
        self.ensure_one()
        stages = self.team_id.with_company(self.company_id)._get_applicable_stages()
        return stages.filtered("closed")[:1]

    def _client_mail_values(self, kind=None):
        values = super()._client_mail_values(kind)
        if kind == "ticket_closing":
            values |= {"title": self.name or "", "closes": self._client_mail_date(self._closing_date())}
        return values

    # ------------------------------------------------------------------
    # Opening again
    # ------------------------------------------------------------------

    def _may_be_reopened(self):
        """Tell whether an answer of the client opens this closed ticket again: it is not too long ago."""
        self.ensure_one()
        ticket_sudo = self.sudo()  # as for the settings
        days = self._days_setting("ticket_reopen_days")[self]
        closed_at = ticket_sudo.closed_date or ticket_sudo.last_stage_update or ticket_sudo.create_date
        return bool(days) and fields.Datetime.now() <= closed_at + timedelta(days=days)

    def _stage_after_answer(self):
        if not self.stage_id.closed:
            return super()._stage_after_answer()
        if not self._may_be_reopened():
            return self.stage_id.browse()
        stages = self._working_stages()
        return stages.filtered("takes_reopened")[:1] or stages[:1]

    def _note_answer(self, message):  # pylint: disable=missing-return
        was_closed = self.stage_id.closed
        super()._note_answer(message)
        if was_closed and not self.stage_id.closed:
            self._message_log(body=self.env._("Opened again by the client's answer."))

    def message_post(self, **kwargs):
        """Open a new ticket, linked to this one, when a client answers a ticket that was closed long ago."""
        if self._is_late_answer(kwargs):
            self.check_access(self._mail_post_access)  # who may answer this one may go on in a new one
            follow_up_sudo = self._open_follow_up(kwargs)
            return follow_up_sudo.message_post(**{key: kwargs[key] for key in kwargs if key != "parent_id"})
        return super().message_post(**kwargs)

    def _is_late_answer(self, values):
        if len(self) != 1 or values.get("message_type") not in ANSWER_TYPES or self._mail_traits().get("automatic"):
            return False
        subtypes = self.env["mail.message.subtype"]
        if values.get("subtype_id"):
            subtype = subtypes.browse(values["subtype_id"])
        else:
            subtype = self.env.ref(values.get("subtype_xmlid") or "mail.mt_note")
        # kinds of messages and stages are read by everybody's messages
        ticket_sudo, subtype_sudo = self.sudo(), subtype.sudo()
        if subtype_sudo.internal or not ticket_sudo.stage_id.closed or self._is_by_staff(self._post_author(values)):
            return False
        return not self._may_be_reopened()

    def _post_author(self, values):
        """Who posts; nobody when a mail's sender is unknown."""
        partners = self.env["res.partner"]
        if values.get("author_id"):
            return partners.browse(values["author_id"])
        return partners if values.get("email_from") else self.env.user.partner_id

    def _open_follow_up(self, values):
        """The ticket in which a late answer goes on: the one that an earlier late answer opened, or a new one.

        :param dict values: of the message that will be posted in it
        :return: the ticket, in sudo
        """
        ticket_sudo = self.sudo()  # visitors may not create tickets; all values come from a ticket that they may answer
        known_sudo = ticket_sudo.offshoot_ids.filtered(
            lambda each: each.origin_kind == "late" and not each.closed and not each.merged_into_id
        )
        if known_sudo:
            return known_sudo[:1]
        author_sudo = self._post_author(values).sudo()  # whose person he is
        same_client = author_sudo and author_sudo.commercial_partner_id == ticket_sudo.commercial_partner_id
        body = values.get("body") or ""
        if is_html_empty(body):
            body = Markup("<p>%s</p>") % self.env._("(The message had no text.)")
        by_mail = values.get("message_type") == "email"
        channel = self.env.ref(
            f"helpdesk_mgmt.helpdesk_ticket_channel_{'email' if by_mail else 'web'}", raise_if_not_found=False
        )
        follow_up_sudo = ticket_sudo.with_company(ticket_sudo.company_id).create(
            {
                "name": ticket_sudo.name,
                "description": escape(body),
                "company_id": ticket_sudo.company_id.id,
                "partner_id": (author_sudo if same_client else ticket_sudo.partner_id).id,
                "partner_email": False if same_client else ticket_sudo.partner_email,
                "team_id": ticket_sudo.team_id.id,
                "category_id": ticket_sudo.category_id.id,
                "equipment_id": ticket_sudo.equipment_id.id,
                "channel_id": channel.id if channel else False,
                "origin_ticket_id": ticket_sudo.id,
                "origin_kind": "late",
                "user_id": False,
            }
        )
        ticket_sudo._message_log(
            body=self.env._("Answered long after it was closed: continued in %s.", follow_up_sudo._get_html_link())
        )
        follow_up_sudo._message_log(
            body=self.env._("Continues %s, which was closed too long ago.", ticket_sudo._get_html_link())
        )
        return follow_up_sudo
