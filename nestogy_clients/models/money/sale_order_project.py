from odoo import models
from odoo.exceptions import AccessError, UserError


class SaleOrder(models.Model):
    """From an accepted estimate to the project that carries it out."""

    _inherit = "sale.order"

    def action_client_start_project(self):
        """Make the project of an accepted estimate, once, and open it."""
        self.ensure_one()
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise AccessError(self.env._("Agents of the Clients app start projects."))
        self.check_access("write")
        if self.state != "sale":
            raise UserError(self.env._("Only an accepted estimate becomes a project."))
        self.lock_for_update()  # two clicks, one project
        self.invalidate_recordset(["project_id", "project_ids"])
        order_sudo = self.sudo()  # agents make projects through this door only
        project_sudo = order_sudo.project_id or order_sudo.project_ids[:1]
        if not project_sudo:
            project_sudo = order_sudo.env["project.project"].create(self._prepare_project_values())
            order_sudo.project_id = project_sudo
            self._message_log(body=self.env._("Project started: %s", project_sudo.name))
        return {
            "type": "ir.actions.act_window",
            "res_model": "project.project",
            "res_id": project_sudo.id,
            "views": [(False, "form")],
        }

    def _prepare_project_values(self):
        self.ensure_one()
        client = self.partner_id.commercial_partner_id
        line = self.order_line.filtered(
            lambda each: each.product_id.type == "service" and not each.is_downpayment and not each.display_type
        )[:1]
        return {
            "name": f"{client.name} · {self.name}",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.env.uid,
            "allow_billable": True,
            "sale_line_id": line.id,
            "reinvoiced_sale_order_id": self.id,
        }
