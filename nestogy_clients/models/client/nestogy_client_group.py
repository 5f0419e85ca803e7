from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class NestogyClientGroup(models.Model):
    """A family of clients that share settings; in each company a client is in exactly one.

    The group of a client is a company dependent field whose fallback is the company's default group, so a client
    that nobody sorted is in the default group without a value of its own.
    """

    _name = "nestogy.client.group"
    _inherit = ["nestogy.client.settings.mixin"]
    _description = "Client Group"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade", default=lambda self: self.env.company
    )
    is_default = fields.Boolean(
        string="Default Group", readonly=True, copy=False, help="New clients of the company start in this group."
    )
    note = fields.Text(string="Description")
    payment_term_id = fields.Many2one("account.payment.term", check_company=True)
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    preferred_currency_id = fields.Many2one("res.currency", string="Currency")
    fiscal_position_id = fields.Many2one("account.fiscal.position", check_company=True)
    invoice_sending_method = fields.Selection(
        selection=lambda self: (
            self.env["res.partner"]._fields["invoice_sending_method"]._description_selection(self.env)
        ),
        string="Invoice Delivery",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="New clients of the group start in this language; those that speak the former one follow.",
    )
    setting_overrides = fields.Char(help="Names of the settings that are set to nothing, each between commas.")
    mail_template_ids = fields.One2many("nestogy.client.mail.template", "group_id", string="E-mail Templates")
    mail_words_table = fields.Html(string="Words in Force", compute="_compute_mail_words_table", sanitize=False)
    client_count = fields.Integer(compute="_compute_client_count")

    _one_default = models.UniqueIndex("(company_id) WHERE is_default", "A company has one default client group.")

    @api.depends_context("lang")
    @api.depends("company_id", "mail_template_ids.kind")
    def _compute_mail_words_table(self):
        templates = self.env["nestogy.client.mail.template"]
        for group in self:
            nobody = self.env["res.partner"].with_company(group.company_id)
            found = templates._rank_levels(nobody, group._origin, self.env.lang)
            group.mail_words_table = templates._render_words_table(found, "group")

    def _compute_client_count(self):
        counts = self._count_clients()
        for group in self:
            group.client_count = counts.get(group, 0)

    def _count_clients(self):
        """Count the clients of each group with one grouped query a company.

        :return: dict of group to number; groups without clients are left out
        """
        counts = {}
        for company, groups in self.grouped("company_id").items():
            counts |= dict(
                self.env["res.partner"]
                .with_company(company)
                ._read_group(
                    domain=[("is_client", "=", True), ("client_group_id", "in", groups.ids)],
                    groupby=["client_group_id"],
                    aggregates=["__count"],
                )
            )
        return counts

    @api.constrains("active", "is_default")
    def _check_default_is_active(self):
        if self.filtered(lambda group: group.is_default and not group.active):
            raise UserError(
                self.env._("The default client group cannot be archived; make another group the default first.")
            )

    @api.constrains("company_id")
    def _check_company_unchanged(self):
        for group in self:
            if group.is_default and group != group.company_id._get_default_client_group():
                raise UserError(
                    self.env._("The default client group stays with its company; make another group the default first.")
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_default_or_used(self):
        counts = self.with_context(active_test=False)._count_clients()
        for group in self:
            if group.is_default:
                raise UserError(
                    self.env._("The default client group cannot be deleted; make another group the default first.")
                )
            if counts.get(group):
                raise UserError(
                    self.env._("The client group %s still has clients; move them to another group first.", group.name)
                )

    def write(self, vals):
        clients = self.env["res.partner"]
        before = {group: group._inherited_language() for group in self} if "lang" in vals else {}
        result = super().write(vals)
        if "setting_overrides" not in vals:
            # a value written past the settings table ends a "none" that was chosen there
            written = {name for name, setting in self._client_settings().items() if setting.group_field in vals}
            for group in self.filtered("setting_overrides") if written else ():
                group.setting_overrides = self._pack_overrides(
                    self._unpack_overrides(group.setting_overrides) - written
                )
        for group, former in before.items():
            clients.with_company(group.company_id)._follow_language(
                Domain("client_group_id", "=", group.id), former, group._inherited_language()
            )
        return result

    def _inherited_language(self):
        """The language of those clients of the group that have none of their own."""
        return self._resolve_setting("language", self._client_settings()["language"])[0]

    def _setting_chain(self):
        # settings hold for whoever makes the document, as in res.partner
        group_sudo = self.sudo().with_company(self.sudo().company_id)
        return [("group", group_sudo), ("company", group_sudo.env.company)]

    def _own_setting(self, name, setting):
        value = self[setting.group_field]
        return bool(value) or name in self._unpack_overrides(self.setting_overrides), value

    def _store_setting(self, name, setting, value):
        names = self._unpack_overrides(self.setting_overrides)
        names = names - {name} if value else names | {name}
        self.write({setting.group_field: value, "setting_overrides": self._pack_overrides(names)})

    def _forget_setting(self, name, setting):
        names = self._unpack_overrides(self.setting_overrides) - {name}
        self.write({setting.group_field: False, "setting_overrides": self._pack_overrides(names)})

    def _may_change_setting(self, setting):
        return self.has_access("write")

    def _setting_exceptions(self, name):
        clients = self.env["res.partner"].with_company(self.company_id)
        domain = clients._setting_override_domain(name, self) & Domain("client_group_id", "=", self.id)
        domain &= Domain("is_client", "=", True)
        count = clients.search_count(domain)
        label = self.env._("1 client has its own") if count == 1 else self.env._("%s clients have their own", count)
        return [self._prepare_setting_exception(label, clients, domain)] if count else []

    def action_make_default(self):
        """Let new clients start in this group; those that exist stay where they are."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._set_default_client_group(self)

    def action_open_clients(self):
        """Open the clients of the group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        action["domain"] = [("is_client", "=", True), ("client_group_id", "=", self.id)]
        action["context"] = {
            "default_client_status_id": self.env["nestogy.client.status"]._get_default().id,
            "default_client_group_id": self.id,
            "default_is_company": True,
        }
        return action
