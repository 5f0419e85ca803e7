import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .nestogy_communication import MOST_NOTES, MOST_TITLE

VIEWER = "nestogy_clients.nestogy_clients_group_viewer"
# What the log dialog may set; the rest is not for it.
TYPED = {
    *("kind", "direction", "date", "duration", "contact_id", "name", "phone", "outcome", "place"),
    *("is_pinned", "is_private", "is_shared", "res_model", "res_id"),
}


class ResPartner(models.Model):
    """What was said with a client: the way to log it, what is pinned on top of its profile, and all of it."""

    _inherit = "res.partner"

    communication_ids = fields.One2many("nestogy.communication", "client_id", groups=VIEWER)
    pinned_communication_ids = fields.One2many(
        "nestogy.communication", "client_id", domain=[("is_pinned", "=", True)], string="Pinned", groups=VIEWER
    )
    communication_count = fields.Integer(compute="_compute_communication_count", groups=VIEWER)

    def _compute_communication_count(self):
        groups = self.env["nestogy.communication"]._read_group(
            [("client_id", "in", self.ids)], ["client_id"], ["__count"]
        )
        counts = {client.id: count for client, count in groups}
        for partner in self:
            partner.communication_count = counts.get(partner._origin.id, 0)

    # ------------------------------------------------------------------
    # The log dialog
    # ------------------------------------------------------------------

    def _client_quick_words(self):
        actions = super()._client_quick_words()
        if self._get_client() and self.env["nestogy.communication"].has_access("create"):
            actions += [
                self._client_quick_action(key, sequence, label, icon, method)
                for key, sequence, label, icon, method in (
                    ("call", 60, self.env._("Log a Call"), "fa-volume-control-phone", "action_client_log_call"),
                    ("note", 61, self.env._("New Note"), "fa-sticky-note-o", "action_client_new_note"),
                    ("text", 62, self.env._("Log a Text"), "fa-comment-o", "action_client_log_text"),
                )
            ]
        return actions

    def action_client_log(self):
        """Log something with the client; what kind it was is chosen in the dialog."""
        return self._client_log_action()

    def action_client_log_call(self):
        """Log a call with the client, with a timer."""
        return self._client_log_action("call")

    def action_client_new_note(self):
        """Write a note about the client."""
        return self._client_log_action("note")

    def action_client_log_text(self):
        """Log a text message that was sent or received outside of Odoo."""
        return self._client_log_action("text")

    def _client_log_action(self, kind=False, about=None):
        """Open the log dialog on the client to whom this partner belongs.

        :param str kind: of communication; chosen in the dialog when empty
        :param about: record that it is about, e.g. a ticket
        """
        self.ensure_one()
        client = self._check_client_log()
        return {
            "type": "ir.actions.client",
            "tag": "nestogy_log",
            "name": self.env._("Log"),
            "params": {
                "kind": kind,
                "client": {"id": client.id, "name": client.name},
                "contactId": self.id if self != client else False,
                "about": {"model": about._name, "id": about.id, "name": about.display_name} if about else False,
            },
        }

    def _check_client_log(self):
        """Give the client to log on.

        :raise AccessError: the user may not see the client or log anything
        """
        self.check_access("read")
        self.env["nestogy.communication"].check_access("create")
        client = self._get_client()
        if not client:
            raise UserError(self.env._("%s is no client; give it a status first.", self.display_name))
        client.check_access("read")
        return client

    def get_client_log_data(self):
        """What the log dialog shows of a client: whom one may have talked to, on which numbers, and the choices.

        :raise AccessError: the user may not see the client or log anything
        """
        self.ensure_one()
        client = self._check_client_log()
        contacts = client.client_contact_ids
        primary = client.primary_contact_id
        numbers = self._client_log_numbers(client | contacts | primary)
        communications = self.env["nestogy.communication"]
        return {
            "client": {"id": client.id, "name": client.name, "numbers": numbers.get(client.id, [])},
            "contacts": [
                {
                    "id": contact.id,
                    "name": contact.name or contact.display_name,
                    "function": contact.function or "",
                    "isPrimary": contact == primary,
                    "numbers": numbers.get(contact.id, []),
                }
                for contact in (primary | contacts) - client
            ],
            **{
                f"{name}s": communications._fields[name]._description_selection(self.env)
                for name in ("kind", "direction", "outcome")
            },
            "mayFollowUp": client.has_access("write"),  # as activities ask it
        }

    @api.model
    def _client_log_numbers(self, partners):
        """The numbers of each partner that can be called, first the one that is called first; one query for all."""
        numbers = {}
        for phone in self.env["nestogy.phone.number"].search(
            [("partner_id", "in", partners.ids), ("kind", "!=", "fax")], order="partner_id, sequence, id"
        ):
            shown = phone.national or phone.number
            numbers.setdefault(phone.partner_id.id, []).append(
                {
                    "number": f"{shown} ext. {phone.extension}" if phone.extension else shown,
                    "url": f"tel:{re.sub(r'[^+0-9]', '', phone.number)}",
                }
            )
        return numbers

    def log_communication(self, values, follow_up=None):
        """Log what was said with a client, and plan what follows from it, in one go.

        :param dict values: of ``nestogy.communication``, those of :data:`TYPED`, and ``notes``, as plain text
        :param dict follow_up: ``summary``, ``date`` and ``user_id`` of an activity on the client
        :return: id of the communication
        """
        self.ensure_one()
        client = self._check_client_log()
        unknown = set(values) - TYPED - {"notes"}
        if unknown:
            raise UserError(self.env._("This cannot be logged: %s", ", ".join(sorted(unknown))))
        values = {name: value for name, value in values.items() if name in TYPED} | {
            "client_id": client.id,
            "body": self._client_log_notes(values.get("notes")),
        }
        if not str(values.get("name") or "").strip():
            values["name"] = self._client_log_name(values)
        communication = self.env["nestogy.communication"].create(values)
        if follow_up:
            communication.follow_up_id = client._client_log_follow_up(communication, follow_up)
        return communication.id

    def _client_log_notes(self, notes):
        notes = str(notes or "").strip()
        if len(notes) > MOST_NOTES:
            raise UserError(self.env._("Notes have at most %s characters; attach a document instead.", MOST_NOTES))
        return plaintext2html(notes) if notes else False

    def _client_log_name(self, values):
        """The subject of what was logged without one."""
        kinds = dict(self.env["nestogy.communication"]._fields["kind"]._description_selection(self.env))
        kind = kinds.get(values.get("kind"), "")
        contact = self.browse(values.get("contact_id") or [])
        if contact and values.get("kind") != "note":
            kind = self.env._("%(kind)s with %(person)s", kind=kind, person=contact.name or contact.display_name)
        return kind[:MOST_TITLE]

    def _client_log_follow_up(self, communication, follow_up):
        try:
            deadline = fields.Date.to_date(follow_up.get("date")) or fields.Date.context_today(self)
        except (AttributeError, TypeError, ValueError):
            raise UserError(self.env._("The date of the follow-up is no date; choose one.")) from None
        summary = str(follow_up.get("summary") or "").strip()
        if not summary and communication.is_private:  # colleagues see the follow-up
            summary = self.env._("Follow up")
        return self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=deadline,
            summary=(summary or self.env._("Follow up: %s", communication.name))[:MOST_TITLE],
            user_id=follow_up.get("user_id") or self.env.uid,
        )

    # ------------------------------------------------------------------
    # All of it
    # ------------------------------------------------------------------

    def action_client_communications(self):
        """Open all that was said with the client."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_communication_action")
        return action | {
            "display_name": self.env._("Communication with %s", self.name),
            "domain": [("client_id", "=", self.id)],
            "context": {"default_client_id": self.id, "pivot_measures": ["__count", "duration"]},
        }

    def _client_export_parts(self):
        return [*super()._client_export_parts(), self._export_communications()]

    def _export_communications(self):
        """When and how the person was talked to; the words only where they were shared or are the person's own mail."""
        domain = [("is_private", "=", False), "|", ("kind", "!=", "note"), ("is_shared", "=", True)]
        people = ["|", ("contact_id", "=", self.id), ("attendee_ids", "in", self.ids)]
        if self.is_client:  # a client that is a person is its own contact
            people = ["|", *people, "&", ("client_id", "=", self.id), ("contact_id", "=", False)]
        communications = self.env["nestogy.communication"].search([*domain, *people], order="date, id")
        labels = {name: communications._fields[name]._description_string(self.env) for name in ("kind", "direction")}
        choices = {
            name: dict(communications._fields[name]._description_selection(self.env)) for name in ("kind", "direction")
        }
        return {
            "key": "communication",
            "title": self.env._("Calls, meetings and messages with you"),
            "rows": [
                {
                    self.env._("Date"): row.date,
                    labels["kind"]: choices["kind"][row.kind],
                    labels["direction"]: choices["direction"].get(row.direction, ""),
                    self.env._("Minutes"): round(row.duration * 60),
                    self.env._("Number"): row.phone or "",
                    self.env._("Subject"): row.name if row.is_shared or row.kind in ("email", "meeting") else "",
                    self.env._("Text"): row._plain_text() if row.is_shared else "",
                }
                for row in communications
            ],
        }
