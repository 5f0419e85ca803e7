from datetime import date, datetime

from odoo.tests import BaseCase, tagged

from ..tools.custom_values import CustomValueError, clean_value, is_empty

OPTIONS = [("gold", "Gold"), ("silver_2", "Silver")]


@tagged("post_install", "-at_install")
class TestCustomValues(BaseCase):
    def test_values_come_as_texts_or_as_they_are_stored(self):
        for kind, given, stored in (
            ("char", "  a \n b ", "a b"),
            ("char", "=1+1", "=1+1"),
            ("char", "<b>{{ 7*7 }}</b>", "<b>{{ 7*7 }}</b>"),
            ("text", "one\r\ntwo", "one\ntwo"),
            ("integer", "12", 12),
            ("integer", "-12.0", -12),
            ("integer", 0, 0),
            ("integer", "0", 0),
            ("float", "1234.5", 1234.5),
            ("float", 3, 3.0),
            ("monetary", "99.90", 99.9),
            ("date", "2026-02-28", "2026-02-28"),
            ("date", "2026-02-28 10:00:00", "2026-02-28"),
            ("date", date(2026, 2, 28), "2026-02-28"),
            ("datetime", "2026-02-28T10:00", "2026-02-28 10:00:00"),
            ("datetime", datetime(2026, 2, 28, 10, 0, 1, 5), "2026-02-28 10:00:01"),
            ("boolean", "Yes", True),
            ("boolean", "no", False),
            ("boolean", True, True),
            ("boolean", 0, False),
            ("choice", "gold", "gold"),
            ("choice", "SILVER", "silver_2"),
            ("choices", "silver, Gold,", ["gold", "silver_2"]),
            ("tags", ["silver_2", "silver_2"], ["silver_2"]),
        ):
            with self.subTest(kind=kind, given=given):
                cleaned = clean_value(kind, given, OPTIONS)
                self.assertEqual((cleaned, type(cleaned)), (stored, type(stored)))

    def test_nothing_is_false_for_every_kind(self):
        kinds = (
            "char",
            "text",
            "integer",
            "float",
            "monetary",
            "date",
            "datetime",
            "boolean",
            "choice",
            "choices",
            "tags",
        )
        for kind in kinds:
            for nothing in (None, False, "", "  ", []):
                self.assertIs(clean_value(kind, nothing, OPTIONS), False, (kind, nothing))
        self.assertFalse(is_empty(0))
        self.assertFalse(is_empty(0.0))

    def test_what_does_not_fit_is_refused_and_says_why(self):
        for kind, given, reason in (
            ("char", 5, "text"),
            ("char", "a" * 501, "long"),
            ("text", "a" * 10_001, "long"),
            ("text", "a\x00b", "control"),
            ("char", "\ud800", "control"),
            ("integer", "1.5", "integer"),
            ("integer", "1e5", "integer"),
            ("integer", "١٢", "integer"),
            ("integer", True, "integer"),
            ("integer", "9" * 16, "large"),
            ("float", "1,5", "number"),
            ("float", "nan", "number"),
            ("float", float("inf"), "number"),
            ("float", {"a": 1}, "number"),
            ("monetary", "9" * 400, "number"),
            ("date", "28.02.2026", "date"),
            ("date", "2026-02-30", "date"),
            ("date", 20260228, "date"),
            ("datetime", "tomorrow", "datetime"),
            ("datetime", "2026-02-28T10:00+05:00", "datetime"),
            ("boolean", "maybe", "boolean"),
            ("boolean", 2, "boolean"),
            ("choice", "Bronze", "option"),
            ("choice", ["gold"], "option"),
            ("choices", "gold, Bronze", "option"),
            ("tags", {"gold": 1}, "option"),
            ("tags", [["gold"]], "option"),
        ):
            with self.subTest(kind=kind, given=given), self.assertRaises(CustomValueError) as caught:
                clean_value(kind, given, OPTIONS)
            self.assertEqual(caught.exception.kind, reason, (kind, given))
