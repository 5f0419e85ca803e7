from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..tools.contact_times import next_in_windows, next_within_limit


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M")


@tagged("post_install", "-at_install")
class TestContactTimes(BaseCase):
    def test_the_next_moment_in_the_windows(self):
        workdays = [(day, 9, 17) for day in range(5)]
        sunday_night = [(6, 0, 24)]
        cases = [
            # zone, windows, asked, answer (UTC)
            ("UTC", [], "2026-06-10 03:00", "2026-06-10 03:00"),
            ("UTC", workdays, "2026-06-10 10:00", "2026-06-10 10:00"),  # a Wednesday
            ("UTC", workdays, "2026-06-10 08:59", "2026-06-10 09:00"),
            ("UTC", workdays, "2026-06-10 09:00", "2026-06-10 09:00"),
            ("UTC", workdays, "2026-06-10 17:00", "2026-06-11 09:00"),  # the end is outside
            ("UTC", workdays, "2026-06-12 18:00", "2026-06-15 09:00"),  # over the week-end
            ("UTC", [(2, 9, 17), (2, 12, 20)], "2026-06-10 18:00", "2026-06-10 18:00"),  # they may overlap
            ("UTC", [(2, 9, 10), (2, 14, 15.5)], "2026-06-10 11:00", "2026-06-10 14:00"),
            ("UTC", [(2, 9, 10)], "2026-06-10 10:00", "2026-06-17 09:00"),  # a week later
            ("UTC", sunday_night, "2026-06-14 23:59", "2026-06-14 23:59"),
            ("UTC", sunday_night, "2026-06-15 00:00", "2026-06-21 00:00"),
            # where the person is
            ("America/New_York", workdays, "2026-06-10 12:00", "2026-06-10 13:00"),  # summer: UTC-4
            ("America/New_York", workdays, "2026-01-14 12:00", "2026-01-14 14:00"),  # winter: UTC-5
            ("Pacific/Auckland", workdays, "2026-06-09 21:30", "2026-06-09 21:30"),  # Wednesday 9:30 there
            ("Pacific/Auckland", workdays, "2026-06-14 12:00", "2026-06-14 21:00"),  # Monday 9:00 there, Sunday here
            ("America/Los_Angeles", [(4, 20, 24)], "2026-06-13 06:59", "2026-06-13 06:59"),  # Friday evening there
            ("Asia/Kolkata", [(0, 9.5, 10)], "2026-06-15 00:00", "2026-06-15 04:00"),  # half an hour beside
            # the clock is put forward on 8 March 2026, 2:00 to 3:00, in New York
            ("America/New_York", [(6, 9, 10)], "2026-03-07 12:00", "2026-03-08 13:00"),
            ("America/New_York", [(6, 2, 2.5)], "2026-03-08 00:00", "2026-03-15 06:00"),  # does not exist on that day
            ("America/New_York", [(6, 1, 2.5)], "2026-03-08 06:29", "2026-03-08 06:29"),
            ("America/New_York", [(6, 1, 2.5)], "2026-03-08 06:30", "2026-03-15 05:00"),  # on the safe side
            # and back on 1 November 2026, 2:00 to 1:00: the hour from 1:00 comes twice
            ("America/New_York", [(6, 1, 2)], "2026-11-01 05:30", "2026-11-01 05:30"),
            ("America/New_York", [(6, 1, 2)], "2026-11-01 06:30", "2026-11-01 06:30"),
            ("America/New_York", [(6, 1, 2)], "2026-11-01 07:00", "2026-11-08 06:00"),
            # a day of 25 hours has its 24:00 at its end
            ("America/New_York", [(6, 0, 24)], "2026-11-02 04:59", "2026-11-02 04:59"),
            ("America/New_York", [(6, 0, 24)], "2026-11-02 05:00", "2026-11-08 05:00"),
        ]
        for zone, windows, asked, answer in cases:
            with self.subTest(zone=zone, windows=windows, asked=asked):
                self.assertEqual(next_in_windows(at(asked), windows, zone), at(answer))

    def test_the_next_moment_within_a_limit(self):
        now = at("2026-06-10 12:00")
        day, hour = timedelta(days=1), timedelta(hours=1)
        cases = [
            # sent, limit, days, answer
            ([], 2, 7, now),
            ([now - hour] * 50, 0, 7, now),  # no limit
            ([now - day], 2, 7, now),
            ([now - day, now - 3 * day], 2, 7, now + 4 * day),  # when the older one is out of the week
            ([now - 3 * day, now - day], 2, 7, now + 4 * day),  # in any order
            ([now - 7 * day, now - day], 2, 7, now),  # a week ago is out
            ([now - 6 * day, now - 2 * day, now - day], 2, 7, now + 5 * day),  # one too many already
            ([now - hour], 1, 1, now + 23 * hour),
            ([now + hour], 1, 1, now),  # what is planned does not count
        ]
        for sent, limit, days, answer in cases:
            with self.subTest(sent=sent, limit=limit):
                self.assertEqual(next_within_limit(now, sent, limit, days), answer)

    def test_windows_that_never_come_are_an_error(self):
        with self.assertRaises(ValueError):
            next_in_windows(at("2026-06-10 12:00"), [(7, 9, 10)], "UTC")
