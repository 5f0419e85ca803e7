from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, UserError

MANAGER = "nestogy_clients.nestogy_clients_group_manager"


class ResPartner(models.Model):
    """The doors to deleting a client and erasing a person."""

    _inherit = "res.partner"

    def action_client_delete(self):
        """Show what goes with this client or person and what stays, and ask."""
        self.ensure_one()
        return self.env["nestogy.client.deletion"]._prepare(self)._dialog()

    def action_clients_delete(self):
        """The same for what is selected in the list; many clients go by a bulk action."""
        if len(self) == 1:
            return self.action_client_delete()
        self.env["nestogy.client.deletion"]._check_may_delete(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delete Clients"),
            "res_model": "nestogy.client.bulk.ask",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_domain": [("id", "in", self.ids), ("active", "in", [True, False])],
                "default_deed": "delete",
            },
        }

    def unlink(self):
        """Let a client go by a door of its own only; who lacks the right to delete anything is shown that door, too."""
        # whoever else may see it
        clients_sudo = self.sudo().filtered("is_client") if self.env.uid != SUPERUSER_ID else None
        if clients_sudo:
            raise UserError(  # pylint: disable=no-raise-unlink
                self.env._(
                    "%s is a client. Clients go with Delete in the menu Actions of the profile or the list, which"
                    " shows first what goes with them; managers of the Clients app may use it.",
                    ", ".join(clients_sudo[:3].mapped("name")),
                )
            )
        return super().unlink()

    # ------------------------------------------------------------------
    # Many
    # ------------------------------------------------------------------

    @api.model
    def _bulk_deeds(self):
        return super()._bulk_deeds() | {
            "delete": {
                "label": self.env._("Delete"),
                "icon": "fa-trash",
                "group": MANAGER,
                "fields": ["typed_count"],
                "required": ["typed_count"],
                "check": "_bulk_delete_check",
                "deal": "_bulk_delete",
                "batch": 20,
            }
        }

    def _bulk_delete_check(self, values):
        refused = {}
        for client in self:
            client_sudo = client.sudo()  # what stands in the way does so whoever may see it
            people_sudo = client_sudo._erase_people()
            found = people_sudo._client_erase_refusals(people_sudo.browse())
            if found:
                refused[client] = found[0]["text"]
        return refused

    def _bulk_delete(self, values):
        """Begin the deletion of each; what goes is done in the background, with a certificate for each."""
        refused = {}
        for client in self:
            try:
                with self.env.cr.savepoint():
                    self.env["nestogy.client.deletion"]._prepare(client)._begin()
            except (AccessError, UserError) as error:
                refused[client] = str(error)
        return refused
