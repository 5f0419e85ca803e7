from unittest.mock import MagicMock, patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestWatchers(TicketsMakers, ClientsCase):
    """Who follows a ticket, and what that is good for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)

    def test_people_of_the_client_and_colleagues_watch_and_get_answers(self):
        ticket = self.ticket.with_user(self.agent)
        boss = self.make_user("boss", "manager", email="boss@desk.example")
        ticket.watcher_ids = self.colleague | boss.partner_id
        self.assertEqual(ticket.watcher_ids, self.colleague | boss.partner_id)
        answer = ticket.message_post(body="x", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertEqual(answer.notified_partner_ids, self.owner | self.colleague | boss.partner_id)
        ticket.watcher_ids = boss.partner_id
        self.assertIn(self.owner, self.ticket.message_partner_ids, "who asked stays")
        self.assertNotIn(self.colleague, self.ticket.message_partner_ids)

    def test_strangers_are_refused(self):
        ticket = self.ticket.with_user(self.agent)
        for change in (
            lambda: ticket.write({"watcher_ids": [(4, self.stranger.id)]}),
            lambda: ticket.message_subscribe(self.stranger.ids),
        ):
            with self.assertRefused(ValidationError, "Steve Stranger cannot watch this ticket"):
                change()
        self.assertNotIn(self.stranger, self.ticket.message_partner_ids)
        # the composer can make its recipients followers; a stranger gets the one mail that is for him
        ticket.with_context(mail_post_autofollow=True).message_subscribe(self.stranger.ids)
        self.assertNotIn(self.stranger, self.ticket.message_partner_ids)

    def test_watching_does_not_widen_reading(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        self.ticket.watcher_ids = self.colleague
        found = self.env["helpdesk.ticket"].with_user(self.colleague_user)
        self.assertFalse(found.search([("id", "=", self.ticket.id)]))
        with self.assertRaises(AccessError):
            found.browse(self.ticket.id).read(["name"])
        answer = self.ticket.with_user(self.agent).message_post(
            body="x", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertIn(self.colleague, answer.notified_partner_ids, "but the mail comes")

    def test_cc_makes_watchers_as_the_setting_says(self):
        ticket = self.receive("owner@acme.example", Cc="colleague@acme.example, stranger@other.example")
        self.assertEqual(ticket.message_partner_ids.filtered("partner_share"), self.owner | self.colleague)
        self.client.cc_watch = "no"
        ticket = self.receive("owner@acme.example", Cc="colleague@acme.example, stranger@other.example")
        self.assertEqual(ticket.message_partner_ids.filtered("partner_share"), self.owner)
        self.client.cc_watch = False
        self.client.client_group_id.cc_watch = "no"
        ticket = self.receive("owner@acme.example", Cc="colleague@acme.example")
        self.assertEqual(ticket.message_partner_ids.filtered("partner_share"), self.owner)

    def test_a_ticket_that_goes_to_another_client_leaves_its_watchers_behind(self):
        self.ticket.watcher_ids = self.colleague
        self.ticket.with_user(self.agent).partner_id = self.stranger
        self.assertEqual(self.ticket.message_partner_ids.filtered("partner_share"), self.stranger)

    def test_visitors_neither_see_nor_set_watchers(self):
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).read(["watcher_ids"])
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).watcher_ids = self.colleague


@tagged("post_install", "-at_install")
class TestPresence(TicketsMakers, ClientsCase):
    """Colleagues who look at the same ticket hear of each other, and nobody else does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)

    def sent(self, call):
        with patch.object(type(self.env["bus.bus"]), "_sendone") as send:
            call()
        return [args[0] for args in send.call_args_list if args[0][1] == "nestogy_ticket/presence"]

    def test_a_word_goes_to_the_forms_of_this_ticket_alone(self):
        ticket = self.ticket.with_user(self.agent)
        ((target, _kind, payload),) = self.sent(lambda: ticket.announce_presence("writing"))
        self.assertEqual(target, (ticket, "presence"))
        self.assertEqual(
            payload,
            {"ticket_id": ticket.id, "user_id": self.agent.id, "name": "Ada Agent", "state": "writing"},
        )
        self.assertFalse(self.sent(lambda: ticket.announce_presence("<script>")))

    def test_visitors_say_and_hear_nothing(self):
        self.assertFalse(self.sent(lambda: self.ticket.with_user(self.owner_user).announce_presence("viewing")))
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.stranger_user).announce_presence("viewing")

    def channels(self, user, *names):
        websocket = self.env["ir.websocket"].with_user(user)
        request = MagicMock()
        request.session.uid = user.id
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", request):
            found = websocket._build_bus_channel_list(list(names))
        named = [each for each in found if isinstance(each, str) and each in names]
        tickets = [each for each in found if isinstance(each, tuple) and each[0]._name == "helpdesk.ticket"]
        return named + tickets

    def test_only_who_may_read_the_ticket_listens(self):
        name = f"nestogy_ticket_{self.ticket.id}"
        self.assertEqual(self.channels(self.agent, name), [(self.ticket, "presence")])
        self.assertEqual(self.channels(self.owner_user, name), [])
        company = self.other_company()
        foreign = self.make_user("foreign", "agent", company_id=company.id, company_ids=[(6, 0, company.ids)])
        self.assertEqual(self.channels(foreign, name), [])
        self.assertEqual(
            self.channels(self.agent, "nestogy_ticket_1;DROP", "other"), ["nestogy_ticket_1;DROP", "other"]
        )

    def test_the_newest_answer_is_known(self):
        ticket = self.ticket.with_user(self.agent)
        self.assertEqual(ticket.get_newest_reply()["id"], 0)
        ticket.message_post(body="note", message_type="comment", subtype_xmlid="mail.mt_note")
        self.assertEqual(ticket.get_newest_reply()["id"], 0)
        boss = self.make_user("boss", "manager", name="Bea Boss", email="boss@desk.example")
        answer = self.ticket.with_user(boss).message_post(
            body="x", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(ticket.get_newest_reply(), {"id": answer.id, "author": "Bea Boss", "is_own": False})
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.stranger_user).get_newest_reply()

    def test_the_full_composer_asks_once_more_after_a_newer_answer(self):
        composers = self.env["mail.compose.message"].with_user(self.agent)
        composer = composers.with_context(
            default_model=self.ticket._name, default_res_ids=self.ticket.ids, default_composition_mode="comment"
        ).create({"body": "<p>mine</p>"})
        self.assertEqual(composer.author_id, self.agent.partner_id)
        boss = self.make_user("boss", "manager", name="Bea Boss", email="boss@desk.example")
        self.ticket.with_user(boss).message_post(body="theirs", message_type="comment", subtype_xmlid="mail.mt_comment")
        shown = composer.action_send_mail()
        self.assertEqual((shown["res_id"], composer.ticket_newer_author), (composer.id, "Bea Boss"))
        self.assertEqual(self.ticket.with_user(self.agent).get_newest_reply()["author"], "Bea Boss")
        composer.action_send_mail()
        self.assertEqual(self.ticket.with_user(self.agent).get_newest_reply()["author"], "Ada Agent")
