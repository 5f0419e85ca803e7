from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns, kept

TEXT_SHOWN = 80  # characters


class ResPartner(models.Model):
    """The conversation with a client, as staff finds it on the client."""

    _inherit = "res.partner"

    client_unread_messages = fields.Integer(
        compute="_compute_client_unread_messages", groups="nestogy_clients.nestogy_clients_group_viewer"
    )

    def _compute_client_unread_messages(self):
        conversations = self.env["nestogy.conversation"].search_fetch(
            [("client_id", "in", self.ids)], ["client_id", "unread_count"]
        )
        counts = {conversation.client_id.id: conversation.unread_count for conversation in conversations}
        for partner in self:
            partner.client_unread_messages = counts.get(partner.id, 0)

    def action_client_messages(self):
        """Open the conversation with this client; the first time makes it."""
        self.ensure_one()
        conversation = self.env["nestogy.conversation"]._get_for(self._get_client())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": conversation._name,
            "res_id": conversation.id,
            "views": [(False, "form")],
        }

    @api.model
    def _client_activity_sql(self, client, since):
        """A client that writes, or to whom we write, is not forgotten."""
        self.env["nestogy.conversation"].flush_model(["client_id", "last_message_at"])
        return [
            *super()._client_activity_sql(client, since),
            SQL(
                """EXISTS (SELECT 1 FROM nestogy_conversation conversation
                            WHERE conversation.client_id = %s AND conversation.last_message_at >= %s)""",
                client,
                since,
            ),
        ]

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["nestogy.conversation"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "messages",
                    32,
                    self.env._("Messages"),
                    "fa-comments-o",
                    self._client_dashboard_messages,
                    conversation=self._client_conversation_question,
                    messages=self._client_messages_question,
                )
            )
        return widgets

    @kept
    def _client_conversation_question(self):
        columns = {"id": "id", "unread": "unread_count"}
        return self._client_question("nestogy.conversation", [("client_id", "=", self.id)], columns, limit=1)

    @kept
    def _client_messages_question(self):
        conversations = self.env["nestogy.conversation"]
        return self._client_question_sudo(  # messages of conversations that the user may read
            "mail.message",
            conversations._open_messages_domain(conversations._search([("client_id", "=", self.id)])),
            {
                "date": "date",
                "author": "author_id.name",
                "email_from": "email_from",
                "body": "body",
            },
            order="id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_messages(self, conversation, messages):
        conversations = self.env["nestogy.conversation"]
        unread = conversation[0]["unread"] if conversation else 0
        return {
            "count": unread or None,
            "columns": card_columns(
                at=self.env._("Date"),
                author=self.env._("From"),
                text=self.env._("Text"),
            ),
            "rows": [
                {
                    "id": conversation[0]["id"],
                    "model": conversations._name,
                    "tone": "warning" if number < unread else "",
                    "cells": {
                        "at": self._client_moment(row["date"]),
                        "author": row["author"] or row["email_from"] or "",
                        "text": " ".join(html2plaintext(row["body"] or "").split())[:TEXT_SHOWN],
                    },
                }
                for number, row in enumerate(messages)
            ],
            "empty": self.env._("Nothing was written yet. The button Messages above begins the conversation."),
            "action": self._client_list_action(
                self.env._("Messages"), conversations._name, [("client_id", "=", self.id)]
            )
            if conversation
            else False,
        }

    def unlink(self):
        """Delete the conversations of deleted clients with their messages and files."""
        clients_sudo = self.sudo().filtered("is_client")  # whoever may delete a client deletes what was written to it
        if clients_sudo:
            clients_sudo.env["nestogy.conversation"].search(Domain("client_id", "in", clients_sudo.ids)).unlink()
        return super().unlink()
