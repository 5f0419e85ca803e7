from odoo import fields, models

LEVELS = [("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold"), ("dormant", "Dormant")]


class NestogyEngagementRecord(models.Model):
    """How engaged a client was on a day: written when its level changes, when its score moves far, and every week.

    Rows are only added, by ``res.partner._refresh_engagement``, and go after two years.
    """

    _name = "nestogy.engagement.record"
    _description = "Engagement over Time"
    _order = "date desc, id desc"
    _rec_name = "date"

    client_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(required=True, readonly=True)
    score = fields.Float(readonly=True, digits=(4, 1), aggregator="avg")
    level = fields.Selection(LEVELS, required=True, readonly=True)
    is_override = fields.Boolean(string="Set by Hand", readonly=True)
    client_group_id = fields.Many2one(
        related="client_id.client_group_id", string="Client Group", help="The group in which the client is today."
    )
    user_id = fields.Many2one(
        related="client_id.user_id", string="Account Manager", help="Who looks after the client today."
    )

    _client_date_unique = models.UniqueIndex("(client_id, date)")
    _date_idx = models.Index("(date)")  # old ones are found by it

    def _merge_partners(self, merged, kept):
        """Leave one line a day to partners that are merged; called in sudo, before Odoo moves the lines.

        :param res.partner merged: partners that go
        :param res.partner kept: the partner that stays, whose own lines win
        """
        self.flush_model()
        self.env.cr.execute(
            """
            DELETE FROM nestogy_engagement_record
             WHERE id IN (SELECT id
                            FROM (SELECT id, row_number() OVER (
                                             PARTITION BY date ORDER BY client_id = %s DESC, id) AS place
                                    FROM nestogy_engagement_record WHERE client_id = ANY(%s)) line
                           WHERE place > 1)
            """,
            [kept.id, (merged | kept).ids],
        )
        self.invalidate_model(flush=False)
        kept._note_touches()
