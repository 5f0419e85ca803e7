from odoo import api, models


class NestogyReminderLog(models.Model):
    _inherit = "nestogy.reminder.log"

    @api.model
    def _selection_reason(self):
        return [*super()._selection_reason(), ("autopay", "Paid automatically")]
