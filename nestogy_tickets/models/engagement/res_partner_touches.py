from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    """Tickets and answers count for the engagement of their clients."""

    _inherit = "res.partner"

    @api.model
    def _client_touches(self, since):
        """Tickets that clients open, and what they answer when asked how satisfied they are."""
        self.env["helpdesk.ticket"].flush_model(["commercial_partner_id", "partner_id"])
        touches = super()._client_touches(since)
        touches.append(
            SQL(
                """
                SELECT ticket.commercial_partner_id AS client_id, ticket.partner_id AS contact_id,
                       'ticket'::text AS kind, ticket.create_date AS date
                  FROM helpdesk_ticket ticket WHERE ticket.create_date >= %s
                """,
                since,
            )
        )
        for model, kind in (("nestogy.satisfaction.request", "rating"), ("nestogy.nps.answer", "recommendation")):
            self.env[model].flush_model(["client_id", "partner_id", "answered_at"])
            touches.append(
                SQL(
                    """
                    SELECT answer.client_id, answer.partner_id AS contact_id, %s::text AS kind,
                           answer.answered_at AS date
                      FROM %s answer WHERE answer.answered_at >= %s
                    """,
                    kind,
                    SQL.identifier(self.env[model]._table),
                    since,
                )
            )
        return touches
