import base64
import io
from unittest.mock import patch

from markupsafe import Markup
from PIL import Image
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.sql_db import Cursor
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import PortalCase, PortalMakers, RefusedCall

BLUE, NAVY = "#0B5FA5", "#0A2E36"


def picture(kind="PNG", size=(120, 40), color="#0B5FA5"):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


class BrandMakers(PortalMakers):
    @classmethod
    def make_brand_world(cls):
        cls.make_portal_world()
        cls.profiles = cls.env["nestogy.portal.profile"]
        cls.env["ir.config_parameter"].set_param("web.base.url", cls.base_url_of_test())
        cls.env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
        cls.standard = cls.env.ref("nestogy_portal.nestogy_portal_profile_standard")
        cls.brand = cls.profiles.create(
            {
                "name": "Care",
                "brand_name": "Care Plus",
                "brand_logo": picture(),
                "brand_color": BLUE,
                "brand_accent_color": NAVY,
                "brand_welcome": "<p>Good to see you at <b>Care Plus</b>.</p>",
                "brand_footer": "12 Main Street\nPortland",
                "brand_contact": "Call 555 0100",
                "brand_host": "care.example.com",
            }
        )
        cls.group = cls.env["nestogy.client.group"].create({"name": "Care", "portal_profile_id": cls.brand.id})
        cls.client.client_group_id = cls.group

    @classmethod
    def base_url_of_test(cls):
        return "https://firm.example"


