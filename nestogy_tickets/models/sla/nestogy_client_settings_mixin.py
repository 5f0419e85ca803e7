from odoo import models


class NestogyClientSettingsMixin(models.AbstractModel):
    """Times that were made for one client are offered to nobody else."""

    _inherit = "nestogy.client.settings.mixin"

    def _setting_editor(self, setting, value=False):
        editor = super()._setting_editor(setting, value)
        if editor.get("model") == "nestogy.sla.policy":
            owners = (False, self.id) if self._name == "res.partner" else (False,)
            editor["domain"] = [*editor["domain"], ("client_id", "in", owners)]
        return editor
