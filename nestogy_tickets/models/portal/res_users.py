from odoo import models
from odoo.fields import Domain

TICKETS_SHOWN = 3


class ResUsers(models.Model):
    """Tickets on the first page of the portal."""

    _inherit = "res.users"

    def _portal_counted(self):
        counted = super()._portal_counted()
        tickets = self.env["helpdesk.ticket"]
        if self._portal_scope("tickets") != "none" and tickets.has_access("read"):
            counted["tickets"] = tickets._search(self._portal_open_tickets())
            counted["tickets_waiting"] = tickets._search(self._portal_waiting_tickets())
        return counted

    def _portal_figures(self, counts):
        figures = super()._portal_figures(counts)
        if "tickets" in counts:
            first = self.env["helpdesk.ticket"]
            if counts["tickets_waiting"]:
                first = first.search_fetch(
                    self._portal_waiting_tickets(), ["number", "name"], order="last_update, id", limit=TICKETS_SHOWN
                )
            figures["tickets"] = {"open": counts["tickets"], "waiting": counts["tickets_waiting"], "first": first}
        return figures

    def _portal_open_tickets(self):
        client = self.commercial_partner_id
        return Domain("commercial_partner_id", "=", client.id) & self.env["helpdesk.ticket"]._portal_open_domain()

    def _portal_waiting_tickets(self):
        """Domain of the tickets that wait for the client's answer."""
        client = self.commercial_partner_id
        waiting = self.env["helpdesk.ticket"]._portal_waiting_domain()
        return Domain("commercial_partner_id", "=", client.id) & waiting

    def _portal_todos(self, figures):
        return [*super()._portal_todos(figures), *self._portal_ticket_todos(figures.get("tickets"))]

    def _portal_ticket_todos(self, figures):
        if not figures or not figures["waiting"] or not self._portal_may_act():
            return []
        base = {"sequence": 25, "tone": "warning", "icon": "fa-life-ring", "action": self.env._("Answer")}
        if figures["waiting"] > TICKETS_SHOWN:
            title = self.env._("%s tickets wait for your answer", figures["waiting"])
            return [base | {"key": "tickets", "title": title, "detail": "", "url": "/my/tickets?filterby=waiting"}]
        return [
            base
            | {
                "key": f"ticket_{ticket.id}",
                "title": ticket.name,
                "detail": self.env._("Ticket %s waits for your answer", ticket.number),
                "url": f"/my/ticket/{ticket.id}",
            }
            for ticket in figures["first"]
        ]
