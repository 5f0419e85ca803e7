from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import document_files
from ...tools.cards import CARD_ROWS, card_columns, kept
from .nestogy_client_document import EXPIRY_NOTICE_DAYS


class ResPartner(models.Model):
    """The documents of a client and of its contacts."""

    _inherit = "res.partner"

    client_document_ids = fields.One2many(
        "nestogy.client.document",
        "client_id",
        string="Documents",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    contact_document_ids = fields.One2many(
        "nestogy.client.document",
        "contact_id",
        string="Documents of the Contact",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    client_document_count = fields.Integer(
        compute="_compute_client_document_count", groups="nestogy_clients.nestogy_clients_group_viewer"
    )
    client_document_room = fields.Char(
        compute="_compute_client_document_room", groups="nestogy_clients.nestogy_clients_group_viewer"
    )

    @api.depends("client_document_ids")
    def _compute_client_document_count(self):
        counts = dict(
            self.env["nestogy.client.document"]._read_group(
                domain=[("client_id", "in", self.ids)], groupby=["client_id"], aggregates=["__count"]
            )
        )
        for partner in self:
            partner.client_document_count = counts.get(partner._origin, 0)

    @api.depends("client_document_ids.version_ids")
    def _compute_client_document_room(self):
        for partner in self:
            limits = (partner.company_id or self.env.company)._document_limits()
            partner.client_document_room = self.env._(
                "%(used)s of %(limit)s used, %(file)s MB a file at most",
                used=document_files.size_text(self.env["nestogy.client.document"]._used_bytes(partner._origin)),
                limit=document_files.size_text(limits["quota_megabytes"] * 1024 * 1024),
                file=limits["megabytes"],
            )

    def unlink(self):
        # what goes with a client, or was for a contact's eyes only; others have no documents
        partners_sudo = self.sudo().filtered(lambda partner: partner.is_client or partner.parent_id)
        if partners_sudo:
            documents_sudo = self.env["nestogy.client.document"].sudo().with_context(active_test=False)  # as above
            documents_sudo.search([("contact_id", "in", partners_sudo.ids), ("is_shared", "=", True)]).is_shared = False
            documents_sudo.search([("client_id", "in", partners_sudo.ids)]).unlink()
        return super().unlink()

    def action_client_documents(self):
        """Open the documents of the client."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_client_document_action")
        return action | {
            "display_name": self.env._("Documents of %s", self.name),
            "domain": [("client_id", "=", self.id)],
            "context": {"default_client_id": self.id, "search_default_by_folder": 1},
        }

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["nestogy.client.document"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "documents",
                    50,
                    self.env._("Documents"),
                    "fa-folder-open-o",
                    self._client_dashboard_documents,
                    documents=self._client_documents_question,
                )
            )
        return widgets

    @kept
    def _client_documents_question(self):
        return self._client_question(
            "nestogy.client.document",
            [("client_id", "=", self.id)],
            {
                "id": "id",
                "name": "name",
                "folder": "folder_id.name",
                "date": "updated_at",
                "expires_on": "expires_on",
                "is_shared": "is_shared",
                "whole": SQL("COUNT(*) OVER ()"),
            },
            order="updated_at desc, id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_documents(self, documents):
        model = self.env["nestogy.client.document"]
        today = fields.Date.context_today(self)
        soon = str(today + timedelta(days=EXPIRY_NOTICE_DAYS))
        rows = []
        for row in documents:
            state, tone = (self.env._("Shared"), "success") if row["is_shared"] else (self.env._("Internal"), "")
            if row["expires_on"] and row["expires_on"] <= soon:
                state = self.env._("until %s", self._client_day(row["expires_on"]))
                tone = "danger" if row["expires_on"] < str(today) else "warning"
            rows.append(
                {
                    "id": row["id"],
                    "model": model._name,
                    "cells": {
                        "name": row["name"],
                        "folder": row["folder"] or "",
                        "date": self._client_day(row["date"]),
                        "state": state,
                    },
                    "tone": tone,
                }
            )
        return {
            "count": documents[0]["whole"] if documents else 0,
            "columns": card_columns(
                name=self.env._("Document"),
                folder=self.env._("Folder"),
                date=self.env._("Last version"),
                state=self.env._("State"),
            ),
            "rows": rows,
            "empty": self.env._("No document yet. Drop files on the tab Documents."),
            "action": self._client_list_action(self.env._("Documents"), model._name, [("client_id", "=", self.id)]),
        }
