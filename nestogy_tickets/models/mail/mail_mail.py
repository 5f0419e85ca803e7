import re
import smtplib
from datetime import timedelta

from odoo import fields, models

RETRY_MINUTES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 720, 720, 720)  # two and a half days
_TEMPORARY = re.compile(
    r"(?<![\d.])4[0-5]\d(?![\d.])|\b4\.\d{1,3}\.\d{1,3}\b|timed? ?out|refused|unreachable|disconnected|closed|reset by",
    re.IGNORECASE,
)


class MailMail(models.Model):
    """Mails that a server did not take for the moment are sent again by themselves, and none is sent twice."""

    _inherit = "mail.mail"

    retries = fields.Integer(readonly=True, copy=False, help="How often this mail was tried again by itself.")

    def _send(self, **kwargs):
        """Send each mail under a lock, so that two senders who found it in the queue do not both send it."""
        for mail in self:
            locked = mail.try_lock_for_update()
            if not locked:
                continue
            locked.invalidate_recordset(["state"])
            try:
                super(MailMail, locked)._send(**kwargs)
            except smtplib.SMTPServerDisconnected as error:
                # the core leaves such a mail as failed for ever
                reason = f"SMTPServerDisconnected: {error}"
                locked.write({"state": "exception", "failure_type": "mail_smtp", "failure_reason": reason})
                locked._postprocess_sent_message([], [], failure_reason=reason, failure_type="mail_smtp")
                raise
        return True

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
