from odoo import api, models
from odoo.tools import email_normalize

from ...tools import mail_links
from ...tools.mail_traits import automatic_reason, sender_is_proven, sender_is_refuted

AUTHSERV_PARAMETER = "nestogy_tickets.authserv_id"


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _notify_by_email_render_layout(self, message, recipients_group, msg_vals=False, render_values=None):
        """Give the button of a mail to a client's people the colours of their brand."""
        if recipients_group.get("notification_group_name") == "nestogy_client_contact":
            company = (render_values or {}).get("company") or self.env.company
            readers = self.env["res.partner"].with_company(company).browse(recipients_group["recipients_ids"])
            brands = [reader._portal_brand() for reader in readers]
            # one text goes to all of them, so it has colours only if these are the same for everybody
            if brands and all(each.css and each.colors == brands[0].colors for each in brands):
                render_values = (render_values or {}) | {"brand_colors": brands[0].colors}
        return super()._notify_by_email_render_layout(
            message, recipients_group, msg_vals=msg_vals, render_values=render_values
        )

    @api.model
    def message_parse(self, message, save_original=False):
        """Take sign-in links out of mails that come in: whoever answers quotes his own, and a new record may
        keep the text in a field of its own."""
        values = super().message_parse(message, save_original=save_original)
        if values.get("body"):
            values["body"] = mail_links.without_tokens(values["body"])
        return values

    @api.model
    def _mail_trait_models(self):
        """The models that ask, when a mail comes in, who really wrote it; addons add theirs."""
        return ("nestogy.conversation",)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        if any(route[0] in self._mail_trait_models() for route in routes or ()):
            # settings are for administrators
            server = self.env["ir.config_parameter"].sudo().get_param(AUTHSERV_PARAMETER)
            results = message.get_all("Authentication-Results", [])
            self = self.with_context(
                nestogy_mail_traits={
                    "automatic": automatic_reason(message.items(), message.get_content_type()),
                    "proven": sender_is_proven(results, server),
                    "refuted": sender_is_refuted(results, server),
                    "from": email_normalize(message_dict.get("email_from") or "") or "",
                }
            )
        return super()._message_route_process(message, message_dict, routes)
