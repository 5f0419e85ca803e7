from odoo import api, models

from ...tools import mail_links


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Keep no sign-in link: a reply quotes the mail it answers, and its readers are others."""
        for vals in vals_list:
            if vals.get("body"):
                vals["body"] = mail_links.without_tokens(vals["body"])
        return super().create(vals_list)

    def _get_forbidden_access(self, operation):
        """Hide internal messages from visitors, whatever their type and the record they are about.

        A visitor's search never finds them; what he reads by id is held to the same rule here. Messages that
        he wrote or that were sent to him stay readable.
        """
        forbidden = super()._get_forbidden_access(operation)
        if operation != "read" or self.env.user._is_internal():
            return forbidden
        reader = self.env.user.partner_id
        # whether a message is internal decides if it may be read at all
        rest_sudo = (self - forbidden).sudo()
        internal = rest_sudo.filtered(
            lambda message: (
                (message.is_internal or not message.subtype_id or message.subtype_id.internal)
                and reader not in message.author_id | message.partner_ids | message.notification_ids.res_partner_id
            )
        )
        return forbidden | self.browse(internal.ids)
