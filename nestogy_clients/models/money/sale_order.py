from odoo import api, fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "nestogy.client.mail.mixin"]

    client_alerts = fields.Json(compute="_compute_client_alerts", groups="base.group_user")

    @api.depends("state", "partner_id", "partner_invoice_id", "company_id", "credit_approval", "amount_total")
    def _compute_client_alerts(self):
        for order in self:
            shown = order.partner_id and order.state in ("draft", "sent")
            order.client_alerts = order._client_alerts() if shown else {}

    def _compute_payment_term_id(self):  # pylint: disable=missing-return
        super()._compute_payment_term_id()
        for order in self.filtered("partner_id"):
            term, level = order.partner_id.with_company(order.company_id)._client_setting("payment_term")
            if level != "company":
                order.payment_term_id = term

    @api.depends("partner_id")
    def _compute_currency_id(self):  # pylint: disable=missing-return
        super()._compute_currency_id()
        for order in self.filtered("partner_id"):
            client = order.partner_id.with_company(order.company_id)
            currency, level = client._client_setting("currency")
            # a pricelist that was chosen for the client, or on the order, says its currency itself
            chosen = (
                client._client_setting("pricelist")[1] != "company"
                or order.pricelist_id != client.property_product_pricelist
            )
            if level != "company" and not chosen:
                order.currency_id = currency

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders.partner_id._check_client_may_order()
        return orders

    def _client_mail_kind(self):
        self.ensure_one()
        return "estimate" if self.state in ("draft", "sent") else False

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {
            "number": self.name or "",
            "amount": self._client_mail_amount(self.amount_total),
            "date": self._client_mail_date(self.date_order),
            "due": self._client_mail_date(self.validity_date),
            "reference": self.client_order_ref or "",
        }

    def _find_mail_template(self):
        if self.env.context.get("proforma"):
            return super()._find_mail_template()
        return self._client_mail_template() or super()._find_mail_template()

    def _client_alerts(self):
        """What is missing at the clients of these orders (see ``res.partner._client_alerts``)."""
        return self.env["res.partner"]._client_alerts(
            [
                (order.partner_id, order.partner_invoice_id or order.partner_id, order.company_id, "estimate")
                for order in self
            ]
        )
