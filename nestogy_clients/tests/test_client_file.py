from odoo.tests import BaseCase, tagged

from ..tools.client_file import ClientFileError, read_client_csv


@tagged("post_install", "-at_install")
class TestClientFile(BaseCase):
    def assertRefused(self, content, kind, detail=None):
        with self.assertRaises(ClientFileError) as caught:
            read_client_csv(content)
        self.assertEqual(caught.exception.kind, kind)
        if detail is not None:
            self.assertEqual(caught.exception.detail, detail)

    def test_rows_know_their_line_and_contacts(self):
        content = (
            "name,email,notes,contact1_name,contact1_email,contact2_name\r\n"
            'Müller & Söhne,a@example.com,"two\r\nlines",Jörg,j@example.com,"Ann ""Red"" Lee"\r\n'
            "\r\n"
            "Plain,,,,,\r\n"
        ).encode()
        self.assertEqual(
            read_client_csv(content),
            [
                (
                    2,
                    {
                        "name": "Müller & Söhne",
                        "email": "a@example.com",
                        "notes": "two\r\nlines",
                        "contacts": [{"name": "Jörg", "email": "j@example.com"}, {"name": 'Ann "Red" Lee'}],
                        "custom": {},
                        "extra": [],
                    },
                ),
                (5, {"name": "Plain", "contacts": [], "custom": {}, "extra": []}),
            ],
        )

    def test_delimiter_and_encoding_are_found(self):
        for content in (
            "Name;City\nÄpfel;Köln\n".encode("cp1252"),
            "name\tcity\nÄpfel\tKöln\n".encode("utf-8-sig"),
            "NAME , City\nÄpfel,Köln\n".encode(),
        ):
            self.assertEqual(read_client_csv(content)[0][1]["city"], "Köln")

    def test_cells_beyond_the_header_are_kept_apart(self):
        self.assertEqual(read_client_csv(b"name,city\nA,B,C\n")[0][1]["extra"], ["C"])

    def test_files_that_cannot_be_read_say_why(self):
        self.assertRefused(b"", "empty")
        self.assertRefused(b" \n ", "empty")
        self.assertRefused(b"PK\x03\x04\x00\x00", "encoding")
        self.assertRefused(b"\x81\x8d", "encoding")
        self.assertRefused(b"city\nX\n", "no_name")
        self.assertRefused(b"name,user_ids/login\nX,y\n", "unknown", "user_ids/login")
        self.assertRefused(b"name,Name\nX,Y\n", "twice", "name")
        self.assertRefused(b'name\n"open\n', "format")
        self.assertRefused(b"name\n" + b"x\n" * 20_001, "rows", "20000")
        self.assertRefused(b"x" * (20 * 1024 * 1024 + 1), "large", "20")
