from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.tests import tagged

from .common import PASSWORD, PortalCase

QUERIES = 15  # of a warm page with all cards, Odoo's own for session and menus included


@tagged("post_install", "-at_install")
class TestHome(PortalCase):
    def keys(self, response):
        return html.fromstring(response.content).xpath("//li[@data-todo]/@data-todo")

    def cards(self, response):
        return html.fromstring(response.content).xpath("//div[contains(@class, 'o_portal_index_card')]/a/@href")

    def make_estimate(self, client=None, until=30, amount=100):
        return self.env["sale.order"].create(
            {
                "partner_id": (client or self.client).id,
                "state": "sent",
                "validity_date": fields.Date.today() + timedelta(days=until),
                "order_line": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": False})],
            }
        )

    def make_late(self, amount=100, client=None):
        return self.make_invoice(client or self.client, amount, date="2024-01-01", due="2024-02-01")

    def test_nothing_to_do_is_said_in_a_friendly_way(self):
        response = self.visit("/my", self.colleague)
        self.assertEqual(self.keys(response), [])
        self.assertIn("Everything is in order", response.text)
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_what_needs_doing_comes_first_and_in_order(self):
        self.make_late(120)
        estimate = self.make_estimate()
        self.make_estimate(until=-3)  # expired: nobody can accept it
        self.make_late(50, self.other_client)
        response = self.visit("/my", self.owner)
        self.assertEqual(self.keys(response), ["overdue", f"estimate_{estimate.id}", "people"])
        self.assertIn("$\xa0120.00 overdue", response.text)
        page = html.fromstring(response.content)
        self.assertEqual(page.xpath("//li[@data-todo='overdue']//a/@href"), ["/my/invoices/overdue"])
        self.assertEqual(page.xpath("//li[@data-todo='overdue']//a/text()"), ["Pay"])
        todos, group = page.xpath("//*[@id='nestogy_todos' or @id='portal_money_category']")
        self.assertEqual((todos.tag, group.tag), ("h2", "div"), "the rows come before the cards")

    def test_what_is_not_yet_due_is_to_pay_and_not_overdue(self):
        self.make_invoice(self.client, 80)
        response = self.visit("/my", self.owner)
        self.assertIn("pay", self.keys(response))
        self.assertNotIn("overdue", self.keys(response))
        self.assertIn("$\xa080.00 to pay", response.text)

    def test_each_currency_has_its_row(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.make_late(120)
        self.make_invoice(self.client, 30, currency=euro, date="2024-01-01", due="2024-02-01")
        response = self.visit("/my", self.owner)
        self.assertEqual(self.keys(response).count("overdue"), 2)
        page = html.fromstring(response.content)
        self.assertEqual(
            page.xpath("//li[@data-todo='overdue']//a/@href"), ["/my/statement"] * 2, "cannot be one payment"
        )

    def test_many_estimates_are_one_row(self):
        for _number in range(5):
            self.make_estimate()
        response = self.visit("/my", self.owner)
        self.assertIn("estimates", self.keys(response))
        self.assertIn("5 estimates wait for your answer", response.text)

    def test_a_level_without_money_sees_none_of_it(self):
        self.make_late(120)
        self.make_estimate()
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_technical")
        response = self.visit("/my", self.colleague)
        self.assertEqual(self.keys(response), [])
        self.assertNotIn("120.00", response.text)
        self.assertNotIn("/my/statement", self.cards(response))
        self.assertNotIn("/my/quotes", self.cards(response))
        self.assertNotIn("/my/people", self.cards(response))

    def test_own_records_only_means_own_figures(self):
        self.make_late(120)
        self.make_invoice(self.colleague, 7, date="2024-01-01", due="2024-02-01")
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        response = self.visit("/my", self.colleague)
        self.assertIn("$\xa07.00 overdue", response.text)
        self.assertNotIn("127", response.text)

    def test_who_only_reads_is_offered_no_payment(self):
        self.make_late(120)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        page = html.fromstring(self.visit("/my", self.colleague).content)
        self.assertEqual(page.xpath("//li[@data-todo='overdue']//a/text()"), ["See"])
        self.assertEqual(page.xpath("//li[@data-todo='overdue']//a/@href"), ["/my/statement"])

    def test_each_card_is_there_once(self):
        self.make_late(120)
        self.make_estimate()
        cards = self.cards(self.visit("/my", self.owner))
        self.assertEqual(len(cards), len(set(cards)), cards)
        for path in ("/my/statement", "/my/quotes", "/my/documents", "/my/profile", "/my/people", "/my/security"):
            self.assertIn(path, cards)
        self.assertFalse([path for path in cards if path.startswith("/my/invoices?filterby=invoices")])

    def test_strangers_nobody_and_the_blocked(self):
        self.make_late(120)
        self.assertEqual(self.keys(self.visit("/my", self.stranger)), [])
        self.assertEqual(self.visit("/my").status_code, 303)
        self.enter(self.owner)
        self.set_status(self.client, "inactive")
        self.env.flush_all()
        self.assertIn(self.open("/my").status_code, (303, 403))

    def test_many_rows_cost_as_many_queries_as_one(self):
        def queries(who):
            self.open("/my")
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.assertEqual(self.open("/my").status_code, 200)
            return self.cr.sql_log_count - before

        self.make_late(120)
        self.make_estimate()
        self.authenticate(self.owner.email, PASSWORD)
        few = queries(self.owner)
        for number in range(4):
            self.make_late(10)
            self.make_estimate()
            contact = self.make_contact(self.client, f"Colleague {number}", f"more{number}@acme.example")
            self.make_portal_user(contact)
        many = queries(self.owner)
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, QUERIES)
