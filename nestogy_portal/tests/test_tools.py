import io
import logging
import unittest
import zipfile

from markupsafe import Markup

from odoo.addons.nestogy_portal.tools import (
    amounts,
    blame,
    form_values,
    link_tokens,
    log_filter,
    mail_links,
    zip_stream,
)

BASE = "https://portal.firm.example"


class TestTools(unittest.TestCase):
    def test_tokens_are_recognised_by_their_form(self):
        token = link_tokens.new_token()
        self.assertTrue(link_tokens.is_token(token))
        self.assertNotEqual(token, link_tokens.new_token())
        for other in (None, 5, "", token[:-1], token + "A", token[:-1] + "/", token + "\n", "ä" * 43):
            self.assertFalse(link_tokens.is_token(other), other)

    def test_addresses_are_masked(self):
        self.assertEqual(link_tokens.mask_address("ann@acme.com"), "a•••@acme.com")
        self.assertEqual(link_tokens.mask_address("@acme.com"), "•••@acme.com")
        self.assertEqual(link_tokens.mask_address(None), "•••")

    def test_an_ipv6_network_counts_as_one(self):
        one, two = link_tokens.rate_key("2001:db8:1:2::1"), link_tokens.rate_key("2001:db8:1:2:ffff::9")
        self.assertEqual(one, two)
        self.assertNotEqual(one, link_tokens.rate_key("2001:db8:1:3::1"))
        self.assertEqual(link_tokens.rate_key("::ffff:192.0.2.1"), "192.0.2.1")
        self.assertEqual(link_tokens.rate_key("nonsense"), "unknown")

    def test_tokens_are_masked_in_log_lines(self):
        token = link_tokens.new_token()
        for line, args in (
            ('"GET /my/link/%s HTTP/1.1" 200', (token,)),
            (f"POST /my/link/{token}/fresh?x=1", ()),
            ("%s and %s", (f"https://x/my/link/{token}", 5)),
        ):
            record = logging.LogRecord("werkzeug", logging.INFO, "x", 1, line, args, None)
            self.assertTrue(log_filter.LinkTokenFilter().filter(record))
            self.assertNotIn(token, record.getMessage())
            self.assertIn("/my/link/***", record.getMessage())
        self.assertEqual(log_filter.mask("/my/link/to/account.move/5"), "/my/link/to/account.move/5")
        log_filter.install()
        filters = logging.getLogger("werkzeug").filters
        self.assertEqual(len([each for each in filters if isinstance(each, log_filter.LinkTokenFilter)]), 1)

    def test_payable_amounts(self):
        for value in (0.01, 1, 99.99, 100, 100.0, 100.004):
            if value == 100.004:
                continue
            self.assertEqual(amounts.payable_amount(value, 100.0, 2), float(value))
        refused = {
            "type": (True, False, None, "10", [10], {"a": 1}),
            "finite": (float("nan"), float("inf"), -float("inf")),
            "small": (0, -50, -0.01, 0.001, 0.0),
            "precision": (10.005, 0.019),
            "large": (100.01, 100000, 10**400),
        }
        for reason, values in refused.items():
            for value in values:
                with self.assertRaisesRegex(ValueError, reason):
                    amounts.payable_amount(value, 100.0, 2)
        self.assertEqual(amounts.payable_amount(500, 500.0, 0), 500.0)
        with self.assertRaisesRegex(ValueError, "precision"):
            amounts.payable_amount(1.5, 500.0, 0)
        self.assertEqual(amounts.payable_amount(0.001, 1.0, 3), 0.001)

    def test_file_names_are_safe_and_unique(self):
        names = [
            "INV/2026/0001.pdf",
            "inv_2026_0001.PDF",
            "../../etc/passwd",
            "",
            "con.pdf",
            "ü\u202e.pdf",
            "x" * 300 + ".pdf",
        ]
        result = zip_stream.unique_names(names)
        self.assertEqual(
            result[:5], ["INV_2026_0001.pdf", "inv_2026_0001 (2).PDF", "etc_passwd", "document", "_con.pdf"]
        )
        self.assertEqual(result[5], "ü.pdf")
        self.assertEqual(len(result[6]), 104)

    def test_an_archive_is_streamed_with_its_exact_size(self):
        entries = [("a.pdf", b"A" * 1000), ("ü.pdf", b""), ("c.pdf", b"C" * 70000)]
        pieces = list(zip_stream.stream_stored((name, lambda data=data: data) for name, data in entries))
        self.assertGreater(len(pieces), 3)
        archive = b"".join(pieces)
        self.assertEqual(len(archive), zip_stream.stored_size((name, len(data)) for name, data in entries))
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            self.assertIsNone(opened.testzip())
            self.assertEqual(
                [(i.filename, i.compress_type, i.flag_bits & 8) for i in opened.infolist()],
                [("a.pdf", 0, 0), ("ü.pdf", 0, 0), ("c.pdf", 0, 0)],
            )
            self.assertEqual(opened.read("c.pdf"), b"C" * 70000)

    def test_markers_become_links_only_where_they_stand_alone(self):
        marker = mail_links.marker(BASE, "account.move", 5)

        def swap(body):
            return mail_links.replace_markers(body, (BASE,), lambda model, number: f"{BASE}/my/link/TOKEN", "Open")

        link = f"{BASE}/my/link/TOKEN"
        self.assertEqual(swap(f'<a href="{marker}">x</a>'), f'<a href="{link}">x</a>')
        self.assertEqual(swap(f"<p>See {marker} now</p>"), f'<p>See <a href="{link}">Open</a> now</p>')
        self.assertEqual(swap(f'<a href="{marker}">{marker}</a>'), f'<a href="{link}">Open</a>')
        self.assertEqual(swap(f"<A class='b'\nHREF='{marker}'>x</A>"), f"<A class='b'\nHREF='{link}'>x</A>")
        self.assertEqual(swap(f"({marker})"), f'(<a href="{link}">Open</a>)')
        for foreign in (
            f'<a href="https://evil.example/?u={marker}">x</a>',
            f"""<a href="https://evil.example/?u='{marker}'">x</a>""",
            f'<a href="https://evil.example/?u= {marker} ">x</a>',
            f'<img src="https://evil.example/?u=({marker})">',
            f"""<img src="https://evil.example/? href='{marker}'">""",
            f"""<img/src="https://evil.example/? href='{marker}'">""",
            f'<img src="https://evil.example/?> {marker} ">',
            f'<img src="https://evil.example/?<a> {marker} ">',
            f"<img src='https://evil.example/? {marker} ",
            f'<p style="background: url(https://evil.example/? {marker} )">x</p>',
            f"<style>p {{background: url(https://evil.example/? {marker} )}}</style>",
            f'<img src="{marker}">',
            f"<!-- {marker} -->",
            f'<a href="https:/evil.example?{marker}">x</a>',
            f'<a href="{marker}@evil.example">x</a>',
            f'<a href="{marker}0123456789">x</a>',
            '<a href="https://evil.example/my/link/to/account.move/5">x</a>',
            '<a href="//evil.example/my/link/to/account.move/5">x</a>',
        ):
            self.assertEqual(swap(foreign), foreign)

    def test_token_addresses_lose_their_secrets(self):
        def swap(body, document=None):
            return mail_links.replace_token_addresses(body, (BASE,), lambda path, query: document)

        for address in (
            f"{BASE}/mail/view?model=account.move&amp;res_id=5&amp;access_token=SECRET&amp;pid=3&amp;hash=SECRET",
            f"{BASE}/my/invoices/5?access_token=SECRET",
            f"{BASE}/mail/view?auth_signup_token=SECRET&model=account.move&res_id=5",
        ):
            body = f'<a href="{address}">x</a>'
            self.assertEqual(swap(body, ("account.move", 5)), f'<a href="{BASE}/my/link/to/account.move/5">x</a>')
            self.assertNotIn("SECRET", swap(body))
        kept = f'<a href="{BASE}/my/invoices?page=2">x</a><img src="{BASE}/web/image/5?access_token=PICTURE">'
        self.assertEqual(swap(kept, ("account.move", 5)), kept)

    def test_stored_texts_lose_tokens(self):
        token = link_tokens.new_token()
        self.assertEqual(mail_links.without_tokens(f"> {BASE}/my/link/{token}"), f"> {BASE}/my/link/removed")
        self.assertEqual(mail_links.without_tokens("/my/link/to/account.move/5"), "/my/link/to/account.move/5")
        for written in (
            f"https://filter.example/?url=https%3A%2F%2Fx%2Fmy%2Flink%2F{token}&amp;data=1",
            f"https://filter.example/?url=https%253a%252f%252fx%252fmy%252flink%252f{token}%26a",
            f"https://filter.example/v3/__{BASE}/my/link/{token}__;!!x",
        ):
            self.assertNotIn(token, mail_links.without_tokens(written))
        self.assertIsInstance(mail_links.without_tokens(Markup(f"/my/link/{token}")), Markup)


