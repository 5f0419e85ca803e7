from odoo import models

LEVEL_TONES = {"hot": "success", "warm": "success", "cold": "warning", "dormant": "danger"}


class ResPartner(models.Model):
    """What engagement says on the profile beside its badge: a reason of the client's health.

    Red: the client is dormant. Amber: it is cold.
    """

    _inherit = "res.partner"

    def _client_health_reasons(self, **answers):
        reasons = super()._client_health_reasons(**answers)
        if self.engagement_level:
            text = self.env._("Engagement: %s.", self._client_engagement_label())
            reasons.append(self._client_health_reason(LEVEL_TONES[self.engagement_level], text))
        return reasons

    def _client_engagement_label(self):
        """The level, with where it goes when that is known."""
        label = dict(self._fields["engagement_level"]._description_selection(self.env))[self.engagement_level]
        if self.engagement_trend == "up":
            return self.env._("%s, rising", label)
        if self.engagement_trend == "down":
            return self.env._("%s, falling", label)
        return label
