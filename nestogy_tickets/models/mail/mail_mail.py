import re
import smtplib
from datetime import timedelta

from odoo import fields, models, modules
from odoo.tools import SQL

INTERRUPTED = timedelta(minutes=15)  # no server takes so long for a mail
RETRY_MINUTES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 720, 720, 720)  # two and a half days
_TEMPORARY = re.compile(
    r"(?<![\d.])4[0-5]\d(?![\d.])|\b4\.\d{1,3}\.\d{1,3}\b|timed? ?out|refused|unreachable|disconnected|closed|reset by",
    re.IGNORECASE,
)


class MailMail(models.Model):
    """Mails that a server did not take for the moment are sent again by themselves, and none is sent twice."""

    _inherit = "mail.mail"

    retries = fields.Integer(readonly=True, copy=False, help="How often this mail was tried again by itself.")

    sending_since = fields.Datetime(
        readonly=True, copy=False, help="Set before the mail is handed over; a process that dies then leaves it set."
    )

    def write(self, vals):
        if "state" in vals:
            vals = {"sending_since": False} | vals  # what it has become is known
        return super().write(vals)

    def send_after_commit(self):  # pylint: disable=missing-return
        # the core sends with a cursor of its own then, in this context
        super(MailMail, self.with_context(nestogy_own_cursor=True)).send_after_commit()

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Commit mail by mail where the cursor is ours: a process that dies must not send all of them again."""
        is_own = bool(self.env.context.get("nestogy_own_cursor")) and not modules.module.current_test
        return super().send(
            auto_commit=auto_commit or is_own, raise_exception=raise_exception, post_send_callback=post_send_callback
        )

    def _send(self, auto_commit=False, **kwargs):
        """Send each mail under a lock, so that two senders who found it in the queue do not both send it."""
        for mail in self:
            locked = mail.try_lock_for_update()
            if not locked:
                continue
            locked.invalidate_recordset(["state", "sending_since"])
            if not locked._begin_sending(auto_commit):
                continue
            try:
                super(MailMail, locked)._send(auto_commit=auto_commit, **kwargs)
            except smtplib.SMTPServerDisconnected as error:
                # the core leaves such a mail as failed for ever
                reason = f"SMTPServerDisconnected: {error}"
                locked.write({"state": "exception", "failure_type": "mail_smtp", "failure_reason": reason})
                locked._postprocess_sent_message([], [], failure_reason=reason, failure_type="mail_smtp")
                raise
        return True

    def _begin_sending(self, auto_commit):
        """Note for good that a mail is on its way, before a server has it.

        :return: whether it is to be handed over now
        """
        if self.state != "outgoing":
            return True  # the core leaves it alone
        now = fields.Datetime.now()
        if self.sending_since and self.sending_since > now - INTERRUPTED:
            return False  # somebody is at it
        if self.sending_since:
            reason = self.env._(
                "The server was stopped while this mail was on its way, so it may have arrived. Retry if it has not."
            )
            self.write({"state": "exception", "failure_type": "unknown", "failure_reason": reason})
            self._postprocess_sent_message([], [], failure_reason=reason, failure_type="unknown")
            return False
        if auto_commit:
            self.sending_since = now
            self._commit_sending()
        return True

    def _commit_sending(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit
        # the lock went with the commit; whoever took it meanwhile sees that we are at it, and lets go
        self.env.cr.execute(SQL("SELECT FROM mail_mail WHERE id = %s FOR UPDATE", self.id))

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        result = super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
        if failure_type and not success_pids and not success_emails:
            self.exists()._retry_later(failure_reason, failure_type)
        return result

    def _retry_later(self, failure_reason, failure_type):
        """Put mails back into the queue that may be delivered later; the reason stays in sight."""
        for mail in self:
            reason = failure_reason or mail.failure_reason or ""
            if mail.state != "exception" or mail.retries >= len(RETRY_MINUTES):
                continue
            if failure_type != "mail_smtp" and not (failure_type == "unknown" and _TEMPORARY.search(reason)):
                continue
            when = fields.Datetime.now() + timedelta(minutes=RETRY_MINUTES[mail.retries])
            mail.write({"state": "outgoing", "scheduled_date": when, "retries": mail.retries + 1})
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(when)
