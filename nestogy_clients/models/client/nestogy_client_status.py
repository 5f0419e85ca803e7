from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientStatus(models.Model):
    """Where a relation stands; its flags say what that means for login, orders and invoices."""

    _name = "nestogy.client.status"
    _description = "Client Status"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    is_default = fields.Boolean(string="New Clients Start Here")
    is_open = fields.Boolean(
        default=True, string="Open Relation", help="Clients in this status are shown in the daily lists."
    )
    may_log_in = fields.Boolean(default=True, help="Contacts of clients in this status may enter the client portal.")
    may_order = fields.Boolean(default=True, help="New orders and invoices may be made for clients in this status.")
    is_invoiced = fields.Boolean(default=True, help="Recurring invoices are made for clients in this status.")
    needs_reason = fields.Boolean(string="Ask Why", help="A client gets this status only with a reason.")
    is_trial = fields.Boolean(string="Trial", help="Clients in this status have an end date with a reminder.")
    client_count = fields.Integer(compute="_compute_client_count")

    _one_default = models.UniqueIndex(
        "(is_default) WHERE is_default", "Only one status can be the one in which new clients start."
    )
    _name_filled = models.Constraint("CHECK (name::text <> '')", "A status needs a name.")

    def _compute_client_count(self):
        counts = self._count_clients()
        for status in self:
            status.client_count = counts.get(status, 0)

    def _count_clients(self):
        """Count the clients of each status with one grouped query.

        :return: dict of status to number; statuses without clients are left out
        """
        return dict(
            self.env["res.partner"]._read_group(
                domain=[("is_client", "=", True), ("client_status_id", "in", self.ids)],
                groupby=["client_status_id"],
                aggregates=["__count"],
            )
        )

    @api.model
    def _get_default(self):
        """The status of a new client: the one marked so, else the first open one."""
        return self.search([("is_default", "=", True)], limit=1) or self.search([("is_open", "=", True)], limit=1)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        counts = self.with_context(active_test=False)._count_clients()
        for status in self:
            if counts.get(status):
                raise UserError(
                    self.env._(
                        "Clients have the status %s; give them another status first, or archive this one.",
                        status.name,
                    )
                )
        # the history keeps the statuses it tells of, whoever may read it
        history_sudo = self.env["nestogy.client.status.change"].sudo()
        if history_sudo.search_count(
            ["|", ("old_status_id", "in", self.ids), ("new_status_id", "in", self.ids)], limit=1
        ):
            raise UserError(self.env._("A status that stands in the history of clients cannot be deleted; archive it."))

    def action_open_clients(self):
        """Open the clients that have this status."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        action["context"] = {"default_client_status_id": self.id, "default_is_company": True}
        action["domain"] = [("is_client", "=", True), ("client_status_id", "=", self.id)]
        return action
