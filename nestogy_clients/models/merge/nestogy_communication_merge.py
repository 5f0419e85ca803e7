from odoo import models
from odoo.tools import SQL


class NestogyCommunication(models.Model):
    """The log of records that are merged."""

    _inherit = "nestogy.communication"

    def _client_merge_prepare(self, merge, kept, sources):
        """A mail or meeting that was logged with several of them is one row from now on; the others stay with the
        earlier records. What somebody wrote on another of these rows moves as a row of its own."""
        both = (kept | sources).ids
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM (SELECT id, is_pinned OR is_shared OR COALESCE(preview, '') <> '' AS is_written_on,
                               message_ref IS NOT NULL AND row_number() OVER (
                                   PARTITION BY message_ref ORDER BY client_id = %(kept)s DESC, id) > 1
                               AS is_mail_again,
                               event_id IS NOT NULL AND row_number() OVER (
                                   PARTITION BY event_id ORDER BY client_id = %(kept)s DESC, id) > 1
                               AS is_meeting_again
                          FROM nestogy_communication
                         WHERE client_id = ANY(%(both)s) AND (message_ref IS NOT NULL OR event_id IS NOT NULL)) logged
                 WHERE (is_mail_again OR is_meeting_again) AND is_written_on
                """,
                kept=kept.id,
                both=both,
            )
        )
        again = [row[0] for row in rows]
        if again:
            merge._remember(self._table, again)
            self.env.cr.execute(
                "UPDATE nestogy_communication SET message_ref = NULL, event_id = NULL WHERE id = ANY(%s)", [again]
            )
            self.invalidate_model(["message_ref", "event_id"], flush=False)
