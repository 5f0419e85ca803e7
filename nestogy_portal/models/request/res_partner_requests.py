from odoo import fields, models

ROLE = "nestogy_clients.nestogy_clients_group_viewer"


class ResPartner(models.Model):
    """What a client's people asked for in the portal, on the client's own page."""

    _inherit = "res.partner"

    change_request_count = fields.Integer(string="Changes Asked for", compute="_compute_request_counts", groups=ROLE)
    privacy_request_count = fields.Integer(string="Privacy Requests", compute="_compute_request_counts", groups=ROLE)

    def _compute_request_counts(self):
        def count(model, state):
            rows = self.env[model]._read_group(
                [("client_id", "in", self.ids), ("state", "=", state)], ["client_id"], ["__count"]
            )
            return {client.id: number for client, number in rows}

        changes, privacy = count("nestogy.change.request", "asked"), count("nestogy.privacy.request", "open")
        for partner in self:
            partner.change_request_count = changes.get(partner._origin.id, 0)
            partner.privacy_request_count = privacy.get(partner._origin.id, 0)

    def action_client_changes(self):
        """Open what the people of this client asked for."""
        return self._client_requests_action("nestogy_portal.nestogy_change_request_action")

    def action_client_privacy(self):
        return self._client_requests_action("nestogy_portal.nestogy_privacy_request_action")

    def _client_requests_action(self, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        return action | {"domain": [("client_id", "=", self.id)]}

    def _client_export_parts(self):
        """Sign-ins and requests belong to the copy as well."""
        log = self.env["nestogy.portal.access.log"]
        events = dict(log._fields["event"]._description_selection(self.env))
        changes = self.env["nestogy.change.request"].search([("partner_id", "=", self.id)], order="id")
        kinds = dict(changes._fields["kind"]._description_selection(self.env))
        states = dict(changes._fields["state"]._description_selection(self.env))
        return [
            *super()._client_export_parts(),
            {
                "key": "sign-ins",
                "title": self.env._("Sign-ins"),
                "rows": [
                    {
                        self.env._("Date"): row.at,
                        self.env._("Event"): events[row.event],
                        self.env._("IP address"): row.ip or "",
                        self.env._("Browser"): row.agent or "",
                    }
                    for row in log.search([("partner_id", "=", self.id)], order="id")
                ],
            },
            {
                "key": "changes",
                "title": self.env._("Changes that you asked for"),
                "rows": [
                    {
                        self.env._("Date"): change.create_date,
                        self.env._("What"): kinds[change.kind],
                        self.env._("Before"): change.old_text or "",
                        self.env._("Wanted"): change.new_text,
                        self.env._("State"): states[change.state],
                    }
                    for change in changes
                ],
            },
        ]
