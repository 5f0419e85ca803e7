from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.allocation import LONGEST_PLAN, Part, read_amount, read_plan, spread, to_major, to_minor, write_plan

minor = st.integers(0, 10**12)


@tagged("post_install", "-at_install")
class TestAllocation(BaseCase):
    @given(minor, st.lists(minor, max_size=20))
    def test_nothing_is_lost_and_nobody_gets_more_than_he_is_owed(self, total, owed):
        parts = spread(total, owed)
        self.assertEqual(sum(parts), min(total, sum(owed)))
        self.assertTrue(all(0 <= part <= debt for part, debt in zip(parts, owed, strict=True)))
        started = [bool(part) for part, debt in zip(parts, owed, strict=True) if debt]
        self.assertEqual(started, sorted(started, reverse=True), "the first ones first")
        short = [part < debt for part, debt in zip(parts, owed, strict=True) if part]
        self.assertLessEqual(sum(short), 1, "one part at most is not whole")

    @given(minor, st.integers(0, 3))
    def test_minor_units_survive_the_way_through_floats(self, amount, decimals):
        self.assertEqual(to_minor(to_major(amount, decimals), decimals), amount)
        self.assertEqual(read_amount(f"{to_major(amount, decimals):.{decimals}f}", decimals), amount)

    @given(st.lists(st.tuples(st.integers(1, 10**9 - 1), minor, minor), min_size=1, max_size=8))
    def test_a_plan_survives_an_address(self, parts):
        plan = list({each[0]: Part(*each) for each in parts if each[1] or each[2]}.values())
        if plan:
            self.assertEqual(read_plan(write_plan(plan)), plan)

    @given(st.text(max_size=40))
    def test_any_text_is_a_plan_or_refused(self, text):
        for read in (read_plan, lambda each: read_amount(each, 2)):
            try:
                read(text)
            except ValueError:
                continue

    def test_senseless_plans_are_refused(self):
        many = write_plan(Part(number, 1, 0) for number in range(1, LONGEST_PLAN + 2))
        for text in ("", "1", "1-2", "1-0-0", "0-1-0", "1--1-0", "1-1-0.1-2-0", "1-1-0.", "1e3-1-0", "٣-1-0", many):
            with self.assertRaises(ValueError, msg=text):
                read_plan(text)

    def test_senseless_amounts_are_refused(self):
        for text in ("", "-1", "1.001", "1,5", "nan", "1e3", "٣", " ", None, "9" * 14):
            with self.assertRaises(ValueError, msg=text):
                read_amount(text, 2)
        self.assertEqual(
            [read_amount(text, 2) for text in ("1", "1.5", "1.", "1.500", " 2 ")], [100, 150, 100, 150, 200]
        )
        self.assertEqual(read_amount("12", 0), 12)
