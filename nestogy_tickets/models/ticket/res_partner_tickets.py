from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns, kept


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
                    "tickets",
                    10,
                    self.env._("Open Tickets"),
                    "fa-life-ring",
                    self._client_dashboard_tickets,
                    ticket_stages=self._client_ticket_stages_question,
                    tickets=self._client_tickets_question,
                )
            )
        return widgets

    def _client_open_tickets_domain(self):
        return Domain("commercial_partner_id", "=", self.id) & self.env["helpdesk.ticket"]._open_domain()

    @kept
    def _client_ticket_stages_question(self):
        """Open tickets by stage, and how many of them are late, at risk or complaints."""
        tickets, now = self.env["helpdesk.ticket"], self._client_now()
        return self._client_question(
            "helpdesk.ticket",
            self._client_open_tickets_domain(),
            {
                "sequence": "stage_id.sequence",
                "id": "stage_id",
                "name": "stage_id.name",
                "unattended": "stage_id.unattended",
                "count": ("COUNT", None),
                "breached": ("COUNT", None, tickets._sla_breached_domain(now)),
                "at_risk": ("COUNT", None, tickets._sla_at_risk_domain(now)),
                "complaints": ("COUNT", None, Domain("is_complaint", "=", True)),
            },
            by=4,
        )

    @kept
    def _client_tickets_question(self):
        return self._client_question(
            "helpdesk.ticket",
            self._client_open_tickets_domain(),
            {
                "id": "id",
                "number": "number",
                "name": "name",
                "stage": "stage_id.name",
                "unattended": "stage_id.unattended",
                "user": "user_id.partner_id.name",
                "sla": "sla_deadline",
                "risk": "sla_risk_at",
                "last_update": "last_update",
            },
            order="last_update desc, id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_tickets(self, ticket_stages, tickets):
        model = self.env["helpdesk.ticket"]
        now = fields.Datetime.now().isoformat()
        action = self._client_list_action(
            self.env._("Tickets"), model._name, [("commercial_partner_id", "=", self.commercial_partner_id.id)]
        )
        is_open = self._client_open_tickets_domain()
        whole = sum(row["count"] for row in ticket_stages)
        rows = []
        for row in tickets:
            tone = "warning" if row["unattended"] else ""
            if row["sla"] and row["sla"] < now:
                tone = "danger"
            elif row["risk"] and row["risk"] <= now:
                tone = "warning"
            rows.append(
                {
                    "id": row["id"],
                    "model": model._name,
                    "tone": tone,
                    "cells": {
                        "number": row["number"],
                        "name": row["name"],
                        "stage": row["stage"] or "",
                        "user": row["user"] or "",
                        "sla": self._client_moment(row["sla"]),
                        "last_update": self._client_moment(row["last_update"]),
                    },
                }
            )
        return {
            "figures": self._client_sla_figures(model, is_open, ticket_stages, action),
            "segments": [
                {
                    "label": row["name"] or self.env._("No stage"),
                    "value": str(row["count"]),
                    "share": row["count"] / whole,
                    "tone": "warning" if row["unattended"] else "info",
                    "action": action | {"domain": list(is_open & Domain("stage_id", "=", row["id"]))},
                }
                for row in sorted(ticket_stages, key=lambda each: (each["sequence"] or 0, each["id"] or 0))
            ],
            "count": whole,
            "columns": card_columns(
                number=self.env._("Number"),
                name=self.env._("Title"),
                stage=self.env._("Stage"),
                sla=self.env._("SLA due"),
                user=self.env._("Assigned to"),
                last_update=self.env._("Last update"),
            ),
            "rows": rows,
            "empty": self.env._("No open tickets. New Ticket opens one."),
            "action": action,
        }

    def _client_sla_figures(self, records, domain, rows, action):
        """How many of these tickets or jobs are late, at risk or complaints; nothing where nothing is wrong.

        :param records: the model
        :param domain: finds all of them
        :param list rows: with their counts
        :param dict action: opens them
        """
        words = {
            "breached": (
                self.env._("SLA breached"),
                "danger",
                self.env._("Open, and a time that the SLA promises is over."),
                records._sla_breached_domain(),
            ),
            "at_risk": (
                self.env._("SLA at risk"),
                "warning",
                self.env._("Open, the last warning of the SLA has passed and its deadline has not."),
                records._sla_at_risk_domain(),
            ),
            "complaints": (
                self.env._("Complaints"),
                "danger",
                self.env._("Open tickets that are complaints and not settled."),
                Domain("is_complaint", "=", True),
            ),
            "late": (
                self.env._("Overdue"),
                "danger",
                self.env._("Open, and the deadline has passed."),
                Domain("date_deadline", "<", fields.Datetime.now()),
            ),
        }
        counts = {key: sum(row.get(key, 0) for row in rows) for key in words}
        return [
            {
                "label": label,
                "value": str(counts[key]),
                "tone": tone,
                "hint": hint,
                "action": action | {"domain": list(domain & more)},
            }
            for key, (label, tone, hint, more) in words.items()
            if counts[key]
        ]

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
