from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

MANAGER = "nestogy_clients.nestogy_clients_group_manager"


class ResPartner(models.Model):
    """The SLA times of a client, on its form: what holds, where it comes from, and its own ones."""

    _inherit = "res.partner"

    sla_matrix = fields.Json(
        string="SLA Times", compute="_compute_sla_times", inverse="_inverse_sla_matrix", groups="base.group_user"
    )
    sla_policy_text = fields.Char(string="Policy in Force", compute="_compute_sla_times", groups="base.group_user")
    sla_promise = fields.Text(string="What We Promise", compute="_compute_sla_times", groups="base.group_user")
    sla_is_own = fields.Boolean(string="Has Times of Its Own", compute="_compute_sla_times", groups="base.group_user")
    sla_may_edit = fields.Boolean(compute="_compute_sla_times", groups="base.group_user")

    @api.depends_context("company", "lang", "uid")
    @api.depends("sla_policy_id", "client_group_id")
    def _compute_sla_times(self):
        found = self._client_settings_of("sla_policy")
        setting = self._client_settings()["sla_policy"]
        is_manager = self.env.user.has_group(MANAGER)
        for client in self:
            policy, level = found[client]["sla_policy"]
            policy_sudo = policy and policy.sudo()  # what holds for a client is read by whoever reads the client
            client.sla_policy_text = self.env._(
                "%(policy)s (%(level)s)",
                policy=client._setting_text(setting, policy, level),
                level=client._setting_level_label(level, policy),
            )
            client.sla_matrix = policy_sudo.matrix if policy_sudo else False
            client.sla_promise = (
                policy_sudo.promise if policy_sudo else self.env._("Nothing is promised to this client.")
            )
            client.sla_is_own = bool(policy_sudo) and policy_sudo.client_id == client._origin
            client.sla_may_edit = is_manager and client.sla_is_own

    def _inverse_sla_matrix(self):
        for client in self:
            policy, _level = client._client_setting("sla_policy")
            if not policy or policy.client_id != client:
                raise UserError(
                    self.env._("%s has no times of its own; press “Own Times for This Client” first.", client.name)
                )
            policy.matrix = client.sla_matrix

    def action_sla_own_times(self):
        """Give the client times of its own that begin with those that hold for it now."""
        self.ensure_one()
        self.check_access("write")
        policies = self.env["nestogy.sla.policy"]
        if not self.is_client or not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("SLA times are made by managers, for clients."))
        policy, _level = self._client_setting("sla_policy")
        if policy and policy.client_id == self:
            return False
        values = {
            "name": self.env._("Times of %s", self.name),
            "client_id": self.id,
            "company_id": self.env.company.id,
            "active": True,
        }
        own = policies.with_context(active_test=False).search(
            Domain("client_id", "=", self.id) & Domain("company_id", "=", self.env.company.id), limit=1
        )
        if own:
            own.active = True
        else:
            own = policy.copy(values) if policy else policies.create(values)
        self.set_client_setting("sla_policy", own.id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_sla_shared_times(self):
        """Let the client have the times of its group or company again; its own ones are kept in the archive."""
        self.ensure_one()
        policy, _level = self._client_setting("sla_policy")
        self.inherit_client_setting("sla_policy")
        if policy and policy.client_id == self:
            policy.active = False
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.constrains("sla_policy_id")
    def _check_sla_policy_client(self):
        for partner in self:
            owner = partner.sla_policy_id.sudo().client_id  # only to compare
            if owner and owner != partner:
                raise ValidationError(
                    self.env._(
                        "The times %(policy)s belong to %(client)s; choose a shared policy, or make own times.",
                        policy=partner.sla_policy_id.name,
                        client=owner.name,
                    )
                )
