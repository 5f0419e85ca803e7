from odoo import api, models


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
    def _mail_trait_models(self):
        return (*super()._mail_trait_models(), "helpdesk.ticket")
