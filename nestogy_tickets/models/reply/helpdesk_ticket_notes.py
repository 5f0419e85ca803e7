from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

TYPED = ("comment", "email_outgoing", "email")


class HelpdeskTicket(models.Model):
    """Internal notes stay inside, and whoever answers sees before who gets it."""

    _inherit = "helpdesk.ticket"

    @api.model
    def _is_note_subtype(self, subtype):
        """A message without a subtype, or with an internal one, is for us alone."""
        return not subtype or subtype.internal

    def _posted_subtype(self, values):
        """The subtype that ``message_post`` will give to a message with these arguments."""
        subtypes_sudo = self.env["mail.message.subtype"].sudo()  # what kinds there are is no secret
        if values.get("subtype_xmlid"):
            return subtypes_sudo.browse(self.env["ir.model.data"]._xmlid_to_res_id(values["subtype_xmlid"]))
        return subtypes_sudo.browse(values.get("subtype_id") or self.env.ref("mail.mt_note").id)

    @api.model
    def _check_note_readers(self, partners, addresses=""):
        """Refuse an internal note that names somebody outside.

        :param res.partner partners: who is mentioned or written to
        :param str addresses: further addresses
        :raise UserError: names them
        """
        partners_sudo = partners.sudo()  # whoever writes may not see every partner that he names
        outside = partners_sudo.filtered("partner_share").mapped("name")
        if addresses:
            outside += [addresses]
        if outside:
            raise UserError(
                self.env._(
                    "An internal note stays with us, and %s is no colleague. Take the name out of the note, or send a "
                    "message instead.",
                    ", ".join(outside),
                )
            )

    @api.model
    def _note_stays_internal(self):
        return UserError(
            self.env._("An internal note cannot become a message to the client; write a new message instead.")
        )

    def message_post(self, **kwargs):
        if kwargs.get("is_internal"):
            kwargs["subtype_xmlid"] = "mail.mt_note"
        message_type = kwargs.get("message_type", "notification")
        if message_type in TYPED and self._is_note_subtype(self._posted_subtype(kwargs)):
            partners = self.env["res.partner"].browse(kwargs.get("partner_ids") or [])
            if self._mail_traits() or message_type == "email":
                # a mail is never lost: it becomes a note for colleagues
                partners_sudo = partners.sudo()  # as below
                kwargs["partner_ids"] = partners_sudo.filtered(lambda partner: not partner.partner_share).ids
                kwargs.pop("outgoing_email_to", None)
            else:
                self._check_note_readers(partners, kwargs.get("outgoing_email_to"))
        return super().message_post(**kwargs)

    def _message_update_content(self, message, /, *, body, attachment_ids=None, partner_ids=None, **kwargs):
        # editing decides about the readers as posting does
        if partner_ids and self._is_note_subtype(message.sudo().subtype_id):
            self._check_note_readers(self.env["res.partner"].browse(partner_ids))
        return super()._message_update_content(
            message, body=body, attachment_ids=attachment_ids, partner_ids=partner_ids, **kwargs
        )

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """The last door: whoever was named, nobody from outside is mailed a note that somebody typed."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        message_sudo = message.sudo()  # whoever notifies may not read it
        if message_sudo.message_type in TYPED and (
            message_sudo.is_internal or self._is_note_subtype(message_sudo.subtype_id)
        ):
            recipients = [recipient for recipient in recipients if not recipient["share"]]
        return recipients

    def _reply_readers(self, partner_ids=None):
        """Who gets an answer to the client by mail: whoever asked, and followers from outside.

        :param list partner_ids: further ones that the writer chose
        :return: list of dicts ``id``, ``name``, ``email``, ``is_valid``, ``is_client``, sorted by name
        """
        self.ensure_one()
        comment = self.env.ref("mail.mt_comment")
        # that a colleague may not see a follower does not keep the mail from going there
        ticket_sudo = self.sudo()
        followers_sudo = ticket_sudo.message_follower_ids.filtered(
            lambda follower: comment in follower.subtype_ids and follower.partner_id.active
        )
        partners_sudo = followers_sudo.partner_id | ticket_sudo.env["res.partner"].browse(partner_ids or [])
        partners_sudo = partners_sudo.filtered("partner_share")
        client_sudo = ticket_sudo.commercial_partner_id
        readers = [
            {
                "id": partner_sudo.id,
                "name": partner_sudo.name or partner_sudo.email or "",
                "email": partner_sudo.email or "",
                "is_valid": bool(partner_sudo.email and email_normalize(partner_sudo.email)),
                "is_client": not client_sudo or partner_sudo.commercial_partner_id == client_sudo,
            }
            for partner_sudo in partners_sudo
        ]
        return sorted(readers, key=lambda reader: reader["name"])

    def get_reply_readers(self, partner_ids=()):
        """Who would get a public answer, for the line above the composer.

        :param partner_ids: ids of the recipients that the composer suggests
        """
        self.ensure_one()
        self.check_access("read")
        partners = self.env["res.partner"].browse(partner_ids)
        partners.check_access("read")
        return self._reply_readers(partners.ids)
