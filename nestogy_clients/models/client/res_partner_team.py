from odoo import api, fields, models


class ResPartner(models.Model):
    """The team that looks after a client; where the company wants it so, other teams do not see the client."""

    _inherit = "res.partner"

    client_team_id = fields.Many2one(
        "crm.team",
        string="Team",
        compute="_compute_client_team_id",
        store=True,
        readonly=False,
        recursive=True,
        index="btree_not_null",
        domain="['|', ('company_id', '=', False), ('company_id', 'in', allowed_company_ids)]",
        groups="base.group_user",
        help="The team that looks after the client. Contacts and addresses go with their client.",
    )

    # clients of an account manager are looked up by rules and filters
    _user_id_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")

    @api.depends("parent_id.client_team_id")
    def _compute_client_team_id(self):
        for partner in self:
            partner.client_team_id = (partner.parent_id or partner).client_team_id
