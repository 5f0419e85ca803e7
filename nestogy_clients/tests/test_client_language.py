from odoo.tests import Form, tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestClientLanguage(ClientsCase):
    """A client speaks its own language, or the one of its group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("fr_FR", "es_ES", "de_DE"):
            cls.env["res.lang"]._activate_lang(code)
        cls.group = cls.env["nestogy.client.group"].create({"name": "Iberia", "lang": "es_ES"})
        cls.client = cls.make_client("Acme", client_group_id=cls.group.id)

    def test_new_clients_start_in_the_language_of_their_group(self):
        self.assertEqual(self.client.lang, "es_ES")
        self.assertEqual(self.client._client_setting("language"), ("es_ES", "group"))
        self.assertEqual(self.make_client("Other").lang, "en_US")
        french = self.make_client("French", client_group_id=self.group.id, lang="fr_FR")
        self.assertEqual(french._client_setting("language"), ("fr_FR", "client"))
        self.assertEqual(self.make_contact(self.client).lang, "es_ES")

    def test_the_form_shows_the_language_before_it_is_saved(self):
        partners = self.env["res.partner"].with_context(nestogy_new_client=True)
        with Form(partners, "nestogy_clients.res_partner_view_form_client") as form:
            form.name = "New"
            self.assertEqual(form.lang, "en_US")
            form.client_group_id = self.group
            self.assertEqual(form.lang, "es_ES")
            form.lang = "de_DE"
        self.assertEqual(form.record._client_setting("language"), ("de_DE", "client"))

    def test_those_that_inherit_follow_with_their_contacts(self):
        contact = self.make_contact(self.client)
        german = self.make_contact(self.client, "Gerd", lang="de_DE")
        own = self.make_client("Own", client_group_id=self.group.id, lang="fr_FR")
        fixed = self.make_client("Fixed", client_group_id=self.group.id)
        fixed.set_client_setting("language", "es_ES")
        self.group.set_client_setting("language", "de_DE")
        self.assertEqual(self.client.lang, "de_DE")
        self.assertEqual((contact.lang, german.lang, own.lang, fixed.lang), ("de_DE", "de_DE", "fr_FR", "es_ES"))
        self.client.client_group_id = self.env.company._get_default_client_group()
        self.assertEqual((self.client.lang, contact.lang), ("en_US", "en_US"))
        self.env.company.set_client_setting("language", "fr_FR")
        self.assertEqual(self.client.lang, "fr_FR")
        self.assertEqual(self.client._client_setting("language"), ("fr_FR", "company"))

    def test_a_language_of_its_own_can_be_given_up(self):
        self.client.set_client_setting("language", "fr_FR")
        self.assertEqual(self.client._client_setting("language"), ("fr_FR", "client"))
        found = self.env["res.partner"].search(
            [("overridden_setting", "in", ["language"]), ("client_group_id", "=", self.group.id)]
        )
        self.assertEqual(found, self.client)
        self.client.inherit_client_setting("language")
        self.assertEqual(self.client.lang, "es_ES")
        self.assertEqual(self.client._client_setting("language"), ("es_ES", "group"))

    def test_many_follow_with_the_queries_of_one(self):
        status = self.env.ref("nestogy_clients.nestogy_client_status_active")
        values = {"client_status_id": status.id, "client_group_id": self.group.id}
        counts = []
        for number, language in ((1, "de_DE"), (1, "es_ES"), (60, "de_DE")):
            self.env["res.partner"].create([{"name": f"C{n}", "lang": self.group.lang} | values for n in range(number)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.group.lang = language
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        languages = self.env["res.partner"].search([("client_group_id", "=", self.group.id)]).mapped("lang")
        self.assertEqual(set(languages), {"de_DE"})
