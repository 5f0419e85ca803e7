from odoo import api, models


class MailMessage(models.Model):
    """A note of a ticket stays a note, however somebody writes to it."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        messages._check_ticket_notes()
        return messages

    def write(self, vals):
        # a note that becomes a message would be read by the client at once
        opens = {"subtype_id", "is_internal"} & set(vals) and not self.env.su
        notes = self._ticket_notes() if opens else self.browse()
        result = super().write(vals)
        if notes - self._ticket_notes():
            tickets = self.env["helpdesk.ticket"]
            raise tickets._note_stays_internal()
        if "partner_ids" in vals:
            self._check_ticket_notes()
        return result

    def _ticket_notes(self):
        tickets = self.env["helpdesk.ticket"]
        # what kind of message it is decides about its readers, whoever writes it
        typed_sudo = self.sudo().filtered(
            lambda message: message.model == tickets._name and message.message_type in ("comment", "email_outgoing")
        )
        return self.browse(
            typed_sudo.filtered(lambda message: message.is_internal or tickets._is_note_subtype(message.subtype_id)).ids
        )

    def _check_ticket_notes(self):
        notes_sudo = self._ticket_notes().sudo()  # as above
        if notes_sudo.partner_ids:
            self.env["helpdesk.ticket"]._check_note_readers(notes_sudo.partner_ids)
