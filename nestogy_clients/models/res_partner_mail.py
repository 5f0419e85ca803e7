from markupsafe import Markup

from odoo import api, fields, models


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
        kinds = dict(self.env["nestogy.client.mail.template"]._selection_kind())
        for client in self:
            rows = []
            for kind, label in kinds.items() if client.is_client else ():
                recipients, origin = client._client_mail_route(kind)
                rows.append({"label": label, "recipients": recipients, "origin": origin})
            client.client_mail_table = (
                self.env["ir.qweb"]._render("nestogy_clients.client_mail_table", {"rows": rows}) if rows else Markup("")
            )

    @api.depends("client_mail_table")
    def _compute_client_mail_warning(self):
        """Say which kinds of mail reach nobody."""
        kinds = dict(self.env["nestogy.client.mail.template"]._selection_kind())
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
        route_sudo = client_sudo.client_mail_route_ids.filtered(lambda each: each.kind == kind)
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
