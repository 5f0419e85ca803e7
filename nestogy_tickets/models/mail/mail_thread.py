import xmlrpc.client

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import email_normalize

from odoo.addons.nestogy_portal.tools.mail_traits import automatic_reason

from ...tools import mail_files, mail_quotes
from ...tools.mail_source import delivery_report
from .nestogy_mail_inbox import MailHeld

TICKET = "helpdesk.ticket"
ROUTED = (TICKET, "helpdesk.ticket.team")
MAIL_SERVERS = ("nestogy_clients.nestogy_clients_group_agent", "base.group_system")  # who may hand in a mail over RPC


class MailThread(models.AbstractModel):
    """What happens to a mail on its way from the gateway into a ticket."""

    _inherit = "mail.thread"

    # ------------------------------------------------------------------
    # The door: fetching of mail, mailgate script and RPC all come through here
    # ------------------------------------------------------------------

    @api.model
    def message_process(
        self, model, message, custom_values=None, save_original=False, strip_attachments=False, thread_id=None
    ):
        """Store each mail before anything reads it; see ``nestogy.mail.inbox``."""
        options = {
            "model": model,
            "custom_values": custom_values,
            "save_original": save_original,
            "strip_attachments": strip_attachments,
            "thread_id": thread_id,
        }
        if self.env.context.get("nestogy_inbox_id"):
            return super().message_process(message=message, **options)
        if not self.env.su and not any(self.env.user.has_group(group) for group in MAIL_SERVERS):
            raise AccessError(self.env._("Mails are handed in by the mail server, as a Client Agent or administrator."))
        if isinstance(message, xmlrpc.client.Binary):
            message = bytes(message.data)
        if isinstance(message, str):
            message = message.encode("utf-8", "surrogateescape")
        context = self.env.context
        options |= {
            "uid": self.env.uid,
            "threads": self._name,
            "context": {
                key: context[key] for key in ("default_fetchmail_server_id", "fetchmail_cron_running") if key in context
            },
        }
        inbox_sudo = self.env["nestogy.mail.inbox"].sudo()  # nobody writes received mails but the gateway
        return inbox_sudo._take_in(message, options)

    def _inbox_mail(self):
        """The received mail that is being taken in, in sudo; empty outside of that."""
        # nobody writes received mails but the gateway
        return self.env["nestogy.mail.inbox"].sudo().browse(self.env.context.get("nestogy_inbox_id") or [])

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def message_parse(self, message, save_original=False):
        values = super().message_parse(message, save_original=save_original)
        for key, value in values.items():
            if isinstance(value, str) and "\0" in value:
                values[key] = value.replace("\0", "")  # PostgreSQL refuses it, and the mail would be lost
        values["body"] = type(values.get("body") or "")(mail_quotes.fold(values.get("body")))
        return values

    def _message_parse_extract_payload(self, message, message_dict, save_original=False):
        """Open what Outlook packs into winmail.dat, and give each file a name that a file can have."""
        heavy = mail_files.lighten(message)
        payload = super()._message_parse_extract_payload(message, message_dict, save_original=save_original)
        attachments = [self._Attachment("message.html", html, {}) for html in heavy]
        for attachment in payload["attachments"]:
            name, content, info = attachment
            unpacked, text = mail_files.unpack(name, content)
            if text and not mail_files.has_text(payload["body"]):
                payload["body"] = text
            attachments += [self._Attachment(each, data, {}) for each, data in unpacked] or [
                self._Attachment(mail_files.file_name(name), content, info)
            ]
        return {**payload, "attachments": attachments}

    # ------------------------------------------------------------------
    # Where it goes
    # ------------------------------------------------------------------

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        if self._inbox_mail():
            # the core reads models one by one, and all that is known of them
            models_sudo = self.env["ir.model"].sudo()  # which models there are is no secret
            models_sudo.browse([models_sudo._get_id(name) for name in ROUTED]).fetch(["model"])
        try:
            return super().message_route(message, message_dict, model, thread_id, custom_values)
        except ValueError as error:
            if not self._inbox_mail():
                raise
            reason = self.env._("None of its addresses takes mails: %s", message_dict.get("recipients") or "?")
            raise MailHeld("nobody", reason) from error

    @api.model
    def _routing_reset_bounce(self, email_message, message_dict):  # pylint: disable=missing-return
        """Forget bounces of an address that writes as the core does, which asks each time which models have some."""
        if not self._inbox_mail():
            return super()._routing_reset_bounce(email_message, message_dict)
        address = email_normalize(message_dict["email_from"])
        key = "nestogy_mail_people", self._inbox_mail().id
        self.env.cr.cache[key] = []
        if not address:
            return None
        of_address = Domain("email_normalized", "=", address)
        people_sudo = self.env["res.partner"].sudo()  # the gateway may not read all contacts
        people_sudo = people_sudo.search_fetch(of_address, ["commercial_partner_id"])
        # more will be asked of them and of their clients
        (people_sudo | people_sudo.commercial_partner_id).fetch()
        people_sudo.filtered("message_bounce")._message_reset_bounce(address)
        self.env.cr.cache[key] = people_sudo.ids
        blacklist = self.pool["mail.thread.blacklist"]
        for name, model in self.pool.items():
            if issubclass(model, blacklist) and not model._abstract and name != people_sudo._name:
                bounced_sudo = self.env[name].sudo()  # the gateway may not read all of them
                bounced_sudo = bounced_sudo.search(of_address & Domain("message_bounce", ">", 0))
                bounced_sudo._message_reset_bounce(address)
        return None

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Make a new ticket of a reply by somebody who takes no part in it: a Message-Id is no key."""
        model, thread_id = route[:2]
        if model == TICKET and not message_dict.get("author_id"):
            message_dict["author_id"] = self._only_author(message_dict)
        if model == TICKET and thread_id:
            ticket = self.env[model].browse(thread_id).exists()
            ticket_sudo = ticket.sudo()  # the gateway may not read all tickets
            if ticket and not ticket_sudo._may_answer_by_mail(message_dict):
                values = {"team_id": ticket_sudo.team_id.id, "company_id": ticket_sudo.company_id.id}
                route = (model, 0, {**(route[2] or {}), **values}, route[3], route[4])
                message_dict.pop("parent_id", None)
        return super()._routing_check_route(message, message_dict, route, raise_exception=raise_exception)

    @api.model
    def _only_author(self, message_dict):
        """:return: id of who has the address of the sender; False where the core has to choose among several"""
        mail_sudo = self._inbox_mail()
        people_ids = self.env.cr.cache.get(("nestogy_mail_people", mail_sudo.id)) or ()
        if len(people_ids) != 1 or mail_sudo._is_own_address(message_dict.get("email_from")):
            return False
        return self.env["res.partner"].browse(people_ids)._filtered_access("read").id

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        """Hold back what floods tickets instead of answering and forgetting it, as the core does."""
        mail_sudo = self._inbox_mail()
        if not mail_sudo or {route[0] for route in routes or ()} != {TICKET}:
            return super()._detect_loop_sender(message, message_dict, routes)
        if not self.env.context.get("nestogy_inbox_force"):
            self._hold_ticket_mail(mail_sudo, message, message_dict, routes)
        return False

    @api.model
    def _hold_ticket_mail(self, mail_sudo, message, message_dict, routes):
        """Refuse to make a ticket by itself of what no person of a client may have sent.

        :raise MailHeld: with the reason
        """
        address = email_normalize(message_dict.get("email_from") or "") or ""
        if mail_sudo._is_own_address(address):
            raise MailHeld("own", self.env._("It comes from %s, an address of ours: a loop.", address))
        held = self._reason_to_hold(mail_sudo, message, address, routes)
        if held:
            allowed_sudo = self.env["mail.gateway.allowed"].sudo()  # settings are for administrators
            if not address or not allowed_sudo.search_count([("email_normalized", "=", address)], limit=1):
                raise held

    @api.model
    def _reason_to_hold(self, mail_sudo, message, address, routes):
        """:return: a :class:`MailHeld`, None when nothing speaks against the mail"""
        if mail_sudo._is_flood():
            return MailHeld("flood", self.env._("Too many mails from %s in a short time.", address))
        if any(route[1] for route in routes):
            return None
        company = self._route_company(routes)
        automatic = automatic_reason(message.items(), message.get_content_type())
        if automatic and company.ticket_mail_machines == "quarantine":
            return MailHeld("machine", self.env._("Its header %s says that no person wrote it.", automatic))
        if company.ticket_mail_strangers == "quarantine" and not self.env[TICKET]._mail_client(address):
            return MailHeld("unknown", self.env._("No client has the address %s.", address or "?"))
        return None

    @api.model
    def _route_company(self, routes):
        """The company whose rules hold for a new ticket, in sudo."""
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()  # rules of the company hold whoever hands the mail in
        for _model, _thread, values, _user, _alias in routes:
            team_sudo = teams_sudo.browse((values or {}).get("team_id") or [])
            if team_sudo.company_id:
                return team_sudo.company_id
        return self.env.company.sudo()  # as above

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):  # pylint: disable=missing-return
        """Mark the address when it does not exist any more; a full mailbox or a slow server says nothing about it."""
        status, reason = delivery_report(email_message, message_dict.get("body"))
        address = email_normalize(message_dict.get("bounced_email") or "")
        if status == "hard":
            super()._routing_handle_bounce(email_message, message_dict)
            people_sudo = self.env["res.partner"].sudo()  # the gateway may not write contacts
            if address:
                people_sudo = people_sudo.search([("email_normalized", "=", address)])
            else:
                people_sudo = people_sudo.browse((message_dict.get("bounced_partner") or people_sudo).ids)
            people_sudo._mark_bounced(reason)
        mail_sudo = self._inbox_mail()
        if mail_sudo:
            mail_sudo._finish("bounce", message_dict.get("bounced_partner")[:1] or None)
            mail_sudo.reason = f"{address or '?'}: {reason}" if reason else address

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        thread_id = super()._message_route_process(message, message_dict, routes)
        mail_sudo = self._inbox_mail()
        if mail_sudo and thread_id and routes:
            mail_sudo._finish("record", self.env[routes[-1][0]].browse(thread_id))
        return thread_id

    @api.model
    def _mail_trait_models(self):
        return (*super()._mail_trait_models(), TICKET)
