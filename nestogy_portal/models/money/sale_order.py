from odoo import api, models
from odoo.fields import Domain


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "nestogy.portal.mail.mixin", "nestogy.portal.payable.mixin"]

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {"link": self._portal_link_marker() if self.id else ""}

    def _has_to_be_signed(self):
        """Offer accepting to those only who may do more than read."""
        return self.env["res.users"]._get_portal_visitor()._portal_may_act() and super()._has_to_be_signed()

    def _may_be_rejected(self):
        return self.env["res.users"]._get_portal_visitor()._portal_may_act() and super()._may_be_rejected()

    def _has_to_be_paid(self):
        return self._visitor_may_pay() and super()._has_to_be_paid()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return self._nestogy_notify_link_groups(groups, message, msg_vals)

    # ------------------------------------------------------------------
    # Lists of clients
    # ------------------------------------------------------------------

    @api.model
    def _portal_estimate_filters(self, is_order=False):
        """What a client narrows its list by.

        :return: dict of key to ``label`` and ``domain``
        """
        # what was signed and waits for our approval is accepted for the client
        signed = Domain("client_state", "=", "waiting") & Domain("signed_on", "!=", False)
        unsigned = Domain("client_state", "=", "waiting") & Domain("signed_on", "=", False)
        everything = {"all": {"label": self.env._("All"), "domain": Domain.TRUE}}
        if is_order:
            return everything | {
                "accepted": {"label": self.env._("In Progress"), "domain": Domain("client_state", "=", "accepted")},
                "invoiced": {"label": self.env._("Invoiced"), "domain": Domain("client_state", "=", "invoiced")},
            }
        return everything | {
            "open": {"label": self.env._("To Answer"), "domain": Domain("client_state", "=", "sent") | unsigned},
            "accepted": {
                "label": self.env._("Accepted"),
                "domain": Domain("client_state", "in", ["accepted", "invoiced"]) | signed,
            },
            "rejected": {"label": self.env._("Rejected"), "domain": Domain("client_state", "=", "rejected")},
            "expired": {"label": self.env._("Expired"), "domain": Domain("client_state", "=", "expired")},
        }

    @api.model
    def _portal_estimate_counts(self, mine, filters):
        """How many estimates each filter leaves of those that the visitor may see.

        :return: dict of key to number
        """
        if not self.has_access("read"):
            return dict.fromkeys(filters, 0)
        return {
            # the rules have chosen; the state is a word about what clients may not read
            key: self.sudo().search_count(Domain("id", "in", self._search(mine)) & each["domain"])
            for key, each in filters.items()
        }

    @api.model
    def _portal_estimates(self, mine, domain, limit, offset):
        """:return: a page of the estimates that the visitor may see, in sudo"""
        if not self.has_access("read"):
            return self.sudo()  # none
        # as above
        return self.sudo().search(
            Domain("id", "in", self._search(mine)) & domain,
            order="date_order desc, id desc",
            limit=limit,
            offset=offset,
        )
