import json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.client_settings import BILLING, ClientSetting


class ResPartner(models.Model):
    """Settings that come from the client, else from its group, else from the company.

    A value that somebody gives to a client stays the client's own, also when it equals what would be inherited:
    Odoo does not store a company dependent value that equals its fallback, so the names of such settings are kept in
    ``setting_overrides``, and ``ir.default`` writes these values down before it changes a fallback.
    """

    _name = "res.partner"
    _inherit = ["res.partner", "nestogy.client.settings.mixin"]

    preferred_currency_id = fields.Many2one(
        "res.currency",
        company_dependent=True,
        groups="base.group_user",
        help="Invoices, estimates and contracts of the client are made in this currency.",
    )
    setting_overrides = fields.Char(
        company_dependent=True,
        groups="base.group_user",
        help="Names of the settings that the client has of its own, each between commas.",
    )
    overridden_setting = fields.Selection(
        selection=lambda self: [(name, setting.label) for name, setting in self._client_settings().items()],
        string="Own Setting",
        compute="_compute_overridden_setting",
        search="_search_overridden_setting",
        groups="base.group_user",
        help="To find the clients that do not inherit a setting.",
    )
    client_group_effect = fields.Text(compute="_compute_client_group_effect", groups="base.group_user")

    @api.model
    def _client_settings(self):
        """The settings that clients inherit; addons add theirs.

        :return: dict of name to :class:`ClientSetting`
        """
        return {
            "payment_term": ClientSetting(
                self.env._("Payment terms"),
                "property_payment_term_id",
                "payment_term_id",
                subject="money",
                role=BILLING,
                none_label=self.env._("None: due at once"),
                default_label=self.env._("Due at once"),
            ),
            "currency": ClientSetting(
                self.env._("Currency"),
                "preferred_currency_id",
                "preferred_currency_id",
                "currency_id",
                subject="money",
                role=BILLING,
                company_note=self.env._("The company's currency is set in Accounting."),
                feature="base.group_multi_currency",
            ),
            "pricelist": ClientSetting(
                self.env._("Pricelist"),
                "specific_property_product_pricelist",
                "pricelist_id",
                subject="money",
                role=BILLING,
                default_label=self.env._("By the client's country"),
                company_note=self.env._("The first pricelist that fits the client's country."),
                feature="product.group_product_pricelist",
            ),
            "fiscal_position": ClientSetting(
                self.env._("Fiscal position"),
                "property_account_position_id",
                "fiscal_position_id",
                subject="money",
                role=BILLING,
                none_label=self.env._("None: taxes as on the products"),
                default_label=self.env._("Found by the client's address"),
                company_note=self.env._("Fiscal positions are applied by the client's address."),
            ),
            "invoice_delivery": ClientSetting(
                self.env._("Invoice delivery"),
                "invoice_sending_method",
                "invoice_sending_method",
                subject="mail",
                role=BILLING,
                default_label=self.env._("by Email"),
            ),
            "language": ClientSetting(
                self.env._("Language"), "lang", "lang", "client_lang", subject="mail", always_set=True
            ),
        }

    @api.model
    def _client_setting_subjects(self):
        """The headings under which settings are shown; addons add theirs.

        :return: dict of key to title
        """
        return {
            "money": self.env._("Money"),
            "mail": self.env._("Mail"),
            "portal": self.env._("Portal"),
            "service": self.env._("Service"),
        }

    def _client_setting(self, name):
        """The value of a setting that is in force for this client, in the current company, and where it comes from.

        Fields are read, so the clients of a batch are fetched together.

        :param str name: one of :meth:`_client_settings`
        :return: tuple of the value (a record or a scalar, falsy when it is set nowhere, or to nothing on purpose)
            and ``client``, ``group`` or ``company``
        """
        self.ensure_one()
        return self._client_settings_of(name)[self][name]

    def _client_settings_of(self, *names):
        """Settings of many clients, with as many queries as for one.

        :return: dict of partner to a dict of name to what :meth:`_client_setting` says; of all settings without names
        """
        settings = self._client_settings()
        found = {}
        for partner in self:
            found[partner] = {}
            for name in names or settings:
                value, level = partner._resolve_setting(name, settings[name])
                # the value was read in sudo; what is done with it is up to the user
                value = value.with_env(self.env) if isinstance(value, models.BaseModel) else value
                found[partner][name] = value, level
        return found

    def _fetch_settings(self, *names):
        """Read these settings of clients and groups, where no others will be asked for: reading one reads all."""
        settings = [setting for name, setting in self._client_settings().items() if name in names]
        clients_sudo = self.commercial_partner_id.sudo()  # as in _setting_chain
        clients_sudo.fetch([*(setting.client_field for setting in settings), "client_group_id", "setting_overrides"])
        clients_sudo.client_group_id.fetch([*(setting.group_field for setting in settings), "setting_overrides"])

    def _setting_chain(self):
        # settings hold for whoever makes the document, a portal user or a cron too
        holder_sudo = self.commercial_partner_id.sudo()
        chain = [("client", holder_sudo)]
        client_sudo = holder_sudo
        if holder_sudo.parent_id and not holder_sudo.is_client:
            # a branch that is a company of its own has what its client has
            client_sudo = holder_sudo._get_client()
            chain += [("client", each) for each in client_sudo]
        if client_sudo.is_client and client_sudo.client_group_id:
            chain.append(("group", client_sudo.client_group_id))
        return [*chain, ("company", holder_sudo.env.company)]

    def _own_setting(self, name, setting):
        field, value = self._fields[setting.client_field], self[setting.client_field]
        if name in self._unpack_overrides(self.setting_overrides):
            return True, value
        if not value:
            return False, value
        if setting.always_set:
            inherited, _level = self._resolve_setting(name, setting, skip="client")
            return bool(inherited) and value != inherited, value
        # unless it was written down by hand, only what differs from the fallback is the client's own
        return not field.company_dependent or value != field.get_company_dependent_fallback(self), value

    def _store_setting(self, name, setting, value):
        names = self._unpack_overrides(self.setting_overrides) | {name}
        self.with_context(client_setting_door=True).write(
            {setting.client_field: value, "setting_overrides": self._pack_overrides(names)}
        )

    def _forget_setting(self, name, setting):
        names = self._unpack_overrides(self.setting_overrides) - {name}
        values = {"setting_overrides": self._pack_overrides(names)}
        field = self._fields[setting.client_field]
        if setting.always_set:
            values[setting.client_field] = self._resolve_setting(name, setting, skip="client")[0] or self[field.name]
        elif field.company_dependent:
            values[setting.client_field] = field.get_company_dependent_fallback(self)
        else:
            values[setting.client_field] = False
        self.with_context(client_setting_door=True).write(values)

    def _may_change_setting(self, setting):
        return self.is_client and self.env.user.has_group(setting.role)

    def _may_change_mail_text(self):
        return self.is_client

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        names = self._settings_in(set().union(*vals_list)) if vals_list else []
        if names:
            partners._note_overrides(names, inherits_if_same=True)
        return partners

    def write(self, vals):
        result = super().write(vals)
        if not self.env.context.get("client_setting_door"):
            if names := self._settings_in(vals):
                self._note_overrides(names)
            if vals.get("client_status_id"):
                # who becomes a client brings the values along that it has as a contact
                self._note_overrides(list(self._client_settings()), inherits_if_same=True)
        return result

    @api.model
    def _settings_in(self, field_names):
        return [name for name, setting in self._client_settings().items() if setting.client_field in field_names]

    def _note_overrides(self, names, inherits_if_same=False):
        """Keep in mind which settings clients were given, wherever that was done; an emptied one is inherited.

        :param bool inherits_if_same: a value that equals the company's was not chosen, but a default
        """
        settings = self._client_settings()
        clients_sudo = self.sudo().filtered("is_client")  # a note beside a value that was allowed to be written
        for client_sudo in clients_sudo:
            known = self._unpack_overrides(client_sudo.setting_overrides)
            found = set(known)
            for name in names:
                setting = settings[name]
                field, value = self._fields[setting.client_field], client_sudo[setting.client_field]
                is_same = field.company_dependent and value == field.get_company_dependent_fallback(client_sudo)
                if setting.always_set or (inherits_if_same and (not value or is_same)):
                    continue
                found = found | {name} if value else found - {name}
            if found != known:
                client_sudo.setting_overrides = self._pack_overrides(found)

    @api.model
    def _hold_overridden_settings(self, field_names):
        """Write values down that equal the fallback and are a client's own, before the fallback changes.

        SQL, because the ORM drops a value that equals the fallback.
        """
        for name, setting in self._client_settings().items():
            field = self._fields[setting.client_field]
            if field.name not in field_names or not field.company_dependent:
                continue
            self.flush_model(["setting_overrides", field.name])
            for company_sudo in self.env["res.company"].sudo().search([]):  # a fallback may be that of all companies
                model = self.with_company(company_sudo)
                fallback = field.get_company_dependent_fallback(model)
                self.env.cr.execute(
                    SQL(
                        """UPDATE res_partner
                              SET %(column)s = COALESCE(%(column)s, '{}')
                                               || jsonb_build_object(%(company)s, %(value)s::jsonb)
                            WHERE setting_overrides->>%(company)s LIKE %(name)s
                              AND NOT COALESCE(%(column)s, '{}') ? %(company)s""",
                        column=SQL.identifier(field.name),
                        company=str(company_sudo.id),
                        value=json.dumps(field.convert_to_column(field.convert_to_write(fallback, model), model)),
                        name=f"%,{name},%",
                    )
                )
            self.invalidate_model([field.name])

    def _compute_overridden_setting(self):
        """Nothing to show: the field is there to be searched."""
        self.overridden_setting = False

    def _search_overridden_setting(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("is_client", "=", True) & Domain.OR(
            self._setting_override_domain(name) for name in value if name in self._client_settings()
        )

    @api.model
    def _setting_override_domain(self, name, groups=None):
        """The clients that have a setting of their own, in the current company.

        :param nestogy.client.group groups: those among whose clients is searched, all of the company when empty
        """
        setting = self._client_settings()[name]
        field = self._fields[setting.client_field]
        own = Domain("setting_overrides", "like", f",{name},")
        if setting.always_set:
            of_company = [("company_id", "=", self.env.company.id)]
            for group in groups or self.env["nestogy.client.group"].search(of_company):
                inherited, _level = group._resolve_setting(name, setting)
                if inherited:
                    own |= Domain("client_group_id", "=", group.id) & Domain(field.name, "not in", [inherited, False])
            return own
        if field.company_dependent:
            fallback = field.convert_to_write(field.get_company_dependent_fallback(self), self)
            return own | Domain(field.name, "not in", [fallback, False])
        return own | Domain(field.name, "!=", False)

    @api.depends_context("company", "lang")
    @api.depends("client_group_id")
    def _compute_client_group_effect(self):
        """Say what another group changes for the client, before it is saved."""
        for client in self:
            lines = []
            group, former = client.client_group_id, client._origin.client_group_id
            if client._origin and client._origin.is_client and group != former:
                for name, setting in self._client_settings().items():
                    value, level = client._origin._resolve_setting(name, setting)
                    if level == "client":
                        continue
                    chosen = group or self.env.company._get_default_client_group()
                    new_value, new_level = chosen._resolve_setting(name, setting)
                    before = self._setting_text(setting, value, level)
                    after = self._setting_text(setting, new_value, new_level)
                    if before != after:
                        lines.append(
                            self.env._(
                                "%(setting)s: %(before)s → %(after)s",
                                setting=setting.label,
                                before=before,
                                after=after,
                            )
                        )
                if not lines:
                    lines = [self.env._("No setting of the client changes.")]
            client.client_group_effect = "\n".join(lines) or False