@tagged("post_install", "-at_install")
class TestBrand(BrandMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_brand_world()
        cls.links = cls.env["nestogy.portal.link"]

    # limits

    def test_a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can(self):
        with self.assertRefused(
            ValidationError, r"#FFC107 .*1\.5\d to 1.*nearest colour that can be read is #926D00\."
        ):
            self.brand.brand_color = "#ffc107"
        self.assertEqual(self.brand.brand_color, BLUE)
        draft = self.profiles.new({"name": "x", "brand_color": "#FFC107"})
        proposal = draft.brand_preview["proposal"]
        self.assertIn("--nestogy-primary: #FFC107;", draft.brand_preview["css"])
        self.brand.brand_color = proposal
        self.assertFalse(self.brand.brand_preview["proposal"])
        self.brand.brand_accent_color = "#FFC107"  # its text is chosen for it
        self.assertEqual(self.owner._portal_brand().colors["on-accent"], "#000000")

    def test_the_preview_follows_the_form_and_its_proposal_can_be_saved(self):
        form = Form(self.brand.with_user(self.make_user("brand_editor", "manager")))
        form.brand_color = "#ffc107"
        self.assertIn("--nestogy-primary: #FFC107; --nestogy-on-primary: #000000;", form.brand_preview["css"])
        self.assertEqual((form.brand_preview["contrast"], form.brand_preview["proposal"]), ("1.54", "#926D00"))
        form.brand_color = form.brand_preview["proposal"]
        form.save()
        self.assertEqual((self.brand.brand_color, self.brand.brand_preview["proposal"]), ("#926D00", ""))

    def test_hostile_colours_are_refused(self):
        for text in ("red", "#123", "#123456;}body{display:none", "</style><script>alert(1)</script>", "url(//x)"):
            for field in ("brand_color", "brand_accent_color"):
                with self.subTest(text=text, field=field), self.assertRefused(ValidationError, "is not a colour"):
                    self.brand[field] = text

    def test_hosts(self):
        self.brand.brand_host = " Portal.Care.Example.COM. "
        self.assertEqual(self.brand.brand_host, "portal.care.example.com")
        for host in (
            "https://care.example.com",
            "care.example.com:8069",
            "care.example.com/my",
            "care",
            "10.0.0.1",
            "-a.example.com",
            "a_b.example.com",
            "care.example.com\nevil.example",
            "care.example.com@evil.example",
            "a" * 64 + ".example.com",
        ):
            with self.subTest(host=host), self.assertRefused(ValidationError, "is not the name of a host"):
                self.brand.brand_host = host
        with self.assertRefused(ValidationError, "address of the whole server"):
            self.brand.brand_host = "firm.example"
        other = self.profiles.create({"name": "Other"})
        with self.assertRefused(UniqueViolation, "brand_host_unique"), mute_logger("odoo.sql_db"):
            other.brand_host = "portal.care.example.com"
            other.flush_recordset()

    def test_an_own_address_keeps_the_servers_address_where_it_is(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("web.base.url.freeze", False)
        manager = self.make_user("brand_manager", "manager")
        self.brand.with_user(manager).brand_color = "#0B5FA4"
        self.assertFalse(parameters.get_param("web.base.url.freeze"))
        self.brand.with_user(manager).brand_host = "new.example.com"
        self.assertEqual(parameters.get_param("web.base.url.freeze"), "True")

    def test_pictures_that_may_hold_scripts_and_large_ones_are_refused(self):
        svg = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
        for field in ("brand_logo", "brand_favicon"):
            with self.subTest(field=field), self.assertRefused(ValidationError, "choose a picture of the kind PNG"):
                self.brand[field] = svg
        with self.assertRefused(ValidationError, "choose a picture of the kind PNG"):
            self.brand.brand_favicon = base64.b64encode(b"<html><script>alert(1)</script></html>")
        with self.assertRefused(ValidationError, "100 kB at most"):
            self.brand.brand_favicon = base64.b64encode(base64.b64decode(picture()) + b"x" * 101 * 1024)
        file = self.brand.brand_logo_file
        self.brand.brand_logo = picture(color="#FF0000")
        self.assertRegex(self.brand.brand_logo_file, r"\A[0-9a-f]{16}\.png\Z")
        self.assertNotEqual(self.brand.brand_logo_file, file)

    def test_texts_are_short_and_hold_no_scripts(self):
        with self.assertRefused(ValidationError, "Welcome Text: use 3000 characters at most"):
            self.brand.brand_welcome = f"<p>{'x' * 3001}</p>"
        with self.assertRefused(ValidationError, "60 characters"):
            self.brand.brand_name = "x" * 61
        self.brand.brand_welcome = (
            "<p onclick='a()' style='position:fixed' class='o_hidden'>Hi<script>alert(1)</script>"
            "<a href='javascript:alert(1)'>x</a><iframe src='//evil.example'></iframe>"
            "<form action='//evil.example'><input name='password'/></form></p>"
        )
        for part in ("onclick", "style", "class=", "<script", "javascript:", "<iframe", "<form", "<input"):
            self.assertNotIn(part, self.brand.brand_welcome)
        self.assertIn("Hi", self.brand.brand_welcome)

    # whose brand

    def test_what_is_empty_comes_from_the_group_then_from_the_company(self):
        self.standard.write({"brand_name": "Standard", "brand_footer": "Standard footer"})
        own = self.profiles.create({"name": "Own", "brand_color": "#7A1F1F", "brand_welcome": "<p><br></p>"})
        self.client.portal_profile_id = own
        brand = self.owner._portal_brand()
        self.assertEqual(brand.colors["primary"], "#7A1F1F")
        self.assertEqual(brand.colors["accent"], NAVY)
        self.assertEqual(brand.name, "Care Plus")
        self.assertIn("Good to see you", brand.welcome)
        self.assertIn(f"/my/brand/{self.brand.id}/logo/", brand.logo_url)
        self.assertEqual(self.stranger._portal_brand().name, "Standard")
        self.assertFalse(self.stranger._portal_brand().css)
        self.assertEqual(self.stranger._portal_brand().footer, "Standard footer")

    def test_without_any_brand_all_is_the_companys(self):
        brand = self.stranger._portal_brand()
        company = self.env.company
        self.assertEqual((brand.name, brand.css, brand.host, brand.favicon_url), (company.name, "", "", ""))
        self.assertFalse(brand.has_mail_header)
        self.assertFalse(brand.logo_url)  # the company has none of its own
        company.logo = picture()
        self.assertEqual(self.stranger._portal_brand().logo_url, f"/logo.png?company={company.id}")

    def test_each_company_has_its_own(self):
        second = self.env["res.company"].create({"name": "Second firm"})
        there = self.profiles.create({"name": "There", "company_id": second.id, "brand_name": "Second brand"})
        second.portal_profile_id = there
        self.assertEqual(self.stranger.with_company(second)._portal_brand().name, "Second brand")
        self.assertEqual(self.stranger._portal_brand().name, self.env.company.name)

    def test_portal_users_read_no_profile(self):
        user = self.owner.user_ids
        for call in (
            lambda: self.brand.with_user(user).read(["brand_name"]),
            lambda: self.profiles.with_user(user).search([]),
            lambda: self.brand.with_user(user).write({"brand_name": "Mine"}),
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                call()
        agent = self.make_user("brand_agent", "agent")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.brand.with_user(agent).write({"brand_name": "Mine"})
        self.assertEqual(self.brand.brand_name, "Care Plus")

    # mails

    def copies_of(self, document, partners, body="Hello"):
        before = self.env["mail.mail"].search([])
        document.with_context(mail_notify_force_send=False).message_post(
            body=body, partner_ids=partners.ids, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        mails = self.env["mail.mail"].search([]) - before
        return {copy["partner_id"]: str(copy["body"]) for copy in self.outgoing(mails)}

    def test_mails_carry_the_brand_of_each_reader(self):
        invoice = self.make_invoice(self.client, 80)
        agent = self.make_user("mail_agent", "agent", email="agent@firm.example")
        copies = self.copies_of(invoice, self.owner | self.stranger | agent.partner_id)
        mine = copies[self.owner]
        self.assertIn(
            f'src="https://care.example.com/my/brand/{self.brand.id}/logo/{self.brand.brand_logo_file}"', mine
        )
        self.assertIn('alt="Care Plus"', mine)
        self.assertIn("Call 555 0100", mine)
        self.assertLess(mine.index("/my/brand/"), mine.rindex("Hello"))
        self.assertIn("https://care.example.com/my/link/", mine)
        self.assertNotIn("https://firm.example/my/link/", mine)
        for other in (self.stranger, agent.partner_id):
            self.assertNotIn("Care Plus", copies[other])
            self.assertNotIn("care.example.com", copies[other])
        self.assertIn("https://firm.example/my/link/", copies[self.stranger])
        self.assertIn(f"background: {BLUE};", self.copies_of(invoice, self.owner)[self.owner])

    def test_mails_without_a_header_have_the_address_and_nothing_else(self):
        self.brand.brand_mail_header = False
        mine = self.copies_of(self.make_invoice(self.client, 80), self.owner)[self.owner]
        self.assertNotIn("/my/brand/", mine)
        self.assertNotIn("555 0100", mine)
        self.assertIn("https://care.example.com/my/link/", mine)

    def test_hostile_texts_stay_text_in_mails(self):
        self.brand.write({"brand_name": "<img src=x onerror=a()>", "brand_contact": "<script>b()</script>"})
        mine = self.copies_of(self.make_invoice(self.client, 80), self.owner)[self.owner]
        self.assertNotIn("<img src=x", mine)
        self.assertNotIn("<script>", mine)
        self.assertIn("&lt;script&gt;b()", mine)

    def test_secrets_at_any_of_our_addresses_leave_a_mail(self):
        invoice = self.make_invoice(self.client, 80)
        texts = [
            f"{base}/my/invoices/{invoice.id}?access_token=abc"
            for base in ("https://firm.example", "https://care.example.com")
        ]
        marker = f"https://care.example.com/my/link/to/account.move/{invoice.id}"
        body = Markup("<p>%s</p><p>%s</p><a href='%s'>x</a>") % (*texts, marker)
        mine = self.copies_of(invoice, self.owner, body=body)[self.owner]
        self.assertNotIn("access_token", mine)
        self.assertNotIn("/my/link/to/", mine)
        self.assertEqual(self.links._find(self.token_in(mine)).partner_id, self.owner)

    def test_invitations_and_new_passwords_lead_to_the_own_address(self):
        self.assertEqual(self.owner.get_base_url(), "https://care.example.com")
        self.assertEqual(self.stranger.get_base_url(), "https://firm.example")
        self.owner.signup_prepare()
        self.assertTrue(self.owner._get_signup_url().startswith("https://care.example.com/web/"))

    def test_requested_links_carry_the_brand(self):
        requests = self.env["nestogy.portal.link.request"]
        requests._ask("owner@acme.example")
        before = self.env["mail.mail"].search([])
        requests.search([], order="id desc", limit=1)._answer()
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.subject, "Your link to the client portal of Care Plus")
        body = str(self.outgoing(mail)[0]["body"])
        self.assertIn(f"background: {BLUE}; color: #FFFFFF", body)
        self.assertIn("https://care.example.com/my/link/", body)
        self.assertIn("/my/brand/", body)

    def test_an_archived_profile_gives_up_its_address(self):
        self.assertEqual(self.profiles._brand_hosts(), {"care.example.com": self.brand.id})
        self.brand.active = False
        self.assertFalse(self.profiles._brand_hosts())


@tagged("post_install", "-at_install")
class TestBrandPages(BrandMakers, PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_brand_world()

    @classmethod
    def make_portal_world(cls):  # pylint: disable=missing-return
        if not hasattr(cls, "owner"):  # the case and the brand both want one
            super().make_portal_world()

    @classmethod
    def base_url_of_test(cls):
        return cls.base_url()

    def at_host(self, host, path):
        return self.open(path, headers={"Host": host})

    def assertBranded(self, page, message=None):
        self.assertIn("Care Plus", page, message)
        self.assertIn(f"--nestogy-primary: {BLUE};", page, message)
        self.assertIn(f"/my/brand/{self.brand.id}/logo/{self.brand.brand_logo_file}", page, message)

    def assertNotBranded(self, page, message=None):
        for part in ("Care Plus", "--nestogy-primary: #0B5FA5", "/my/brand/", "data-nestogy-brand="):
            self.assertNotIn(part, page, message)

    def test_clients_of_the_group_see_the_brand_and_others_do_not(self):
        for path in ("/my", "/my/statement", "/my/account", "/my/security"):
            page = self.visit(path, self.owner).text
            self.assertBranded(page, path)
            self.assertEqual("Call 555 0100" in page, path != "/my/account", path)  # which has no footer at all
            self.assertIn('data-nestogy-brand="1"', page)
            page = self.visit(path, self.stranger).text
            self.assertNotBranded(page, path)
        self.assertIn("Good to see you at <b>Care Plus</b>", self.visit("/my", self.owner).text)
        # whatever the host
        self.enter(self.stranger)
        self.assertNotBranded(self.at_host("care.example.com", "/my").text)

    def test_visitors_see_the_brand_of_the_host(self):
        for path in ("/web/login", "/my/link"):
            self.enter()
            for host in ("care.example.com", "CARE.example.com:8443"):
                page = self.at_host(host, path)
                self.assertBranded(page.text, path)
                self.assertIn("Good to see you", page.text)
                self.assertIn("Call 555 0100", page.text)
            for host in ("unknown.example.com", "care.example.com.evil.example", "[::1]"):
                page = self.at_host(host, path)
                self.assertLess(page.status_code, 500, host)
                self.assertNotBranded(page.text, (path, host))

    def test_links_never_lead_to_the_host_of_a_request(self):
        links = self.env["nestogy.portal.link"]
        self.enter()
        form = self.at_host("evil.example.com", "/my/link")
        self.assertEqual(form.status_code, 200)
        self.assertNotIn("evil.example.com", form.text)
        self.assertEqual(links._base_url(), self.base_url())
        self.assertTrue(links._base_url(self.owner).endswith("://care.example.com"))

    def test_the_page_of_a_link_has_the_brand_of_its_reader(self):
        for contact, is_branded in ((self.owner, True), (self.stranger, False)):
            url = self.env["nestogy.portal.link"]._issue(contact)
            token = url.rpartition("/")[2]
            self.enter()
            page = self.open(f"/my/link/{token}")
            self.assertEqual(page.status_code, 200)
            check = self.assertBranded if is_branded else self.assertNotBranded
            check(page.text)
            self.assertIn("img-src 'self'", page.headers["Content-Security-Policy"])
            self.assertNotIn("unsafe", page.headers["Content-Security-Policy"])

    def test_hostile_texts_stay_text(self):
        hostile = "</title></style><script>bad()</script>"
        self.brand.write({"brand_name": hostile, "brand_footer": hostile, "brand_contact": hostile})
        for path, who, host in (
            ("/my", self.owner, None),
            ("/web/login", None, "care.example.com"),
            ("/my/link", None, "care.example.com"),
        ):
            self.enter(who)
            page = self.at_host(host, path).text if host else self.open(path).text
            self.assertNotIn("<script>bad()", page, path)
            self.assertIn("&lt;script&gt;bad()", page, path)

    def test_pictures_are_for_everybody_and_stay_in_browsers(self):
        self.brand.brand_favicon = picture("ICO", (16, 16))
        self.enter()
        for name, mimetype in (("logo", "image/png"), ("favicon", "image/x-icon")):
            file = self.brand[f"brand_{name}_file"]
            answer = self.open(f"/my/brand/{self.brand.id}/{name}/{file}")
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer.headers["Content-Type"], mimetype)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Content-Security-Policy"], "default-src 'none'")
            for word in ("public", "immutable", "max-age=31536000"):
                self.assertIn(word, answer.headers["Cache-Control"])
            self.assertNotIn("Set-Cookie", answer.headers)
            self.assertEqual(answer.content, base64.b64decode(self.brand[f"brand_{name}"]))
            old = self.open(f"/my/brand/{self.brand.id}/{name}/0123456789abcdef.png")
            self.assertEqual(old.headers["Cache-Control"], "public, max-age=300")
        for path in (
            f"/my/brand/{self.standard.id}/logo/x.png",
            "/my/brand/999999999/logo/x.png",
            f"/my/brand/{self.brand.id}/name/x.png",
            f"/my/brand/{self.brand.id}/brand_welcome/x",
            "/my/brand/x/logo/x.png",
        ):
            self.assertEqual(self.open(path).status_code, 404, path)
        self.assertNotEqual(
            self.open(f"/web/image/nestogy.portal.profile/{self.brand.id}/brand_logo").content,
            base64.b64decode(self.brand.brand_logo),
        )

    def test_portal_users_get_nothing_by_rpc(self):
        self.enter(self.owner)
        with self.assertRaises(RefusedCall), mute_logger("odoo.http"):
            self.call(
                "/web/dataset/call_kw",
                model="nestogy.portal.profile",
                method="search_read",
                args=[[]],
                kwargs={"fields": ["brand_name", "brand_host"]},
            )

    def test_a_brand_costs_the_first_page_two_queries_at_most(self):
        def count():
            self.enter(self.owner)
            self.open("/my")  # warm
            counted = []
            execute = Cursor.execute

            def counting(cursor, query, *args, **kwargs):
                counted.append(query)
                return execute(cursor, query, *args, **kwargs)

            with patch.object(Cursor, "execute", counting):
                self.open("/my")
            return len(counted)

        with_brand = count()
        with patch.object(
            self.registry["nestogy.portal.profile"], "_brand_of_visitor", lambda self, partner=None: None
        ):
            without = count()
        self.assertLessEqual(with_brand - without, 2)
        self.assertGreater(without, 10)
