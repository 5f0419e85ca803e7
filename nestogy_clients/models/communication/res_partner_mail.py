from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_amount, format_date


class ResPartner(models.Model):
    """Who at a client gets which kind of mail, in which words."""

    _inherit = "res.partner"

    client_mail_template_ids = fields.One2many(
        "nestogy.client.mail.template",
        "client_id",
        string="E-mail Templates",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    client_mail_route_ids = fields.One2many(
        "nestogy.client.mail.route",
        "client_id",
        string="Other Recipients",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    client_mail_table = fields.Html(
        string="Who Gets What", compute="_compute_client_mail_table", groups="base.group_user", sanitize=False
    )
    client_mail_words_table = fields.Html(
        string="Words in Force",
        compute="_compute_client_mail_words_table",
        groups="nestogy_clients.nestogy_clients_group_viewer",
        sanitize=False,
    )
    client_mail_warning = fields.Char(compute="_compute_client_mail_warning", groups="base.group_user")

    # each mail that comes in looks its sender up by this field
    _email_normalized_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    @api.depends(
        "email",
        "is_client",
        "primary_contact_id.email",
        "primary_contact_id.active",
        "client_mail_route_ids.kind",
        "client_mail_route_ids.contact_ids.email",
    )
    def _compute_client_mail_table(self):
        kinds = dict(self.env["nestogy.client.mail.template"]._selection_routed_kind())
        for client in self:
            rows = []
            for kind, label in kinds.items() if client.is_client else ():
                recipients, origin = client._client_mail_route(kind)
                rows.append({"label": label, "recipients": recipients, "origin": origin})
            client.client_mail_table = (
                self.env["ir.qweb"]._render("nestogy_clients.client_mail_table", {"rows": rows}) if rows else Markup("")
            )

    @api.depends_context("company", "lang")
    @api.depends("is_client", "client_group_id", "lang", "client_mail_template_ids.kind")
    def _compute_client_mail_words_table(self):
        templates = self.env["nestogy.client.mail.template"]
        for client in self:
            client.client_mail_words_table = (
                templates._render_words_table(templates._levels_in_force(client), "client") if client.is_client else ""
            )

    @api.depends("client_mail_table")
    def _compute_client_mail_warning(self):
        """Say which kinds of mail reach nobody."""
        kinds = dict(self.env["nestogy.client.mail.template"]._selection_routed_kind())
        for client in self:
            lost = [
                label for kind, label in kinds.items() if client.is_client and not client._client_mail_route(kind)[0]
            ]
            if lost and len(lost) == len(kinds):
                client.client_mail_warning = self.env._(
                    "Nothing can be mailed yet, missing: an e-mail address of the client or its primary contact."
                )
            elif lost:
                client.client_mail_warning = self.env._("Nobody gets these mails: %s.", ", ".join(lost))
            else:
                client.client_mail_warning = False

    def _client_mail_route(self, kind):
        """Who gets a kind of mail by default, and why.

        :param str kind: one of ``nestogy.client.mail.template._mail_kinds()``
        :return: tuple of partners with an e-mail address and ``route``, ``primary``, ``client`` or ``nobody``
        """
        self.ensure_one()
        # routing is the firm's business: the same for whoever sends
        client_sudo = self.sudo()
        routes_sudo = client_sudo.client_mail_route_ids
        leader = self.env["nestogy.client.mail.template"]._mail_leaders().get(kind)
        route_sudo = routes_sudo.filtered(lambda each: each.kind == kind) or routes_sudo.filtered(
            lambda each: each.kind == leader
        )
        for origin, partners_sudo in (
            ("route", route_sudo.contact_ids),
            ("primary", client_sudo.primary_contact_id),
            ("client", client_sudo),
        ):
            reachable = partners_sudo.filtered(lambda each: each.active and each.email)
            if reachable:
                return reachable.with_env(self.env), origin
        return self.browse(), "nobody"

    def _client_mail_recipients(self, kind):
        """Who gets a kind of mail by default: those chosen for it, else the primary contact, else the client itself.

        :param str kind: one of ``nestogy.client.mail.template._mail_kinds()``
        :return: partners with an e-mail address; empty when nobody has one
        """
        recipients = self.browse()
        for client in self._get_client():
            recipients |= client._client_mail_route(kind)[0]
        return recipients

    # ------------------------------------------------------------------
    # Mails about the client itself: reminders, statements
    # ------------------------------------------------------------------

    def _client_mail_values(self, kind=None):
        """What each placeholder stands for in a mail about the client as a whole; addons add theirs.

        :return: dict as in ``nestogy.client.mail.mixin``
        """
        self.ensure_one()
        client = self.commercial_partner_id
        recipient = client._client_mail_recipients(kind)[:1] if kind else client.browse()
        return {
            "client": client.name or "",
            "contact": (recipient or client.primary_contact_id or client).name or "",
            "company": self.env.company.name,
            "date": format_date(self.env, fields.Date.context_today(self), lang_code=self._client_mail_lang()),
        }

    def _client_mail_value(self, name, kind=None):
        return self.env["nestogy.client.mail.mixin"]._pick_value(self, name, kind)

    def _client_mail_client(self):
        return self.commercial_partner_id

    def _client_mail_readers(self, kind):
        return self._client_mail_recipients(kind)

    def _client_mail_lang(self):
        return self.env.context.get("client_mail_lang") or self.lang or self.env.lang

    def _client_mail_partner_to(self, kind):
        """The recipients of a mail about the client, for ``partner_to`` of a template.

        When nobody has an address it is the client, so that the send dialog asks for one.
        """
        return ",".join(str(each) for each in (self._client_mail_recipients(kind) or self).ids)

    def _client_mail_money(self, rows):
        """Amounts by currency in one line.

        :param rows: pairs of currency and amount
        """
        lang = self._client_mail_lang()
        return " + ".join(format_amount(self.env, amount, currency, lang_code=lang) for currency, amount in rows)

    def _client_mail_invoices(self, moves):
        """A table of invoices for the body of a mail."""
        lang = self._client_mail_lang()
        today = fields.Date.context_today(self)
        rows = [
            {
                "number": move.name,
                "date": format_date(self.env, move.invoice_date, lang_code=lang),
                "due": format_date(self.env, move.invoice_date_due, lang_code=lang),
                "late": bool(move.invoice_date_due and move.invoice_date_due < today),
                "open": format_amount(self.env, move.amount_residual, move.currency_id, lang_code=lang),
            }
            for move in moves
        ]
        return self.env["ir.qweb"]._render("nestogy_clients.client_mail_invoices", {"rows": rows}, lang=lang)

    def _client_mail_composer(self, kind, title):
        """Open the send dialog for a mail about this client, in the words and to the people that hold for it."""
        self.ensure_one()
        spec = self.env["nestogy.client.mail.template"]._mail_kinds()[kind]
        template = self._client_mail_template(kind) or self.env.ref(spec["template_xmlid"])
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": "res.partner",
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id,
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
                "client_mail_kind": kind,
                # the mail is written in the name of the company that was asked, whatever is switched on elsewhere
                "allowed_company_ids": self.env.context.get("allowed_company_ids") or self.env.company.ids,
                "force_email": True,
            },
        }

    def message_post(self, **kwargs):
        """Let whoever invoices mail a client about its account, without the right to change the client."""
        poster = self
        if self.env.context.get("client_mail_kind") and self.env.user.has_group(
            "nestogy_clients.nestogy_clients_group_billing"
        ):
            self.check_access("read")
            poster = self.sudo()  # posting asks for the right to write, which billing needs for nothing else
        return super(ResPartner, poster).message_post(**kwargs).with_env(self.env)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _client_mail_template_level(self, kind, lang=None):
        """Whose words hold for a kind of mail to this client in the current company.

        :param str kind: see :meth:`_client_mail_recipients`
        :param str lang: language of the reader, the client's own when empty
        :return: tuple of a ``nestogy.client.mail.template`` and ``client``, ``group`` or ``company``; an empty one
            and an empty text when Odoo's ordinary template holds
        """
        templates = self.env["nestogy.client.mail.template"]
        return templates._levels_in_force(self, lang, [kind]).get(kind, (templates, ""))

    def _client_mail_template(self, kind, lang=None):
        """The compiled template for a kind of mail: the client's own, its group's or the company's.

        :return: a ``mail.template``, empty when Odoo's ordinary template holds
        """
        template, _level = self._client_mail_template_level(kind, lang)
        # whoever sends: what was compiled is ours
        return template.sudo().mail_template_id.with_env(self.env)
