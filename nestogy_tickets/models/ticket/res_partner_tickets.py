from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, html2plaintext

WIDGET_ROWS = 5


class ResPartner(models.Model):
    """The tickets of a client: those of the client itself and of all its contacts."""

    _inherit = "res.partner"

    helpdesk_ticket_ids = fields.One2many(groups="base.group_user")
    helpdesk_ticket_count = fields.Integer(groups="base.group_user")
    helpdesk_ticket_active_count = fields.Integer(groups="base.group_user")
    helpdesk_ticket_count_string = fields.Char(groups="base.group_user")

    def _client_ticket_domain(self):
        return Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)

    def _compute_helpdesk_ticket_count(self):
        """Count open and all tickets of the set in one grouped query; a client has those of its contacts."""
        tickets = self.env["helpdesk.ticket"]
        counts = {}
        if self.ids and tickets.has_access("read"):
            rows = tickets._read_group(
                self._client_ticket_domain(), ["commercial_partner_id", "partner_id", "stage_id"], ["__count"]
            )
            for commercial, contact, stage, count in rows:
                for partner in commercial | contact:
                    entry = counts.setdefault(partner.id, [0, 0])
                    entry[0] += 0 if stage.closed else count
                    entry[1] += count
        for partner in self:
            is_open, total = counts.get(partner.id, (0, 0))
            partner.helpdesk_ticket_active_count = is_open
            partner.helpdesk_ticket_count = total
            partner.helpdesk_ticket_count_string = f"{is_open} / {total}"

    @api.model
    def _client_activity_sql(self, client, since):
        """A client whose ticket moved is not forgotten."""
        self.env["helpdesk.ticket"].flush_model(["commercial_partner_id", "last_update"])
        return [
            *super()._client_activity_sql(client, since),
            SQL(
                """EXISTS (SELECT 1 FROM helpdesk_ticket ticket
                            WHERE ticket.commercial_partner_id = %s
                              AND COALESCE(ticket.last_update, ticket.create_date) >= %s)""",
                client,
                since,
            ),
        ]

    def action_view_helpdesk_tickets(self):
        """Open the tickets of the client, or of one contact."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.helpdesk_ticket_action_client")
        is_whole = self == self.commercial_partner_id
        return action | {
            "display_name": self.env._("Tickets of %s", self.display_name),
            "domain": [("commercial_partner_id" if is_whole else "partner_id", "=", self.id)],
            "context": {"search_default_open": 1, "default_partner_id": self._get_ticket_contact().id},
        }

    def action_client_new_ticket(self):
        """Open the form of a new ticket for this client's primary contact, or for this contact."""
        self.ensure_one()
        self.env["helpdesk.ticket"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Ticket"),
            "res_model": "helpdesk.ticket",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {"default_partner_id": self._get_ticket_contact().id},
        }

    def _get_ticket_contact(self):
        """Who a new ticket is for when staff open it from here: the primary contact speaks for the client."""
        return self.primary_contact_id or self

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.env["helpdesk.ticket"].has_access("create"):
            actions.append(
                self._client_quick_action(
                    "ticket", 30, self.env._("New Ticket"), "fa-life-ring", "action_client_new_ticket"
                )
            )
        return actions

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["helpdesk.ticket"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "tickets", 10, self.env._("Open Tickets"), "fa-life-ring", self._client_dashboard_tickets
                )
            )
        return widgets

    def _client_dashboard_tickets(self):
        tickets = self.env["helpdesk.ticket"]
        domain = Domain("commercial_partner_id", "=", self.commercial_partner_id.id) & tickets._open_domain()
        recent = tickets.search_fetch(
            domain,
            ["number", "name", "stage_id", "user_id", "last_update", "sla_deadline"],
            order="last_update desc, id desc",
            limit=WIDGET_ROWS,
        )
        late = recent.filtered_domain(tickets._sla_breached_domain())
        count = len(recent) if len(recent) < WIDGET_ROWS else tickets.search_count(domain)
        return {
            "count": count,
            "columns": [
                {"name": "number", "label": self.env._("Number")},
                {"name": "name", "label": self.env._("Title")},
                {"name": "stage", "label": self.env._("Stage")},
                {"name": "user", "label": self.env._("Assigned to")},
                {"name": "sla", "label": self.env._("SLA due")},
                {"name": "last_update", "label": self.env._("Last update")},
            ],
            "rows": [
                {
                    "id": ticket.id,
                    "model": "helpdesk.ticket",
                    "tone": "danger" if ticket in late else "warning" if ticket.stage_id.unattended else "",
                    "cells": {
                        "number": ticket.number,
                        "name": ticket.name,
                        "stage": ticket.stage_id.name or "",
                        "user": ticket.user_id.sudo().name or "",  # names of colleagues of other companies too
                        "sla": ticket._sla_moment(ticket.sla_deadline),
                        "last_update": format_datetime(self.env, ticket.last_update, dt_format="short"),
                    },
                }
                for ticket in recent
            ],
            "empty": self.env._("No open tickets."),
            "action": self._client_list_action(
                self.env._("Tickets"),
                "helpdesk.ticket",
                [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            ),
        }

    def _client_export_parts(self):
        """The tickets that this person opened; what was written in them is among the messages."""
        tickets = self.env["helpdesk.ticket"].with_context(active_test=False)
        return [
            *super()._client_export_parts(),
            {
                "key": "tickets",
                "title": self.env._("Tickets that you opened"),
                "rows": [
                    {
                        self.env._("Number"): ticket.number,
                        self.env._("Date"): ticket.create_date,
                        self.env._("Title"): ticket.name,
                        self.env._("Text"): html2plaintext(ticket.description or ""),
                        self.env._("State"): ticket.stage_id.name or "",
                    }
                    for ticket in tickets.search([("partner_id", "=", self.id)], order="id")
                ],
            },
        ]
