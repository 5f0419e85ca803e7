from odoo.tests import BaseCase, tagged

from ..tools.placeholders import (
    BODY_LIMIT,
    SUBJECT_LIMIT,
    TemplateError,
    compile_body,
    compile_subject,
    placeholders_in,
)

NAMES = ("client", "number", "link")


@tagged("post_install", "-at_install")
class TestPlaceholders(BaseCase):
    def test_a_placeholder_becomes_our_expression(self):
        self.assertEqual(
            compile_subject("Invoice {number}!", NAMES, "invoice"),
            "Invoice {{ object._client_mail_value('number', 'invoice') }}!",
        )
        self.assertEqual(
            compile_body("<p>For <b>{client}</b>, no. {number}.</p>", NAMES, "invoice"),
            "<div><p>For <b><t t-out=\"object._client_mail_value('client', 'invoice')\"/></b>, no. "
            "<t t-out=\"object._client_mail_value('number', 'invoice')\"/>.</p></div>",
        )

    def test_braces_of_a_person_are_text(self):
        for text in ("{{ 7*7 }}", "{{object.id}}", "}}{{", "{ {", "{{{number}}}", "{{ '{{' }}"):
            compiled = compile_subject(text, NAMES, "invoice")
            inside = compiled
            for known in ("{{ '\\x7b' }}", "{{ '\\x7d' }}", "{{ object._client_mail_value('number', 'invoice') }}"):
                inside = inside.replace(known, "")
            self.assertNotIn("{", inside, text)
            self.assertNotIn("}", inside, text)

    def test_directives_of_a_person_are_taken_out(self):
        body = compile_body(
            '<p t-out="1" t-attf-title="{{ x }}">a<t t-esc="2">b</t><!-- c --><svg:x>d</svg:x></p>', NAMES, "invoice"
        )
        self.assertNotRegex(body, r"t-(out|esc|att)")
        self.assertNotIn("<t", body.replace("<title", ""))
        self.assertIn("a<span>b</span>", body)

    def test_a_link_placeholder_becomes_the_target(self):
        for href in ("{link}", "%7Blink%7D"):
            self.assertEqual(
                compile_body(f'<p><a href="{href}">Look</a></p>', NAMES, "invoice"),
                "<div><p><a t-att-href=\"object._client_mail_value('link', 'invoice')\">Look</a></p></div>",
            )

    def test_unknown_placeholders_are_named(self):
        with self.assertRaises(TemplateError) as caught:
            compile_body("<p>{amount} {number} {sum}</p>", NAMES, "invoice")
        self.assertEqual((caught.exception.kind, caught.exception.names), ("unknown", ["amount", "sum"]))
        with self.assertRaises(TemplateError) as caught:
            compile_body('<a href="%7Bsecret%7D">x</a>', NAMES, "invoice")
        self.assertEqual(caught.exception.names, ["secret"])

    def test_subjects_are_one_line_of_some_length(self):
        for subject, kind in (
            ("", "empty"),
            ("  ", "empty"),
            ("a\nBcc: x@example.com", "subject"),
            ("a\rb", "subject"),
            ("a\u2028b", "subject"),
            ("x" * (SUBJECT_LIMIT + 1), "long"),
        ):
            with self.assertRaises(TemplateError) as caught:
                compile_subject(subject, NAMES, "invoice")
            self.assertEqual(caught.exception.kind, kind, repr(subject))
        with self.assertRaises(TemplateError) as caught:
            compile_body("x" * (BODY_LIMIT + 1), NAMES, "invoice")
        self.assertEqual(caught.exception.kind, "long")

    def test_placeholders_are_listed_once(self):
        self.assertEqual(placeholders_in("{b} {a} {b} {C} {1} {}"), ["b", "a"])
        self.assertEqual(placeholders_in(None), [])
