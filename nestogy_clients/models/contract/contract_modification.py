from odoo import models


class ContractModification(models.Model):
    _inherit = "contract.modification"

    def check_modification_ids_need_sent(self):
        """Mail what was changed: whoever may change it. The method can be called from outside."""
        self.check_access("write")
        return super().check_modification_ids_need_sent()
