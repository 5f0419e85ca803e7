from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, html2plaintext

WIDGET_ROWS = 5
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
                    "messages", 30, self.env._("Messages"), "fa-comments-o", self._client_dashboard_messages
                )
            )
        return widgets

    def _client_dashboard_messages(self):
        conversations = self.env["nestogy.conversation"]
        conversation = conversations.search([("client_id", "=", self.id)], limit=1)
        messages = self.env["mail.message"].browse()
        if conversation:
            domain = conversations._open_messages_domain(conversation.ids)
            # of a conversation that the user may read
            messages = self.env["mail.message"].sudo().search(domain, order="id desc", limit=WIDGET_ROWS)
        return {
            "count": conversation.unread_count or None,
            "columns": [
                {"name": "at", "label": self.env._("Date")},
                {"name": "author", "label": self.env._("From")},
                {"name": "text", "label": self.env._("Text")},
            ],
            "rows": [
                {
                    "id": conversation.id,
                    "model": conversation._name,
                    "tone": "warning" if number < conversation.unread_count else "",
                    "cells": {
                        "at": format_datetime(self.env, message.date, dt_format="short"),
                        "author": message.author_id.name or message.email_from or "",
                        "text": " ".join(html2plaintext(message.body or "").split())[:TEXT_SHOWN],
                    },
                }
                for number, message in enumerate(messages)
            ],
            "empty": self.env._("Nothing was written yet."),
            "action": self._client_list_action(
                self.env._("Messages"), conversations._name, [("client_id", "=", self.id)]
            )
            if conversation
            else None,
        }

    def unlink(self):
        """Delete the conversations of deleted clients with their messages and files."""
        clients_sudo = self.sudo().filtered("is_client")  # whoever may delete a client deletes what was written to it
        if clients_sudo:
            clients_sudo.env["nestogy.conversation"].search(Domain("client_id", "in", clients_sudo.ids)).unlink()
        return super().unlink()
