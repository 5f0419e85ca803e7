from odoo.exceptions import UserError
from odoo.fields import Command, Date
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestDocumentStates(ClientsCase):
    """Invoices and estimates tell their state in the words of clients (F4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.past = Date.subtract(Date.today(), days=10)

    def assertFound(self, records):
        """Finding and grouping by the word, in SQL, must agree with the word of each record."""
        words = dict(self.env[records._name]._fields["client_state"]._description_selection(self.env))
        by_word = records.grouped("client_state")
        scope = [("id", "in", records.ids)]
        for word in words:
            found = records.search([*scope, ("client_state", "=", word)])
            self.assertEqual(found.sorted("id"), by_word.get(word, records.browse()).sorted("id"), word)
            rest = records.search([*scope, ("client_state", "!=", word)])
            self.assertEqual(rest.sorted("id"), (records - found).sorted("id"), word)
            self.assertEqual(records.filtered_domain([("client_state", "=", word)]), found & records)
        groups = dict(records._read_group(scope, ["client_state"], ["id:recordset"]))
        self.assertEqual(
            {word: set(each.ids) for word, each in groups.items()},
            {word: set(each.ids) for word, each in by_word.items()},
        )
        ordered = records.search(scope, order="client_state, id").mapped("client_state")
        self.assertEqual([each for each in ordered if each], sorted(each for each in ordered if each))

    def test_invoices(self):
        draft, opened, sent, partial, late, part_late, paid, gone = (
            self.make_invoice(self.client, 100.0, post=index > 0, due=self.past if index in (4, 5) else None)
            for index in range(8)
        )
        (sent + partial).is_move_sent = True
        self.pay(partial, amount=40.0)
        self.pay(part_late, amount=40.0)
        self.pay(paid)
        gone.button_draft()
        gone.button_cancel()
        credit = self.make_invoice(self.client, 5.0, move_type="out_refund")
        back = self.make_invoice(self.client, 50.0)
        settled = back._reverse_moves([{"invoice_date": Date.today()}], cancel=True)
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.client.id})
        every = draft + opened + sent + partial + late + part_late + paid + gone + credit + back + settled + bill
        self.assertEqual(
            every.mapped("client_state"),
            [
                *("draft", "open", "sent", "partial", "overdue", "overdue", "paid", "cancel", "credit"),
                *("reversed", "paid", False),
            ],
        )
        self.assertFound(every)

    def test_estimates(self):
        product = self.env["product.product"].create(
            {"name": "Care", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )

        def estimate(**values):
            line = Command.create({"product_id": product.id, "price_unit": 10.0})
            return self.env["sale.order"].create({"partner_id": self.client.id, "order_line": [line], **values})

        draft, sent, accepted, invoiced, rejected, cancelled, waiting = (estimate() for _each in range(7))
        expired = estimate(validity_date=self.past)
        late_but_accepted = estimate(validity_date=self.past)
        sent.action_quotation_sent()
        (accepted + invoiced + late_but_accepted).action_confirm()
        invoiced._create_invoices().action_post()
        rejected._reject_estimates("Too dear")
        cancelled.action_cancel()
        waiting.credit_approval = "waiting"
        every = draft + sent + accepted + invoiced + rejected + cancelled + waiting + expired + late_but_accepted
        self.assertEqual(
            every.mapped("client_state"),
            ["draft", "sent", "accepted", "invoiced", "rejected", "cancel", "waiting", "expired", "accepted"],
        )
        self.assertFound(every)
        self.assertEqual(rejected.client_reject_reason, "Too dear")
        with self.assertRefused(UserError, "cancel the order instead"):
            accepted._reject_estimates("Too dear")
        self.assertEqual(accepted.state, "sale")

    def test_a_rejection_needs_a_reason(self):
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        decision = self.env["nestogy.order.decision"].create(
            {"order_ids": [Command.set(order.ids)], "decision": "reject", "note": "  "}
        )
        with self.assertRefused(UserError, "Say why"):
            decision.action_apply()
        self.assertEqual(order.state, "draft")
        decision.note = "No budget"
        decision.action_apply()
        self.assertEqual((order.client_state, order._client_state()), ("rejected", ("Rejected", "danger")))

    def test_tomorrow_the_word_is_another(self):
        invoice = self.make_invoice(self.client, 1.0, date=self.past, due=Date.today())
        self.assertEqual(invoice.client_state, "open")
        invoice.invoice_date_due = self.past
        self.assertEqual(invoice.client_state, "overdue")
