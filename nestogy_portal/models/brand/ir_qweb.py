from odoo import models
from odoo.http import request
from odoo.tools import lazy


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _prepare_environment(self, values):
        """Tell the pages under which brand the visitor sees them; it is looked up when a page uses it.

        The login is no page of the site for Odoo, so this is not in ``_prepare_frontend_environment``.
        """
        irQweb = super()._prepare_environment(values)
        if request and request.db and request.env.uid and not irQweb.env.context.get("minimal_qcontext"):
            values.setdefault("portal_brand", lazy(request.env["nestogy.portal.profile"]._brand_of_visitor))
        return irQweb
