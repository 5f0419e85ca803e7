from typing import NamedTuple

from odoo import api, fields, models


class ClientSetting(NamedTuple):
    """One setting that a client inherits.

    ``client_field`` is a company dependent field of the partner, ``group_field`` one of the client group; the
    company's own value is the fallback of the partner's field (``ir.default``), or that of ``company_field``.
    """

    label: str
    client_field: str
    group_field: str
    company_field: str = ""


class ResPartner(models.Model):
    """Settings that come from the client, else from its group, else from the company.

    Nothing is copied: changing the value of a group holds at once for all its clients that have none of their own.
    """

    _inherit = "res.partner"

    preferred_currency_id = fields.Many2one(
        "res.currency",
        company_dependent=True,
        groups="base.group_user",
        help="Invoices, estimates and contracts of the client are made in this currency.",
    )
    client_settings_table = fields.Html(
        string="Settings in Force", compute="_compute_client_settings_table", groups="base.group_user", sanitize=False
    )

    @api.model
    def _client_settings(self):
        """The settings that clients inherit; addons add theirs.

        :return: dict of name to :class:`ClientSetting`
        """
        return {
            "payment_term": ClientSetting(self.env._("Payment terms"), "property_payment_term_id", "payment_term_id"),
            "pricelist": ClientSetting(self.env._("Pricelist"), "specific_property_product_pricelist", "pricelist_id"),
            "currency": ClientSetting(
                self.env._("Currency"), "preferred_currency_id", "preferred_currency_id", "currency_id"
            ),
            "fiscal_position": ClientSetting(
                self.env._("Fiscal position"), "property_account_position_id", "fiscal_position_id"
            ),
            "invoice_delivery": ClientSetting(
                self.env._("Invoice delivery"), "invoice_sending_method", "invoice_sending_method"
            ),
        }

    def _client_setting(self, name):
        """The value of a setting that is in force for this client, in the current company, and where it comes from.

        Fields are read, so the clients of a batch are fetched together.

        :param str name: one of :meth:`_client_settings`
        :return: tuple of the value (a record or a scalar, falsy when it is set nowhere) and ``client``, ``group`` or
            ``company``
        """
        self.ensure_one()
        setting = self._client_settings()[name]
        # settings hold for whoever makes the document, a portal user or a cron too
        client_sudo = self.commercial_partner_id.sudo()
        field = self._fields[setting.client_field]
        fallback = field.get_company_dependent_fallback(client_sudo)
        own = client_sudo[setting.client_field]
        # a value that equals the fallback is not stored, so whatever differs is the client's own
        if own and own != fallback:
            return self._unsudo(own), "client"
        of_group = client_sudo.client_group_id[setting.group_field] if client_sudo.is_client else False
        if of_group:
            return self._unsudo(of_group), "group"
        # as above
        of_company = self.env.company.sudo()[setting.company_field] if setting.company_field else fallback
        return self._unsudo(of_company), "company"

    def _unsudo(self, value):
        return value.with_env(self.env) if isinstance(value, models.BaseModel) else value

    @api.depends_context("company", "lang")
    @api.depends("client_group_id", "is_client")
    def _compute_client_settings_table(self):
        for client in self:
            rows = []
            for name, setting in self._client_settings().items() if client.is_client else ():
                value, level = client._client_setting(name)
                rows.append({"label": setting.label, "value": self._setting_text(setting, value), "level": level})
            client.client_settings_table = (
                self.env["ir.qweb"]._render(
                    "nestogy_clients.client_settings_table", {"rows": rows, "group": client.client_group_id}
                )
                if rows
                else ""
            )

    @api.model
    def _setting_text(self, setting, value):
        if isinstance(value, models.BaseModel):
            return ", ".join(value.sudo().mapped("display_name"))  # a name that is shown, not a record to open
        field = self._fields[setting.client_field]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return str(value or "")
