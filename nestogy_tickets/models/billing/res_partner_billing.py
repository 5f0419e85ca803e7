from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.nestogy_clients.tools.client_settings import BILLING, ClientSetting


class ResPartner(models.Model):
    """What work costs a client: on tickets and on jobs alike."""

    _inherit = "res.partner"

    time_product_id = fields.Many2one(
        "product.product",
        string="Service for Time",
        company_dependent=True,
        domain=[("type", "=", "service"), ("sale_ok", "=", True)],
        groups="base.group_user",
        help="The service as which time on tickets and jobs is invoiced, at the price of the client's contract, else of"
        " its pricelist.",
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "time_product": ClientSetting(
                self.env._("Service for time"),
                "time_product_id",
                "time_product_id",
                "time_product_id",
                subject="money",
                role=BILLING,
                default_label=self.env._("Not chosen: time cannot be invoiced"),
            )
        }

    def _time_product(self):
        """The service as which time of this client is invoiced.

        :raise UserError: none is chosen
        """
        product, _level = self.sudo()._client_setting("time_product")  # whoever invoices reads the settings
        if not product:
            raise UserError(
                self.env._(
                    "Choose the service as which time of %s is invoiced: “Service for time” in the settings of the"
                    " client, of its group or of the company.",
                    self.display_name,
                )
            )
        return product

    def _billing_currency(self, company):
        """The currency in which the client is invoiced."""
        currency, level = self.sudo()._client_setting("currency")  # as above
        return currency if currency and level != "company" else company.currency_id

    def _agreed_lines(self, products, company):
        """Lines of running contracts of this client that say what a product costs it, the newest ones.

        :return: dict of product id to ``contract.line`` in sudo
        """
        today = fields.Date.context_today(self)
        # what was agreed holds for whoever notes or invoices work
        lines_sudo = self.env["contract.line"].sudo()
        found = lines_sudo.search(
            Domain("contract_id.commercial_partner_id", "in", self.ids)
            & Domain("contract_id.company_id", "=", company.id)
            & Domain("contract_id.service_state", "in", ("active", "to_renew"))
            & Domain("product_id", "in", products.ids)
            & Domain("is_canceled", "=", False)
            & (Domain("date_end", "=", False) | Domain("date_end", ">=", today)),
            order="id",
        )
        return {line.product_id.id: line for line in found}

    def _work_price(self, product, quantity, uom, company, agreed=None):
        """What one of a product costs this client: the price in a running contract, else that of its pricelist.

        :param dict agreed: see :meth:`_agreed_lines`, for whoever asks for many prices
        :return: the price in the company's currency
        """
        uom = uom or product.uom_id
        agreed = self._agreed_lines(product, company) if agreed is None else agreed
        if line_sudo := agreed.get(product.id):
            price, own = line_sudo.price_unit, line_sudo.uom_id
            if own and own._has_common_reference(uom):
                price = own._compute_price(price, uom)
            today = fields.Date.context_today(self)
            return line_sudo.contract_id.currency_id._convert(price, company.currency_id, company, today, round=False)
        # whoever notes or invoices work need not read pricelists
        client_sudo, product_sudo = self.sudo().with_company(company), product.sudo().with_company(company)
        return client_sudo.property_product_pricelist._get_product_price(
            product_sudo, quantity, currency=company.currency_id, uom=uom
        )
