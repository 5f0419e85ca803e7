from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.domains import literal_domain


class ResPartner(models.Model):
    """By what clients are told apart: size, form, potential; and the named filters that hold them."""

    _inherit = "res.partner"

    company_size = fields.Selection(
        [("small", "Small business"), ("mid", "Mid-market"), ("enterprise", "Enterprise")],
        index="btree_not_null",
        groups="base.group_user",
    )
    company_structure = fields.Selection(
        [
            ("sole", "Sole proprietor"),
            ("partnership", "Partnership"),
            ("limited", "Limited liability company"),
            ("corporation", "Corporation"),
            ("nonprofit", "Nonprofit"),
            ("public", "Public sector"),
        ],
        string="Legal Structure",
        groups="base.group_user",
    )
    revenue_potential = fields.Selection(
        [("high", "High"), ("medium", "Medium"), ("low", "Low")],
        index="btree_not_null",
        groups="base.group_user",
    )
    client_segment_ids = fields.Many2many(
        "nestogy.client.segment",
        string="Segments",
        compute="_compute_client_segment_ids",
        search="_search_client_segment_ids",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_client_segment_ids(self):
        """Which of the segments that the user sees hold these clients: one query a segment, for all clients."""
        found = {}
        clients = self.filtered("is_client")
        segments = self.env["nestogy.client.segment"].search([]) if clients else ()
        for segment in segments:
            try:
                inside = self.search(Domain("id", "in", clients.ids) & segment._clients_domain())
            except UserError:
                continue  # a filter that cannot be read, or asks for what the user may not see
            for client in inside:
                found.setdefault(client.id, []).append(segment.id)
        for partner in self:
            partner.client_segment_ids = found.get(partner.id, [])

    def _search_client_segment_ids(self, operator, value):
        segments = self.env["nestogy.client.segment"]
        if operator == "in":
            matching = segments.browse(each for each in value if each)._matching_domain()
            return matching if all(value) else matching | ~segments.search([])._matching_domain()
        if operator in ("any", "any!"):
            return segments.search(value)._matching_domain()
        if operator in ("ilike", "like", "=ilike", "=like"):
            return segments.search([("name", operator, value)])._matching_domain()
        return NotImplemented

    @api.model
    def _client_domain(self, text, names=None):
        """Read a filter of clients that a person made, and check that it can be asked.

        :param str text: a domain on clients, as a literal
        :param dict names: words that stand for a value
        :return: Domain that holds for clients alone
        :raise UserError: it cannot be read, asks for a field that is gone, or for segments
        """
        if "client_segment_ids" in (text or ""):
            raise UserError(self.env._("A filter of clients cannot ask for segments; use their filters instead."))
        try:
            domain = Domain(literal_domain(text, names))
            domain.validate(self)
            return Domain("is_client", "=", True) & domain
        except (ValueError, TypeError) as error:
            raise UserError(self.env._("The filter cannot be used any more, check its conditions: %s", text)) from error
