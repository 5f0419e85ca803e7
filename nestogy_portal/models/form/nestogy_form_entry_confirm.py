from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime
from odoo.tools.misc import hash_sign

from ...tools.link_tokens import short_address
from .nestogy_form_page import read_signed

CONFIRM = "nestogy_form_confirm"  # what the signature of a link is good for


class NestogyFormEntry(models.Model):
    """Whether the address that was typed is the sender's own: he opens a link that is mailed there.

    The link is signed and says which entry it is for; nothing of it is kept. It works once, as an entry that is
    confirmed is confirmed no more, and until the entry that nobody confirmed is deleted.
    """

    _inherit = "nestogy.form.entry"

    confirm_until = fields.Datetime(
        string="To Be Confirmed Until", readonly=True, help="Empty: the form did not ask for a confirmed address."
    )
    asked_at = fields.Datetime(string="Link Mailed", readonly=True)
    confirmed_at = fields.Datetime(string="Address Confirmed", readonly=True)
    sent_from = fields.Char(
        readonly=True, help="The network from which it was sent; the last part of the address is not kept."
    )
    confirmed_from = fields.Char(readonly=True, help="The network from which the address was confirmed.")

    _unconfirmed_idx = models.Index("(confirm_until) WHERE result = 'unconfirmed'")

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _waiting_domain(self):
        unasked = Domain("result", "=", "unconfirmed") & Domain("asked_at", "=", False)
        return super()._waiting_domain() | unasked & Domain("try_at", "<=", fields.Datetime.now())

    def _process(self, chosen=None, is_decided=False):  # pylint: disable=missing-return
        if self.result == "unconfirmed":
            return self._ask_to_confirm()
        return super()._process(chosen=chosen, is_decided=is_decided)

    def _ask_to_confirm(self):
        """Mail the link to the address; it says nothing that was typed, or strangers could write mails with it."""
        self.asked_at = fields.Datetime.now()
        self._mail_sender(self.form_id.confirm_template_id)

    def _confirm_url(self):
        """The address of the page that confirms, for the mail."""
        base = self.env["nestogy.portal.link"]._base_url()
        now = fields.Datetime.now()
        # where the words of the mail are tried, with any entry, there may be no end
        left = max((self.confirm_until or now) - now, timedelta(seconds=1))
        # the key is the server's own secret
        return f"{base}/form/confirm/{hash_sign(self.sudo().env, CONFIRM, [self.id, self.email], expiration=left)}"

    # ------------------------------------------------------------------
    # Confirming
    # ------------------------------------------------------------------

    @api.model
    def _find_by_link(self, token):
        """The entry of a link in sudo, confirmed or not; empty for a link that is forged or too old."""
        entries_sudo = self.sudo()  # visitors have no rights on entries; the link is what they show
        entry_id, email = read_signed(entries_sudo.env, CONFIRM, token) or (False, False)
        entry_sudo = entries_sudo.browse(entry_id).exists()
        is_meant = entry_sudo.email == email and (entry_sudo.confirmed_at or entry_sudo.result == "unconfirmed")
        return entry_sudo if is_meant else entry_sudo.browse()

    def _take_confirmation(self, ip):
        """Note that somebody reads the mailbox, and deal with the entry; the second time nothing happens."""
        entry = self.try_lock_for_update().filtered_domain([("result", "=", "unconfirmed")])
        if not entry:
            return
        now = fields.Datetime.now()
        entry.write(
            {
                "confirmed_at": now,
                "confirmed_from": short_address(ip),
                "result": "held" if entry.reason else "waiting",
                "try_at": now,
            }
        )
        self.env.ref("nestogy_portal.ir_cron_form_entries")._trigger()

    def _may_agree_to_marketing(self):
        if not self.confirm_until:
            return super()._may_agree_to_marketing()
        person = self.contact_id or self.client_id
        return bool(self.confirmed_at) and person.email_normalized == self.email

    def _proof(self):
        if not self.confirm_until:
            return super()._proof()
        values = {"proof": super()._proof(), "sent": self.sent_from or "–", "confirmed": self.confirmed_from or "–"}
        if not self.confirmed_at:
            return self.env._("%(proof)s, sent from %(sent)s; the e-mail address was not confirmed", **values)
        values["date"] = format_datetime(self.env, self.confirmed_at, tz="UTC")
        return self.env._(
            "%(proof)s, sent from %(sent)s; the e-mail address was confirmed by the link in our mail on %(date)s UTC, "
            "from %(confirmed)s",
            **values,
        )

    @api.autovacuum
    def _gc_unconfirmed(self):
        """Delete what nobody confirmed in time."""
        # the clock's own work
        late_sudo = self.sudo().search(
            [("result", "=", "unconfirmed"), ("confirm_until", "<", fields.Datetime.now())], limit=10_000
        )
        late_sudo.unlink()
