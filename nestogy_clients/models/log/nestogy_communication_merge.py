from odoo import models


class NestogyCommunication(models.Model):
    """The log of partners that are merged into one."""

    _inherit = "nestogy.communication"

    def _merge_partners(self, merged, kept):
        """Make room on the partner that is kept for the rows of the others; called in sudo, before Odoo moves them.

        A mail or meeting that was logged on several of them is one row from now on. What somebody wrote on another of
        these rows stays as a row of its own.

        :param res.partner merged: partners that go
        :param res.partner kept: the partner that stays
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT id
              FROM (SELECT id,
                           message_ref IS NOT NULL AND row_number() OVER (
                               PARTITION BY message_ref ORDER BY client_id = %(kept)s DESC, id) > 1 AS is_mail_again,
                           event_id IS NOT NULL AND row_number() OVER (
                               PARTITION BY event_id ORDER BY client_id = %(kept)s DESC, id) > 1 AS is_meeting_again
                      FROM nestogy_communication
                     WHERE client_id = ANY(%(both)s) AND (message_ref IS NOT NULL OR event_id IS NOT NULL)) logged
             WHERE is_mail_again OR is_meeting_again
            """,
            {"kept": kept.id, "both": (merged | kept).ids},
        )
        again = self.browse(row[0] for row in self.env.cr.fetchall())
        again._feed_drop()
        again.exists().write({"message_ref": False, "event_id": False})
        self.flush_model()
        # whom a mail was written on: Odoo moves such references only where they are fields of its own
        self.env.cr.execute(
            "UPDATE nestogy_communication SET res_id = %s WHERE res_model = 'res.partner' AND res_id = ANY(%s)",
            [kept.id, merged.ids],
        )
        self.invalidate_model(["res_id"])
