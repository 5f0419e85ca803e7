from odoo import api, models
from odoo.tools import ormcache


class ResCompany(models.Model):
    """The currencies of companies, which lists of money ask for at each look and which hardly ever change."""

    _inherit = "res.company"

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"currency_id"}

    @api.model
    @ormcache()
    def _client_currency_ids(self):
        """:return: dict of company id to the id of its currency, of all companies"""
        companies_sudo = self.sudo().with_context(active_test=False)  # a fact, whoever is the first to ask
        return {company.id: company.currency_id.id for company in companies_sudo.search_fetch([], ["currency_id"])}
