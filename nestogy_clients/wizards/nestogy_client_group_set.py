from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientGroupSet(models.TransientModel):
    """Moves the chosen clients into another group."""

    _name = "nestogy.client.group.set"
    _description = "Change Client Group"

    client_ids = fields.Many2many("res.partner", string="Clients", required=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, required=True)
    group_id = fields.Many2one(
        "nestogy.client.group", string="New Group", required=True, domain="[('company_id', '=', company_id)]"
    )
    consequence = fields.Char(compute="_compute_consequence")

    @api.depends("client_ids", "group_id")
    def _compute_consequence(self):
        """Say how many clients move, and how many keep values of their own."""
        for wizard in self:
            clients = wizard.client_ids.filtered("is_client")
            moved = clients.filtered(lambda client, wizard=wizard: client.client_group_id != wizard.group_id)
            own = moved.filtered("setting_overrides")
            wizard.consequence = (
                self.env._(
                    "%(moved)s of %(all)s clients move to %(group)s; %(own)s of them keep settings of their own.",
                    moved=len(moved),
                    all=len(clients),
                    group=wizard.group_id.name,
                    own=len(own),
                )
                if wizard.group_id
                else False
            )

    def action_apply(self):
        """Move the clients."""
        self.ensure_one()
        clients = self.client_ids.filtered("is_client")
        if not clients:
            raise UserError(self.env._("Choose at least one client."))
        if self.group_id.company_id != self.env.company:
            raise UserError(
                self.env._(
                    "%(group)s is a group of %(company)s; switch to that company first.",
                    group=self.group_id.name,
                    company=self.group_id.company_id.name,
                )
            )
        clients.client_group_id = self.group_id
        return {"type": "ir.actions.act_window_close"}
