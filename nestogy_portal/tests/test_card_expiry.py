from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.nestogy_portal.models.access.res_users import STEP_UP

from .common import PASSWORD
from .fake_stripe import GOOD
from .test_autopay import AutopayMakers
from .test_stripe_faults import StripeCase

TODAY = "2026-06-01 08:00:00"


@tagged("post_install", "-at_install")
class TestCardExpiry(AutopayMakers, StripeCase):
    """Saved cards that expire: known from Stripe, told to the payer, charged no more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write({"email": "office@firm.example", "autopay_notice_days": 3})

    def setUp(self):
        super().setUp()
        self.env["payment.token"].search([("provider_id", "=", self.provider.id)]).active = False

    def make_card(self, year, month, partner=None, asks=True):
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "partner_id": (partner or self.owner).id,
                "provider_ref": "cus_saved",
                "stripe_payment_method": self.fake.card(GOOD, year, month)["id"],
                "payment_details": "4242",
            }
        )
        if asks:
            self.night()
        return token

    def give(self, **values):
        with freeze_time(TODAY):
            return super().give(**values)

    def night(self, day=TODAY):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref("nestogy_portal.ir_cron_payment_expiry").method_direct_trigger()
        self.env.invalidate_all()

    def asked(self):
        return [path for method, path in self.fake.requests if "payment_methods" in path and method == "GET"]

    # -- what is known -------------------------------------------------------

    def test_a_card_that_is_saved_knows_its_last_day(self):
        invoice = self.make_invoice(self.client, 40)
        self.enter(self.owner)
        values = self.begin((invoice, 4000), tokenization_requested=True)
        self.confirm(values)
        tx = self.transaction(values)
        tx._check_with_provider()
        self.assertRecordValues(tx.token_id, [{"expires_on": date(2035, 12, 31), "expires_text": "12/2035"}])

    def test_a_card_that_is_used_tells_that_it_was_renewed(self):
        token = self.make_card(2026, 6)
        self.assertEqual(token.expires_on, date(2026, 6, 30))
        self.fake.store[token.stripe_payment_method]["card"]["exp_year"] = 2030
        invoice = self.make_invoice(self.client, 40)
        self.enter(self.owner)
        values = self.begin((invoice, 4000), token=token)
        tx = self.transaction(values)
        tx._check_with_provider()
        self.assertEqual(token.expires_on, date(2030, 6, 30))

    def test_saved_cards_are_asked_about_now_and_then(self):
        near, far = self.make_card(2026, 6, asks=False), self.make_card(2030, 2, asks=False)
        self.night()
        self.assertRecordValues(near | far, [{"expires_on": date(2026, 6, 30)}, {"expires_on": date(2030, 2, 28)}])
        self.night()
        self.assertEqual(len(self.asked()), 2, "each once a night")
        self.night("2026-06-02 08:00:00")
        self.assertEqual(self.asked()[2:], [f"/v1/payment_methods/{near.stripe_payment_method}"])
        self.night("2026-07-02 08:00:00")
        self.assertIn(f"/v1/payment_methods/{far.stripe_payment_method}", self.asked()[3:])

    def test_one_card_without_an_answer_keeps_no_other_waiting(self):
        for fault in ("drop", "500"):
            with self.subTest(fault=fault):
                first, second = self.make_card(2027, 1, asks=False), self.make_card(2027, 1, asks=False)
                self.fake.faults.append(("GET", f"payment_methods/{first.stripe_payment_method}", fault))
                self.night()
                self.assertFalse(first.expires_on)
                self.assertEqual(second.expires_on, date(2027, 1, 31))
                self.night()
                self.assertEqual(first.expires_on, date(2027, 1, 31), "the next run asks again")

    # -- told ----------------------------------------------------------------

    def test_the_payer_is_told_30_and_7_days_before_and_once(self):
        token = self.make_card(2026, 6)
        self.give(token=token)
        for day, count in (("05-30", 0), ("05-31", 1), ("06-01", 1), ("06-22", 1), ("06-23", 2), ("06-30", 2)):
            self.night(f"2026-{day} 08:00:00")
            subjects = [subject for subject in self.told() if "expires" in subject]
            self.assertEqual(len(subjects), count, day)
        domain = [("model", "=", "res.partner"), ("res_id", "=", self.client.id), ("subject", "like", "expires")]
        messages = self.env["mail.message"].search(domain)
        self.assertEqual(messages.partner_ids, self.owner)
        self.assertIn("06/2026", messages[0].subject)
        self.assertIn("/my/autopay", messages[0].body)

    def test_a_renewed_card_is_told_of_anew(self):
        token = self.make_card(2026, 6)
        self.give(token=token)
        self.night("2026-06-24 08:00:00")
        self.assertEqual(token.expiry_told_days, 7)
        self.fake.store[token.stripe_payment_method]["card"]["exp_year"] = 2027
        self.night("2026-06-25 08:00:00")
        self.assertRecordValues(token, [{"expires_on": date(2027, 6, 30), "expiry_told_days": 0}])
        self.night("2027-06-05 08:00:00")
        self.assertEqual(token.expiry_told_days, 30)

    def test_nobody_is_told_of_a_card_that_is_not_charged_by_itself(self):
        self.make_card(2026, 6)
        self.night("2026-06-25 08:00:00")
        self.assertFalse([subject for subject in self.told() if "expires" in subject])

    # -- stopped -------------------------------------------------------------

    def test_an_expired_card_stops_automatic_payment_and_says_so(self):
        token = self.make_card(2026, 6)
        consent = self.give(token=token)
        self.night("2026-07-01 08:00:00")
        self.assertRecordValues(consent, [{"state": "stopped", "stop_reason": "expired"}])
        self.assertIn("automatic payment is stopped", self.told()[-1])
        self.night("2026-07-02 08:00:00")
        self.assertEqual(len([subject for subject in self.told() if "stopped" in subject]), 1)

    def test_a_card_that_the_bank_renewed_goes_on(self):
        token = self.make_card(2026, 6)
        consent = self.give(token=token)
        self.fake.store[token.stripe_payment_method]["card"]["exp_year"] = 2029
        self.night("2026-07-01 08:00:00")
        self.assertEqual(consent.state, "active")

    def test_while_stripe_is_silent_nothing_is_stopped_and_nothing_charged(self):
        token = self.make_card(2026, 6)
        consent = self.give(token=token)
        self.fake.faults.append(("GET", "payment_methods", "drop"))
        self.night("2026-07-01 08:00:00")
        self.assertEqual(consent.state, "active")
        charge = self.env["nestogy.autopay.charge"].create(
            {
                "autopay_id": consent.id,
                "move_id": self.make_invoice(self.client, 20).id,
                "number": 1,
                "date": date(2026, 7, 1),
                "currency_id": self.env.company.currency_id.id,
                "amount": 20,
            }
        )
        with freeze_time("2026-07-01 09:00:00"):
            charge._charge()
        self.assertRecordValues(charge, [{"state": "announced", "note": "held: the card has expired"}])
        self.assertFalse(charge.transaction_id)

    def test_an_expired_card_is_not_agreed_to(self):  # pylint: disable=missing-return
        token = self.make_card(2026, 6)
        with freeze_time("2026-07-01"), self.assertRaisesRegex(UserError, "Choose one of your saved payment methods"):
            super().give(token=token)  # pylint: disable=super-method-mismatch
        self.assertFalse(self.client.autopay_ids)

    # -- shown ---------------------------------------------------------------

    def test_clients_see_when_their_cards_expire(self):
        token = self.make_card(2035, 12)
        login, now = self.owner.user_ids.login, fields.Datetime.now().timestamp()
        self.authenticate(login, PASSWORD, session_extra={STEP_UP: now})
        for path in ("/my/autopay", "/my/payment_method"):
            self.assertIn("12/2035", self.open(path).text, path)
        consent = self.give(token=token)
        self.assertIn("Expires 12/2035", self.open("/my/autopay").text)
        consent._stop("expired")
        self.assertIn("has expired. Nothing more is charged", self.open("/my/autopay").text)
