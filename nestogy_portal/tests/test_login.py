import logging
from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged, users
from odoo.tools import mute_logger

from ..tools.passwords import generate_password, is_username
from .common import PASSWORD, PortalCase, PortalMakers

MINE = "a long sentence of my own"


@tagged("post_install", "-at_install")
class TestLoginOnCreate(PortalMakers, TransactionCase):
    """The section Login of the form for new clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.agent = cls.make_user("login_agent", "agent")
        cls.viewer = cls.make_user("login_viewer", "viewer")

    def create_client(self, **values):
        wizard = self.env["nestogy.client.create"].create(
            {
                "name": "New Firm",
                "contact_first_name": "Nora",
                "contact_last_name": "New",
                "contact_email": "Nora@new.example",
                **values,
            }
        )
        action = wizard.action_create()
        return action, self.env["res.partner"].search([("name", "in", ("New Firm", "Pia Person"))])

    def user_of(self, partner):
        return partner.sudo().with_context(active_test=False).user_ids

    @users("login_agent")
    def test_without_a_word_nobody_gets_a_login(self):
        action, client = self.create_client()
        self.assertEqual(action["type"], "ir.actions.act_window")
        self.assertFalse(self.user_of(client | client.child_ids))

    @users("login_agent")
    def test_the_registration_mail_goes_to_the_first_contact(self):
        last = self.env["mail.mail"].sudo().search([], order="id desc", limit=1).id or 0
        action, client = self.create_client(portal_access="invite")
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Nora@new.example", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_id"], client.id)
        user = self.user_of(client.primary_contact_id)
        self.assertRecordValues(
            user, [{"login": "nora@new.example", "share": True, "active": True, "nestogy_must_change_password": False}]
        )
        self.assertTrue(user._is_portal())
        self.assertFalse(self.user_of(client))
        mail = self.env["mail.mail"].sudo().search([("id", ">", last or 0)])
        self.assertEqual(len(mail), 1)
        self.assertIn("/web/signup?", mail.body_html)
        self.assertEqual(client.primary_contact_id.portal_state, "invited")

    @users("login_agent")
    def test_a_person_signs_in_himself_with_a_name_of_his_own(self):
        _action, client = self.create_client(
            is_company=False,
            first_name="Pia",
            last_name="Person",
            email="pia@person.example",
            portal_access="invite",
            username_kind="own",
            username=" Pia.Person ",
        )
        self.assertEqual(self.user_of(client).login, "pia.person")
        self.assertEqual(self.user_of(client).email, "pia@person.example")

    @users("login_agent")
    def test_a_generated_password_is_shown_once_and_kept_nowhere(self):
        records = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(record.getMessage())
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        last = self.env["mail.mail"].sudo().search([], order="id desc", limit=1).id or 0
        action, client = self.create_client(portal_access="generate")
        params = action["params"]
        self.assertEqual((action["tag"], params["login"]), ("nestogy_portal.show_password", "nora@new.example"))
        self.assertEqual(params["next"]["res_id"], client.id)
        password = params["password"]
        user = self.user_of(client.primary_contact_id)
        self.assertTrue(user.nestogy_must_change_password)
        credential = {"type": "password", "login": user.login, "password": password}
        self.assertEqual(user.with_user(user)._check_credentials(credential, {"interactive": True})["uid"], user.id)
        # neither in the database, nor in a mail, nor in a log
        self.env.flush_all()
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertTrue(self.env.cr.fetchone()[0].startswith("$pbkdf2"))
        self.env.cr.execute("SELECT * FROM nestogy_client_create")
        self.assertNotIn(password, str(self.env.cr.fetchall()))
        self.assertFalse(self.env["mail.mail"].sudo().search([("id", ">", last or 0)]))
        self.assertNotIn(
            password, str(client.message_ids.mapped("body") + client.primary_contact_id.message_ids.mapped("body"))
        )
        self.assertNotIn(password, "\n".join(records))

    @users("login_agent")
    def test_user_names_are_unique_and_have_a_form(self):
        self.make_portal_user(self.colleague.copy({"email": "second@acme.example"}), login="taken_name")
        archived = self.make_portal_user(self.owner.copy({"email": "third@acme.example"}), login="gone.name")
        archived.active = False
        check = self.env["nestogy.client.create"].check_username
        self.assertEqual(check("new.name"), "")
        self.assertEqual(check("takenXname"), "", "an underscore is no wild card")
        for taken in ("taken_name", "Taken_Name", " taken_name ", "gone.name", "login_agent"):
            self.assertIn("is taken; choose another", check(taken), taken)
        for bad in ("", "ab", "x" * 41, "with blank", "a@b.example", "-dash", "dot.", "ümlaut", "a/b", None, ["x"]):
            self.assertIn("A user name has 3 to 40", check(bad), bad)

    @users("login_agent")
    def test_what_is_wrong_is_said_before_anything_is_made(self):
        count = self.env["res.partner"].search_count([])
        lead_out = self.env.ref("nestogy_clients.nestogy_client_status_inactive").id
        for values, message in (
            ({"contact_email": "owner@acme.example"}, "is the user name of somebody else"),
            ({"contact_email": "OWNER@acme.example"}, "is the user name of somebody else"),
            ({"contact_email": "nonsense"}, "Write the e-mail address of the person"),
            ({"contact_email": False}, "Write the e-mail address of the person"),
            (
                {"contact_first_name": False, "contact_last_name": False, "contact_email": False},
                "People sign in, not companies",
            ),
            ({"is_company": False, "last_name": "P"}, "Write the e-mail address of the person"),
            ({"username_kind": "own"}, "A user name has 3 to 40"),
            ({"username_kind": "own", "username": "owner@acme.example"}, "A user name has 3 to 40"),
            ({"client_status_id": lead_out}, "does not allow signing in"),
        ):
            for access in ("invite", "generate"):
                with (
                    self.subTest(values=values, access=access),
                    self.assertRaisesRegex(UserError, message),
                    self.env.cr.savepoint(),
                ):
                    self.create_client(portal_access=access, **values)
        self.env.invalidate_all()
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_only_agents_ask_for_names(self):
        for user in (self.viewer, self.owner.user_ids):
            with self.assertRaises(AccessError):
                self.env["nestogy.client.create"].with_user(user).check_username("free.name")
        with self.assertRaises(AccessError):
            self.colleague.with_user(self.viewer)._make_portal_login("free.name", generate=True)

    def test_generated_passwords_are_strong_and_easy_to_read(self):
        passwords = {generate_password() for _ in range(200)}
        self.assertEqual(len(passwords), 200)
        for password in passwords:
            self.assertRegex(password, r"^[A-Za-z2-9]{5}(-[A-Za-z2-9]{5}){3}$")
            self.assertNotRegex(password, "[lIO01o]")
            self.assertRegex(password, r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)")
        self.assertTrue(is_username("a-b"))
        self.assertFalse(is_username("a-"))


@tagged("post_install", "-at_install")
class TestNewPassword(PortalCase):
    """A generated password opens the door once, to the page where its owner sets his own."""

    def setUp(self):
        super().setUp()
        self.user = self.owner.user_ids
        self.generated = generate_password()
        self.user.password = self.generated
        self.user.nestogy_must_change_password = True

    def sign_in(self, password, redirect=None):
        """Sign in on Odoo's page in a fresh browser."""
        self.enter(None)
        data = {"login": self.user.login, "password": password, "csrf_token": self.csrf(self.open("/web/login"))}
        return self.open("/web/login", data=data | ({"redirect": redirect} if redirect else {}))

    def set_password(self, password, confirmation=None):
        page = self.open("/web/login/new-password")
        data = {
            "csrf_token": self.csrf(page),
            "password": password,
            "confirmation": password if confirmation is None else confirmation,
        }
        return self.open("/web/login/new-password", data=data)

    def must_change(self):
        self.env.invalidate_all()
        return self.user.nestogy_must_change_password

    def test_the_generated_password_leads_to_the_page_and_nowhere_else(self):
        response = self.sign_in(self.generated, redirect="/my/statement")
        self.assertIn("/web/login/new-password?redirect=", response.headers["Location"])
        for path in ("/my", "/my/statement", "/my/preferences", "/my/invoices"):
            self.assertIn("/web/login", self.open(path).headers["Location"], path)
        self.assertSignedIn(None)
        page = self.open("/web/login/new-password")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Choose your password", page.text)
        self.assertIn("no-store", page.headers["Cache-Control"])

    def test_after_the_change_he_is_in_and_the_generated_one_is_dead(self):
        self.sign_in(self.generated)
        response = self.set_password(MINE)
        self.assertEqual(response.status_code, 303)
        self.assertFalse(self.must_change())
        self.assertSignedIn(self.owner)
        self.assertIn("/my", self.open("/web/login/new-password").headers["Location"])
        self.assertEqual(self.sign_in(self.generated).status_code, 200)  # the login page again, with an error
        self.assertSignedIn(None)
        self.assertEqual(self.sign_in(MINE).status_code, 303)
        self.assertSignedIn(self.owner)

    def test_bad_passwords_are_refused_with_a_sentence(self):
        self.sign_in(self.generated)
        for password, confirmation, message in (
            (MINE, "another sentence", "The two passwords differ"),
            ("short", None, "at least 10 characters"),
            ("         x", None, "at least 10 characters"),
            ("x" * 129, None, "at most 128 characters"),
            (self.generated, None, "another password than the one you were given"),
            ("", None, "at least 10 characters"),
        ):
            response = self.set_password(password, confirmation)
            self.assertEqual(response.status_code, 200)
            self.assertIn(message, response.text)
            self.assertTrue(self.must_change())
        self.assertSignedIn(None)

    @mute_logger("odoo.http")
    def test_the_page_is_for_nobody_else(self):
        # nobody
        self.enter(None)
        self.assertIn("/web/login", self.open("/web/login/new-password").headers["Location"])
        token = self.csrf(self.open("/web/login"))
        data = {"csrf_token": token, "password": MINE, "confirmation": MINE}
        self.assertIn("/web/login", self.open("/web/login/new-password", data=data).headers["Location"])
        # the wrong password
        self.sign_in("wrong")
        self.assertIn("/web/login", self.open("/web/login/new-password").headers["Location"])
        # a colleague who is signed in
        self.enter(self.colleague)
        self.assertIn("/my", self.open("/web/login/new-password").headers["Location"])
        # without the token of the form
        self.sign_in(self.generated)
        self.assertEqual(
            self.open("/web/login/new-password", data={"password": MINE, "confirmation": MINE}).status_code, 400
        )
        self.assertTrue(self.must_change())

    def test_a_closed_door_stays_closed(self):
        self.sign_in(self.generated)
        token = self.csrf(self.open("/web/login/new-password"))
        self.set_status(self.client, "inactive")
        self.env.flush_all()
        data = {"csrf_token": token, "password": MINE, "confirmation": MINE}
        self.assertIn("/web/login", self.open("/web/login/new-password", data=data).headers["Location"])
        self.assertTrue(self.must_change())

    def test_programs_do_not_get_in_with_it(self):
        self.enter(None)
        answer = self.call(
            "/web/session/authenticate", db=self.env.cr.dbname, login=self.user.login, password=self.generated
        )
        self.assertIsNone(answer["uid"])
        credential = {"type": "password", "login": self.user.login, "password": self.generated}
        with self.assertRaises(AccessDenied), mute_logger("odoo.addons.base.models.res_users"):
            self.user.with_user(self.user)._check_credentials(credential, {"interactive": False})

    def test_a_sign_in_link_is_another_door(self):
        url = self.env["nestogy.portal.link"]._issue(self.owner)
        path = "/my/link/" + url.rpartition("/")[2]
        self.enter(None)
        response = self.open(path, data={"csrf_token": self.csrf(self.open(path))})
        self.assertEqual(response.status_code, 303)
        self.assertSignedIn(self.owner)
        self.assertTrue(self.must_change())

    def test_a_second_factor_is_asked_for_after_it(self):
        self.sign_in(self.generated)
        factor = "/web/login/totp"
        with patch.object(self.registry["res.users"], "_mfa_type", lambda _user: "totp"):
            response = self.set_password(MINE)
        self.assertIn(factor, response.headers["Location"])
        self.assertFalse(self.must_change())
        self.assertSignedIn(None)

    def test_a_password_that_was_set_otherwise_ends_the_duty(self):
        self.user.password = PASSWORD
        self.assertFalse(self.must_change())
        self.sign_in(PASSWORD)
        self.assertSignedIn(self.owner)


@tagged("post_install", "-at_install")
class TestLoginTour(PortalMakers, HttpCase):
    def test_an_agent_makes_a_client_with_a_login(self):
        self.make_portal_world()
        agent = self.make_user("login_tour_agent", "agent")
        self.start_tour("/odoo/clients", "nestogy_portal_create_with_login", login=agent.login)
        client = self.env["res.partner"].search([("name", "=", "Tour Person")])
        self.assertRecordValues(client, [{"is_client": True, "is_company": False, "email": "tour@person.example"}])
        self.assertEqual(client.user_ids.login, "tour.person")
        self.assertTrue(client.user_ids.nestogy_must_change_password)