class TestBlame(unittest.TestCase):
    """Which exceptions are answered as a bad request: code of made-up modules raises them."""

    def misread(self, *modules):
        """Let the modules call one another, in this order; the last one fails."""
        code, call = "raise ValueError()", None
        for module in reversed(modules):
            scope = {"__name__": module, "call": call}
            exec(f"def step():\n    {code}", scope)  # noqa: S102
            code, call = "call()", scope["step"]
        try:
            call()
        except ValueError as error:
            return blame.is_misunderstanding(error.with_traceback(error.__traceback__.tb_next))  # without this test

    def test_what_odoo_could_not_make_of_an_address_is_a_bad_request(self):
        self.assertTrue(self.misread("odoo.http", "odoo.addons.nestogy_portal.models.login.ir_http_guard"))
        self.assertTrue(self.misread("odoo.addons.base.models.ir_http", "odoo.http"))
        self.assertTrue(self.misread("odoo.http", "odoo.addons.portal.controllers.portal"))
        self.assertTrue(self.misread("odoo.addons.portal.controllers.portal", "odoo.orm.models"))
        ours = "odoo.addons.nestogy_portal.controllers."
        self.assertTrue(self.misread(ours + "areas", ours + "portal", "odoo.addons.account.controllers.portal"))

    def test_text_that_no_database_holds_is_a_bad_request(self):
        error = ValueError("A string literal cannot contain NUL (0x00) characters.")
        self.assertTrue(blame.is_misunderstanding(error))

    def test_what_our_code_could_not_is_our_mistake(self):
        ours = "odoo.addons.nestogy_portal.controllers.pay"
        self.assertFalse(self.misread("odoo.http", ours))
        self.assertFalse(self.misread("odoo.http", "odoo.addons.nestogy_portal.controllers.areas", ours))
        self.assertFalse(self.misread(ours, "odoo.orm.models"))
        self.assertFalse(self.misread(ours, "odoo.addons.account.models.account_move"))
        self.assertFalse(
            self.misread("odoo.addons.account.controllers.portal", "odoo.addons.nestogy_clients.models.money.x")
        )


