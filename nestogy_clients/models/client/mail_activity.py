from odoo import api, fields, models
from odoo.fields import Domain


class MailActivity(models.Model):
    """Follow-ups: activities on clients, their contacts and their documents, seen as the client's."""

    _inherit = "mail.activity"

    client_id = fields.Many2one(
        "res.partner", compute="_compute_client_id", search="_search_client_id", groups="base.group_user"
    )

    @api.model
    def _client_activity_paths(self):
        """Where activities of clients may be; addons add theirs.

        :return: dict of model name to the path from its records to a partner, empty for partners themselves
        """
        return {
            "res.partner": "",
            "account.move": "partner_id",
            "sale.order": "partner_id",
            "contract.contract": "partner_id",
            "maintenance.equipment": "client_id",
            "project.project": "partner_id",
            "project.task": "partner_id",
        }

    @api.depends("res_model", "res_id")
    def _compute_client_id(self):
        paths = self._client_activity_paths()
        self.client_id = False
        for model, activities in self.grouped("res_model").items():
            if model not in paths:
                continue
            # who sees the activity may know whose it is
            documents_sudo = self.env[model].sudo().browse(activities.mapped("res_id")).exists()
            path = paths[model]
            partners_sudo = documents_sudo.mapped(path) if path else documents_sudo
            (partners_sudo | partners_sudo.parent_id).mapped("is_client")  # read together, before they are asked for
            clients = {
                document_sudo.id: (document_sudo[path] if path else document_sudo)._get_client()
                for document_sudo in documents_sudo
            }
            for activity in activities:
                activity.client_id = clients.get(activity.res_id, self.env["res.partner"])

    def _search_client_id(self, operator, value):
        if operator == "in":
            found = self._client_activity_domain(Domain("id", "in", [each for each in value if each]))
            return found if False not in value else found | ~self._client_activity_domain(Domain.TRUE)
        if operator == "any":
            return self._client_activity_domain(Domain(value))
        if operator in ("ilike", "like", "=ilike", "=like"):
            return self._client_activity_domain(Domain("display_name", operator, value))
        return NotImplemented

    @api.model
    def _client_activity_domain(self, clients):
        """Find the activities of clients; models that the user may not read are not looked into.

        :param Domain clients: of partners, which are clients besides
        """
        families = self.env["res.partner"]._search(Domain("is_client", "=", True) & clients)
        members = Domain("commercial_partner_id", "in", families)
        return Domain.OR(
            Domain("res_model", "=", model)
            & Domain("res_id", "in", self.env[model]._search(Domain(path, "any", members) if path else members))
            for model, path in self._client_activity_paths().items()
            if self.env[model].has_access("read")
        )
