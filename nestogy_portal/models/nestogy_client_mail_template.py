from odoo import api, models


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Offer ``{link}`` in the mails of documents that have a page in the portal."""
        kinds = super()._mail_kinds()
        mixin = self.env.registry["nestogy.portal.mail.mixin"]
        return {
            kind: spec
            | (
                {"placeholders": spec["placeholders"] | {"link": self.env._("the reader's own link into the portal")}}
                if spec["model"] in self.env and isinstance(self.env[spec["model"]], mixin)
                else {}
            )
            for kind, spec in kinds.items()
        }
