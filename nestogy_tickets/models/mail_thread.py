from odoo import api, models
from odoo.tools import email_normalize

from ..tools.mail_traits import automatic_reason, sender_is_proven

AUTHSERV_PARAMETER = "nestogy_tickets.authserv_id"


class MailThread(models.AbstractModel):
    """What happens to a mail on its way from the gateway into a ticket."""

    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        values = super().message_parse(message, save_original=save_original)
        for key, value in values.items():
            if isinstance(value, str) and "\0" in value:
                values[key] = value.replace("\0", "")  # PostgreSQL refuses it, and the mail would be lost
        return values

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Make a new ticket of a reply by somebody who takes no part in it: a Message-Id is no key."""
        model, thread_id = route[:2]
        if model == "helpdesk.ticket" and thread_id:
            ticket = self.env[model].browse(thread_id).exists()
            ticket_sudo = ticket.sudo()  # the gateway may not read all tickets
            if ticket and not ticket_sudo._may_answer_by_mail(message_dict):
                values = {"team_id": ticket_sudo.team_id.id, "company_id": ticket_sudo.company_id.id}
                route = (model, 0, {**(route[2] or {}), **values}, route[3], route[4])
                message_dict.pop("parent_id", None)
        return super()._routing_check_route(message, message_dict, route, raise_exception=raise_exception)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        if any(route[0] == "helpdesk.ticket" for route in routes or ()):
            # settings are for administrators
            server = self.env["ir.config_parameter"].sudo().get_param(AUTHSERV_PARAMETER)
            self = self.with_context(
                nestogy_mail_traits={
                    "automatic": automatic_reason(message.items(), message.get_content_type()),
                    "proven": sender_is_proven(message.get_all("Authentication-Results", []), server),
                    "from": email_normalize(message_dict.get("email_from") or "") or "",
                }
            )
        return super()._message_route_process(message, message_dict, routes)
