from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

SIMILAR_SHOWN = 3
SIMILAR_LEAST = 0.45  # of pg_trgm's similarity, 1 is the same text
TITLE_CHARACTERS = 200


class HelpdeskTicket(models.Model):
    """Open tickets that might be about the same thing."""

    _inherit = "helpdesk.ticket"

    # open tickets of one client, in which similar titles are looked for
    _client_open_idx = models.Index(
        "(commercial_partner_id, stage_id) WHERE active AND commercial_partner_id IS NOT NULL"
    )

    @api.model
    def get_similar_tickets(self, ticket_id, partner_id, name, equipment_id=False):
        """Open tickets of the same client with a similar title, or about the same asset; the most similar first.

        :param ticket_id: the ticket that is looked at, false while it is written
        :return: list of dicts of ``id``, ``number``, ``name``, ``stage``, ``user``, ``last_update`` and ``reason``
        """
        self._check_staff()
        client = self.env["res.partner"].browse(partner_id or []).sudo().commercial_partner_id  # only to look by it
        name = " ".join((name or "").split())[:TITLE_CHARACTERS]
        if not client or not (name or equipment_id):
            return []
        domain = (
            Domain("commercial_partner_id", "=", client.id)
            & self._open_domain()
            & Domain("id", "!=", ticket_id or 0)
            & Domain("merged_into_id", "=", False)
        )
        self.flush_model(["name", "equipment_id"])
        query = self._search(domain)
        title, same_asset = SQL.identifier(self._table, "name"), SQL("FALSE")
        if equipment_id:
            same_asset = SQL("COALESCE(%s = %s, FALSE)", SQL.identifier(self._table, "equipment_id"), equipment_id)
        likeness = SQL("0.0")
        if name and self.env.registry.has_trigram:
            likeness = SQL("similarity(lower(%s), lower(%s))", title, name)
        elif name:
            likeness = SQL("CASE WHEN lower(%s) = lower(%s) THEN 1.0 ELSE 0.0 END", title, name)
        query.add_where(SQL("(%s OR %s >= %s)", same_asset, likeness, SIMILAR_LEAST))
        query.order = SQL("%s DESC, %s DESC", likeness, SQL.identifier(self._table, "id"))
        query.limit = SIMILAR_SHOWN
        found = self.browse(query)
        found.fetch(["number", "name", "stage_id", "user_id", "last_update", "equipment_id"])
        return [
            {
                "id": ticket.id,
                "number": ticket.number,
                "name": ticket.name,
                "stage": ticket.stage_id.name or "",
                "user": ticket.user_id.sudo().name or "",  # names of colleagues of other companies too
                "reason": "asset" if equipment_id and ticket.equipment_id.id == equipment_id else "title",
                "last_update": fields.Datetime.to_string(ticket.last_update or ticket.create_date),
            }
            for ticket in found
        ]
