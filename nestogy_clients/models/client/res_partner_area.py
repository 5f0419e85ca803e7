from odoo import api, fields, models


class ResPartner(models.Model):
    """In which service area a client is."""

    _inherit = "res.partner"

    service_area_id = fields.Many2one(
        "nestogy.service.area",
        compute="_compute_service_area_id",
        inverse="_inverse_service_area_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="Follows the main address. Another area that is chosen here stays; clear it to follow the address again.",
    )
    service_area_by_hand = fields.Boolean(
        string="Service Area Chosen by Hand", copy=False, readonly=True, groups="base.group_user"
    )

    @api.depends("is_client", "country_id", "state_id", "zip", "company_id")
    def _compute_service_area_id(self):
        clients = self.filtered("is_client")
        (self - clients).service_area_id = False
        by_hand = clients.filtered("service_area_by_hand")
        for client in by_hand:
            client.service_area_id = client.service_area_id
        found = self._find_service_areas(clients - by_hand)
        for client in clients - by_hand:
            client.service_area_id = found[client]

    def _inverse_service_area_id(self):
        """Keep what a person chose; an area that the address gives anyway, or none, is no choice."""
        found = self._find_service_areas(self)
        for client in self:
            client.service_area_by_hand = bool(client.service_area_id) and client.service_area_id != found[client]
            if not client.service_area_id and found[client]:
                client.service_area_id = found[client]

    @api.model
    def _find_service_areas(self, clients):
        """The areas of the clients' addresses.

        :return: dict of client to area
        """
        # areas sort whatever clients there are, whoever saves the address
        areas_sudo = self.env["nestogy.service.area"].sudo()
        addresses = {
            client: (client.country_id.id, client.state_id.id, client.zip, client.company_id.id) for client in clients
        }
        found = areas_sudo._find_areas(addresses.values()) if addresses else {}
        return {client: self.env["nestogy.service.area"].browse(found[key]) for client, key in addresses.items()}
