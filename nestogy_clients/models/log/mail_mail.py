from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import email_normalize_all


class MailMail(models.Model):
    """Each mail that leaves comes through here, however it was made: that is where it is logged."""

    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        communications = self.env["nestogy.communication"]
        for mail_sudo, vals in zip(mails.sudo(), vals_list, strict=True):  # the log reads what it logs
            if mail_sudo.state != "outgoing":
                continue
            people = self._linked_ids(vals.get("recipient_ids"))
            addresses = email_normalize_all(f"{vals.get('email_to') or ''},{vals.get('email_cc') or ''}")
            fed = communications._feed_add(mail_sudo.mail_message_id) if people or addresses else None
            if fed:
                fed.to_ids.update(people)
                fed.to_addresses.update(addresses)
                fed.is_new = fed.is_new or not mail_sudo.is_notification
                if mail_sudo.is_notification and not fed.body:
                    fed.body = mail_sudo.mail_message_id.body or ""  # it stands in the document for all its readers
        return mails

    @api.model
    def _linked_ids(self, commands):
        ids = set()
        for command in commands or ():
            if isinstance(command, int):
                ids.add(command)
            elif command[0] == Command.LINK:
                ids.add(command[1])
            elif command[0] == Command.SET:
                ids.update(command[2])
        return ids

    def write(self, vals):
        """Follow mails that are sent once more, or not at all."""
        if vals.get("state") in ("outgoing", "cancel"):
            queued = self.env["nestogy.communication"]._feed_queued()
            messages_sudo = self.sudo().mail_message_id  # whoever sends
            rows_sudo = self.env["nestogy.communication"].sudo()  # as above
            rows_sudo = rows_sudo.search(
                Domain("mail_message_id", "in", messages_sudo.ids) & Domain("direction", "=", "out")
            )
            # a message may have gone in several mails, and to other clients too; of addresses alone nobody knows
            clients_sudo = self.sudo().recipient_ids._get_client()
            if clients_sudo:
                rows_sudo = rows_sudo.filtered(lambda row: row.client_id in clients_sudo)
            if vals["state"] == "outgoing":
                rows_sudo.is_bounced = False
            else:
                for message_sudo in messages_sudo:
                    if message_sudo.id in queued:
                        queued[message_sudo.id].to_ids -= set(self.sudo().recipient_ids.ids)  # as above
                        queued[message_sudo.id].to_addresses.clear()
                rows_sudo.unlink()
        return super().write(vals)

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        if failure_type:
            alone_sudo = self.sudo().filtered(lambda mail: not mail.is_notification)  # notifications tell by themselves
            self.env["nestogy.communication"]._feed_fail_alone(alone_sudo, success_pids)
        return super(MailMail, self.with_context(nestogy_mail_was_sent=True))._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
