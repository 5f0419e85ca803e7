from odoo import fields, models
from odoo.fields import Domain


class NestogyTicketSubjectMixin(models.AbstractModel):
    """Something of a client that tickets are about: it counts them, shows them and begins a new one."""

    _name = "nestogy.ticket.subject.mixin"
    _description = "Subject of Tickets"

    ticket_count = fields.Integer(
        string="Open Tickets", compute="_compute_ticket_count", groups="base.group_user", compute_sudo=False
    )

    def _ticket_link(self):
        """The field of a ticket that points here."""
        raise NotImplementedError

    def _ticket_partner(self):
        """Who a new ticket about it is for."""
        return self.partner_id

    def _compute_ticket_count(self):
        """Count the open ones that the user may read."""
        tickets, link, counts = self.env["helpdesk.ticket"], self._ticket_link(), {}
        if tickets.has_access("read"):
            domain = tickets._open_domain() & Domain(link, "in", self.ids)
            counts = {subject.id: count for subject, count in tickets._read_group(domain, [link], ["__count"])}
        for subject in self:
            subject.ticket_count = counts.get(subject.id, 0)

    def _ticket_defaults(self):
        self.ensure_one()
        partner = self._ticket_partner()
        if partner == partner.commercial_partner_id:
            partner = partner._get_ticket_contact()
        return {f"default_{self._ticket_link()}": self.id, "default_partner_id": partner.id}

    def action_tickets(self):
        """Open the tickets about it."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.helpdesk_ticket_action_client")
        return action | {
            "display_name": self.env._("Tickets about %s", self.display_name),
            "domain": [(self._ticket_link(), "=", self.id)],
            "context": self._ticket_defaults(),
        }

    def action_new_ticket(self):
        """Begin a ticket about it."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpdesk.ticket"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Ticket"),
            "res_model": "helpdesk.ticket",
            "views": [(False, "form")],
            "context": self._ticket_defaults(),
        }
