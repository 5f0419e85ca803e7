from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestConsents(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("consent_agent", "agent")
        cls.viewer = cls.make_user("consent_viewer", "viewer")
        cls.admin = cls.make_user("consent_admin", "admin")
        cls.client = cls.make_client("Acme", email="office@acme.example")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")

    def give(self, partner, decision="given", days=0, **values):
        date = fields.Datetime.now() - timedelta(days=days)
        return partner._record_consent(decision, "form", text="I agree", date=date, **values)

    @users("consent_agent")
    def test_staff_records_a_consent_with_its_proof(self):
        action = self.ann.with_env(self.env).action_record_consent()
        form = Form(self.env["nestogy.client.consent"].with_context(**action["context"]))
        self.assertIn("Yes, I would like to receive news and offers from", form.text)
        form.proof = "Call of 3 May"
        row = form.save()
        self.assertRecordValues(
            row,
            [
                {
                    "partner_id": self.ann.id,
                    "client_id": self.client.id,
                    "decision": "given",
                    "how": "staff",
                    "user_id": self.agent.id,
                    "text": self.env.company._marketing_consent_text(),
                }
            ],
        )
        self.assertTrue(self.ann.marketing_opt_in)

    @users("consent_agent")
    def test_without_proof_staff_records_nothing(self):
        values = {"partner_id": self.ann.id, "text": "I agree"}
        for proof in (False, "", "  "):
            with self.assertRefused(ValidationError, "Say how .*Ann agreed"):
                self.env["nestogy.client.consent"].create({**values, "proof": proof})
        self.assertFalse(self.ann.consent_ids)
        # who says no needs no proof
        self.env["nestogy.client.consent"].create({**values, "decision": "withdrawn"})
        self.assertEqual(self.ann.consent_ids.decision, "withdrawn")

    @users("consent_agent")
    def test_staff_cannot_say_that_somebody_else_recorded_it(self):
        row = self.env["nestogy.client.consent"].create(
            {"partner_id": self.ann.id, "text": "x", "proof": "x", "how": "portal", "user_id": self.viewer.id}
        )
        self.assertRecordValues(row, [{"how": "staff", "user_id": self.agent.id}])

    def test_limits(self):
        create = self.env["nestogy.client.consent"].create
        base = {"partner_id": self.ann.id, "text": "x", "proof": "x"}
        for values, message in (
            ({"text": " "}, "Write the text"),
            ({"text": "x" * 4001}, "at most 4000 characters"),
            ({"proof": "x" * 2001}, "at most 2000 characters"),
            ({"date": fields.Datetime.now() + timedelta(days=1)}, "in the future"),
        ):
            with self.assertRefused(ValidationError, message):
                create(base | values)
        self.assertFalse(self.ann.consent_ids)

    def test_nobody_changes_or_deletes_a_row(self):
        row = self.give(self.ann)
        for env in (self.env, self.env(su=False), self.env(user=self.admin), self.env(user=self.admin, su=True)):
            mine = row.with_env(env)
            with self.assertRefused((UserError, AccessError), "."):
                mine.write({"decision": "withdrawn"})
            with self.assertRefused((UserError, AccessError), "."):
                mine.proof = "Another story"
            with self.assertRefused((UserError, AccessError), "."):
                mine.unlink()
        with self.assertRefused(UserError, "Ann has a consent on record"):
            self.ann.unlink()
        self.assertRecordValues(row, [{"decision": "given", "proof": False}])

    @users("consent_viewer")
    def test_viewers_read_and_record_nothing(self):
        self.give(self.ann)
        self.assertEqual(self.ann.with_env(self.env).consent_ids.decision, "given")
        with self.assertRaises(AccessError):
            self.env["nestogy.client.consent"].create({"partner_id": self.ann.id, "text": "x", "proof": "x"})
        with self.assertRaises(AccessError):
            self.ann.with_env(self.env).action_record_consent()

    def test_the_last_word_holds_by_its_date(self):
        self.assertFalse(self.ann.marketing_opt_in)
        self.assertEqual(self.ann.marketing_note, "No: never asked")
        self.give(self.ann, days=5)
        self.assertTrue(self.ann.marketing_opt_in)
        self.give(self.ann, "withdrawn", days=1)
        self.assertFalse(self.ann.marketing_opt_in)
        self.assertIn("No, withdrawn on", self.ann.marketing_note)
        self.give(self.ann, days=3)  # found late: a paper of three days ago
        self.assertFalse(self.ann.marketing_opt_in)
        self.give(self.ann)
        self.assertTrue(self.ann.marketing_opt_in)

    def test_other_purposes_are_no_marketing(self):
        self.give(self.ann, purpose="data")
        self.assertFalse(self.ann.marketing_opt_in)

    def test_a_contact_without_a_word_goes_by_the_client(self):
        partners = self.env["res.partner"]
        ours = [("id", "in", (self.client | self.ann).ids)]
        self.give(self.client, days=2)
        self.assertTrue(self.ann.marketing_opt_in)
        self.assertIn("As Acme: yes", self.ann.marketing_note)
        self.assertEqual(partners.search([("marketing_opt_in", "=", True), *ours]), self.client | self.ann)
        self.give(self.ann, "withdrawn", days=1)
        self.assertTrue(self.client.marketing_opt_in)
        self.assertEqual(partners.search([("marketing_opt_in", "=", True), *ours]), self.client)
        self.assertEqual(partners.search([("marketing_opt_in", "=", False), *ours]), self.ann)
        self.assertEqual(partners.search([("marketing_opt_in", "!=", True), *ours]), self.ann)

    def test_many_partners_cost_as_many_queries_as_one(self):
        contacts = self.env["res.partner"]
        for number in range(20):
            contacts |= self.make_contact(self.client, f"C {number}", f"c{number}@acme.example")
            self.give(contacts[-1])

        def queries(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners.mapped("marketing_note")
            return self.env.cr.sql_log_count - before

        queries(contacts[:1])
        self.assertEqual(queries(contacts), queries(contacts[:1]))

    def test_the_company_words_are_used(self):
        self.env.company.marketing_consent_text = "Send me your gazette."
        values = (
            self.env["nestogy.client.consent"]
            .with_context(default_partner_id=self.ann.id)
            .default_get(["partner_id", "text", "purpose"])
        )
        self.assertEqual(values["text"], "Send me your gazette.")
