import re
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..models.communication.mail_mail import PASSWORD_MARK
from .common import PASSWORD, PortalCase, PortalMakers

GENERATED = re.compile(r"[A-Za-z2-9]{5}(?:-[A-Za-z2-9]{5}){3}")
OWN = "a long sentence of my own"


class InviteMakers(PortalMakers):
    @contextmanager
    def assertRefused(self, exception, regex):
        with self.assertRaisesRegex(exception, regex), self.env.cr.savepoint():
            yield
        self.env.invalidate_all()

    @classmethod
    def make_invite_world(cls):
        cls.agent = cls.make_user("invite_agent", "agent", email="agent@firm.example", name="Alex Agent")
        cls.viewer = cls.make_user("invite_viewer", "viewer")
        cls.newcomer = cls.make_contact(cls.client, "Nora New", "nora@acme.example")
        cls.profile = cls.env["nestogy.portal.profile"].create({"name": "Ours"})
        cls.env.company.portal_profile_id = cls.profile
        cls.log = cls.env["nestogy.portal.access.log"]

    def copies_of(self, deed, send=None):
        """What is handed to the mail server while something is done.

        :param send: takes the place of handing it over
        :return: tuple of the answer and a list of the values of each copy
        """
        copies = []
        prepare = self.registry["mail.mail"]._prepare_outgoing_list

        def keep(mail, *args, **kwargs):
            found = prepare(mail, *args, **kwargs)
            copies.extend(found)
            return found

        server = self.registry["ir.mail_server"]
        with (
            patch.object(self.registry["mail.mail"], "_prepare_outgoing_list", keep),
            patch.object(server, "_disable_send", lambda *args: False),
            patch.object(server, "_connect__", lambda *args, **kwargs: None),
            patch.object(server, "send_email", send or (lambda self, message, *args, **kwargs: message["Message-Id"])),
        ):
            answer = deed()
        return answer, copies

    def user_of(self, contact):
        return contact.sudo().with_context(active_test=False).user_ids

    def events(self, contact):
        rows = self.log.search([("partner_id", "=", contact.id)], order="id")
        return [(row.event, row.detail) for row in rows]

    def dialog(self, contacts, **values):
        action = contacts.with_user(self.agent).action_portal_invite_dialog()
        wizard = self.env[action["res_model"]].with_user(self.agent).browse(action["res_id"])
        wizard.write(values)
        return wizard


