from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Tickets on the dashboard: those that are late, at risk or nobody's."""

    _inherit = "res.partner"

    @api.model
    def _client_home_cards(self):
        cards = super()._client_home_cards()
        if self.env["helpdesk.ticket"].has_access("read"):
            cards.append(self._client_home_tickets())
        return cards

    def _client_home_tickets(self):
        tickets = self.env["helpdesk.ticket"]
        breached, at_risk = tickets._sla_breached_domain(), tickets._sla_at_risk_domain()
        return self._client_home_card(
            "tickets",
            30,
            self.env._("Open Tickets"),
            "fa-life-ring",
            action=self._client_home_action(
                self.env._("Tickets"),
                tickets._name,
                Domain("commercial_partner_id.is_client", "=", True) & tickets._open_domain(),
                search_view="nestogy_tickets.helpdesk_ticket_view_search",
            ),
            figures=[
                self._client_home_figure(
                    "open",
                    self.env._("Open"),
                    self.env._("Tickets of clients in a stage that is not closed."),
                    Domain.TRUE,
                ),
                self._client_home_figure(
                    "breached",
                    self.env._("SLA breached"),
                    self.env._("Open, and a time that the SLA promises is over."),
                    breached,
                    "danger",
                ),
                self._client_home_figure(
                    "at_risk",
                    self.env._("SLA at risk"),
                    self.env._("Open, the last warning of the SLA has passed and its deadline has not."),
                    at_risk,
                    "warning",
                ),
                self._client_home_figure(
                    "unassigned",
                    self.env._("Unassigned"),
                    self.env._("Open, and nobody is responsible for it."),
                    Domain("user_id", "=", False),
                    "warning",
                ),
            ],
            rows={
                "domain": breached | at_risk | Domain("user_id", "=", False),
                "columns": {
                    "id": "id",
                    "number": "number",
                    "name": "name",
                    "client": "commercial_partner_id.name",
                    "user": "user_id.partner_id.name",
                    "sla": "sla_deadline",
                    "risk": "sla_risk_at",
                },
                "order": "sla_deadline, id",
                "labels": {
                    "number": self.env._("Number"),
                    "name": self.env._("Title"),
                    "client": self.env._("Client"),
                    "user": self.env._("Assigned to"),
                    "state": self.env._("SLA due"),
                },
                "row": self._client_home_ticket_row,
            },
            empty=self.env._("No open tickets."),
        )

    def _client_home_ticket_row(self, row):
        now = fields.Datetime.now().isoformat()
        tone = ""
        if row["sla"] and row["sla"] < now:
            tone = "danger"
        elif row["risk"] and row["risk"] <= now:
            tone = "warning"
        return {
            "id": row["id"],
            "model": "helpdesk.ticket",
            "tone": tone or "secondary",
            "cells": {
                "number": row["number"],
                "name": row["name"],
                "client": row["client"] or "",
                "user": row["user"] or self.env._("Nobody"),
                "state": self._client_moment(row["sla"]),
            },
        }
