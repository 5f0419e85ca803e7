from odoo import api, models
from odoo.tools import SQL

from ..log.nestogy_communication_feed import QUEUE


class ResPartner(models.Model):
    """What happened between clients and us, and when: what their engagement is computed from."""

    _inherit = "res.partner"

    @api.model
    def _client_touches(self, since):
        """Each time a client and we were in touch; addons add theirs.

        Each SELECT has the columns ``client_id`` (of a branch that is a company of its own, the branch or its client),
        ``contact_id`` (int, may be null), ``kind`` (text, the key of a ``nestogy.engagement.kind``) and ``date``
        (timestamp, UTC), of exactly these types, so that PostgreSQL can look up one client in it. Rows of partners that
        are no clients do no harm. What is private is left out: the reason of a level is read by all staff.

        :param date since: the first day that counts
        :return: list of SQL
        """
        self.env["nestogy.communication"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move"].flush_model(["commercial_partner_id", "move_type", "journal_id"])
        self.env["account.move.line"].flush_model(["move_id", "date"])
        self.env["sale.order"].flush_model(
            ["partner_id", "state", "date_order", "signed_on", "client_reject_reason", "client_rejected_at"]
        )
        self.env["contract.contract"].flush_model(["partner_id", "contract_type", "service_phase"])
        return [
            SQL(
                """
                SELECT client_id, contact_id,
                       (CASE WHEN kind = 'call' AND outcome IN ('voicemail', 'no_answer', 'busy', 'wrong_number')
                             THEN 'call_missed'
                             WHEN kind = 'meeting' THEN 'meeting'
                             ELSE kind || CASE WHEN direction = 'in' THEN '_in' ELSE '_out' END END)::text AS kind,
                       date
                  FROM nestogy_communication
                 WHERE kind <> 'note' AND is_private IS NOT TRUE AND is_bounced IS NOT TRUE AND date >= %s
                """,
                since,
            ),
            # one payment is one touch, however many invoices it pays; write-offs are none
            SQL(
                """
                SELECT invoice.commercial_partner_id AS client_id, NULL::int AS contact_id, 'payment'::text AS kind,
                       credit.date::timestamp AS date
                  FROM account_partial_reconcile paid
                  JOIN account_move_line debit ON debit.id = paid.debit_move_id
                  JOIN account_move invoice ON invoice.id = debit.move_id
                   AND invoice.move_type IN ('out_invoice', 'out_receipt')
                  JOIN account_move_line credit ON credit.id = paid.credit_move_id
                  JOIN account_move source ON source.id = credit.move_id AND source.move_type = 'entry'
                  JOIN account_journal journal ON journal.id = source.journal_id
                   AND journal.type IN ('bank', 'cash', 'credit')
                 WHERE credit.date >= %s
                 GROUP BY invoice.commercial_partner_id, credit.move_id, credit.date
                """,
                since,
            ),
            SQL(
                """
                SELECT contact.commercial_partner_id AS client_id, estimate.partner_id AS contact_id,
                       'estimate_accepted'::text AS kind, COALESCE(estimate.signed_on, estimate.date_order) AS date
                  FROM sale_order estimate
                  JOIN res_partner contact ON contact.id = estimate.partner_id
                 WHERE estimate.state = 'sale' AND COALESCE(estimate.signed_on, estimate.date_order) >= %s
                """,
                since,
            ),
            SQL(
                """
                SELECT contact.commercial_partner_id AS client_id, estimate.partner_id AS contact_id,
                       'estimate_rejected'::text AS kind,
                       COALESCE(estimate.client_rejected_at, estimate.write_date) AS date
                  FROM sale_order estimate
                  JOIN res_partner contact ON contact.id = estimate.partner_id
                 WHERE estimate.state = 'cancel' AND estimate.client_reject_reason <> ''
                   AND COALESCE(estimate.client_rejected_at, estimate.write_date) >= %s
                """,
                since,
            ),
            SQL(
                """
                SELECT contact.commercial_partner_id AS client_id, NULL::int AS contact_id, 'contract'::text AS kind,
                       contract.create_date AS date
                  FROM contract_contract contract
                  JOIN res_partner contact ON contact.id = contract.partner_id
                 WHERE contract.contract_type = 'sale' AND contract.service_phase <> 'draft'
                   AND contract.create_date >= %s
                """,
                since,
            ),
        ]

    def _note_touches(self):
        """Something happened with these clients or contacts: compute their engagement anew, a moment later.

        The clients of a whole transaction are noted by one statement when it is committed; nothing of theirs is
        locked, and a thousand logged calls cost no more than one.
        """
        if not self:
            return
        precommit = self.env.cr.precommit
        if "nestogy_touches" not in precommit.data:
            precommit.data["nestogy_touches"] = set()
            precommit.add(self.env["res.partner"]._write_down_touches)
        precommit.data["nestogy_touches"].update(self.ids)

    @api.model
    def _write_down_touches(self):
        precommit = self.env.cr.precommit
        if QUEUE in precommit.data:  # the log is yet to be written, and counts
            precommit.add(self._write_down_touches)
            return
        partner_ids = precommit.data.pop("nestogy_touches", set())
        # partners of a part of the transaction that was taken back are not there any more
        self.env.cr.execute(
            """
            WITH RECURSIVE above (id, parent_id, is_client) AS (
                SELECT id, parent_id, is_client FROM res_partner WHERE id = ANY(%s)
                 UNION
                SELECT parent.id, parent.parent_id, parent.is_client
                  FROM above JOIN res_partner parent ON parent.id = above.parent_id
            )
            INSERT INTO nestogy_engagement_change (client_id) SELECT id FROM above WHERE is_client
            """,
            [list(partner_ids)],
        )
        if self.env.cr.rowcount:
            self._trigger_engagement()

    @api.model
    def _trigger_engagement(self):
        if cron_id := self.env["ir.model.data"]._xmlid_to_res_id("nestogy_clients.ir_cron_engagement"):
            self.env["ir.cron"].sudo().browse(cron_id)._trigger()  # whoever talks with clients sets off the clock
