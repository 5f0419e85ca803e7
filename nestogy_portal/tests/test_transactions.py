from lxml import html

from odoo import fields
from odoo.tests import tagged

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalTransactions(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.make_invoice(cls.client, 100)
        cls.pay(cls.invoice)
        cls.paid = cls.invoice.matched_payment_ids
        cls.credit = cls.make_invoice(cls.colleague, 30, move_type="out_refund")
        cls.advance = cls.make_payment(cls.colleague, 45)
        cls.draft = cls.make_payment(cls.client, 999)
        cls.draft.action_draft()
        cls.foreign = cls.make_payment(cls.stranger, 5000)

    @classmethod
    def make_payment(cls, partner, amount):
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": amount,
                "date": fields.Date.today(),
            }
        )
        payment.action_post()
        return payment

    def rows(self, response):
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        return {
            row.get("data-document"): " ".join(row.text_content().split())
            for row in html.fromstring(response.content).xpath("//tr[@data-document]")
        }

    def test_the_owner_sees_all_of_the_client_and_what_is_left(self):
        response = self.visit("/my/payments", self.owner)
        rows = self.rows(response)
        self.assertEqual(set(rows), {self.paid.name, self.credit.name, self.advance.name})
        self.assertIn(self.invoice.name, rows[self.paid.name])
        self.assertIn("Used", rows[self.paid.name])
        self.assertIn("Available", rows[self.advance.name])
        self.assertIn("Credit note", rows[self.credit.name])
        (credit,) = html.fromstring(response.content).xpath("//*[@data-currency]")
        self.assertIn("75.00", credit.text_content())
        self.assertIn(f"/my/invoices/{self.credit.id}", response.text)

    def test_a_colleague_who_sees_his_own_sees_his_own(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        response = self.visit("/my/payments", self.colleague)
        self.assertEqual(set(self.rows(response)), {self.credit.name, self.advance.name})
        for word in (self.paid.name, self.invoice.name, "100.00"):
            self.assertNotIn(f">{word}<", response.text)

    def test_strangers_and_nobody_see_nothing_of_it(self):
        response = self.visit("/my/payments", self.stranger)
        self.assertEqual(set(self.rows(response)), {self.foreign.name})
        self.assertNotIn(self.paid.name, response.text)
        self.assertIn("/web/login", self.visit("/my/payments").headers["Location"])

    def test_without_the_area_there_is_no_page(self):
        level = self.env["nestogy.portal.level"].create({"name": "No money"})
        self.colleague.portal_level_id = level
        self.assertEqual(self.visit("/my/payments", self.colleague).status_code, 404)
        self.assertNotIn("/my/payments", self.open("/my").text)

    def test_the_list_is_told_of_on_the_first_page_and_paged(self):
        self.assertIn('href="/my/payments"', self.visit("/my", self.owner).text)
        self.assertEqual(len(self.rows(self.open("/my/payments/page/1"))), 3)
        self.assertEqual(len(self.rows(self.open("/my/payments/page/99999"))), 3)

    def test_a_client_without_payments_is_welcome(self):
        newcomer = self.make_contact(self.make_client("Fresh"), "New", "new@fresh.example")
        self.make_portal_user(newcomer)
        response = self.visit("/my/payments", newcomer)
        self.assertEqual(self.rows(response), {})
        self.assertIn("no payments yet", response.text)

    def test_the_rows_are_for_pages_alone(self):
        with self.assertRaisesRegex(Exception, "not allowed to access"):
            self.env["nestogy.client.transaction"].with_user(self.owner.user_ids).search([])

    def test_the_page_costs_the_same_queries_for_few_and_many(self):
        client = self.client.with_user(self.owner.user_ids)
        client._get_portal_transactions()
        counts = []
        for _round in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertGreater(len(client._get_portal_transactions()), 2)
            counts.append(self.env.cr.sql_log_count - before)
            for _number in range(4):
                self.pay(self.make_invoice(self.client, 10))
        self.assertLessEqual(counts[1], counts[0])

    def test_a_card_is_told_by_its_end_and_refunded_where_it_came_from(self):
        provider = self.make_demo_provider()
        method = provider.payment_method_ids[:1]
        token = self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": self.owner.id,
                "provider_ref": "secret-reference",
                "payment_details": "4242",
            }
        )
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": "PAYCARD",
                "amount": 60.0,
                "currency_id": self.env.company.currency_id.id,
                "partner_id": self.owner.id,
                "token_id": token.id,
            }
        )
        transaction._set_done()
        transaction._post_process()
        payment = transaction.payment_id
        rows = self.rows(self.visit("/my/payments", self.owner))
        self.assertIn("•••• 4242", rows[payment.name])
        billing = self.make_user("card_billing", "billing")
        row = self.env["nestogy.client.transaction"].with_user(billing).search([("name", "=", payment.name)])
        self.assertEqual((row.partner_id, row.method), (self.owner, f"{method.name} •••• 4242"))
        self.assertTrue(payment.amount_available_for_refund)
        action = row.action_refund()
        self.assertEqual(action["res_model"], "payment.refund.wizard")
        wizard = self.env[action["res_model"]].with_user(billing).with_context(**action["context"]).create({})
        self.assertEqual((wizard.payment_id, wizard.amount_to_refund), (payment, 60.0))
