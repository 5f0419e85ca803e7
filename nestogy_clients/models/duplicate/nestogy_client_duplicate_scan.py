import json

from odoo import api, models
from odoo.tools import SQL, split_every

from ...tools.duplicates import LIKELY, candidate_pairs, compare

BATCH = 1000  # pairs that are written and committed together


class NestogyClientDuplicate(models.Model):
    """The search over all clients and contacts."""

    _inherit = "nestogy.client.duplicate"

    def action_scan(self):
        """Search now, in the background."""
        self.browse().check_access("write")
        # whoever may decide about duplicates may have them looked for
        self.env.ref("nestogy_clients.ir_cron_duplicates").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The search runs in the background; look here again in a minute."),
            },
        }

    @api.model
    def _cron_scan(self):
        """Search each night, in batches that are committed one by one; after a kill the next run does the rest."""
        cron = self.env["ir.cron"]
        batches = self._scan_batches()
        cron._commit_progress(remaining=len(batches))
        for deal, rows in batches:
            deal(rows)
            if not cron._commit_progress(1):
                break

    @api.model
    def _scan(self):
        """Search all in one go."""
        for deal, rows in self._scan_batches():
            deal(rows)

    def _scan_batches(self):
        """What is to be done so that the table says what is found: note likely pairs, bring scores up to date, and drop
        open pairs that are none any more; what is right already is left alone.

        :return: list of method and what it is called with
        """
        found = self._find_pairs()
        self.flush_model()
        known = {
            (left, right): (pair_id, score, reasons, state)
            for pair_id, left, right, score, reasons, state in self.env.execute_query(
                SQL("SELECT id, left_id, right_id, score, reasons, state FROM nestogy_client_duplicate")
            )
        }
        changed = [
            (*pair, score, reasons)
            for pair, (score, reasons) in found.items()
            if pair not in known or known[pair][1:3] != (score, reasons)
        ]
        gone = [pair_id for pair, (pair_id, _s, _r, state) in known.items() if state == "open" and pair not in found]
        return [(self._note_pairs, rows) for rows in split_every(BATCH, changed)] + [
            (self._drop_pairs, rows) for rows in split_every(BATCH, gone)
        ]

    def _find_pairs(self):
        """Hold all clients and contacts who are not archived against each other.

        :return: dict of (smaller id, larger id) to (score, reasons as they are kept)
        """
        prints = self.env["res.partner"]._duplicate_prints(SQL("partner.active"))
        found = {}
        for left, right in candidate_pairs(prints):
            score, reasons = compare(prints[left], prints[right])
            if score >= LIKELY:
                pair = tuple(sorted((prints[left].id, prints[right].id)))
                found[pair] = (score, [list(reason) for reason in reasons])
        return found

    def _note_pairs(self, rows):
        """Write pairs in SQL: some ten thousand at the first search; decisions stay as they are.

        :param rows: left id, right id, score, reasons
        """
        self.env.execute_query(
            SQL(
                """
                INSERT INTO nestogy_client_duplicate AS pair
                       (left_id, right_id, score, reasons, state, create_uid, create_date, write_uid, write_date)
                SELECT found.left_id, found.right_id, found.score, found.reasons, 'open', %s, now(), %s, now()
                  FROM jsonb_to_recordset(%s::jsonb)
                    AS found(left_id integer, right_id integer, score integer, reasons jsonb)
                  JOIN res_partner one ON one.id = found.left_id
                  JOIN res_partner other ON other.id = found.right_id
                    ON CONFLICT (left_id, right_id) DO UPDATE
                   SET score = EXCLUDED.score, reasons = EXCLUDED.reasons, write_date = EXCLUDED.write_date
                 RETURNING 1
                """,
                self.env.uid,
                self.env.uid,
                json.dumps([dict(zip(("left_id", "right_id", "score", "reasons"), row, strict=True)) for row in rows]),
            )
        )
        self.invalidate_model()

    def _drop_pairs(self, ids):
        self.browse(ids).unlink()
