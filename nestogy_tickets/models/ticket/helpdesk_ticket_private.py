from odoo import fields, models


class HelpdeskTicket(models.Model):
    """Fields of helpdesk_mgmt and its companions that are the staff's own business.

    Portal users may read their tickets over RPC, so every field without groups is public to them.
    """

    _inherit = "helpdesk.ticket"

    user_ids = fields.Many2many(groups="base.group_user")
    assigned_date = fields.Datetime(groups="base.group_user")
    unattended = fields.Boolean(groups="base.group_user")
    tag_ids = fields.Many2many(groups="base.group_user")
    channel_id = fields.Many2one(groups="base.group_user")
    color = fields.Integer(groups="base.group_user")
    kanban_state = fields.Selection(groups="base.group_user")
    properties = fields.Properties(groups="base.group_user")
    duplicate_id = fields.Many2one(groups="base.group_user")
    duplicate_ids = fields.One2many(groups="base.group_user")
    duplicate_count = fields.Integer(groups="base.group_user")
    duplicate_tracking_enabled = fields.Boolean(groups="base.group_user")
    email_cc = fields.Char(groups="base.group_user")
    duration_tracking = fields.Json(groups="base.group_user")
    rotting_days = fields.Integer(groups="base.group_user")
    is_rotting = fields.Boolean(groups="base.group_user")
    activity_type_icon = fields.Char(groups="base.group_user")
    activity_exception_decoration = fields.Selection(groups="base.group_user")
    activity_exception_icon = fields.Char(groups="base.group_user")
    project_id = fields.Many2one(groups="base.group_user")
    task_id = fields.Many2one(groups="base.group_user")
    milestone_id = fields.Many2one(groups="base.group_user")
    positive_rate_percentage = fields.Integer(groups="base.group_user")
    rating_status = fields.Selection(groups="base.group_user")
    rating_count = fields.Integer(groups="base.group_user")
    rating_percentage_satisfaction = fields.Float(groups="base.group_user")
    # whoever has it reads the ticket for ever without signing in
    access_token = fields.Char(groups="base.group_user")
