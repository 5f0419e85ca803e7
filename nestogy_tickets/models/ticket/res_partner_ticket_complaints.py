from odoo import fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Open complaints of a client, seen on its profile and in the list of clients."""

    _inherit = "res.partner"

    ticket_complaint_count = fields.Integer(
        string="Open Complaints",
        compute="_compute_ticket_complaint_count",
        search="_search_ticket_complaint_count",
        groups="base.group_user",
    )

    def _complaint_domain(self):
        tickets = self.env["helpdesk.ticket"]
        return Domain("is_complaint", "=", True) & tickets._open_domain()

    def _compute_ticket_complaint_count(self):
        tickets, counts = self.env["helpdesk.ticket"], {}
        if self.ids and tickets.has_access("read"):
            domain = self._complaint_domain() & Domain("commercial_partner_id", "in", self.ids)
            counts = dict(tickets._read_group(domain, ["commercial_partner_id"], ["__count"]))
        for partner in self:
            partner.ticket_complaint_count = counts.get(partner._origin, 0)

    def _search_ticket_complaint_count(self, operator, value):
        """Find clients with complaints (more than none), or without."""
        self._check_field_access(self._fields["ticket_complaint_count"], "read")
        if (operator, value) not in ((">", 0), ("<=", 0)):
            return NotImplemented
        complaints = self.env["helpdesk.ticket"]._search(self._complaint_domain())
        found = Domain("id", "in", complaints.subselect("commercial_partner_id"))
        return found if operator == ">" else ~found

    def action_ticket_complaints(self):
        """Open the complaints of the client."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.helpdesk_ticket_action_client")
        return action | {
            "display_name": self.env._("Complaints of %s", self.display_name),
            "domain": list(self._complaint_domain() & Domain("commercial_partner_id", "=", self.id)),
            "context": {},
        }
