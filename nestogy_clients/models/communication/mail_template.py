from odoo import models

from .nestogy_client_mail_mixin import VALUES


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _generate_template(self, res_ids, render_fields, *args, **kwargs):
        """Reckon once for each document what its placeholders stand for, not once for each place that has one."""
        remembering = self.with_context(**{VALUES: {}})
        return super(MailTemplate, remembering)._generate_template(res_ids, render_fields, *args, **kwargs)

    def _generate_template_recipients(self, res_ids, render_fields, allow_suggested=False, **kwargs):
        """Mail a client's documents to whom the client named, not to everybody who took part before."""
        mixin = self.env.registry["nestogy.client.mail.mixin"]
        if allow_suggested and self.model in self.env and isinstance(self.env[self.model], mixin):
            documents = self.env[self.model].browse(res_ids).exists()
            allow_suggested = not documents or not all(each._client_mail_kind() for each in documents)
        return super()._generate_template_recipients(res_ids, render_fields, allow_suggested=allow_suggested, **kwargs)
