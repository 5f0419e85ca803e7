from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DeletionCase


@tagged("post_install", "-at_install")
class TestDeletionDoors(DeletionCase):
    """Whom an erasure refuses, what the law keeps, and who else is at the same client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second Firm"})
        account, revenue = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "reconcile": kind == "asset_receivable",
                    "company_ids": [Command.set(cls.second.ids)],
                }
                for name, code, kind in (("Receivable", "1100", "asset_receivable"), ("Income", "4000", "income"))
            ]
        )
        cls.journal = cls.env["account.journal"].create(
            {
                "name": "Sales",
                "code": "S2",
                "type": "sale",
                "company_id": cls.second.id,
                "default_account_id": revenue.id,
            }
        )
        cls.client.with_company(cls.second).property_account_receivable_id = account
        cls.revenue = revenue

    def invoice_of_second(self, post=True):
        move = (
            self.env["account.move"]
            .with_company(self.second)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.client.id,
                    "journal_id": self.journal.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Work", "price_unit": 0, "account_id": self.revenue.id, "tax_ids": False}
                        )
                    ],
                }
            )
        )
        if post:
            move.action_post()
        return move

    def refusals(self, partner=None):
        return self.ask(partner).refused_line_ids.mapped("name")

    # -- companies -----------------------------------------------------------

    def test_who_works_in_one_company_leaves_the_documents_of_the_other(self):
        task = self.env["project.task"].create(
            {"name": "Elsewhere", "partner_id": self.client.id, "company_id": self.second.id}
        )
        draft = self.invoice_of_second(post=False)
        refused = self.ask().refused_line_ids
        self.assertEqual(len(refused), 2)
        for line in refused:
            self.assertIn("in a company where you may not work", line.name)
        self.assertEqual(set(refused.mapped("res_model")), {"account.move", "project.task"})
        with self.assertRefused(UserError, "First of all"):
            self.start()
        self.assertTrue(self.client.active and task.exists() and draft.exists())
        self.manager.company_ids |= self.second
        self.erase()
        self.assertFalse(task.exists() or draft.exists() or self.client.exists())

    def test_both_companies_keep_what_the_law_keeps(self):
        self.manager.company_ids |= self.second
        here, there = self.make_invoice(self.client, 0), self.invoice_of_second()
        user = self.make_portal_user(
            self.person,
            company_ids=[Command.set((self.env.company | self.second).ids)],
        )
        deletion = self.erase()
        self.assertFalse(user.exists())
        self.assertEqual(deletion.kept_line_ids.filtered(lambda each: each.key == "kept_invoices").done, 2)
        self.assertEqual((here | there).partner_id, self.client)
        self.assertTrue(here.invoice_pdf_report_id and there.invoice_pdf_report_id)
        self.assertIn("Erased client", self.client.name)
        self.assertNowhere("zyxwellian", "zyxperson", "quillan")

    # -- the law -------------------------------------------------------------

    def test_the_journal_of_changes_stays_where_the_law_wants_it(self):
        self.env.company.restrictive_audit_trail = True
        move = self.make_invoice(self.client, 0)
        self.env.cr.precommit.run()  # changes are noted at the end of a transaction
        move.ref = "Changed"
        self.env.cr.precommit.run()
        changes = move.message_ids.filtered(lambda each: each.message_type == "notification")
        self.assertTrue(changes.tracking_value_ids)
        said = move.message_post(body="Thank you Quillan", message_type="comment", author_id=self.person.id)
        with self.assertRefused(UserError, "audit trail"):
            changes.unlink()
        count = len(changes.tracking_value_ids)
        self.erase()
        self.assertEqual((changes.exists(), len(changes.tracking_value_ids)), (changes, count))
        self.assertFalse(said.exists())
        self.assertNowhere("zyxwellian", "zyxperson", "quillan")

    def test_a_supplier_keeps_its_bills_too(self):
        bill = self.make_invoice(self.client, 0, move_type="in_invoice")
        draft = self.make_invoice(self.client, 10, post=False, move_type="in_invoice")
        product = self.env["product.template"].create(
            {"name": "Cable", "seller_ids": [Command.create({"partner_id": self.client.id, "price": 1})]}
        )
        unpaid = self.make_invoice(self.client, 10, move_type="in_invoice")
        self.assertIn("Open invoices", self.refusals()[0])
        unpaid.button_draft()
        unpaid.button_cancel()
        self.erase()
        self.assertFalse(draft.exists() or product.seller_ids)
        self.assertEqual(((bill | unpaid).partner_id, bill.state), (self.client, "posted"))
        self.assertIn("Erased client", self.client.name)
        self.assertNowhere("zyxwellian", "zyxperson", "quillan")

    # -- people of ours ------------------------------------------------------

    def test_colleagues_and_firms_are_no_clients_to_erase(self):
        self.make_user("del-own", "agent", partner_id=self.person.id)
        for partner in (self.client, self.person):
            self.assertIn("Colleagues who sign in", self.refusals(partner)[0])
        firm = self.env.company.partner_id
        firm.write({"is_company": True, "client_status_id": self.client.client_status_id.id})
        self.assertIn("One of your own companies", " ".join(self.refusals(firm)))
        with self.assertRefused(UserError, "First of all"):
            self.start(firm)
        self.assertTrue(firm.active)

    # -- others at the same client -------------------------------------------

    def test_what_still_has_to_deal_with_the_client_goes_first(self):
        bulk = self.env["nestogy.client.bulk"].with_user(self.manager)
        bulk = bulk._make("archive", [("id", "=", self.client.id)], {}, "")
        bulk.sudo().state = "waiting"
        self.assertIn("A bulk action", self.refusals()[0])
        bulk.action_cancel()
        file = self.env["nestogy.client.import"].create({"filename": "clients.csv", "state": "paused"})
        self.env["nestogy.client.import.row"].create({"import_id": file.id, "line": 2, "client_id": self.client.id})
        self.assertIn("An import", self.refusals()[0])
        file.state = "done"
        self.assertFalse(self.refusals())
        self.start()
        self.assertIn("is being erased already", self.refusals()[0])
        self.assertIn("is being erased already", self.refusals(self.person)[0])

    def test_a_bulk_action_leaves_alone_who_is_being_erased(self):
        other = self.make_client("Neutral")
        bulk = self.env["nestogy.client.bulk"].with_user(self.manager)
        both = [("id", "in", (self.client | other).ids), ("active", "in", [True, False])]
        done = bulk._make("archive", both, {}, "")
        done._work_now()
        (self.client | other).active = True
        self.start()
        again = bulk._make("unarchive", both, {}, "")
        again._work_now()
        refused = again.line_ids.filtered(lambda line: line.state == "refused")
        self.assertEqual((refused.client_id, self.client.active, other.active), (self.client, False, True))
        self.assertIn("being erased", refused.reason)
