from lxml import etree

from odoo import models

COMPILED = "nestogy_compiled_qweb"  # in the context: a dict that lives as long as one template is rendered


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        """Compile the same text once within one rendering of many records; what is allowed in it stays checked."""
        compiled = self.env.context.get(COMPILED)
        if compiled is None or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        context = self.env.context
        names = (*self._get_template_cache_keys(), "raise_on_forbidden_code_for_model")
        key = (etree.tostring(template), *(context.get(name) for name in names))  # before compiling changes it
        if key not in compiled:
            compiled[key] = super()._generate_code_uncached(template)
        return compiled[key]
