from odoo import api, models
from odoo.tools import SQL

from ..access.nestogy_portal_access_log import SIGN_INS


class ResPartner(models.Model):
    """What people do in the portal counts for the engagement of their clients."""

    _inherit = "res.partner"

    @api.model
    def _client_touches(self, since):
        """What people of clients do in the portal: they sign in (once a day counts), write and pay.

        A message that stands in the communication log counts there.
        """
        self.env["nestogy.portal.access.log"].flush_model(["partner_id", "event", "at"])
        self.env["nestogy.conversation"].flush_model(["client_id"])
        self.env["mail.message"].flush_model(["model", "res_id", "author_id", "message_type", "date"])
        self.env["payment.transaction"].flush_model(["partner_id", "state", "operation", "last_state_change"])
        return [
            *super()._client_touches(since),
            SQL(
                """
                SELECT person.commercial_partner_id AS client_id, entry.partner_id AS contact_id,
                       'portal_login'::text AS kind, max(entry.at) AS date
                  FROM nestogy_portal_access_log entry
                  JOIN res_partner person ON person.id = entry.partner_id
                 WHERE entry.event = ANY(%s) AND entry.at >= %s
                 GROUP BY person.commercial_partner_id, entry.partner_id, entry.at::date
                """,
                list(SIGN_INS),
                since,
            ),
            SQL(
                """
                SELECT conversation.client_id, message.author_id AS contact_id, 'portal_message'::text AS kind,
                       message.date
                  FROM nestogy_conversation conversation
                  JOIN mail_message message
                    ON message.model = 'nestogy.conversation' AND message.res_id = conversation.id
                  JOIN res_partner author
                    ON author.id = message.author_id AND author.commercial_partner_id = conversation.client_id
                 WHERE message.message_type IN ('comment', 'email') AND message.date >= %s
                   AND NOT EXISTS (SELECT FROM nestogy_communication logged WHERE logged.mail_message_id = message.id)
                """,
                since,
            ),
            # what is charged by itself is no deed of the client
            SQL(
                """
                SELECT payer.commercial_partner_id AS client_id, payment.partner_id AS contact_id,
                       'portal_payment'::text AS kind, payment.last_state_change AS date
                  FROM payment_transaction payment
                  JOIN res_partner payer ON payer.id = payment.partner_id
                 WHERE payment.state = 'done' AND payment.last_state_change >= %s
                   AND payment.operation IN ('online_redirect', 'online_direct', 'online_token')
                """,
                since,
            ),
        ]
