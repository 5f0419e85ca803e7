from odoo import models
from odoo.fields import Domain
from odoo.tools import format_amount, format_datetime, html2plaintext

from odoo.addons.nestogy_clients.tools.client_settings import BILLING
from odoo.addons.nestogy_clients.tools.mail_excerpt import items_apart

from .helpdesk_ticket_queue import ANSWER_TYPES

TICKETS_SHOWN = 3
MESSAGES_SHOWN = 2
TEXT_CHARACTERS = 90
NOTE_CHARACTERS = 300


class ResPartner(models.Model):
    """What somebody who works on a ticket should know of its client at a glance."""

    _inherit = "res.partner"

    def _client_card(self):
        """The sections of the card beside a ticket; addons add theirs with ``super()``.

        Each costs the same queries for every client, and shows only what the user may see. The contact who asks is in
        the context as ``card_contact_id``, the ticket as ``card_ticket_id``.

        :return: list of dicts of ``key``, ``sequence``, ``title`` and ``lines``: dicts made by
            :meth:`_client_card_line`; a section without lines is not shown
        """
        self.ensure_one()
        return [
            {"key": "alerts", "sequence": 10, "title": "", "lines": self._client_card_alerts()},
            {"key": "facts", "sequence": 20, "title": "", "lines": self._client_card_facts()},
            {"key": "money", "sequence": 30, "title": self.env._("Open money"), "lines": self._client_card_money()},
            {"key": "people", "sequence": 40, "title": self.env._("People"), "lines": self._client_card_people()},
            {
                "key": "tickets",
                "sequence": 50,
                "title": self.env._("Other tickets"),
                "lines": self._client_card_tickets(),
            },
            {
                "key": "messages",
                "sequence": 60,
                "title": self.env._("Last contacts"),
                "lines": self._client_card_messages(),
            },
        ]

    def _client_card_line(self, label, text="", detail="", tone="", phones=(), record=None):
        """One line of the card.

        :param str tone: Bootstrap's colour, or empty
        :param phones: pairs of a number as it is dialled and as it is read
        :param record: what a click opens
        """
        return {
            "label": label,
            "text": text,
            "detail": detail,
            "tone": tone,
            "phones": [{"dial": dial, "text": text} for dial, text in phones],
            "model": record._name if record else "",
            "id": record.id if record else 0,
        }

    def _client_card_alerts(self):
        lines = []
        if self.credit_status == "hold":
            lines.append(
                self._client_card_line(
                    self.env._("On credit hold"), detail=self.credit_status_reason or "", tone="danger"
                )
            )
        if not self.client_status_id.is_open:
            lines.append(
                self._client_card_line(self.env._("Is not served: %s", self.client_status_id.name), tone="danger")
            )
        if self.ticket_complaint_count:
            lines.append(
                self._client_card_line(self.env._("Open complaints: %s", self.ticket_complaint_count), tone="danger")
            )
        note = html2plaintext(self.comment or "").strip()
        if note:
            lines.append(self._client_card_line(self.env._("Note"), detail=note[:NOTE_CHARACTERS], tone="warning"))
        return lines

    def _client_card_facts(self):
        lines = [
            self._client_card_line(self.env._("Status"), self.client_status_id.name or ""),
            self._client_card_line(self.env._("Client ID"), self.client_number or ""),
            self._client_card_line(self.env._("Group"), self.client_group_id.sudo().name or ""),  # a name to be shown
        ]
        settings = self._client_settings()
        if "sla_policy" in settings:
            policy, level = self._client_setting("sla_policy")
            text = self._setting_text(settings["sla_policy"], policy, level)
            lines.append(self._client_card_line(self.env._("SLA"), text))
        if self.user_id:
            manager_sudo = self.user_id.sudo()  # names of colleagues of other companies too
            lines.append(self._client_card_line(self.env._("Account manager"), manager_sudo.name))
        return [line for line in lines if line["text"]]

    def _client_card_money(self):
        if not self.env.user.has_group(BILLING):
            return []
        lines = []
        for row in self._client_balances().get(self.id, []):
            currency, overdue = row["currency"], row["overdue"]
            if currency.is_zero(row["outstanding"]):
                continue
            late = not currency.is_zero(overdue)
            lines.append(
                self._client_card_line(
                    currency.name,
                    format_amount(self.env, row["outstanding"], currency),
                    self.env._("%s overdue", format_amount(self.env, overdue, currency)) if late else "",
                    "danger" if late else "",
                )
            )
        return lines or [self._client_card_line(self.env._("Nothing is open."))]

    def _client_card_people(self):
        """The contact who asks, the primary one, and who is there in an emergency, with their numbers."""
        asking = self.browse(self.env.context.get("card_contact_id") or [])
        emergency = self.search(
            [("parent_id", "child_of", self.id), ("contact_kind_ids.is_emergency", "=", True)],
            order="name, id",
            limit=4,
        )
        people = (asking - self) | self.primary_contact_id | emergency
        people.fetch(["name", "function"])
        lines = []
        for person in people:
            roles = [
                person == asking and self.env._("asks"),
                person == self.primary_contact_id and self.env._("primary"),
                person in emergency and self.env._("emergency, after hours"),
            ]
            lines.append(
                self._client_card_line(
                    person.name or person.email or "",
                    ", ".join(filter(None, roles)),
                    person.function or "",
                    "danger" if person in emergency else "",
                    person._client_card_phones(),
                    person,
                )
            )
        if not any(line["phones"] for line in lines):
            phones = self._client_card_phones()
            if phones:
                lines.append(self._client_card_line(self.name, phones=phones, record=self))
        return lines

    def _client_card_phones(self):
        return [
            (f"tel:{phone.number}", phone._text())
            for phone in self.phone_number_ids.sorted()
            if phone.kind != "fax" and phone.number
        ]

    def _client_card_recent(self):
        """The client's tickets that moved last."""
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return tickets
        return tickets.search_fetch(
            Domain("commercial_partner_id", "=", self.id) & Domain("merged_into_id", "=", False),
            ["number", "name", "stage_id", "last_update", "is_complaint"],
            order="last_update desc, id desc",
            limit=TICKETS_SHOWN + 1,
        )

    def _client_card_tickets(self):
        others = self._client_card_recent().filtered(lambda each: each.id != self.env.context.get("card_ticket_id"))
        return [
            self._client_card_line(
                ticket.name,
                ticket.stage_id.name or "",
                self.env._(
                    "%(number)s, %(date)s", number=ticket.number, date=self._client_card_date(ticket.last_update)
                ),
                "danger" if ticket.is_complaint else "",
                record=ticket,
            )
            for ticket in others[:TICKETS_SHOWN]
        ]

    def _client_card_messages(self):
        """The last messages with the client, in the tickets that moved last."""
        tickets = self._client_card_recent()
        if not tickets:
            return []
        messages = self.env["mail.message"].search_fetch(
            Domain("model", "=", tickets._name)
            & Domain("res_id", "in", tickets.ids)
            & Domain("message_type", "in", ANSWER_TYPES)
            & Domain("subtype_id", "=", self.env.ref("mail.mt_comment").id)
            & Domain("is_internal", "=", False),
            ["author_id", "email_from", "date", "body", "res_id"],
            order="date desc, id desc",
            limit=MESSAGES_SHOWN,
        )
        lines = []
        for message in messages:
            text = " ".join(html2plaintext(items_apart(message.body)).split())
            lines.append(
                self._client_card_line(
                    message.author_id.name or message.email_from or "",
                    self._client_card_date(message.date),
                    text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…",
                    record=tickets.browse(message.res_id),
                )
            )
        return lines

    def _client_card_date(self, moment):
        return format_datetime(self.env, moment, dt_format="short") if moment else ""
