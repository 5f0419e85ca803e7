from markupsafe import Markup

from odoo import api, models

from ..tools import mail_links


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Keep no sign-in link: a reply quotes the mail it answers, and its readers are others."""
        for vals in vals_list:
            if "/my/link/" in (vals.get("body") or ""):
                body = mail_links.without_tokens(str(vals["body"]))
                vals["body"] = Markup(body) if isinstance(vals["body"], Markup) else body
        return super().create(vals_list)
