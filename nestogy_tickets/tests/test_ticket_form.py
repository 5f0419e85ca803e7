from odoo.tests.common import BaseCase, tagged

from ..tools import ticket_form as form


@tagged("post_install", "-at_install")
class TestTicketForm(BaseCase):
    """Limits of the portal form; no database."""

    def test_ordinary_files_are_fine(self):
        self.assertIsNone(form.file_problem([]))
        self.assertIsNone(form.file_problem([("screen.png", b"\x89PNG"), ("log.txt", b"1"), ("README", b"x")]))
        self.assertIsNone(form.file_problem([("page.html", b"<p>"), ("ünïcode 名.pdf", b"%PDF-1.7")]))
        self.assertIsNone(form.file_problem([(f"{i}.txt", b"x") for i in range(form.MAX_FILES)]))

    def test_each_limit_is_named(self):
        many = [(f"{i}.txt", b"x") for i in range(form.MAX_FILES + 1)]
        self.assertEqual(form.file_problem(many), ("count", ""))
        self.assertEqual(form.file_problem([("a.txt", b"x"), ("b.txt", b"")]), ("empty", "b.txt"))
        large = bytes(form.MAX_FILE_MEGABYTES * form.MEGABYTE)
        self.assertIsNone(form.file_problem([("a.bin", large)]))
        self.assertEqual(form.file_problem([("a.bin", large + b"1")]), ("size", "a.bin"))
        self.assertEqual(form.file_problem([("a", large), ("b", large), ("c", b"1")]), ("total", ""))

    def test_programs_are_refused_by_ending_and_by_content(self):
        for name, content in (
            ("setup.exe", b"x"),
            ("SETUP.EXE", b"x"),
            ("invoice.pdf.scr", b"x"),
            ("trailing.exe. ", b"x"),
            ("macro.vbs", b"x"),
            ("link.lnk", b"x"),
            ("report.pdf", b"MZ\x90\x00"),
            ("picture", b"\x7fELF\x02"),
            ("notes.txt", b"#!/bin/sh\n"),
        ):
            with self.subTest(name=name):
                self.assertEqual(form.file_problem([(name, content)]), ("type", name))

    def test_texts_are_cleaned_but_not_changed(self):
        self.assertEqual(form.clean_text("  one\r\ntwo\rthree\x00\x1b \n"), "one\ntwo\nthree")
        self.assertEqual(form.clean_line(" a\tb\nc \x00"), "a b c")
        self.assertEqual(form.clean_text("ä 名 👩‍💻"), "ä 名 👩‍💻")
        self.assertEqual(form.clean_text(None), "")
