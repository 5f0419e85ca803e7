from markupsafe import Markup
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestReplies(TicketsMakers, ClientsCase):
    """Canned replies: what stands in them, who uses them, and that nothing typed becomes an expression."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner, name="Printer <b>smokes</b>")
        cls.reply = cls.make_reply("Restart", "<p>Hello {contact}, about {title} ({number}): restart. {author}</p>")

    @classmethod
    def make_reply(cls, name="Restart", body="<p>Restart it.</p>", **values):
        return cls.env["nestogy.ticket.reply"].create({"name": name, "body": body, **values})

    def picked(self, query="", user=None):
        replies = self.env["nestogy.ticket.reply"].with_user(user or self.agent)
        return replies.get_ticket_replies(self.ticket.id, query)

    def test_placeholders_are_filled_and_escaped(self):
        self.reply.with_user(self.agent)
        (found,) = self.picked()
        self.assertEqual(
            found["html"],
            Markup(
                "<div><p>Hello Olive Owner, about Printer &lt;b&gt;smokes&lt;/b&gt; "
                f"({self.ticket.number}): restart. Ada Agent</p></div>"
            ),
        )
        self.assertIn("Printer <b>smokes</b>", found["text"])

    def test_nothing_typed_becomes_an_expression(self):
        canary = self.make_reply(
            "Canary",
            '<p>{{ object.env.cr }} ${object.name} <t t-out="object.env.uid"/> {contact}</p>'
            '<p t-if="False" t-att-title="object.number">seen</p>',
        )
        html = canary.with_user(self.agent).use_for_ticket(self.ticket.id)["html"]
        self.assertIn("{{ object.env.cr }} ${object.name}", html)
        self.assertIn("seen", html)
        self.assertNotIn("title", html)
        self.assertNotIn(f"> {self.agent.id}", html)
        self.assertIn("Olive Owner", html)

    def test_a_value_of_the_ticket_is_no_expression_either(self):
        self.ticket.name = "{author} {{ 7*7 }}"
        (found,) = self.picked()
        self.assertIn("{author} {{ 7*7 }}", found["html"])
        self.assertNotIn("49", found["html"])

    def test_unknown_placeholders_are_named(self):
        with self.assertRefused(
            ValidationError, r"\{amount\} cannot be filled in a canned reply. Placeholders: \{client"
        ):
            self.make_reply("Bad", "<p>{amount}</p>")

    def test_texts_are_limited(self):
        with self.assertRefused(ValidationError, "has no text; write one"):
            self.make_reply("Empty", "<p><br></p>")
        with self.assertRefused(ValidationError, "at most 20000 characters"):
            self.make_reply("Long", "<p>%s</p>" % ("x" * 20_001))
        with self.assertRefused(ValidationError, "title of at most 120"):
            self.make_reply("x" * 121)
        with self.assertRefused(ValidationError, "“Two Words” is no shortcut"):
            self.make_reply("Short", shortcut="Two Words")

    def test_the_translation_for_the_reader_is_used(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.make_reply("Redémarrer", "<p>Bonjour {contact}</p>", origin_id=self.reply.id, lang="fr_FR")
        self.assertIn("Hello Olive", self.picked()[0]["html"])
        self.owner.lang = "fr_FR"
        self.assertEqual([found["name"] for found in self.picked()], ["Restart"])
        self.assertIn("Bonjour Olive Owner", self.picked()[0]["html"])
        with self.assertRefused(ValidationError, "A translation cannot have translations"):
            self.make_reply("x", origin_id=self.reply.variant_ids.id, lang="en_US")

    def test_search_looks_everywhere_and_the_tickets_category_comes_first(self):
        self.ticket.category_id = self.category
        self.reply.use_count = 50
        self.make_reply("Cable", "<p>Check the cable</p>", category_id=self.category.id, shortcut="cab")
        self.assertEqual([found["name"] for found in self.picked()], ["Cable", "Restart"])
        self.assertEqual([found["name"] for found in self.picked("the check")], ["Cable"])
        self.assertEqual([found["name"] for found in self.picked("cab")], ["Cable"])
        self.assertEqual(self.picked("100%"), [])

    def test_other_teams_do_not_get_it(self):
        other = self.env["helpdesk.ticket.team"].create({"name": "Other"})
        self.reply.team_id = other
        self.assertEqual(self.picked(), [])
        self.reply.team_id = self.team
        self.assertEqual(len(self.picked()), 1)

    def test_agents_keep_their_own_and_use_the_shared(self):
        replies = self.env["nestogy.ticket.reply"].with_user(self.agent)
        own = replies.create({"name": "Mine", "body": "<p>x</p>", "user_id": self.agent.id})
        own.body = "<p>y</p>"
        colleague = self.make_user("second_agent", "agent")
        self.assertNotIn("Mine", [found["name"] for found in self.picked(user=colleague)])
        with self.assertRaises(AccessError):
            own.with_user(colleague).use_for_ticket(self.ticket.id)
        with self.assertRaises(AccessError):
            self.reply.with_user(self.agent).body = "<p>hacked</p>"
        with self.assertRaises(AccessError):
            replies.create({"name": "Shared", "body": "<p>x</p>"})
        self.assertIn("Hello", self.reply.body)
        self.reply.with_user(self.make_user("boss", "manager")).name = "Restart it"
        self.assertEqual(self.reply.name, "Restart it")

    def test_visitors_and_plain_colleagues_read_none(self):
        for user in (self.owner_user, self.make_user("plain")):
            with self.assertRaises(AccessError):
                self.picked(user=user)
            with self.assertRaises(AccessError):
                self.reply.with_user(user).use_for_ticket(self.ticket.id)
        self.assertEqual(self.reply.use_count, 0)

    def test_uses_are_counted(self):
        self.reply.with_user(self.agent).use_for_ticket(self.ticket.id)
        self.reply.with_user(self.agent).use_for_ticket(self.ticket.id)
        self.assertEqual(self.reply.use_count, 2)
        self.assertTrue(self.reply.last_used_at)

    def test_many_cost_as_many_queries_as_one(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.picked()
            return len(found), self.env.cr.sql_log_count - before

        cost()
        one, queries = cost()
        self.assertEqual(one, 1)
        for number in range(30):
            self.make_reply(f"Number {number}", "<p>{client} {contact} {company} {number} {title} {stage} {author}</p>")
        cost()
        self.assertEqual(cost(), (31, queries))

    def test_a_shortcut_is_unique_among_those_that_all_see(self):
        self.reply.shortcut = "go"
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.make_reply("Second", shortcut="go")
        self.make_reply("Own", shortcut="go", user_id=self.agent.id)


@tagged("post_install", "-at_install")
class TestReplyTour(TicketsMakers, HttpCase):
    """The same in a browser."""

    def test_an_agent_answers_with_a_canned_reply(self):
        self.make_desk()
        ticket = self.make_tickets(self.owner, name="Printer smokes")
        replies = self.env["nestogy.ticket.reply"]
        reply = replies.create({"name": "Restart the router", "body": "<p>Hello {contact}, about {title}</p>"})
        replies.create({"name": "Something else", "body": "<p>x</p>"})
        self.start_tour(f"/odoo/helpdesk.ticket/{ticket.id}", "nestogy_tickets_canned_reply", login=self.agent.login)
        answers = ticket.message_ids.filtered(lambda message: "Hello Olive Owner" in (message.body or ""))
        self.assertEqual(len(answers), 1)
        self.assertEqual((answers.author_id, answers.notified_partner_ids), (self.agent.partner_id, self.owner))
        note = ticket.message_ids.filtered(lambda message: "hush" in (message.body or ""))
        self.assertFalse(note.notified_partner_ids)
        self.assertEqual(reply.use_count, 1)