@tagged("post_install", "-at_install")
class TestInvite(InviteMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.make_invite_world()

    def make_people(self, count):
        common = {"parent_id": self.client.id, "type": "contact"}
        return self.env["res.partner"].create(
            [common | {"name": f"P{number}", "email": f"p{number}@acme.example"} for number in range(count)]
        )

    def state(self, contact):
        contact.invalidate_recordset()
        return contact.with_user(self.viewer).portal_state

    # who, and why not

    def test_the_dialog_says_who_cannot_be_invited_and_invites_the_others(self):
        silent = self.make_contact(self.client, "No mail")
        broken = self.make_contact(self.client, "Broken", "not an address")
        twin = self.make_contact(self.client, "Twin", "Nora@acme.example")
        guest = self.make_contact(self.other_client, "Guest", "owner@acme.example")
        colleague = self.viewer.partner_id
        colleague.email = "viewer@firm.example"
        people = self.newcomer | silent | broken | twin | guest | colleague
        wizard = self.dialog(people)
        problems = {line.partner_id: line.problem for line in wizard.line_ids}
        self.assertFalse(problems[self.newcomer])
        self.assertIn("has no valid e-mail", problems[silent])
        self.assertIn("has no valid e-mail", problems[broken])
        self.assertIn("nora@acme.example is the user name of somebody else", problems[twin])
        self.assertIn("owner@acme.example is the user name of somebody else", problems[guest])
        self.assertIn("works here", problems[colleague])
        self.assertEqual(wizard.line_ids.filtered("is_chosen").partner_id, self.newcomer)
        wizard.line_ids.filtered(lambda line: line.partner_id == twin).username = "Twin.Acme"
        wizard.line_ids.filtered(lambda line: line.partner_id == guest).username = "owner"
        wizard.line_ids.is_chosen = True
        _action, copies = self.copies_of(wizard.action_invite)
        self.assertEqual(len(copies), 3)
        done = {line.partner_id: line.state for line in wizard.line_ids}
        self.assertEqual([done[each] for each in people], ["sent", "failed", "failed", "sent", "sent", "failed"])
        self.assertEqual(self.user_of(twin).login, "twin.acme")
        self.assertEqual(self.user_of(guest).login, "owner")
        self.assertFalse(self.user_of(silent | broken))
        self.assertEqual(wizard.state, "done")
        self.assertEqual(wizard.progress, "3 invited, 3 not, 0 still to come.")

    def test_names_that_are_taken_or_wrong_are_refused_at_once(self):
        wizard = self.dialog(self.newcomer | self.make_contact(self.client, "Ben", "ben@acme.example"))
        first, second = wizard.line_ids
        for name, words in (
            ("a b", "3 to 40"),
            ("someone@else.example", "3 to 40"),
            ("invite_agent", "is taken"),
        ):
            first.username = name
            self.assertIn(words, first.problem)
        first.username, second.username = "same", "SAME"
        self.assertEqual((first.problem, second.problem), ("", "The user name same is taken; choose another."))

    def test_archived_contacts_and_closed_clients_stay_out(self):
        self.newcomer.active = False
        self.assertIn("is archived", self.newcomer._portal_invite_problems()[self.newcomer])
        self.newcomer.active = True
        self.set_status(self.client, "inactive")
        self.assertIn("does not allow signing in", self.newcomer._portal_invite_problems()[self.newcomer])
        with self.assertRefused(UserError, "does not allow signing in"):
            self.newcomer.with_user(self.agent).action_portal_invite()
        self.assertFalse(self.user_of(self.newcomer))

    def test_a_past_colleague_is_no_client(self):
        person = self.make_contact(self.client, "Past", "past@acme.example")
        user = self.make_user("past_colleague", "viewer")
        user.partner_id = person
        user.active = False
        self.assertEqual(self.state(person), "blocked")
        self.assertFalse(person.portal_may_restore)
        with self.assertRefused(UserError, "works here"):
            person.with_user(self.agent).action_portal_invite()
        self.assertFalse(user.active)

    def test_companies_persons_and_contacts_without_a_name_can_be_invited(self):
        firm = self.make_client("Solo Firm", email="solo@firm.example")
        person = self.make_client("Pia Person", is_company=False, email="pia@person.example")
        nameless = self.make_contact(self.client, False, "desk@acme.example", type="other")
        results, copies = self.copies_of(lambda: (firm | person | nameless)._portal_invite())
        self.assertEqual([each["ok"] for each in results.values()], [True] * 3)
        self.assertEqual(len(copies), 3)
        self.assertEqual(self.user_of(nameless).login, "desk@acme.example")
        self.assertEqual((self.state(firm), self.state(person)), ("invited", "invited"))
        self.assertIn("Dear desk@acme.example", next(each["body"] for each in copies if "desk@" in str(each)))

    def test_from_the_client_list_it_is_the_primary_contact(self):
        wizard = self.dialog(self.client | self.other_client)
        self.assertEqual(wizard.line_ids.partner_id, self.owner | self.stranger)

    # how

    def test_levels_are_given_and_the_mail_is_shown_before(self):
        level = self.env.ref("nestogy_portal.nestogy_portal_level_technical")
        wizard = self.dialog(self.newcomer, welcome="Hello <Nora>")
        self.assertIn("nora@acme.example", wizard.preview)
        self.assertIn("Hello &lt;Nora&gt;", wizard.preview)
        self.assertNotIn("signup", wizard.preview)
        wizard.line_ids.portal_level_id = level
        _action, copies = self.copies_of(wizard.action_invite)
        self.assertIn("Hello &lt;Nora&gt;", copies[0]["body"])
        self.assertIn("/web/signup?", copies[0]["body"])
        self.assertEqual(self.newcomer.portal_level_id, level)
        self.assertEqual(
            self.events(self.newcomer),
            [("level", f"Alex Agent: as the profile says → {level.name}"), ("invited", "Alex Agent")],
        )

    def test_the_words_of_the_client_go_before_those_of_the_group_and_the_company(self):
        words = self.env["nestogy.client.mail.template"]
        words.search([("kind", "=like", "invitation%")]).unlink()
        third = self.make_client("Third")
        guest = self.make_contact(third, "Tara", "tara@third.example")
        third.client_group_id = self.env["nestogy.client.group"].create({"name": "VIP"})
        body = "<p>{login} {link}</p>"
        for owner, name in (
            ({"client_id": self.client.id}, "client"),
            ({"group_id": third.client_group_id.id}, "group"),
            ({"company_id": self.env.company.id}, "company"),
        ):
            words.create({"kind": "invitation", "subject": name, "body": body, **owner})
        other = self.make_contact(self.other_client, "Ola", "ola@other.example")
        _results, copies = self.copies_of(lambda: (self.newcomer | guest | other)._portal_invite())
        found = {str(copy["email_to"]): copy["subject"] for copy in copies}
        self.assertEqual(sorted(found.values()), ["client", "company", "group"])
        self.assertEqual(next(subject for to, subject in found.items() if "tara" in to), "group")

    def test_a_profile_without_invitations_refuses_and_the_dialog_may_decide_otherwise(self):
        self.profile.invitation_mode = "none"
        with self.assertRefused(UserError, "sends no invitations"):
            self.newcomer.with_user(self.agent).action_portal_invite()
        wizard = self.dialog(self.newcomer)
        self.assertIn("sends no invitations", wizard.line_ids.problem)
        wizard.mode = "link"
        self.assertFalse(wizard.line_ids.problem)
        with self.assertRefused(UserError, "Choose at least one"):
            wizard.action_invite()

    def test_a_password_that_is_shown_is_in_the_answer_alone(self):
        self.profile.invitation_mode = "password_shown"
        action, copies = self.copies_of(self.newcomer.with_user(self.agent).action_portal_invite)
        self.assertFalse(copies)
        [shown] = action["params"]["people"]
        self.assertRegex(shown["password"], GENERATED)
        self.assertEqual(shown["login"], "nora@acme.example")
        user = self.user_of(self.newcomer)
        self.assertTrue(user.nestogy_must_change_password)
        left = user.nestogy_password_until - fields.Datetime.now()
        self.assertAlmostEqual(left.total_seconds(), 7 * 86400, delta=60)
        self.assertNowhere(shown["password"])

    def assertNowhere(self, password):
        self.env.flush_all()
        for table in ("mail_mail", "mail_message", "nestogy_portal_invite_line", "nestogy_portal_access_log"):
            self.env.cr.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{password}%"])
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_a_password_that_is_mailed_is_made_when_the_mail_leaves(self):
        wizard = self.dialog(self.newcomer, mode="password_mailed")
        self.assertTrue(wizard.has_mailed_password)
        self.assertIn("••••", wizard.preview)
        created = []
        create = type(self.env["mail.mail"]).create

        def keep(mails, vals_list):
            created.extend(vals_list)
            return create(mails, vals_list)

        with patch.object(self.registry["mail.mail"], "create", keep):
            _action, copies = self.copies_of(wizard.action_invite)
        [copy] = copies
        [password] = set(GENERATED.findall(copy["body"]))
        self.assertIn(password, copy["body_alternative"])
        self.assertNotIn(PASSWORD_MARK, str(copy))
        self.assertIn(PASSWORD_MARK, created[0]["body_html"])
        self.assertTrue(created[0]["auto_delete"])
        self.assertNowhere(password)
        user = self.user_of(self.newcomer)
        credential = {"type": "password", "login": user.login, "password": password}
        self.assertEqual(user.with_user(user)._check_credentials(credential, {"interactive": True})["uid"], user.id)

    def test_nobody_loses_a_password_of_his_own(self):
        self.env["res.users.log"].with_user(self.owner.user_ids).sudo().create({})
        self.profile.invitation_mode = "password_mailed"
        _action, copies = self.copies_of(self.owner.with_user(self.agent).action_portal_invite)
        self.assertIn("/web/signup?", copies[0]["body"])
        self.assertNotRegex(copies[0]["body"], GENERATED)
        self.assertFalse(self.user_of(self.owner).nestogy_must_change_password)

    def test_days_of_a_password_are_limited(self):
        for days in (0, 31):
            with self.assertRefused(ValidationError, "1 to 30 days"):
                self.profile.password_days = days

    # what can go wrong on the way

    def test_one_whose_user_cannot_be_made_does_not_stop_the_others(self):
        bad = self.make_contact(self.client, "Bad", "bad@acme.example")
        create = type(self.env["res.users"]).create

        def fails(users, vals_list):
            if any(vals.get("partner_id") == bad.id for vals in vals_list):
                raise UserError(users.env._("Not this one."))
            return create(users, vals_list)

        with patch.object(self.registry["res.users"], "create", fails):
            results, copies = self.copies_of(lambda: (self.newcomer | bad)._portal_invite())
        self.assertEqual([each["ok"] for each in results.values()], [True, False])
        self.assertEqual(results[bad]["message"], "Not this one.")
        self.assertEqual(len(copies), 1)
        self.assertFalse(self.user_of(bad))
        self.assertEqual(self.events(bad), [])

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_mail_that_does_not_leave_is_told(self):
        def refuse(*args, **kwargs):
            raise MailDeliveryException("The mailbox is full")

        results, _copies = self.copies_of(self.newcomer._portal_invite, send=refuse)
        result = results[self.newcomer]
        self.assertFalse(result["ok"])
        self.assertIn("the mail did not leave", result["message"])

    def test_the_queries_do_not_grow_with_the_contacts(self):
        people = self.env["res.partner"].create(
            [
                {
                    "name": f"P{number}",
                    "parent_id": self.client.id,
                    "type": "contact",
                    "email": f"p{number}@acme.example",
                }
                for number in range(21)
            ]
        )
        self.profile.invitation_mode = "link"
        counts = []
        for some in (people[:1], people[1:6], people[6:21]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            problems = some._portal_invite_problems()
            counts.append(self.cr.sql_log_count - before)
            self.assertFalse(any(problems.values()))
        self.assertLessEqual(counts[2], counts[0] + 2, counts)
        with patch.object(self.registry["mail.mail"], "send", lambda mails, **kwargs: True):
            made = []
            for some in (people[:1], people[1:6], people[6:21]):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                some._portal_invite()
                self.env.flush_all()
                made.append(self.cr.sql_log_count - before)
        # making a user and a mail has a price of its own; what we add does not
        self.assertLess((made[2] - made[1]) / 10, 14, made)

    def test_many_go_out_in_the_background_in_the_name_of_who_asked(self):
        people = self.env["res.partner"].create(
            [
                {
                    "name": f"P{number}",
                    "parent_id": self.client.id,
                    "type": "contact",
                    "email": f"p{number}@acme.example",
                }
                for number in range(53)
            ]
        )
        wizard = self.dialog(people)
        wizard.action_invite()
        self.assertEqual((wizard.state, wizard.progress), ("waiting", "0 invited, 0 not, 53 still to come."))
        self.assertFalse(self.user_of(people))
        with (
            patch.object(self.registry["mail.mail"], "send", lambda mails, **kwargs: True),
            patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1000),
        ):
            self.env["nestogy.portal.invite.line"]._cron_invite()
        self.assertEqual((wizard.state, wizard.progress), ("done", "53 invited, 0 not, 0 still to come."))
        self.assertEqual(len(self.user_of(people)), 53)
        self.assertEqual(self.events(people[52]), [("invited", "Alex Agent")])

    # states

    def test_states_are_searched_as_they_are_shown(self):
        self.make_contact(self.client, "No mail")
        linked = self.make_contact(self.client, "Linked", "linked@acme.example")
        self.env["nestogy.portal.link"]._issue(linked)
        self.assertEqual((len(self.user_of(linked)), self.state(linked)), (1, "none"))
        self.env["res.users.log"].with_user(self.stranger.user_ids).sudo().create({})
        self.user_of(self.colleague).active = False
        closed = self.make_client("Closed", email="closed@closed.example")
        self.set_status(closed, "fraud")
        everybody = self.client | self.client.child_ids | self.stranger | closed | self.agent.partner_id
        self.agent.partner_id.email = False
        partners = self.env["res.partner"].with_user(self.viewer)
        seen = {}
        for partner in everybody.with_user(self.viewer):
            seen.setdefault(partner.portal_state, set()).add(partner.id)
        self.assertEqual(set(seen), {"no_email", "none", "invited", "active", "blocked"})
        for state, ids in seen.items():
            found = partners.search([("id", "in", everybody.ids), ("portal_state", "=", state)])
            self.assertEqual(set(found.ids), ids, state)
            rest = partners.search([("id", "in", everybody.ids), ("portal_state", "!=", state)])
            self.assertEqual(set(rest.ids), set(everybody.ids) - ids, state)

    def test_old_invitations_are_found(self):
        user = self.user_of(self.owner)
        partners = self.env["res.partner"].with_user(self.viewer)
        mine = ("id", "in", (self.owner | self.colleague).ids)
        user.nestogy_invited_at = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        self.owner.invalidate_recordset()
        self.assertTrue(self.owner.portal_is_expired)
        self.assertIn("expired", self.owner.portal_hint)
        self.assertEqual(partners.search([mine, ("portal_is_expired", "=", True)]), self.owner)
        self.assertEqual(partners.search([mine, ("portal_is_expired", "=", False)]), self.colleague)
        self.assertEqual(partners.search([mine, ("portal_invited_at", "<", "today -7d")]), self.owner)
        self.copies_of(self.owner.with_user(self.agent).action_portal_invite)
        self.owner.invalidate_recordset()
        self.assertFalse(self.owner.portal_is_expired)
        self.assertEqual(self.events(self.owner), [("invited_again", "Alex Agent")])
        user.write({"nestogy_must_change_password": True, "nestogy_password_until": fields.Datetime.now()})
        user.nestogy_password_until = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        self.assertEqual(partners.search([mine, ("portal_is_expired", "=", True)]), self.owner)

    # afterwards

    def test_an_invitation_that_was_taken_back_stays_dead_when_another_is_sent(self):
        _result, copies = self.copies_of(lambda: self.newcomer._portal_invite())
        [token] = set(re.findall(r"token=([\w.%-]+)", copies[0]["body"]))
        partners = self.env["res.partner"].sudo()
        self.assertEqual(partners._get_partner_from_token(token), self.newcomer)
        self.newcomer.with_user(self.agent).action_portal_withdraw()
        self.assertEqual(self.state(self.newcomer), "none")
        self.assertFalse(partners._get_partner_from_token(token))
        _result, copies = self.copies_of(lambda: self.newcomer._portal_invite())
        self.assertFalse(partners._get_partner_from_token(token))
        [fresh] = set(re.findall(r"token=([\w.%-]+)", copies[0]["body"]))
        self.assertEqual(partners._get_partner_from_token(fresh), self.newcomer)
        self.newcomer.with_user(self.agent).action_portal_revoke()
        self.newcomer._portal_invite()
        self.assertFalse(partners._get_partner_from_token(fresh))
        self.assertEqual([event for event, _who in self.events(self.newcomer)][1], "withdrawn")

    def test_a_password_that_was_taken_back_opens_nothing(self):
        self.newcomer._portal_invite("password_shown")
        user = self.user_of(self.newcomer)
        self.assertTrue(user._has_password())
        self.newcomer._portal_withdraw()
        self.assertFalse(user._has_password())
        self.assertFalse(user.nestogy_must_change_password)
        with self.assertRefused(UserError, "no open invitation"):
            self.newcomer._portal_withdraw()

    def test_access_is_taken_from_several_with_a_reason_and_given_back(self):
        people = self.owner | self.colleague | self.newcomer
        block = self.env["nestogy.portal.block"].with_user(self.agent)
        block.create({"partner_ids": people.ids, "reason": "left"}).action_block()
        self.assertEqual([self.state(each) for each in people], ["blocked", "blocked", "none"])
        self.assertEqual(self.events(self.owner), [("blocked", "Alex Agent: left")])
        with self.assertRefused(UserError, "Nobody of them has access"):
            block.create({"partner_ids": people.ids, "reason": "again"}).action_block()
        self.env["res.users.log"].with_user(self.user_of(self.owner)).sudo().create({})
        _action, copies = self.copies_of(self.owner.with_user(self.agent).action_portal_invite)
        self.assertFalse(copies, "who knows his password needs no invitation")
        self.assertEqual(self.state(self.owner), "active")
        self.assertEqual(self.events(self.owner)[-1], ("restored", "Alex Agent"))
        self.assertTrue(self.user_of(self.owner)._is_portal())

    def test_a_user_name_is_changed_by_agents_and_kept(self):
        person = self.env["nestogy.portal.person"].with_user(self.agent)
        self.assertEqual(person.check_username("Owner.One"), "")
        self.assertIn("is taken", person.check_username("invite_agent"))
        self.assertIn("somebody else", person.check_username("colleague@acme.example"))
        person.create({"partner_id": self.owner.id, "username": "Owner.One"}).action_save()
        self.assertEqual(self.user_of(self.owner).login, "owner.one")
        self.assertEqual(self.events(self.owner), [("username", "Alex Agent: owner@acme.example → owner.one")])
        with self.assertRefused(UserError, "3 to 40"):
            self.colleague._portal_set_username("stranger@other.example")
        with self.assertRefused(UserError, "The user name owner.one is taken"):
            self.colleague._portal_set_username("Owner.One")
        self.assertEqual(self.user_of(self.colleague).login, "colleague@acme.example")

    # who may

    def test_only_agents_may(self):
        names = ("invite", "invite_dialog", "invite_all", "block_dialog", "revoke", "withdraw", "person")
        portal = self.user_of(self.owner)
        before = self.user_of(self.colleague).read(["login", "active", "nestogy_session_epoch"])
        for user in (self.viewer, portal, self.make_user("invite_nobody")):
            contact = self.colleague.with_user(user)
            for name in names:
                with self.subTest(user=user.login, action=name), self.assertRefused(AccessError, ""):
                    getattr(contact, f"action_portal_{name}")()
            for model in ("invite", "invite.line", "block", "person"):
                with self.subTest(user=user.login, model=model), self.assertRefused(AccessError, ""):
                    self.env[f"nestogy.portal.{model}"].with_user(user).create({})
            with self.assertRefused(AccessError, ""):
                self.env["nestogy.portal.person"].with_user(user).check_username("free.name")
        self.assertEqual(self.user_of(self.colleague).read(["login", "active", "nestogy_session_epoch"]), before)
        for field in ("portal_state", "portal_username", "portal_invited_at"):
            with self.assertRefused(AccessError, ""):
                self.colleague.with_user(portal).read([field])
            with self.assertRefused(AccessError, ""):
                self.env["res.partner"].with_user(portal).search([(field, "!=", False)])
        with self.assertRefused(AccessError, ""):
            portal.with_user(portal).write({"login": "mine"})

    def test_nobody_changes_the_log(self):
        row = self.log._log_many("invited", self.owner, "x")
        for user in (self.agent, self.make_user("invite_admin", "admin")):
            with self.assertRefused(AccessError, ""):
                row.with_user(user).write({"detail": "y"})
            with self.assertRefused(AccessError, ""):
                row.with_user(user).unlink()
        self.assertNotIn(row, self.log._sign_ins_of(self.owner, 10))


@tagged("post_install", "-at_install")
class TestInvitePages(InviteMakers, PortalCase):
    """From the mail to the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_invite_world()

    def sign_in(self, login, password):
        self.enter(None)
        page = self.open("/web/login")
        return self.open("/web/login", data={"login": login, "password": password, "csrf_token": self.csrf(page)})

    def key_of(self, copies):
        [address] = set(re.findall(r'href="([^"]*/web/signup\?[^"]*)"', copies[0]["body"]))
        return "/web/signup?" + address.replace("&amp;", "&").partition("?")[2]

    def set_password(self, address, password=OWN):
        page = self.open(address)
        token = re.search(r"token=([^&]+)", address)[1]
        data = {"name": "Nora New", "login": "ignored", "password": password, "confirm_password": password}
        return self.open(
            "/web/signup", data=data | {"login": "nora@acme.example", "token": token, "csrf_token": self.csrf(page)}
        )

    def test_mail_link_password_portal(self):
        _action, copies = self.copies_of(self.newcomer.with_user(self.agent).action_portal_invite)
        self.env.flush_all()
        self.enter(None)
        address = self.key_of(copies)
        self.assertEqual(self.set_password(address).status_code, 303)
        self.assertSignedIn(self.newcomer)
        self.env.invalidate_all()
        self.assertEqual(self.newcomer.portal_state, "active")
        self.sign_in("nora@acme.example", OWN)
        self.assertSignedIn(self.newcomer)
        # the key is used up
        self.enter(None)
        self.assertIn("does not work any more", self.open(address).text)
        data = dict.fromkeys(("password", "confirm_password"), "another long one") | {"login": "nora@acme.example"}
        data |= {"token": re.search(r"token=([^&]+)", address)[1], "csrf_token": self.csrf(self.open("/web/login"))}
        self.assertIn("does not work any more", self.open("/web/signup", data=data).text)
        self.assertSignedIn(None)
        self.sign_in("nora@acme.example", "another long one")
        self.assertSignedIn(None)

    def test_a_link_that_is_too_old_opens_nothing(self):
        self.env["ir.config_parameter"].set_param("auth_signup.signup.validity.hours", "-1")
        _action, copies = self.copies_of(self.newcomer.with_user(self.agent).action_portal_invite)
        self.env.flush_all()
        self.enter(None)
        response = self.open(self.key_of(copies))
        self.assertIn("does not work any more", response.text)
        self.assertIn('href="/my/link"', response.text)
        self.assertNotIn('name="confirm_password"', response.text)
        self.assertSignedIn(None)
        self.newcomer.invalidate_recordset()
        self.assertTrue(self.newcomer.portal_is_expired)

    def test_temporary_password_then_one_of_his_own(self):
        wizard = self.dialog(self.newcomer, mode="password_mailed")
        wizard.line_ids.username = "nora"
        _action, copies = self.copies_of(wizard.action_invite)
        self.env.flush_all()
        [password] = set(GENERATED.findall(copies[0]["body"]))
        response = self.sign_in("nora", password)
        self.assertIn("/web/login/new-password", response.headers["Location"])
        self.assertSignedIn(None)
        data = {"password": OWN, "confirmation": OWN, "csrf_token": self.csrf(self.open("/web/login/new-password"))}
        self.open("/web/login/new-password", data=data)
        self.assertSignedIn(self.newcomer)
        self.sign_in("nora", password)
        self.assertSignedIn(None)
        self.sign_in("nora", OWN)
        self.assertSignedIn(self.newcomer)

    def test_a_temporary_password_expires(self):
        result = self.newcomer._portal_invite("password_shown")[self.newcomer]
        user = self.user_of(self.newcomer)
        user.nestogy_password_until = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        self.env.flush_all()
        response = self.sign_in(user.login, result["password"])
        self.assertIn("temporary password has expired", response.text)
        self.assertSignedIn(None)
        response = self.sign_in(user.login, "a wrong one")
        self.assertNotIn("expired", response.text)

    def test_portal_users_reach_nothing_of_it_over_rpc(self):
        self.enter(self.owner)
        for model, method, args in (
            ("res.partner", "action_portal_invite", [[self.colleague.id]]),
            ("res.partner", "action_portal_person", [[self.colleague.id]]),
            ("nestogy.portal.invite", "create", [{}]),
            ("nestogy.portal.person", "check_username", ["free"]),
            ("nestogy.portal.block", "create", [{"partner_ids": [self.colleague.id], "reason": "x"}]),
            ("res.partner", "_portal_invite", [[self.colleague.id]]),
        ):
            with (
                self.subTest(model=model, method=method),
                self.assertRaisesRegex(Exception, "(?i)access|allow|private|agents"),
                mute_logger("odoo.http"),
            ):
                self.call(f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs={})
        self.env.invalidate_all()
        self.assertTrue(self.user_of(self.colleague).active)
        self.sign_in(self.colleague.email, PASSWORD)
        self.assertSignedIn(self.colleague)