class TestFormValues(unittest.TestCase):
    def test_what_programs_send_becomes_texts(self):
        for value, texts in (
            ("a", ["a"]),
            (True, ["yes"]),
            (False, ["no"]),
            (None, []),
            (12, ["12"]),
            (1.5, ["1.5"]),
            (["a", 1, None], ["a", "1"]),
        ):
            self.assertEqual(form_values.as_texts(value), texts)
        for value in ({}, {"a": 1}, [["a"]], [{}], ["a"] * 101):
            with self.assertRaises(ValueError, msg=value):
                form_values.as_texts(value)

    def test_texts_lose_what_no_text_holds(self):
        self.assertEqual(form_values.clean_line("  a\0b \n\t c\x1b"), "a b c")
        self.assertEqual(form_values.clean_text("\r\na\r\n\0b\n\tc\ud800 "), "a\nb\n\tc")

    def test_links_are_counted_in_every_spelling(self):
        texts = ["see https://a.example and www.b.example", '<a href="x">', "[URL=c]", "no link: a.b"]
        self.assertEqual(form_values.count_links(texts), 4)
        self.assertEqual(form_values.count_links([]), 0)

    def test_origins_have_one_spelling(self):
        for text, origin in (
            (" HTTPS://Www.Acme.example/ ", "https://www.acme.example"),
            ("https://acme.example:443", "https://acme.example"),
            ("https://acme.example:8443", "https://acme.example:8443"),
            ("http://localhost:8099", "http://localhost:8099"),
        ):
            self.assertEqual(form_values.clean_origin(text), origin)
        for text in (
            *("", "*", "acme.example", "http://acme.example", "https://", "https://a b", "https://acme.example/x"),
            *("https://*.acme.example", "https://u@acme.example", "https://acme.example:99999", "https://a'; b"),
            *("https://acme.example?x", "javascript:alert(1)", "https://acme.example; script-src *"),
        ):
            with self.assertRaises(ValueError, msg=text):
                form_values.clean_origin(text)

    def test_pages_are_whole_addresses_with_tls(self):
        page = "https://www.acme.example/thanks?from=form#top"
        self.assertEqual(form_values.clean_page(f" {page} "), page)
        for text in (
            "http://acme.example/",
            "/thanks",
            "https://acme.example/a b",
            "https://acme.example/;x",
            "data:x",
        ):
            with self.assertRaises(ValueError, msg=text):
                form_values.clean_page(text)

    def test_sites_are_told_from_words(self):
        for text in ("acme.example", "www.acme.example/de?x=1", "https://acme.example:8080/"):
            self.assertTrue(form_values.is_site(text), text)
        for text in ("", "acme", "ann@acme.example", "acme.example two", "javascript:alert(1)", "-.x"):
            self.assertFalse(form_values.is_site(text), text)
