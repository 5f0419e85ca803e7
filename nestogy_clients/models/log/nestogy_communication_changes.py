from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext

from ...tools.mail_excerpt import MOST_READ, excerpt, items_apart
from .nestogy_communication import MOST_PREVIEW


class NestogyCommunication(models.Model):
    """What becomes of logged mails: they fail, come back, are deleted or changed; rows follow."""

    _inherit = "nestogy.communication"

    # bounces name the mail that came back by its Message-ID
    _message_ref_idx = models.Index("(message_ref) WHERE message_ref IS NOT NULL")

    @api.model
    def _feed_fail(self, notifications_sudo):
        """Mark the mails that these notifications say were not delivered."""
        queued = self._feed_queued()
        clients = {}
        for notification_sudo in notifications_sudo:
            mail = queued.get(notification_sudo.mail_message_id.id)
            if mail and notification_sudo.res_partner_id:
                mail.failed_ids.add(notification_sudo.res_partner_id.id)
            elif mail:
                mail.failed_addresses.add(notification_sudo.mail_email_address or "")
        rows_sudo = self.sudo().search(  # marks are for all, whoever sends
            Domain("mail_message_id", "in", notifications_sudo.mail_message_id.ids)
            & Domain("direction", "=", "out")
            & Domain("is_bounced", "=", False)
        )
        for notification_sudo in notifications_sudo if rows_sudo else ():
            failed = clients.setdefault(notification_sudo.mail_message_id.id, set())
            failed.add(notification_sudo.res_partner_id._get_client().id)  # nobody's: an address alone
        rows_sudo.filtered(
            lambda row: {row.client_id.id, False} & clients.get(row.mail_message_id.id, set())
        ).is_bounced = True

    @api.model
    def _feed_fail_alone(self, mails_sudo, reached):
        """Mark mails that no message of a document stands for and that could not be sent.

        :param list reached: partners who got theirs
        """
        lost = {
            mail.mail_message_id.id: mail.recipient_ids - self.env["res.partner"].union(*reached) for mail in mails_sudo
        }
        for message_id, people in lost.items():
            if queued := self._feed_queued().get(message_id):
                queued.failed_ids.update(people.ids)
        rows_sudo = self.sudo().search(  # marks are for all, whoever sends
            Domain("mail_message_id", "in", list(lost)) & Domain("direction", "=", "out")
        )
        rows_sudo.filtered(
            lambda row: row.client_id in lost[row.mail_message_id.id]._get_client() or not lost[row.mail_message_id.id]
        ).is_bounced = True

    @api.model
    def _feed_bounce(self, address, partners, message, refs):
        """Mark a mail that came back.

        :param str address: to which it could not be delivered
        :param res.partner partners: whom the address belongs to
        :param mail.message message: that came back, empty when it was deleted since
        :param list refs: its Message-IDs
        """
        which = Domain("message_ref", "in", list(refs or ()))
        if message:
            which |= Domain("mail_message_id", "in", message.ids)
        rows_sudo = self.sudo().search(which & Domain("direction", "=", "out"))  # the gateway may not see clients
        people_sudo = partners.sudo()  # as above
        if rows_sudo and not people_sudo and email_normalize(address or ""):
            people_sudo = people_sudo.search([("email_normalized", "=", email_normalize(address))])
        clients_sudo = people_sudo._get_client()
        of_clients_sudo = rows_sudo.filtered(lambda row: row.client_id in clients_sudo)
        (of_clients_sudo or (rows_sudo if len(rows_sudo) == 1 else of_clients_sudo)).is_bounced = True

    @api.model
    def _feed_forget(self, message_ids):
        """Empty the rows of messages that were deleted; that there was a mail remains."""
        queued = self._feed_queued()
        for message_id in message_ids:
            if message_id in queued:
                queued[message_id].subject, queued[message_id].body = self.env._("Deleted message"), ""
        rows_sudo = self.sudo().search([("mail_message_id", "in", list(message_ids))])  # whoever may delete the message
        rows_sudo.write({"name": self.env._("Deleted message"), "body": False, "preview": "", "is_shared": False})

    @api.model
    def _feed_change(self, messages_sudo):
        """Follow messages that were moved to another document or whose text was changed."""
        queued = self._feed_queued()
        rows_sudo = self.sudo().search([("mail_message_id", "in", messages_sudo.ids)])  # as they are the message's own
        for message_sudo in messages_sudo:
            mail = queued.get(message_sudo.id)
            mine_sudo = rows_sudo.filtered(lambda row, message_sudo=message_sudo: row.mail_message_id == message_sudo)
            if mail:
                mail.model, mail.res_id = message_sudo.model or "", message_sudo.res_id or 0
                if mail.body:
                    mail.body = message_sudo.body or ""
            mine_sudo.write({"res_model": message_sudo.model or False, "res_id": message_sudo.res_id or False})
            had_text_sudo = mine_sudo.filtered("preview")
            if had_text_sudo:
                text = html2plaintext(items_apart((message_sudo.body or "")[:MOST_READ]), include_references=False)
                had_text_sudo.write({"preview": excerpt(text, MOST_PREVIEW)})
