from odoo import models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _generate_template_recipients(self, res_ids, render_fields, allow_suggested=False, **kwargs):
        """Mail a client's documents to whom the client named, not to everybody who took part before."""
        mixin = self.env.registry["nestogy.client.mail.mixin"]
        if allow_suggested and self.model in self.env and isinstance(self.env[self.model], mixin):
            documents = self.env[self.model].browse(res_ids).exists()
            allow_suggested = not documents or not all(each._client_mail_kind() for each in documents)
        return super()._generate_template_recipients(res_ids, render_fields, allow_suggested=allow_suggested, **kwargs)
