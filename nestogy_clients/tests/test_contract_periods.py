from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.contract_periods import end_of_terms, lies_inside, merge_spans

START = date(2026, 1, 1)
DAYS = st.integers(0, 120).map(lambda number: START + timedelta(days=number))
SPANS = st.lists(
    st.tuples(DAYS, st.integers(0, 30)).map(lambda span: (span[0], span[0] + timedelta(days=span[1]))), max_size=8
)


@tagged("post_install", "-at_install")
class TestContractPeriods(BaseCase):
    """Days of contracts, against counting them one by one."""

    @settings(max_examples=300, deadline=None)
    @given(SPANS)
    def test_merged_spans_hold_the_same_days_and_do_not_touch(self, spans):
        def days(pairs):
            return {first + timedelta(days=n) for first, last in pairs for n in range((last - first).days + 1)}

        merged = merge_spans(spans)
        self.assertEqual(days(merged), days(spans))
        for (_first, last), (first, _last) in zip(merged, merged[1:], strict=False):
            self.assertGreater(first, last + timedelta(days=1))

    @settings(max_examples=300, deadline=None)
    @given(SPANS, DAYS, st.integers(0, 40))
    def test_a_period_lies_inside_when_all_its_days_do(self, spans, first, length):
        last = first + timedelta(days=length)
        every = all(any(start <= first + timedelta(days=n) <= end for start, end in spans) for n in range(length + 1))
        self.assertEqual(lies_inside(first, last, spans), every)

    def test_a_span_without_end_goes_on(self):
        self.assertEqual(merge_spans([(START, None), (START + timedelta(days=9), START)]), [(START, None)])
        self.assertTrue(lies_inside(date(2030, 1, 1), date(2031, 1, 1), [(START, None)]))

    @settings(max_examples=300, deadline=None)
    @given(DAYS, st.integers(1, 60), st.integers(0, 4000))
    def test_the_next_term_covers_today_and_is_the_first_that_does(self, end, months, later):
        today = end + timedelta(days=later)
        found = end_of_terms(end, months, today)
        self.assertGreater(found, end)
        self.assertGreaterEqual(found, today)
        self.assertTrue(found <= today + timedelta(days=31 * months) or found <= end + timedelta(days=31 * months))

    def test_months_end_where_they_end(self):
        self.assertEqual(end_of_terms(date(2026, 2, 28), 12, START), date(2027, 2, 28))
        self.assertEqual(end_of_terms(date(2027, 2, 28), 12, START), date(2028, 2, 29))
        self.assertEqual(end_of_terms(date(2026, 1, 31), 1, START), date(2026, 2, 28))
        with self.assertRaises(ValueError):
            end_of_terms(START, 0, START)
