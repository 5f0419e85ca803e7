from odoo import api, fields, models


class NestogyPortalPerson(models.TransientModel):
    """User name and level of one contact."""

    _name = "nestogy.portal.person"
    _description = "Portal Access of a Contact"

    partner_id = fields.Many2one("res.partner", string="Contact", required=True, readonly=True)
    has_user = fields.Boolean(compute="_compute_has_user")
    username = fields.Char(string="User Name", compute="_compute_from_partner", store=True, readonly=False)
    portal_level_id = fields.Many2one(
        "nestogy.portal.level", string="Level", compute="_compute_from_partner", store=True, readonly=False
    )
    level_text = fields.Char(related="partner_id.portal_level_text", string="In Force")

    @api.depends("partner_id")
    def _compute_has_user(self):
        for wizard in self:
            wizard.has_user = bool(wizard.partner_id.portal_username)

    @api.depends("partner_id")
    def _compute_from_partner(self):
        for wizard in self:
            wizard.username = wizard.partner_id.portal_username
            wizard.portal_level_id = wizard.partner_id.portal_level_id

    @api.model
    def check_username(self, username):
        """Say at once, while it is typed, what is wrong with a user name.

        :return: a sentence, empty when the name can be had
        """
        self.check_access("create")
        username = username if isinstance(username, str) else ""
        return self.env["res.partner"]._login_problem(username, is_own="@" not in username)

    def action_save(self):
        """Keep what changed."""
        self.ensure_one()
        contact = self.partner_id
        contact._check_may_manage_portal()
        if self.has_user and (self.username or "") != contact.portal_username:
            contact._portal_set_username(self.username)
        if self.portal_level_id != contact.portal_level_id:
            contact.portal_level_id = self.portal_level_id
        return {"type": "ir.actions.client", "tag": "soft_reload"}
