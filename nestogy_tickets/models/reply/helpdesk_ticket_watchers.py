from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HelpdeskTicket(models.Model):
    """Watchers: colleagues and people of the same client who follow a ticket without having asked.

    Watching means mails. What somebody reads in the portal is said by his level alone.
    """

    _inherit = "helpdesk.ticket"

    watcher_ids = fields.Many2many(
        "res.partner",
        string="Watchers",
        compute="_compute_watcher_ids",
        inverse="_inverse_watcher_ids",
        groups="base.group_user",
        help="They get the answers by mail: colleagues the notes too. Nobody reads more in the portal because of it.",
    )
    watcher_domain = fields.Binary(compute="_compute_watcher_domain", groups="base.group_user")

    @api.depends("message_partner_ids", "partner_id", "user_id")
    def _compute_watcher_ids(self):
        for ticket in self:
            watchers_sudo = ticket.sudo().message_partner_ids  # names of colleagues of other companies too
            ticket.watcher_ids = self.env["res.partner"].browse((watchers_sudo - ticket._asker()).ids)

    def _inverse_watcher_ids(self):
        for ticket in self:
            wanted = ticket.watcher_ids
            asker = ticket._asker()
            before = ticket.message_partner_ids - asker
            if gone := before - wanted:
                ticket.message_unsubscribe(gone.ids)
            if new := wanted - before - asker:
                ticket.message_subscribe(new.ids)

    def _asker(self):
        """Who asked and who answers; they get the mails anyway."""
        self.ensure_one()
        assignee_sudo = self.user_id.sudo()  # a colleague of another company, perhaps
        return self._get_mail_recipients() | self.partner_id | assignee_sudo.partner_id.sudo(False)

    @api.depends("commercial_partner_id")
    def _compute_watcher_domain(self):
        for ticket in self:
            domain = fields.Domain("partner_share", "=", False)
            if ticket.commercial_partner_id:
                domain |= fields.Domain("commercial_partner_id", "=", ticket.commercial_partner_id.id)
            ticket.watcher_domain = list(domain)

    def write(self, vals):
        if "partner_id" not in vals:
            return super().write(vals)
        clients = {ticket: ticket.commercial_partner_id for ticket in self}
        result = super().write(vals)
        for ticket, client in clients.items():
            if client and ticket.commercial_partner_id != client:
                # people of the client that it was before
                followers_sudo = ticket.sudo().message_partner_ids  # whoever moves the ticket may not see them
                ticket.message_unsubscribe(
                    followers_sudo.filtered(
                        lambda partner, ticket=ticket: (
                            partner.partner_share and partner.commercial_partner_id != ticket.commercial_partner_id
                        )
                    ).ids
                )
        return result

    def _may_watch(self, partner):
        """Colleagues may watch every ticket, people of a client its own; without a client anybody may."""
        self.ensure_one()
        client = self.commercial_partner_id
        partner_sudo = partner.sudo()  # asked about everybody who is named
        return not partner_sudo.partner_share or not client or partner_sudo.commercial_partner_id == client

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Keep strangers from following, and people in Cc where the client does not want it so."""
        if partner_ids and self._mail_traits():
            partner_ids = self._watchers_by_mail(self.env["res.partner"].browse(partner_ids)).ids
            if not partner_ids:
                return True
        elif partner_ids and not self.env.su:
            strangers = self.env["res.partner"].browse(
                partner_id
                for partner_id in partner_ids
                if not all(ticket._may_watch(self.env["res.partner"].browse(partner_id)) for ticket in self)
            )
            if strangers and self.env.context.get("mail_post_autofollow"):
                partner_ids = [each for each in partner_ids if each not in strangers.ids]
            elif strangers:
                raise ValidationError(
                    self.env._(
                        "%s cannot watch this ticket, which belongs to another client. Choose people of the ticket's "
                        "client, or colleagues.",
                        ", ".join(strangers.sudo().mapped("name")),  # the user named them himself
                    )
                )
        return super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids)

    def _watchers_by_mail(self, partners):
        """Those whom a mail's To and Cc make watchers: who asked always, others as the client's setting says."""
        clients = self.commercial_partner_id
        client = (clients[:1] or clients).with_company(self.company_id[:1])
        client._fetch_settings("cc_watch", "sla_policy")  # all that a mail asks for
        wanted, _level = client._client_setting("cc_watch")
        if wanted != "no":
            return partners
        asked = self.env["res.partner"].union(*(ticket._get_mail_recipients() | ticket.partner_id for ticket in self))
        return partners.filtered(lambda partner: not partner.partner_share or partner in asked)
