from odoo import models
from odoo.tools import is_html_empty


class MailMessage(models.Model):
    """The log follows messages that are changed, moved or deleted."""

    _inherit = "mail.message"

    def write(self, vals):
        done = super().write(vals)
        if "body" in vals and is_html_empty(vals["body"]):
            self.env["nestogy.communication"]._feed_forget(self.ids)
        elif {"body", "res_id", "model"} & vals.keys():
            self.env["nestogy.communication"]._feed_change(self.sudo())  # whoever may change the message
        return done

    def unlink(self):
        """Empty the rows of messages that people delete; a mail that Odoo clears away once it is sent stays logged."""
        if self and not self.env.context.get("nestogy_mail_was_sent"):
            self.check_access("unlink")
            self.env["nestogy.communication"]._feed_forget(self.ids)
        return super().unlink()
