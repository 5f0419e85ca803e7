from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns

SOON_DAYS = 7


class ResPartner(models.Model):
    """What waits at the portal, on the dashboard: messages, wishes and invitations that nobody has answered."""

    _inherit = "res.partner"

    @api.model
    def _client_home_cards(self):
        cards = super()._client_home_cards()
        if self.env["nestogy.conversation"].has_access("read"):
            cards.append(self._client_home_portal())
        return cards

    def _client_home_portal(self):
        """Figures of several lists, each with the action that opens its own."""
        members = Domain("commercial_partner_id.is_client", "=", True)
        unread = self._client_home_action(
            self.env._("Messages"),
            "nestogy.conversation",
            Domain("is_unread", "=", True),
            search_view="nestogy_portal.nestogy_conversation_view_search",
        )
        asked = self._client_home_action(
            self.env._("Change Requests"), "nestogy.change.request", Domain("state", "=", "asked")
        )
        private = self._client_home_action(
            self.env._("Privacy Requests"), "nestogy.privacy.request", Domain("state", "=", "open")
        )
        held = self._client_home_action(
            self.env._("Website Forms"), "nestogy.form.entry", Domain("result", "=", "held")
        )
        people = self._client_home_action(
            self.env._("Invitations"),
            "res.partner",
            members & Domain("portal_state", "=", "invited"),
            list_view="nestogy_clients.res_partner_view_list_contact",
            form_view="nestogy_clients.res_partner_view_form_contact",
            search_view="nestogy_clients.res_partner_view_search_contact",
        )
        soon = fields.Date.add(fields.Date.context_today(self), days=SOON_DAYS)
        figure = self._client_home_figure
        lists = {
            "portal_messages": (
                unread,
                [
                    figure(
                        "unread",
                        self.env._("Messages to read"),
                        self.env._("Conversations with something that the client wrote and nobody here has read."),
                        Domain.TRUE,
                        "warning",
                    )
                ],
            ),
            "portal_changes": (
                asked,
                [
                    figure(
                        "asked",
                        self.env._("Changes asked for"),
                        self.env._("Changes of details that a client asked for in the portal and nobody has decided."),
                        Domain.TRUE,
                        "warning",
                    )
                ],
            ),
            "portal_privacy": (
                private,
                [
                    figure(
                        "private",
                        self.env._("Privacy requests"),
                        self.env._("Requests for a copy or for erasure of data that are open."),
                        Domain.TRUE,
                        "warning",
                    ),
                    figure(
                        "private_soon",
                        self.env._("Due within %s days", SOON_DAYS),
                        self.env._("Of these, those whose answer is due by then or is late."),
                        Domain("due_on", "<=", soon),
                        "danger",
                    ),
                ],
            ),
            "portal_forms": (
                held,
                [
                    figure(
                        "held",
                        self.env._("Form entries to decide"),
                        self.env._("What came through a website form and was held back for a look."),
                        Domain.TRUE,
                        "warning",
                    )
                ],
            ),
            "portal_invitations": (
                people,
                [
                    figure(
                        "invited",
                        self.env._("Invitations open"),
                        self.env._("Contacts who were invited to the portal and have not signed in yet."),
                        Domain.TRUE,
                    ),
                    figure(
                        "expired",
                        self.env._("Expired"),
                        self.env._("Of these, those whose invitation does not open the portal any more."),
                        Domain("portal_is_expired", "=", True),
                        "warning",
                    ),
                ],
            ),
        }
        lists = {
            name: (action, figures)
            for name, (action, figures) in lists.items()
            if self.env[action["res_model"]].has_access("read")
        }

        def question(action, figures):
            return lambda: self._client_home_counts(action["res_model"], action["domain"], figures)

        return self._client_dashboard_widget(
            "portal",
            35,
            self.env._("Client Portal"),
            "fa-sign-in",
            lambda portal_rows, **counts: self._client_home_portal_data(lists, unread, portal_rows, counts),
            portal_rows=lambda: self._client_question(
                "nestogy.conversation",
                unread["domain"],
                {
                    "id": "id",
                    "client": "client_id.name",
                    "text": "last_text",
                    "author": "last_author",
                    "date": "last_message_at",
                },
                order="last_message_at desc, id desc",
                limit=CARD_ROWS,
            ),
            **{name: question(action, figures) for name, (action, figures) in lists.items()},
        )

    def _client_home_portal_data(self, lists, unread, rows, counts):
        figures = [
            self._client_home_count(figure, action, counts[name][0][figure["key"]])
            for name, (action, figures) in lists.items()
            for figure in figures
        ]
        is_empty = all(figure["value"] == "0" for figure in figures)
        return {
            "figures": [] if is_empty else figures,
            "count": None,
            "columns": card_columns(
                client=self.env._("Client"),
                author=self.env._("From"),
                text=self.env._("Text"),
                at=self.env._("Date"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": "nestogy.conversation",
                    "tone": "warning",
                    "cells": {
                        "client": row["client"] or "",
                        "author": row["author"] or "",
                        "text": row["text"] or "",
                        "at": self._client_moment(row["date"]),
                    },
                }
                for row in rows
            ],
            "empty": self.env._("Nothing waits: every message is read and every request is answered."),
            "action": unread if rows else False,
        }
