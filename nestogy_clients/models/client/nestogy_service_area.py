from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.postal import AreaRule, first_area, postal_code, share_addresses


class NestogyServiceArea(models.Model):
    """A part of the world that the firm serves; a client is in the area of its main address.

    Where several areas hold an address, the narrowest rule wins (postal codes before states before a country, a longer
    beginning of the code before a shorter one), then the order of the areas.
    """

    _name = "nestogy.service.area"
    _description = "Service Area"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        ondelete="cascade",
        help="The area takes only clients that belong to this company. Empty: clients of all companies.",
    )
    line_ids = fields.One2many("nestogy.service.area.line", "area_id", string="Places", copy=True)
    client_count = fields.Integer(compute="_compute_client_count")
    places = fields.Char(string="Where", compute="_compute_places")
    overlap_warning = fields.Text(compute="_compute_overlap_warning")

    def _compute_client_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                domain=[("is_client", "=", True), ("service_area_id", "in", self.ids)],
                groupby=["service_area_id"],
                aggregates=["__count"],
            )
        )
        for area in self:
            area.client_count = counts.get(area, 0)

    @api.depends("line_ids.display_name")
    def _compute_places(self):
        for area in self:
            area.places = ", ".join(area.line_ids.mapped("display_name"))

    @api.depends("line_ids", "sequence", "company_id")
    def _compute_overlap_warning(self):
        """Name the areas with which only the order decides; that a city lies in a state is no cause for a word."""
        # an area of a company that is switched off takes addresses all the same, but is not named
        rules = [rule for rules in self.sudo()._area_rules().values() for rule in rules]
        names = {area.id: area.name for area in self.search([])}
        for area in self:
            first, last = {}, {}
            for mine in rules if area._origin else ():
                for other in rules if mine.area == area._origin.id else ():
                    if other.area in names and other.area != mine.area and share_addresses(mine, other):
                        if mine.rank[:2] == other.rank[:2]:
                            (first if other.order < mine.order else last)[other.area] = names[other.area]
            sentences = [
                self.env._("Addresses that are in “%s” too go there, because it stands before this area.", name)
                for name in first.values()
            ] + [
                self.env._("Addresses that are in “%s” too come here, because it stands after this area.", name)
                for name in last.values()
            ]
            area.overlap_warning = "\n".join(sentences) or False

    @api.model_create_multi
    def create(self, vals_list):
        areas = super(NestogyServiceArea, self.with_context(service_areas_later=True)).create(vals_list)
        areas = areas.with_env(self.env)
        areas._refresh_clients()
        return areas

    def write(self, vals):
        result = super(NestogyServiceArea, self.with_context(service_areas_later=True)).write(vals)
        if vals.keys() & {"sequence", "active", "company_id", "line_ids"}:
            self._refresh_clients()
        return result

    def unlink(self):
        result = super(NestogyServiceArea, self.with_context(service_areas_later=True)).unlink()
        self.env["nestogy.service.area"]._refresh_clients()
        return result

    def action_open_clients(self):
        """Open the clients of the area."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        return action | {
            "display_name": self.env._("Clients in %s", self.name),
            "domain": [("is_client", "=", True), ("service_area_id", "=", self.id)],
        }

    @api.model
    def _area_rules(self):
        """All rules of active areas.

        :return: dict of country id to a list of :class:`AreaRule` in the order in which they are asked
        """
        rules = {}
        for order, area in enumerate(self.search([])):
            for line in area.line_ids:
                for bounds in line._intervals() or [None]:
                    rules.setdefault(line.country_id.id, []).append(
                        AreaRule(
                            area=area.id,
                            company=area.company_id.id or None,
                            country=line.country_id.id,
                            states=frozenset(line.state_ids.ids),
                            bounds=bounds,
                            order=order,
                        )
                    )
        return {country: sorted(each, key=lambda rule: rule.rank) for country, each in rules.items()}

    @api.model
    def _find_areas(self, addresses):
        """The areas of many addresses.

        :param addresses: iterable of tuples of country id, state id, postal code as written and company id
        :return: dict of each address to the id of an area or ``None``
        """
        rules = self._area_rules()
        codes = {country.id: country.code for country in self.env["res.country"].browse(rules)}
        addresses = set(addresses)
        companies = self.env["res.company"].browse({company for *_place, company in addresses if company})
        allowed = {company.id: {None, *company.parent_ids.ids} for company in companies} | {None: {None}}
        return {
            (country, state, zip_code, company): first_area(
                rules[country], state, postal_code(zip_code, codes[country]), allowed[company or None]
            )
            if country in rules
            else None
            for country, state, zip_code, company in addresses
        }

    def _refresh_clients(self):
        """Sort all clients into the areas as they are now: one query for the addresses, one to write what changed.

        SQL, because the ORM would load and compute each of a hundred thousand clients for a change of one area.
        """
        if self.env.context.get("service_areas_later"):
            return
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT country_id, state_id, zip, company_id, service_area_id, array_agg(id)
                     FROM res_partner
                    WHERE is_client AND service_area_by_hand IS NOT TRUE
                    GROUP BY country_id, state_id, zip, company_id, service_area_id"""
            )
        )
        # whoever may change areas sorts all clients, those of other companies too
        found = self.sudo()._find_areas(row[:4] for row in rows)
        moves = [
            (client, found[tuple(address)])
            for *address, area, ids in rows
            if found[tuple(address)] != area
            for client in ids
        ]
        self.env.cr.execute(
            SQL(
                """UPDATE res_partner SET service_area_id = fresh.area_id
                     FROM unnest(%s::int[], %s::int[]) AS fresh (client_id, area_id)
                    WHERE fresh.client_id = res_partner.id""",
                [client for client, _area in moves],
                [area for _client, area in moves],
            )
        )
        self.env["res.partner"].invalidate_model(["service_area_id"])
