from odoo import models


class MailNotification(models.Model):
    """Mails that did not arrive are marked in the log."""

    _inherit = "mail.notification"

    def write(self, vals):
        done = super().write(vals)
        if vals.get("notification_status") in ("bounce", "exception"):
            self.env["nestogy.communication"]._feed_fail(self.sudo())  # whoever sends
        return done
