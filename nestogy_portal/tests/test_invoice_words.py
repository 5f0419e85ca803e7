from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestInvoiceWords(PortalCase):
    """Clients dispute an invoice, or say when they pay it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["nestogy.reminder.plan"].create(
            {"name": "Plan", "promise_days": 10, "level_ids": [Command.create({"name": "First", "days": 5})]}
        )
        cls.plan._start()
        cls.client.reminder_plan_id = cls.plan
        due = fields.Date.today() - timedelta(days=6)
        cls.invoice = cls.make_invoice(cls.client, 100, date=due, due=due)
        cls.foreign = cls.make_invoice(cls.other_client, 100, date=due, due=due)
        cls.page = f"/my/invoices/{cls.invoice.id}"
        cls.soon = fields.Date.today() + timedelta(days=5)

    def say(self, word, invoice=None, page=None, **data):
        """Send a form of the page of an invoice, with the token of a page that the visitor may open."""
        invoice = invoice or self.invoice
        return self.post_form(page or f"/my/invoices/{invoice.id}", f"/my/invoices/{invoice.id}/{word}", **data)

    def test_a_dispute_is_noted_once_and_asked_about(self):
        self.enter(self.owner)
        self.assertEqual(self.say("dispute", reason=" Two hours too many ").status_code, 303)
        self.assertRecordValues(
            self.invoice,
            [{"is_disputed": True, "dispute_reason": "Two hours too many", "dispute_by_id": self.owner.id}],
        )
        self.assertEqual(len(self.invoice.activity_ids), 1)
        page = self.open(f"{self.page}?notice=disputed").text
        self.assertIn("We look into it", page)
        self.assertIn("Two hours too many", page)
        self.assertNotIn("I dispute this invoice", page)
        answer = self.say("dispute", reason="Again", page="/my/account")
        self.assertIn("disputed already", answer.text)
        self.assertEqual(self.invoice.dispute_reason, "Two hours too many")

    def test_who_raised_a_dispute_takes_it_back_and_reminders_go_on(self):
        self.invoice._dispute("Two hours too many", self.owner)
        self.assertEqual([step.reason for step in self.invoice._reminder_steps()], ["dispute"])
        self.enter(self.owner)
        self.assertIn("It is right after all", self.open(self.page).text)
        self.assertEqual(self.say("withdraw").status_code, 303)
        self.assertFalse(self.invoice.is_disputed)
        self.assertFalse(self.invoice.activity_ids)
        self.assertIn("has taken the dispute back", self.invoice.message_ids[0].body)
        self.assertEqual([step.reason for step in self.invoice._reminder_steps()], [""])
        page = self.open(f"{self.page}?notice=withdrawn").text
        self.assertIn("not in dispute any more", page)
        self.assertNotIn("It is right after all", page)
        self.assertIn("not in dispute any more", self.say("withdraw", page="/my/account").text)

    def test_nobody_takes_back_what_somebody_else_said(self):
        self.invoice._dispute("Two hours too many", self.owner)
        self.colleague.portal_level_id = self.owner.portal_level_id
        self.enter(self.colleague)
        self.assertNotIn("It is right after all", self.open(self.page).text)
        self.assertIn("only that person can take it back", self.say("withdraw", page="/my/account").text)
        self.assertTrue(self.invoice.is_disputed)
        for stranger in (self.stranger, None):
            self.enter(stranger)
            self.say("withdraw", page="/my/account" if stranger else "/web/login")
            self.assertTrue(self.invoice.is_disputed)

    def test_a_dispute_needs_a_reason_of_a_sane_length(self):
        self.enter(self.owner)
        self.assertIn("Say what is wrong", self.say("dispute", reason="  ").text)
        self.assertIn("at most 2000", self.say("dispute", reason="x" * 2001).text)
        self.assertFalse(self.invoice.is_disputed)
        self.assertFalse(self.invoice.activity_ids)

    def test_a_promise_is_noted_once(self):
        self.enter(self.owner)
        self.assertEqual(self.say("promise", date=str(self.soon)).status_code, 303)
        promise = self.invoice.promise_ids
        self.assertRecordValues(
            promise,
            [{"date": self.soon, "amount": 100, "promised_by_id": self.owner.id, "how": "portal", "state": "open"}],
        )
        self.assertIn("told us that it will be paid", self.open(self.page).text)
        promise.action_take_back()
        self.assertIn("write to us", self.say("promise", date=str(self.soon)).text)
        self.assertEqual(self.invoice.promise_ids, promise)

    def test_a_day_out_of_reach_is_refused(self):
        self.enter(self.owner)
        for date in ("", "soon", "2001-01-01", str(self.soon + timedelta(days=6))):
            self.assertIn("Choose a day from today", self.say("promise", date=date).text, date)
        self.assertFalse(self.invoice.promise_ids)

    def test_without_a_plan_nothing_is_promised_and_a_dispute_is_still_heard(self):
        self.plan.action_stop()
        self.enter(self.owner)
        page = self.open(self.page).text
        self.assertNotIn("Tell us when you pay", page)
        self.assertIn("I dispute this invoice", page)

    def test_strangers_nobody_and_readers_change_nothing(self):
        self.enter(self.stranger)
        for word in ("dispute", "promise"):
            answer = self.say(word, page="/my/account", reason="x", date=str(self.soon))
            self.assertEqual(answer.headers.get("Location", "").rpartition("/")[2], "my")
        self.enter(None)
        for word in ("dispute", "promise"):
            self.assertIn(
                self.open(f"{self.page}/{word}", data={"reason": "x", "csrf_token": "x"}).status_code, (303, 400, 403)
            )
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        self.enter(self.colleague)
        self.assertEqual(self.say("dispute", page="/my/account", reason="x").status_code, 404)
        self.assertFalse(self.invoice.is_disputed)
        self.assertFalse(self.invoice.promise_ids)

    def test_what_was_issued_is_headed_an_invoice(self):
        self.assertFalse(self.invoice.invoice_pdf_report_id)
        self.enter(self.owner)
        page = self.open(f"{self.page}?report_type=html").text
        self.assertIn(self.invoice.name, page)
        self.assertNotIn("Proforma", page)
        sent = self.open(f"{self.page}?report_type=pdf&download=true")
        self.assertNotIn("roforma", sent.headers["Content-Disposition"])
        name = self.invoice._get_invoice_report_filename()
        self.assertEqual(self.invoice._get_invoice_pdf_proforma()["filename"], name)

    def test_what_was_not_issued_stays_pro_forma(self):
        draft = self.make_invoice(self.client, 100, post=False)
        other = self.make_invoice(self.env["res.partner"].create({"name": "No client"}), 100)
        for move in (draft, other):
            report = self.env["ir.actions.report"].with_context(proforma_invoice=True)
            html, _kind = report._render_qweb_html("account.account_invoices", move.ids)
            self.assertIn(b"Proforma", html)
