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
    client_mail_warning = fields.Char(compute="_compute_client_mail_warning", groups="base.group_user")

    @api.depends("email", "primary_contact_id.email", "vat", "street", "city", "country_id", "is_client")
    def _compute_client_mail_warning(self):
        """Say what is missing before documents can go out by e-mail and be complete."""
        for partner in self:
            missing = []
            if partner.is_client and not partner._client_mail_recipients("invoice"):
                missing.append(self.env._("an e-mail address of the client or its primary contact"))
            partner.client_mail_warning = (
                self.env._("Nothing can be mailed yet, missing: %s.", ", ".join(missing)) if missing else False
            )

    def _client_mail_recipients(self, kind):
        """Who gets a kind of mail by default: the primary contact, or the client itself.

        :param str kind: one of ``nestogy.client.mail.template._mail_kinds()``
        :return: partners with an e-mail address; empty when nobody has one
        """
        recipients = self.browse()
        for client in self._get_client():
            # routing is the firm's business: the same for whoever sends
            contact = client.sudo().primary_contact_id.filtered(lambda each: each.active and each.email)
            recipients |= contact or client.filtered("email")
        return recipients.with_env(self.env)

    def _client_mail_template(self, kind, lang=None):
        """The compiled template for a kind of mail: the client's own, else that of its group.

        On either level a template in the wanted language goes before the one for all languages.

        :param str kind: see :meth:`_client_mail_recipients`
        :param str lang: language of the reader, the client's own when empty
        :return: a ``mail.template``, empty when the company's ordinary template holds
        """
        self.ensure_one()
        client_sudo = self._get_client().sudo()  # senders without our roles use the client's words as well
        if not client_sudo:
            return self.env["mail.template"]
        group = client_sudo.client_group_id or self.env.company._get_default_client_group()
        templates_sudo = client_sudo.env["nestogy.client.mail.template"].search(
            [
                ("kind", "=", kind),
                ("lang", "in", [lang or client_sudo.lang, False]),
                "|",
                ("client_id", "=", client_sudo.id),
                ("group_id", "=", group.id),
            ]
        )
        ranked = templates_sudo.sorted(lambda each: (not each.client_id, not each.lang))
        return ranked[:1].mail_template_id.with_env(self.env)
