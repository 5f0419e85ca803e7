from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.contact_times import DAY_HOURS, WORKDAYS

ROWS_LIMIT = 30  # of one partner


class NestogyContactTime(models.Model):
    """A span of the week in which a client or contact likes to be contacted, by the clock where he is."""

    _name = "nestogy.contact.time"
    _description = "Best Time to Contact"
    _order = "weekday, hour_from, id"

    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    weekday = fields.Selection(
        [
            ("workdays", "Monday to Friday"),
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        string="Day",
        required=True,
        default="workdays",
    )
    hour_from = fields.Float(string="From", required=True, default=9.0)
    hour_to = fields.Float(string="To", required=True, default=17.0)

    @api.depends("weekday", "hour_from", "hour_to")
    def _compute_display_name(self):
        days = dict(self._fields["weekday"]._description_selection(self.env))
        for row in self:
            row.display_name = self.env._(
                "%(day)s %(start)s–%(end)s",
                day=days.get(row.weekday, ""),
                start=self._clock(row.hour_from),
                end=self._clock(row.hour_to),
            )

    @api.constrains("hour_from", "hour_to")
    def _check_hours(self):
        for row in self:
            if not 0 <= row.hour_from < row.hour_to <= DAY_HOURS:
                raise ValidationError(
                    self.env._("A best time begins before it ends, on the same day, between 0:00 and 24:00.")
                )

    @api.constrains("partner_id")
    def _check_row_count(self):
        for partner, count in self._read_group(
            [("partner_id", "in", self.partner_id.ids)], ["partner_id"], ["__count"]
        ):
            if count > ROWS_LIMIT:
                raise ValidationError(
                    self.env._(
                        "%(name)s has at most %(limit)s best times; bring some of them together.",
                        name=partner.display_name,
                        limit=ROWS_LIMIT,
                    )
                )

    @api.model
    def _clock(self, hours):
        return "{:d}:{:02d}".format(*divmod(round(hours * 60), 60))

    def _windows(self):
        """The spans as :func:`next_in_windows` takes them."""
        return [
            (day, row.hour_from, row.hour_to)
            for row in self
            for day in (WORKDAYS if row.weekday == "workdays" else [int(row.weekday)])
        ]
