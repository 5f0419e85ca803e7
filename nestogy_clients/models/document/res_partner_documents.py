from odoo import api, fields, models
from odoo.tools import format_date

from ...tools import document_files
from ..profile.res_partner_dashboard import DASHBOARD_ROWS


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
                    "documents", 50, self.env._("Documents"), "fa-folder-open-o", self._client_dashboard_documents
                )
            )
        return widgets

    def _client_dashboard_documents(self):
        documents = self.env["nestogy.client.document"]
        domain = [("client_id", "=", self.id)]
        latest = documents.search(domain, limit=DASHBOARD_ROWS)
        tones = {"expired": "danger", "soon": "warning"}
        rows = []
        for document in latest:
            if document.expiry_state in tones:
                state = self.env._("until %s", format_date(self.env, document.expires_on))
            elif document.is_shared:
                state = self.env._("Shared")
            else:
                state = self.env._("Internal")
            rows.append(
                {
                    "id": document.id,
                    "model": document._name,
                    "cells": {
                        "name": document.name,
                        "folder": document.folder_id.name or "",
                        "date": format_date(self.env, document.updated_at) if document.updated_at else "",
                        "state": state,
                    },
                    "tone": tones.get(document.expiry_state, "success" if document.is_shared else ""),
                }
            )
        return {
            "count": len(rows) if len(rows) < DASHBOARD_ROWS else documents.search_count(domain),
            "columns": [
                {"name": "name", "label": self.env._("Document")},
                {"name": "folder", "label": self.env._("Folder")},
                {"name": "date", "label": self.env._("Last version")},
                {"name": "state", "label": self.env._("State")},
            ],
            "rows": rows,
            "empty": self.env._("No document yet. Drop files on the tab Documents."),
            "action": self._client_list_action(self.env._("Documents"), documents._name, domain),
        }
