from odoo import models


class NestogyPortalPrivateMixin(models.AbstractModel):
    """Records that clients read and of which some fields are the staff's own business.

    Portal users may read over RPC each field without groups of what they may read at all. Fields of Odoo and of other
    addons are closed here by name, so that it does not matter which of those addons are installed.
    """

    _name = "nestogy.portal.private.mixin"
    _description = "Record with Fields for Staff Only"

    _portal_private_fields = frozenset()

    def _has_field_access(self, field, operation):
        if not self.env.su and field.name in self._portal_private_fields and self.env.user.share:
            return False
        return super()._has_field_access(field, operation)
