import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize_all

PROGRESS = "nestogy_clients.communication_filled"
BATCH = 500


class NestogyCommunication(models.Model):
    """Logging what was there before: the mails and meetings of a database to which this addon comes."""

    _inherit = "nestogy.communication"

    @api.model
    def _cron_feed(self):
        """Log older mails and meetings a batch at a time, the newest first, and repeating meetings as they come near.

        How far it came is kept with each batch, so a kill costs one batch; what is logged already is left out.
        """
        cron = self.env["ir.cron"]
        steps = (("mail.message", self._fill_mails), ("calendar.event", self._fill_meetings))
        for model, fill in steps:
            while before := self._fill_progress().get(model):
                # ids are handed out in order, so what is left is at most as many
                lowest = fill(before)
                self._fill_keep(model, lowest)
                if not cron._commit_progress(1, remaining=1 if lowest else 0) and lowest:
                    return
        self.sudo()._feed_safely([], self._fill_coming_ids())  # a job of the database
        cron._commit_progress(remaining=0)

    @api.model
    def _fill_progress(self):
        """Up to which id each model is still to be logged; 0 when it is done."""
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # progress of a job
        progress = json.loads(parameters_sudo.get_param(PROGRESS) or "{}")
        for model in ("mail.message", "calendar.event"):
            if model not in progress:
                # everything, archived ones included; what comes from now on logs itself
                newest_sudo = (
                    self.env[model].sudo().with_context(active_test=False).search([], order="id desc", limit=1)
                )
                self._fill_keep(model, newest_sudo.id + 1 if newest_sudo else 0)
                progress[model] = newest_sudo.id + 1 if newest_sudo else 0
        return progress

    @api.model
    def _fill_keep(self, model, before):
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # as above
        progress = json.loads(parameters_sudo.get_param(PROGRESS) or "{}")
        parameters_sudo.set_param(PROGRESS, json.dumps(progress | {model: before}))

    @api.model
    def _fill_mails(self, before):
        """Log the newest messages below an id.

        :return int: the lowest id that was looked at, 0 at the end
        """
        writer_sudo = self.sudo()  # a job of the database, for all companies
        self.env["mail.message"].flush_model()
        self.env["mail.notification"].flush_model()
        ids = [
            id_
            for (id_,) in self.env.execute_query(
                SQL(
                    """SELECT m.id
                         FROM mail_message m
                        WHERE m.id < %s
                          AND (m.message_type IN ('email', 'comment', 'sms', 'email_outgoing')
                               OR EXISTS (SELECT FROM mail_notification n
                                           WHERE n.mail_message_id = m.id AND n.notification_type = 'email'))
                     ORDER BY m.id DESC
                        LIMIT %s""",
                    before,
                    BATCH,
                )
            )
        ]
        messages_sudo = self.env["mail.message"].sudo().browse(ids)  # as above
        messages_sudo = messages_sudo.filtered(lambda message: message.model not in self._feed_skipped_models())
        writer_sudo._feed_safely(writer_sudo._fill_mails_of(messages_sudo), ())
        return ids[-1] if len(ids) == BATCH else 0

    def _fill_mails_of(self, messages):
        """The mails that messages stood for when they were sent, as far as the database knows; called in sudo."""
        mails = {message.id: self._feed_mail_of(message) for message in messages}
        for message in messages:
            mail = mails[message.id]
            if message.message_type in ("email", "comment", "sms") and message.model and message.res_id:
                self._feed_mark_posted(mail, message)
            elif message.message_type == "email_outgoing":
                mail.to_ids.update(message.partner_ids.ids)
        told = self.env["mail.notification"].search_fetch(
            Domain("mail_message_id", "in", messages.ids)
            & Domain("notification_type", "=", "email")
            & Domain("notification_status", "!=", "canceled"),
            ["mail_message_id", "res_partner_id", "mail_email_address", "notification_status"],
        )
        for notification in told:
            mail = mails[notification.mail_message_id.id]
            failed = notification.notification_status in ("bounce", "exception")
            if notification.res_partner_id:
                mail.to_ids.add(notification.res_partner_id.id)
                if failed:
                    mail.failed_ids.add(notification.res_partner_id.id)
            else:
                mail.to_addresses.update(email_normalize_all(notification.mail_email_address or ""))
        alone = self.env["mail.mail"].search(
            Domain("mail_message_id", "in", messages.ids)
            & Domain("is_notification", "=", False)
            & Domain("state", "!=", "cancel")
        )
        for sent in alone:
            mail = mails[sent.mail_message_id.id]
            mail.body = ""  # it may carry keys
            mail.to_ids.update(sent.recipient_ids.ids)
            mail.to_addresses.update(email_normalize_all(f"{sent.email_to or ''},{sent.email_cc or ''}"))
            if sent.state == "exception":
                mail.failed_ids.update(sent.recipient_ids.ids)
        return list(mails.values())

    @api.model
    def _fill_meetings(self, before):
        """Log the newest events below an id; see :meth:`_fill_mails`."""
        events_sudo = self.env["calendar.event"].sudo()  # a job of the database, private meetings included
        events_sudo = events_sudo.search([("id", "<", before)], order="id desc", limit=BATCH)
        self.sudo()._feed_safely([], events_sudo.ids)  # as above
        return events_sudo[-1:].id if len(events_sudo) == BATCH else 0

    @api.model
    def _fill_coming_ids(self):
        """The occurrences of repeating meetings that have come near enough for a row since the job ran last."""
        _begin, end = self._feed_recurring_period()
        since = fields.Datetime.now() - timedelta(days=1)
        events_sudo = self.env["calendar.event"].sudo()  # a job of the database, private meetings included
        return events_sudo.search(
            Domain("recurrence_id", "!=", False)
            & Domain("start", ">=", since)
            & Domain("start", "<=", end)
            & Domain("partner_ids.partner_share", "=", True)
            & Domain("communication_ids", "=", False),
            limit=10 * BATCH,
        ).ids
