from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import is_html_empty

from .helpdesk_ticket_queue import ANSWER_TYPES

# what is decided on the ticket that stays
LOCKED_FIELDS = {
    "active",
    "category_id",
    "company_id",
    "description",
    "name",
    "merged_into_id",
    "partner_email",
    "partner_id",
    "partner_name",
    "priority",
    "stage_id",
    "team_id",
    "user_id",
}
FILLED_FIELDS = (
    "equipment_id",
    "contract_id",
    "invoice_id",
    "invoice_line_id",
    "order_id",
    "project_id",
    "category_id",
)


class HelpdeskTicket(models.Model):
    """Several tickets about one thing become one; several things in one ticket become several.

    A merged ticket stays as a locked shell that leads to the ticket that stayed, and passes on what is written to it.
    """

    _inherit = "helpdesk.ticket"

    merged_into_id = fields.Many2one(
        "helpdesk.ticket",
        string="Merged into",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    merged_ticket_ids = fields.One2many(
        "helpdesk.ticket", "merged_into_id", string="Merged Tickets", readonly=True, groups="base.group_user"
    )

    @api.constrains("merged_into_id")
    def _check_merged_into(self):
        if self._has_cycle("merged_into_id"):
            raise ValidationError(self.env._("Tickets cannot be merged in a circle."))

    def write(self, vals):
        if LOCKED_FIELDS & vals.keys():
            for ticket_sudo in self.sudo():  # whether it is locked is not a question of rights
                if ticket_sudo.merged_into_id:
                    raise UserError(
                        self.env._(
                            "%(ticket)s was merged into %(survivor)s; go on there.",
                            ticket=ticket_sudo.number,
                            survivor=ticket_sudo._merge_survivor().number,
                        )
                    )
        return super().write(vals)

    # ------------------------------------------------------------------
    # Passing on
    # ------------------------------------------------------------------

    def _merge_survivor(self):
        """The ticket in which this one goes on: itself, or the last one of a chain of merges."""
        self.ensure_one()
        ticket_sudo = self.sudo()  # the way to it, whoever writes
        while ticket_sudo.merged_into_id:
            ticket_sudo = ticket_sudo.merged_into_id
        return self.browse(ticket_sudo.id)

    def message_post(self, **kwargs):
        """Post in the ticket that stayed what people write to one that was merged."""
        if len(self) == 1 and kwargs.get("message_type") in ANSWER_TYPES:
            survivor = self._merge_survivor()
            if survivor != self:
                self.check_access(self._mail_post_access)
                # who may answer this ticket may answer the one it became
                survivor_sudo = survivor.sudo()
                return survivor_sudo.message_post(**{key: kwargs[key] for key in kwargs if key != "parent_id"})
        return super().message_post(**kwargs)

    def message_update(self, msg, update_vals=None):
        if len(self) == 1 and self._merge_survivor() != self:
            return self._merge_survivor().message_update(msg, update_vals=update_vals)
        return super().message_update(msg, update_vals=update_vals)

    # ------------------------------------------------------------------
    # Merging
    # ------------------------------------------------------------------

    def _merge_refusal(self, survivor):
        """Why these tickets cannot be merged into another one; empty when they can."""
        tickets_sudo, survivor_sudo = self.sudo(), survivor.sudo()  # whose they are, whatever the user may open
        if not survivor:
            return self.env._("Choose the ticket that stays.")
        if not tickets_sudo - survivor_sudo:
            return self.env._("Choose at least two tickets.")
        merged = (tickets_sudo | survivor_sudo).filtered("merged_into_id")[:1]
        if merged:
            return self.env._(
                "%(ticket)s was merged into %(survivor)s already.",
                ticket=merged.number,
                survivor=merged.merged_into_id.number,
            )
        for ticket in tickets_sudo - survivor_sudo:
            if ticket.company_id != survivor_sudo.company_id:
                return self.env._(
                    "%(ticket)s and %(survivor)s belong to different companies.",
                    ticket=ticket.number,
                    survivor=survivor_sudo.number,
                )
            client, other = ticket.commercial_partner_id, survivor_sudo.commercial_partner_id
            if client != other or (not client and ticket.partner_email != survivor_sudo.partner_email):
                return self.env._(
                    "%(ticket)s is a ticket of %(client)s, %(survivor)s one of %(other)s: what one client writes must"
                    " not be shown to another. Correct the contact first.",
                    ticket=ticket.number,
                    client=client.name or ticket.partner_email or self.env._("nobody known"),
                    survivor=survivor_sudo.number,
                    other=other.name or survivor_sudo.partner_email or self.env._("nobody known"),
                )
        return ""

    def _merge_moved(self):
        """What moves with a merge.

        :return: list of dicts of ``key``, ``label``, ``model``, ``field`` (which holds the ticket) and ``domain``;
            addons add theirs
        """
        ours = Domain("res_id", "in", self.ids)
        moved = [
            {
                "key": "messages",
                "label": self.env._("messages and notes"),
                "model": "mail.message",
                "field": "res_id",
                # changes of fields remain as the history of the ticket that they happened to
                "domain": ours
                & Domain("model", "=", self._name)
                & Domain("message_type", "not in", ("notification", "user_notification")),
            },
            {
                "key": "attachments",
                "label": self.env._("files"),
                "model": "ir.attachment",
                "field": "res_id",
                "domain": ours & Domain("res_model", "=", self._name) & Domain("res_field", "=", False),
            },
            {
                "key": "activities",
                "label": self.env._("activities"),
                "model": "mail.activity",
                "field": "res_id",
                "domain": ours & Domain("res_model", "=", self._name),
            },
            {
                "key": "offshoots",
                "label": self.env._("tickets that came out of it"),
                "model": self._name,
                "field": "origin_ticket_id",
                "domain": Domain("origin_ticket_id", "in", self.ids),
            },
        ]
        of_tickets, waits = Domain("ticket_id", "in", self.ids), Domain("is_invoiced", "=", False)
        for key, label, model, domain in (
            # what is invoiced stays as it was invoiced
            ("time", self.env._("time entries"), "account.analytic.line", of_tickets & waits),
            ("charges", self.env._("charges"), "nestogy.ticket.charge", of_tickets & waits),
            ("timers", self.env._("running timers"), "nestogy.ticket.timer", of_tickets),
        ):
            moved.append({"key": key, "label": label, "model": model, "field": "ticket_id", "domain": domain})
        return moved

    def _merge_counts(self):
        """How much would move besides the texts of the requests.

        :return: list of tuples of a label and a number; what there is none of is left out
        """
        counts = [
            # figures of a preview; what is behind them is shown by nobody's right
            (moved["label"], self.env[moved["model"]].sudo().search_count(moved["domain"]))
            for moved in self._merge_moved()
        ]
        counts.append((self.env._("followers"), len(self.sudo().message_partner_ids)))  # as above
        return [(label, count) for label, count in counts if count]

    def _merge_into(self, survivor, keep_contacts=True):
        """Move all that belongs to these tickets into another one of the same client, close and lock them.

        :param bool keep_contacts: their contacts and followers at the client get the answers of the one that stays
        :raise UserError: they cannot be merged, see :meth:`_merge_refusal`
        """
        merged = self - survivor
        if refusal := merged._merge_refusal(survivor):
            raise UserError(refusal)
        (merged | survivor).check_access("write")
        merged_sudo, survivor_sudo = merged.sudo(), survivor.sudo()  # both may be written, and so what hangs on them
        if self.env["helpdesk.ticket"].search_count([("id", "in", merged.ids)]) != len(merged):
            raise UserError(self.env._("One of the tickets is not there any more; choose again."))

        followers = merged_sudo.message_partner_ids
        if not keep_contacts:
            followers = followers.filtered(lambda partner: not partner.partner_share)
        opening = merged_sudo._merge_prepare_openings(survivor_sudo)
        for moved in merged_sudo._merge_moved():
            records_sudo = self.env[moved["model"]].sudo().with_context(active_test=False)  # as above
            records_sudo.search(moved["domain"]).write({moved["field"]: survivor_sudo.id})
        self.env["mail.message"].sudo().create(opening)  # in the name of those who opened the merged tickets
        survivor_sudo.message_subscribe(followers.ids)
        survivor_sudo.write(merged_sudo._merge_prepare_values(survivor_sudo))
        complaints = merged_sudo.filtered("is_complaint")
        if complaints and not survivor_sudo.is_complaint:
            survivor._set_complaint(complaints[0].complaint_reason or complaints[0].number)
        complaints.is_complaint = False

        for team_ticket in merged_sudo:
            values = {"merged_into_id": survivor_sudo.id, "client_reply_at": False}
            if not team_ticket.stage_id.closed and (stage := team_ticket._closed_stage()):
                values["stage_id"] = stage.id
            # the contact is not told that his request is closed, because it is not
            team_ticket.with_context(mail_notrack=True).write(values)
            team_ticket._message_log(body=self.env._("Merged into %s.", survivor_sudo._get_html_link()))
        survivor_sudo._message_log(
            body=self.env._(
                "Merged into this one: %s.", Markup(", ").join(ticket._get_html_link() for ticket in merged_sudo)
            )
        )
        (merged_sudo | survivor_sudo).invalidate_recordset()
        survivor_sudo._note_last_word()

    def _merge_prepare_openings(self, survivor):
        """The descriptions of these tickets as messages, unless they came by mail and have one."""
        created, comment = self._creation_subtype(), self.env.ref("mail.mt_comment")
        by_mail = set(
            self.env["mail.message"]
            .search(
                Domain("model", "=", self._name)
                & Domain("res_id", "in", self.ids)
                & Domain("message_type", "=", "email")
                & Domain("subtype_id", "=", created.id)
            )
            .mapped("res_id")
        )
        return [
            {
                "model": self._name,
                "res_id": survivor.id,
                "message_type": "comment",
                "subtype_id": comment.id,
                "author_id": ticket.partner_id.id,
                "email_from": ticket.partner_id.email_formatted or ticket.partner_email,
                "date": ticket.create_date,
                "subject": ticket.name,
                "body": Markup("<p><b>%s</b></p>%s")
                % (
                    self.env._("%(number)s: %(title)s", number=ticket.number, title=ticket.name),
                    ticket.description or "",
                ),
            }
            for ticket in self
            if ticket.id not in by_mail and not is_html_empty(ticket.description)
        ]

    def _merge_prepare_values(self, survivor):
        """What the ticket that stays takes over: tags, the highest priority, and links that it has not."""
        values = {"tag_ids": [Command.link(tag.id) for tag in self.tag_ids - survivor.tag_ids]}
        priority = max([survivor.priority or "0", *(ticket.priority or "0" for ticket in self)])
        if priority != survivor.priority:
            values["priority"] = priority
        for name in FILLED_FIELDS:
            found = self.mapped(name)[:1]
            if found and not survivor[name]:
                values[name] = found.id
        line, invoice_id = self.invoice_line_id[:1], values.get("invoice_id") or survivor.invoice_id.id
        if "invoice_line_id" in values and line.move_id.id != invoice_id:
            del values["invoice_line_id"]  # it is on another invoice than the one that is kept
        return values

    def _note_last_word(self):
        """Say anew who waits, after messages have come or gone."""
        comment = self.env.ref("mail.mt_comment")
        for ticket in self:
            last = self.env["mail.message"].search(
                Domain("model", "=", self._name)
                & Domain("res_id", "=", ticket.id)
                & Domain("message_type", "in", ANSWER_TYPES)
                & Domain("subtype_id", "=", comment.id)
                & Domain("is_internal", "=", False),
                order="date desc, id desc",
                limit=1,
            )
            by_staff = bool(last) and self._is_by_staff(last.author_id)
            ticket.write(
                {
                    "last_message_by": "staff" if by_staff else "client",
                    "client_reply_at": last.date if last and not by_staff and not ticket.closed else False,
                }
            )

    def action_merge(self):
        """Ask which ticket stays."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Tickets"),
            "res_model": "nestogy.ticket.merge",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_ids": self.ids, "default_survivor_id": min(self.ids, default=False)},
        }

    # ------------------------------------------------------------------
    # Splitting
    # ------------------------------------------------------------------

    def action_split(self):
        """Ask which messages become a ticket of their own."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split Ticket"),
            "res_model": "nestogy.ticket.split",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }

    def _split_messages(self):
        """The messages and notes that people wrote in this ticket, the oldest first."""
        self.ensure_one()
        return self.env["mail.message"].search(
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("message_type", "in", ANSWER_TYPES),
            order="date, id",
        )

    def _split_off(self, messages, name):
        """Move messages with their files into a new ticket of the same client.

        :return: the new ticket
        :raise UserError: nothing is chosen, or a message is not of this ticket
        """
        self.ensure_one()
        self.check_access("write")
        if self.merged_into_id:
            raise UserError(
                self.env._(
                    "%(ticket)s was merged into %(survivor)s; go on there.",
                    ticket=self.number,
                    survivor=self._merge_survivor().number,
                )
            )
        if not messages:
            raise UserError(self.env._("Choose the messages that become a ticket of their own."))
        if messages - self._split_messages():
            raise UserError(self.env._("A message is not part of this ticket any more; choose again."))
        name = " ".join((name or "").split())
        if not name:
            raise UserError(self.env._("Give the new ticket a title."))
        messages = messages.sorted(lambda message: (message.date, message.id))
        asked = messages.filtered(
            lambda message: (
                message.author_id.partner_share
                and message.author_id.commercial_partner_id == self.commercial_partner_id
            )
        )[:1]
        # the confirmation of a new ticket would surprise somebody who wrote long ago
        created = self.with_context(mail_notrack=True).create(
            {
                "name": name,
                "description": (asked or messages[:1]).body or Markup("<p>%s</p>") % name,
                "company_id": self.company_id.id,
                "partner_id": (asked.author_id or self.partner_id).id,
                "partner_name": asked.author_id.name or self.partner_name,
                "partner_email": asked.author_id.email or self.partner_email,
                "team_id": self.team_id.id,
                "user_id": self.user_id.id,
                "category_id": self.category_id.id,
                "channel_id": self.channel_id.id,
                "priority": self.priority,
                "equipment_id": self.equipment_id.id,
                "origin_ticket_id": self.id,
                "origin_kind": "split",
            }
        )
        # both tickets may be written, and so what hangs on their messages
        messages_sudo = messages.sudo()
        messages_sudo.attachment_ids.filtered(
            lambda file: file.res_model == self._name and file.res_id == self.id
        ).write({"res_id": created.id})
        messages_sudo.write({"res_id": created.id})
        self._message_log(
            body=self.env._(
                "%(count)s messages went into %(ticket)s.", count=len(messages), ticket=created._get_html_link()
            )
        )
        created._message_log(body=self.env._("Split off from %s.", self._get_html_link()))
        (self | created).invalidate_recordset()
        (self | created).sudo()._note_last_word()  # as above
        return created.with_context(mail_notrack=False)
