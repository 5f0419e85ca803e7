from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _get_forbidden_access(self, operation):
        """Hide every internal message of a ticket from visitors.

        The core hides those of type comment; notes that came by mail and logs of changes can be read by id.
        """
        forbidden = super()._get_forbidden_access(operation)
        if operation != "read" or self.env.user._is_internal():
            return forbidden
        reader = self.env.user.partner_id
        rest_sudo = (
            self - forbidden
        ).sudo()  # whether a message is internal decides if it may be read at all
        internal = rest_sudo.filtered(
            lambda message: (
                message.model == "helpdesk.ticket"
                and (message.is_internal or not message.subtype_id or message.subtype_id.internal)
                and reader
                not in message.author_id | message.partner_ids | message.notification_ids.res_partner_id
            )
        )
        return forbidden | self.browse(internal.ids)
