import unittest

from ..tools import feedback


class TestFeedbackTools(unittest.TestCase):
    def test_too_few_answers_make_no_figure(self):
        self.assertIsNone(feedback.csat(4, 4))
        self.assertIsNone(feedback.csat_margin(4, 4))
        self.assertIsNone(feedback.nps(9, 0, 9))
        self.assertIsNone(feedback.nps_margin(9, 0, 9))

    def test_figures_are_those_of_the_textbook(self):
        self.assertEqual(feedback.csat(4, 5), 80)
        self.assertEqual(feedback.nps(5, 2, 10), 30)
        self.assertEqual(feedback.nps(0, 10, 10), -100)
        # mean 0.3, variance 0.7 - 0.09 = 0.61, 1.96 * sqrt(0.061) = 0.4841
        self.assertAlmostEqual(feedback.nps_margin(5, 2, 10), 48.41, places=2)
        self.assertEqual(feedback.nps_margin(10, 0, 10), 0)
        self.assertAlmostEqual(feedback.csat_margin(80, 100), 7.77, places=2)

    def test_each_score_has_its_group(self):
        groups = [feedback.nps_group(score) for score in range(11)]
        self.assertEqual(groups, ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2)

    def test_a_token_fits_one_question_alone(self):
        one = feedback.link_token("secret", "a.model", 1, "2026-01-01 10:00:00")
        self.assertEqual(len(one), 43)
        self.assertEqual(one, feedback.link_token("secret", "a.model", 1, "2026-01-01 10:00:00"))
        for other in (
            ("other", "a.model", 1, "2026-01-01 10:00:00"),
            ("secret", "b.model", 1, "2026-01-01 10:00:00"),
            ("secret", "a.model", 2, "2026-01-01 10:00:00"),
            ("secret", "a.model", 1, "2026-01-01 10:00:01"),
        ):
            self.assertNotEqual(one, feedback.link_token(*other))
