from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.sla_clock import CANCELLED, DONE, RUNNING

CANCELLED_STATE = "1_canceled"


class ProjectTask(models.Model):
    """The SLA clocks of a job; its sub-tasks are part of it and have none of their own."""

    _name = "project.task"
    _inherit = ["project.task", "nestogy.sla.mixin"]
    _sla_kind = "job"
    _sla_key = "task_id"

    sla_clock_ids = fields.One2many(
        "nestogy.sla.clock", "task_id", string="SLA Clocks", readonly=True, groups="base.group_user"
    )

    _sla_stale_idx = models.Index("(id) WHERE sla_is_stale")

    @api.model
    def _sla_triggers(self):
        return super()._sla_triggers() | {"state", "project_id", "parent_id", "is_template"}

    @api.model
    def _sla_open_domain(self):
        return Domain("is_closed", "=", False) & Domain("active", "=", True)

    def _sla_clients(self):
        return {task: task.client_id for task in self}

    def _sla_company(self):
        return self.company_id or self.project_id.company_id or self.create_uid.company_id or self.env.company

    def _sla_wanted(self):
        self.ensure_one()
        if self.parent_id or not self.client_id or self.has_template_ancestor:
            return None
        if self.state == CANCELLED_STATE or not self.active:
            return CANCELLED
        return DONE if self.is_closed else RUNNING

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        tasks._sla_sync(since_creation=True)
        return tasks

    def write(self, vals):
        result = super().write(vals)
        self._sla_note_write(vals)
        return result

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        self._sla_note_message(message)
        return result
