from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """Tickets on the first page of the portal."""

    _inherit = "res.users"

    def _portal_figures(self):
        figures = super()._portal_figures()
        if self._portal_scope("tickets") != "none":
            figures["tickets"] = self._portal_ticket_figures()
        return figures

    def _portal_ticket_figures(self):
        """How many tickets are open, and which of them wait for the client; called with the visitor's own rights."""
        tickets = self.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return {"open": 0, "waiting": 0, "first": tickets}
        domain = Domain("commercial_partner_id", "=", self.commercial_partner_id.id) & tickets._open_domain()
        counts = dict(tickets._read_group(domain, ["stage_id"], ["__count"]))
        # visitors see the stages of their tickets; which of them wait for the client is a setting of the firm
        waiting = [stage.id for stage in counts if stage.sudo().waits_for_client]
        first = tickets
        if waiting:
            first = tickets.search_fetch(
                domain & Domain("stage_id", "in", waiting), ["number", "name"], order="last_update, id", limit=4
            )
        return {
            "open": sum(counts.values()),
            "waiting": sum(number for stage, number in counts.items() if stage.id in waiting),
            "first": first,
        }

    def _portal_todos(self, figures):
        return [*super()._portal_todos(figures), *self._portal_ticket_todos(figures.get("tickets"))]

    def _portal_ticket_todos(self, figures):
        if not figures or not figures["waiting"] or not self._portal_may_act():
            return []
        base = {"sequence": 25, "tone": "warning", "icon": "fa-life-ring", "action": self.env._("Answer")}
        if figures["waiting"] > 3:
            title = self.env._("%s tickets wait for your answer", figures["waiting"])
            return [base | {"key": "tickets", "title": title, "detail": "", "url": "/my/tickets"}]
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
