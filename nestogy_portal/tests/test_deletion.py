from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import DeletionCase

from ..models.form.nestogy_form_page import TRAP
from .test_autopay import AutopayMakers
from .test_forms import FormMakers


@tagged("post_install", "-at_install")
class TestDeletionOfThePortal(FormMakers, AutopayMakers, DeletionCase):
    """What the portal adds to an erasure."""

    NEEDLES = ("zyxwellian", "zyxperson", "quillan", "5550187", "555.{0,2}0187")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_user(cls.person)
        cls.owner = cls.person
        cls.make_autopay_world()
        cls.form = cls.make_form(consent_text="You may keep this.")

    def test_nothing_is_left_of_what_was_sent_by_forms(self):
        about = {
            "name": "Quillan Zyxperson",
            "company": "Zyxwellian Dental",
            "consent": "yes",
            "message": "Quillan Zyxperson",
        }
        self.send(self.form, email="quillan@zyxwellian.example", phone="+1 212 555 0187", **about)
        other = self.make_contact(self.make_client("Neutral"), "Nobody", "nobody@neutral.example")
        neutral = {"name": "Nobody", "email": other.email, "consent": "yes"}
        self.send(self.form, message="Ask Quillan Zyxperson of Zyxwellian Dental", **neutral)
        self.work()
        entry, kept = self.form.entry_ids.sorted("id")
        self.assertEqual((entry.result, entry.client_id, kept.contact_id), ("added", self.client, other))
        # what was not looked at yet, and what is taken for spam
        self.send(self.form, email="quillan@zyxwellian.example", **about)
        self.send(self.form, email="another@else.example", **about, **{TRAP: "x"})
        self.assertEqual(sorted(self.form.entry_ids.mapped("result")), ["added", "added", "spam", "waiting"])
        (other | other.parent_id).message_ids.unlink()
        self.erase()
        self.assertNowhere(*self.NEEDLES)
        self.assertEqual((kept.exists().message, kept.sender), ("Ask erased of erased", "Nobody"))

    def test_nothing_is_left_of_automatic_payment(self):
        consent = self.give()
        move = self.due(days=1)
        self.run_cron()
        self.assertTrue(move.autopay_charge_ids)
        self.run_cron(day=3)
        self.assertEqual(move.payment_state, "paid")
        deletion = self.erase()
        self.assertFalse(consent.exists() or self.token.exists())
        self.assertTrue(move.exists())
        self.assertNowhere(*self.NEEDLES)
        self.assertIn("Consents to automatic payment", self.words(deletion))
