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
