from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessDenied, AccessError, ValidationError
from odoo.tests import TransactionCase, tagged, users
from odoo.tools import mute_logger

from ..tools.link_tokens import digest, new_token
from .common import PASSWORD, PortalMakers


@tagged("post_install", "-at_install")
class TestLink(PortalMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.invoice = cls.make_invoice(cls.client, 100)
        cls.estimate = cls.env["sale.order"].create({"partner_id": cls.client.id})
        cls.links = cls.env["nestogy.portal.link"]
        cls.make_user("link_viewer", "viewer")
        cls.make_user("link_agent", "agent")

    def issue(self, partner=None, document=None, **kwargs):
        url = self.links._issue(partner or self.owner, document or self.estimate, **kwargs)
        return url.rpartition("/")[2] if url else ""

    def consume(self, token, device=None, contact=None):
        self.links._consume((contact or self.owner).user_ids, token, device or new_token(), "192.0.2.1", "Browser")

    def test_a_link_keeps_only_the_digest_of_its_token(self):
        url = self.links._issue(self.owner, self.invoice)
        base = self.env["ir.config_parameter"].get_param("web.base.url")
        self.assertTrue(url.startswith(f"{base}/my/link/"))
        token = url.rpartition("/")[2]
        link = self.links._find(token)
        self.assertRecordValues(
            link,
            [
                {
                    "token_digest": digest(token),
                    "partner_id": self.owner.id,
                    "user_id": self.owner.user_ids.id,
                    "purpose": "mail",
                    "document_model": "account.move",
                    "document_id": self.invoice.id,
                    "document_name": self.invoice.display_name,
                    "issued_to_address": "owner@acme.example",
                    "issued_by_id": self.env.uid,
                    "used_at": False,
                    "state": "open",
                }
            ],
        )
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM nestogy_portal_link WHERE id = %s", [link.id])
        self.assertNotIn(token, str(self.env.cr.fetchall()))

    def test_the_lifetime_is_a_setting_within_bounds(self):
        for value, days in (("7", 7), ("0", 1), ("999", 90), ("many", 30)):
            self.env["ir.config_parameter"].set_param("nestogy_portal.link_days", value)
            link = self.links._find(self.issue())
            left = link.expires_at - fields.Datetime.now()
            self.assertAlmostEqual(left.total_seconds(), timedelta(days=days).total_seconds(), delta=60)
        for name, value in (("link_days", 91), ("requested_minutes", 4), ("session_hours", 0), ("idle_hours", 25)):
            with self.assertRaises(ValidationError):
                self.env["res.config.settings"].create({f"nestogy_portal_{name}": value})

    def test_a_link_outlives_the_day_its_invoice_is_due(self):
        for due, days in ((10, 40), (-10, 30), (300, 90)):
            due_date = fields.Date.today() + timedelta(days=due)
            invoice = self.make_invoice(self.client, 10, date=fields.Date.today() - timedelta(days=20), due=due_date)
            link = self.links._find(self.issue(document=invoice))
            left = link.expires_at - fields.Datetime.now()
            self.assertAlmostEqual(left.total_seconds(), timedelta(days=days).total_seconds(), delta=60)

    def test_a_contact_who_moves_to_a_closed_client_is_out(self):
        token = self.issue(self.colleague)
        self.set_status(self.other_client, "fraud")
        self.colleague.parent_id = self.other_client
        self.assertFalse(self.links._find(token))
        self.assertEqual(self.colleague.user_ids.nestogy_session_epoch, 1)

    def test_a_closed_client_s_document_tokens_are_forgotten(self):
        foreign = self.make_invoice(self.other_client, 10)
        tokens = [document._portal_ensure_token() for document in (self.invoice, self.estimate, foreign)]
        self.set_status(self.client, "fraud")
        self.assertFalse(self.invoice.access_token or self.estimate.access_token)
        self.assertEqual(foreign.access_token, tokens[2])

    def test_stories_are_shortened_and_forgotten(self):
        log = self.env["nestogy.portal.access.log"]
        link = self.links._find(self.issue())
        rows = [log._log("link", self.owner, link=link) for _age in range(3)]
        now = fields.Datetime.now()
        for row, days, ip in zip(rows, (1, 91, 731), ("192.0.2.77", "2001:db8:1:2::9", "192.0.2.1"), strict=True):
            row.sudo().write({"at": now - timedelta(days=days), "ip": ip})
        link.write({"used_at": now - timedelta(days=100), "use_ip": "198.51.100.9"})
        log._gc_access_log()
        self.assertEqual(rows[0].ip, "192.0.2.77")
        self.assertEqual(rows[1].ip, "2001:db8:1::/48")
        self.assertEqual(link.use_ip, "198.51.100.0/24")
        self.assertFalse(rows[2].exists())
        log._gc_access_log()
        self.assertEqual(rows[1].ip, "2001:db8:1::/48")
        self.links._gc_links()
        self.assertTrue(link.exists())
        link.expires_at = now - timedelta(days=366)
        self.links._gc_links()
        self.assertFalse(link.exists())
        self.assertFalse(rows[0].link_id)

    def test_nobody_changes_the_access_log(self):
        row = self.env["nestogy.portal.access.log"]._log("link", self.owner)
        for user in (self.env.ref("base.user_admin"), self.env["res.users"].search([("login", "=", "link_agent")])):
            mine = row.with_user(user)
            self.assertEqual(mine.event, "link")
            with mute_logger("odoo.addons.base.models.ir_model"):
                for act in (lambda row=mine: row.write({"ip": "x"}), mine.unlink, mine.copy):
                    self.assertRaises(AccessError, act)
        with mute_logger("odoo.addons.base.models.ir_model"), self.assertRaises(AccessError):
            row.with_user(self.owner.user_ids).read(["event"])

    def test_a_contact_without_user_gets_one_silently(self):
        contact = self.make_contact(self.client, "Nina New", "nina@acme.example")
        mails = self.env["mail.mail"].search_count([])
        self.assertTrue(self.issue(contact))
        user = contact.user_ids
        self.assertRecordValues(
            user, [{"login": "nina@acme.example", "share": True, "active": True, "partner_id": contact.id}]
        )
        self.assertTrue(user._is_portal())
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.assertEqual(contact.email, "nina@acme.example")

    def test_two_contacts_may_share_a_mailbox(self):
        twin = self.make_contact(self.other_client, "Twin", "owner@acme.example")
        token = self.issue(twin)
        self.assertEqual(self.links._find(token).user_id.partner_id, twin)
        self.assertNotEqual(twin.user_ids, self.owner.user_ids)

    def test_nobody_gets_a_link_who_may_not_sign_in(self):
        agent = self.env["res.users"].search([("login", "=", "link_agent")])
        agent.email = "agent@firm.example"
        self.assertEqual(self.issue(agent.partner_id), "")
        self.assertEqual(self.issue(self.make_contact(self.client, "No mail")), "")
        self.assertEqual(self.issue(self.make_contact(self.client, "Two", "a@x.example, b@x.example")), "")
        self.assertEqual(self.issue(address="somebody@else.example"), "")
        self.colleague.user_ids.active = False
        self.assertEqual(self.issue(self.colleague), "")
        self.set_status(self.other_client, "fraud")
        self.assertEqual(self.issue(self.stranger), "")
        late = self.make_contact(self.other_client, "Late", "late@other.example")
        self.assertEqual(self.issue(late), "")
        self.assertFalse(late.user_ids)

    def test_the_first_browser_takes_the_link(self):
        token, device = self.issue(), new_token()
        self.consume(token, device)
        link = self.links._find(token)
        self.assertRecordValues(link, [{"use_ip": "192.0.2.1", "use_count": 1, "device_digest": digest(device)}])
        self.consume(token, device)
        self.assertEqual(link.use_count, 2)
        with self.assertRaises(AccessDenied):
            self.consume(token, new_token())
        self.assertTrue(link._fits_device(device))
        for foreign in (new_token(), None, "", "\x00", "x" * 5000):
            self.assertFalse(link._fits_device(foreign))
        self.assertEqual(link.use_count, 2)

    def test_a_link_is_good_for_its_own_user_only(self):
        token = self.issue()
        with self.assertRaises(AccessDenied):
            self.consume(token, contact=self.colleague)
        self.assertFalse(self.links._find(token).used_at)

    def test_dead_links_are_not_found(self):
        def revoke(link):
            link._revoke("test")

        def change_address(link):
            self.owner.email = "new@acme.example"

        def archive_user(link):
            self.owner.user_ids.active = False

        def fraud(link):
            self.set_status(self.client, "fraud")

        def inactive(link):
            self.set_status(self.client, "inactive")

        def promote(link):
            self.owner.user_ids.group_ids = [fields.Command.set([self.env.ref("base.group_user").id])]

        for change in (revoke, change_address, archive_user, fraud, inactive, promote):
            with self.subTest(change=change.__name__), self.env.cr.savepoint() as savepoint:
                token = self.issue()
                link = self.links._find(token)
                self.assertTrue(link)
                change(link)
                self.assertFalse(self.links._find(token))
                with self.assertRaises(AccessDenied):
                    self.consume(token)
                self.assertFalse(link.used_at)
                savepoint.rollback()
                self.env.invalidate_all()
        for token in (new_token(), "x" * 43, "x" * 5000, "\x00" * 43, "", None, "ä" * 43):
            self.assertFalse(self.links._find(token))

    def test_an_expired_link_is_dead(self):
        token = self.issue()
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.assertFalse(self.links._find(token))
            with self.assertRaises(AccessDenied):
                self.consume(token)

    def test_links_stay_dead_when_the_client_may_log_in_again(self):
        token = self.issue()
        epoch = self.owner.user_ids.nestogy_session_epoch
        self.set_status(self.client, "fraud")
        self.set_status(self.client, "active")
        self.assertFalse(self.links._find(token))
        self.assertEqual(self.owner.user_ids.nestogy_session_epoch, epoch + 1)
        self.assertEqual(self.stranger.user_ids.nestogy_session_epoch, 0)

    def test_a_status_that_closes_ends_links_of_its_clients(self):
        status = self.env["nestogy.client.status"].create({"name": "Paused"})
        self.client.client_status_id = status
        token = self.issue()
        status.may_log_in = False
        self.assertFalse(self.links._find(token))
        self.assertEqual(self.owner.user_ids.nestogy_session_epoch, 1)

    def test_no_credential_opens_the_door_of_a_closed_client(self):
        user = self.owner.user_ids
        credential = {"type": "password", "login": user.login, "password": PASSWORD}
        self.assertEqual(self.env["res.users"].authenticate(dict(credential), {"interactive": False})["uid"], user.id)
        key = (
            self.env["res.users.apikeys"]
            .with_user(user)
            .sudo()
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        )
        self.set_status(self.client, "fraud")
        with self.assertRaises(AccessDenied) as wrong:
            self.env["res.users"].authenticate(credential | {"password": "wrong"}, {"interactive": False})
        for password in (PASSWORD, key):
            with self.assertRaises(AccessDenied) as right:
                self.env["res.users"].authenticate(credential | {"password": password}, {"interactive": False})
            self.assertEqual(str(right.exception), str(wrong.exception))
        self.assertIsNone(self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=key))
        with self.assertRaises(AccessDenied):
            self.env["res.users"].authenticate({"type": "nestogy_link", "login": user.login}, {"interactive": True})

    @users("link_agent")
    def test_nobody_writes_links_over_rpc(self):
        link = self.links.sudo()._find(self.issue()).with_env(self.env)
        with mute_logger("odoo.addons.base.models.ir_model", "odoo.models"):
            for act in (
                lambda: link.write({"expires_at": "2099-01-01"}),
                lambda: link.unlink(),
                lambda: link.copy(),
                lambda: link.read(["token_digest"]),
                lambda: link.read(["device_digest"]),
            ):
                with self.assertRaises(AccessError):
                    act()

    def test_agents_revoke_viewers_do_not(self):
        link = self.links._find(self.issue())
        viewer = self.env["res.users"].search([("login", "=", "link_viewer")])
        agent = self.env["res.users"].search([("login", "=", "link_agent")])
        with self.assertRaises(AccessError):
            link.with_user(viewer).action_revoke()
        self.assertFalse(link.revoked_at)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            link.with_user(self.owner.user_ids).action_revoke()
        self.assertFalse(link.revoked_at)
        link.with_user(agent).action_revoke()
        self.assertEqual(link.state, "revoked")
        self.assertIn(agent.name, link.revoke_reason)

    def test_attempts_are_counted_by_subject_and_address(self):
        self.registry_enter_test_mode()  # counters have a cursor of their own
        attempts = self.env["nestogy.portal.attempt"]
        with freeze_time("2026-01-01 10:00:01"):
            results = [attempts._exceeds("test", "192.0.2.7", 3, 600) for _n in range(5)]
            self.assertEqual(results, [False, False, False, True, True])
            self.assertFalse(attempts._exceeds("test", "192.0.2.8", 3, 600))
            self.assertFalse(attempts._exceeds("else", "192.0.2.7", 3, 600))
        with freeze_time("2026-01-01 10:10:01"):
            self.assertFalse(attempts._exceeds("test", "192.0.2.7", 3, 600))
