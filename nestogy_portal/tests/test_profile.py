from odoo.tests import tagged

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestProfile(PortalCase):
    def save(self, **values):
        return self.post_form("/my/profile", "/my/profile", **values)

    def test_a_contact_writes_about_himself(self):
        self.enter(self.owner)
        response = self.save(name=" Olive  Branch ", function="Head", phone="+12075550177", tz="Europe/Berlin")
        self.assertEqual(response.status_code, 303, response.text)
        self.env.invalidate_all()
        self.assertRecordValues(
            self.owner,
            [{"name": "Olive Branch", "function": "Head", "phone": "+1 207-555-0177", "tz": "Europe/Berlin"}],
        )
        self.assertIn("Olive Branch", self.open("/my/profile").text)

    def test_only_the_named_fields_are_written(self):
        self.enter(self.owner)
        before = self.owner.read(["email", "parent_id", "vat", "comment", "portal_level_id"])
        self.save(name="Olive", email="x@else.example", parent_id="1", vat="X1", comment="x", portal_level_id="1")
        self.env.invalidate_all()
        self.assertEqual(self.owner.name, "Olive")
        self.assertEqual(self.owner.read(["email", "parent_id", "vat", "comment", "portal_level_id"]), before)

    def test_bad_input_is_answered_and_changes_nothing(self):
        self.enter(self.owner)
        for values, sentence in (
            ({"name": "  "}, "Write your name."),
            ({"name": "x" * 129}, "at most 128"),
            ({"function": "x" * 129}, "at most 128"),
            ({"tz": "Mars/Olympus"}, "time zones that are offered"),
            ({"lang": "xx_XX"}, "languages that are offered"),
        ):
            response = self.save(**{"name": "Evil", **values})
            self.assertEqual(response.status_code, 200, values)
            self.assertIn(sentence, response.text)
            self.env.invalidate_all()
            self.assertEqual(self.owner.name, "Olive Owner")

    def test_the_firm_s_own_user_does_not_rename_it(self):
        self.client.email = "office@acme.example"
        self.make_portal_user(self.client)
        self.enter(self.client)
        self.save(name="Evil Corp", phone="+12075550188")
        self.env.invalidate_all()
        self.assertEqual((self.client.name, self.client.phone), ("Acme Dental", "+1 207-555-0188"))

    def test_who_may_ask_sees_the_buttons(self):
        page = self.visit("/my/profile", self.owner)
        self.assertIn("/my/change/vat", page.text)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        page = self.visit("/my/profile", self.colleague)
        self.assertNotIn("/my/change/vat", page.text)
        self.assertIn("/my/change/email", page.text)
        self.assertEqual(self.visit("/my/profile").status_code, 303)

    def test_custom_fields_are_saved_from_the_profile(self):
        field = self.env["nestogy.custom.field"].create(
            {"name": "Badge", "applies_to": "contacts", "kind": "char", "portal": "write", "required": True}
        )
        self.assertIn("1 detail is missing", self.visit("/my", self.owner).text)
        response = self.post_form(
            "/my/profile", "/my/account/details", back="profile", **{f"contact_{field.key}": "B-17"}
        )
        self.assertEqual(
            (response.status_code, response.headers["Location"].endswith("/my/profile?notice=details#details")),
            (303, True),
        )
        self.env.invalidate_all()
        self.assertEqual(self.owner._client_field_values()[field.key], "B-17")
        self.assertNotIn("detail is missing", self.open("/my").text)
        response = self.post_form("/my/profile", "/my/account/details", back="profile", **{f"contact_{field.key}": ""})
        self.assertEqual(response.status_code, 200)
        self.assertIn("Please fill in: Badge", response.text)


@tagged("post_install", "-at_install")
class TestLanguage(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")

    def test_the_switch_changes_language_and_formats(self):
        self.make_invoice(self.client, 1234.5, date="2024-03-01", due="2024-03-31")
        self.enter(self.owner)
        self.assertIn("03/31/2024", self.open("/my/statement?show=all").text)
        self.assertIn("$\xa01,234.50", self.open("/my").text)
        response = self.post_form("/my", "/my/language", lang="fr_FR", redirect="/my/statement")
        self.assertEqual(response.status_code, 303)
        self.env.invalidate_all()
        self.assertEqual(self.owner.lang, "fr_FR")
        page = self.open("/my/statement", allow_redirects=True)
        self.assertIn("/fr/my/statement", page.url)
        self.assertIn("31/03/2024", page.text)
        self.assertRegex(self.open("/my", allow_redirects=True).text, "1[\u202f\xa0 ]234,50")
        self.assertIn('lang="fr-FR"', page.text)

    def test_the_language_holds_at_the_next_sign_in(self):
        self.owner.lang = "fr_FR"
        self.enter(self.owner)
        self.opener.cookies.pop("frontend_lang", None)
        self.assertIn("/fr/my", self.open("/my", allow_redirects=True).url)

    def test_a_page_says_which_way_its_language_is_read(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.assertIn('<html lang="en-US" dir="ltr"', self.visit("/web/login").text)
        self.owner.lang = "ar_001"
        self.enter(self.owner)
        self.opener.cookies.pop("frontend_lang", None)
        root = '<html lang="ar-001" dir="rtl"'
        self.assertIn(root, self.open("/my", allow_redirects=True).text)
        url = self.env["nestogy.portal.link"]._issue(self.owner, self.make_invoice(self.client, 120))
        self.assertIn(root, self.visit(url[url.index("/my/link/") :]).text)

    def test_bad_words_change_nothing(self):
        self.enter(self.owner)
        for lang in ("xx_XX", "", "de_DE", "../x"):
            response = self.post_form("/my", "/my/language", lang=lang, redirect="//evil.example")
            self.assertTrue(response.headers["Location"].endswith("/my"), response.headers["Location"])
        self.env.invalidate_all()
        self.assertEqual(self.owner.lang, "en_US")
        self.assertEqual(self.open("/my/language").status_code, 405)
        self.assertEqual(self.open("/my/language", data={"lang": "fr_FR"}).status_code, 400, "no token, no change")
