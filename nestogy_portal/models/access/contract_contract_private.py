from odoo import models


class ContractContract(models.Model):
    _name = "contract.contract"
    _inherit = ["contract.contract", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "activity_exception_decoration",
            "activity_exception_icon",
            "activity_type_icon",
            "generation_type",
            "group_id",
            "invoice_generation_error",
            "invoice_generation_error_date",
            "note",
            "pricelist_id_domain",
            "service_state",
            "tag_ids",
        }
    )
