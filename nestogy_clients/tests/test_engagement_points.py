"""The arithmetic of fading points, without a database."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.engagement import days_at_least


def score(points, days, half_life):
    return round(min(100.0, points * 0.5 ** (days / half_life)), 1)


@tagged("post_install", "-at_install")
class TestEngagementPoints(BaseCase):
    @given(st.floats(0, 5000), st.integers(1, 100), st.integers(1, 365))
    def test_the_day_of_the_fall_is_the_first_day_below(self, points, threshold, half_life):
        days = days_at_least(points, threshold, half_life)
        slack = 0.05001  # the last tenth may be rounded either way
        self.assertLess(points * 0.5 ** (days / half_life), threshold - 0.05 + 1e-9)
        if days:
            self.assertGreaterEqual(score(points, days - 1, half_life), threshold - slack)

    def test_known_falls(self):
        self.assertEqual(days_at_least(0, 60, 30), 0)
        self.assertEqual(days_at_least(59.9, 60, 30), 0)
        self.assertEqual(days_at_least(60, 60, 30), 1)
        self.assertEqual(days_at_least(120, 60, 30), 31)  # 60.0 on day 30
        self.assertEqual(days_at_least(100, 25, 10), 21)
