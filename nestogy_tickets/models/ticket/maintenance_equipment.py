from odoo import fields, models

TICKETS_SHOWN = 20


class MaintenanceEquipment(models.Model):
    """The tickets about an asset, for staff and for its client."""

    _inherit = "maintenance.equipment"

    ticket_ids = fields.One2many("helpdesk.ticket", "equipment_id", string="Tickets")
    ticket_count = fields.Integer(compute="_compute_ticket_count")

    def _compute_ticket_count(self):
        """Count the open ones."""
        tickets = self.env["helpdesk.ticket"]
        counts = {}
        if tickets.has_access("read"):
            domain = tickets._open_domain() & fields.Domain("equipment_id", "in", self.ids)
            counts = dict(tickets._read_group(domain, ["equipment_id"], ["__count"]))
        for asset in self:
            asset.ticket_count = counts.get(asset, 0)

    def action_tickets(self):
        """Open the tickets about this asset."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.helpdesk_ticket_action_client")
        action["domain"] = [("equipment_id", "=", self.id)]
        action["context"] = {"default_equipment_id": self.id, "default_partner_id": self.client_id.id}
        return action

    def _portal_actions(self):
        actions = super()._portal_actions()
        user = self.env.user
        if user._portal_scope("tickets") != "none" and user._portal_may_act():
            actions.append(
                {
                    "label": self.env._("Report a problem"),
                    "url": f"/new/ticket?asset={self.id}",
                    "icon": "fa-life-ring",
                }
            )
        return actions

    def _portal_sections(self):
        sections = super()._portal_sections()
        tickets = self.env["helpdesk.ticket"]
        if self.env.user._portal_scope("tickets") == "none" or not tickets.has_access("read"):
            return sections
        # which tickets are about this asset is the staff's; which of these he sees say his own rights
        about_sudo = tickets.sudo().search([("equipment_id", "=", self.id)])
        found = tickets.search([("id", "in", about_sudo.ids)], order="last_update desc, id desc", limit=TICKETS_SHOWN)
        rows = [
            {
                "name": row["name"],
                "url": row["url"],
                "detail": f"{row['number']}, {row['last_update']}",
                "state": row["stage"],
                "tone": row["tone"],
            }
            for row in found._prepare_portal_rows()
        ]
        return [
            *sections,
            {
                "title": self.env._("Tickets"),
                "rows": rows,
                "empty": self.env._("No ticket about it. All seems well."),
            },
        ]
