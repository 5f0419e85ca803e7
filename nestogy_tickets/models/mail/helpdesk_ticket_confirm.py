from odoo import api, fields, models
from odoo.fields import Domain

RECEIVED_TEMPLATE = "nestogy_tickets.mail_template_ticket_received"
BATCH = 50


class HelpdeskTicket(models.Model):
    """The confirmation of a ticket that a mail opened, written by a job of its own.

    Taking a mail in is quick then, whatever the confirmation takes. That it is owed is kept with the ticket itself, in
    the same transaction: it is lost only with the ticket, and sent once.
    """

    _inherit = "helpdesk.ticket"

    is_confirmation_due = fields.Boolean(
        readonly=True, copy=False, groups="base.group_user", help="Who wrote is still to be told that it has come."
    )

    _confirmation_due_idx = models.Index("(id) WHERE is_confirmation_due")

    def _owe_confirmation(self):
        """Have the confirmation sent as soon as this is committed."""
        # the gateway may not write tickets, nor start crons
        tickets_sudo = self.sudo()
        tickets_sudo._sla_write({"is_confirmation_due": True})
        if not self.env.cr.precommit.data.get("nestogy_ticket_confirmations"):
            self.env.cr.precommit.data["nestogy_ticket_confirmations"] = True
            xmlids = ("nestogy_tickets.ir_cron_ticket_confirm", "nestogy_clients.ir_cron_engagement")
            cron_ids = list(filter(None, map(self.env["ir.model.data"]._xmlid_to_res_id, xmlids)))
            # who writes is engaged: both will be set off, and are read together
            tickets_sudo.env["ir.cron"].browse(cron_ids[0]).with_prefetch(cron_ids)._trigger()

    @api.model
    def _cron_confirm(self):
        """Send what is due. One that cannot be sent does not stop the others."""
        domain = Domain("is_confirmation_due", "=", True)
        tickets = self.with_context(active_test=False)
        due = tickets.search(domain, order="id", limit=BATCH)
        self.env["ir.cron"]._commit_each(
            due, domain, "_confirm", "_note_unconfirmed", remaining=tickets.search_count(domain)
        )

    def _confirm(self):
        """Tell who asked that we have it, unless so many such mails went to him that somebody plays with us."""
        self.ensure_one()
        self._sla_write({"is_confirmation_due": False})
        recipients = self._get_mail_recipients()
        template = self._client_mail_template() or self.env.ref(RECEIVED_TEMPLATE, raise_if_not_found=False)
        if not recipients or not template or self._is_answered_enough(recipients):
            return
        self._fallback_lang().message_post_with_source(
            template,
            message_type="auto_comment",
            notify_author_mention=True,
            subtype_xmlid="mail.mt_note",
            email_layout_xmlid="mail.mail_notification_light",
        )

    def _note_unconfirmed(self, error):
        """Let staff know, who may write themselves; it is not tried for ever."""
        self._sla_write({"is_confirmation_due": False})
        self._message_log(body=self.env._("The client could not be told that the ticket is open: %s", str(error)[:200]))
