from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import ClientsCase

HOSTILE = "{{ 7*7 }} ${ 7*7 } %s %(x)s {0} <t t-out='7*7'/>"


@tagged("post_install", "-at_install")
class TestMailKinds(ClientsCase):
    """Each kind of mail in the words and to the people that hold for the client, on every way it goes out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("kinds_billing", "billing", email="billing@firm.example")
        cls.make_user("kinds_agent", "agent")
        cls.company = cls.env.company
        cls.group = cls.env["nestogy.client.group"].create({"name": "Managed"})
        cls.client = cls.make_client("Acme", email="office@acme.example", client_group_id=cls.group.id)
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.bob = cls.make_contact(cls.client, "Bob", "bob@acme.example")
        cls.today = fields.Date.today()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.templates = cls.env["nestogy.client.mail.template"]
        cls.templates.search([("company_id", "!=", False)]).unlink()  # of demo data

    def write_words(self, kind, subject="{client}", body="<p>x</p>", **values):
        """Make a template, of the client unless the values say whose."""
        if not {"client_id", "group_id", "company_id"} & set(values):
            values["client_id"] = self.client.id
        return self.templates.create({"kind": kind, "subject": subject, "body": body, **values})

    def route(self, kind, contacts):
        self.env["nestogy.client.mail.route"].sudo().create(
            {"client_id": self.client.id, "kind": kind, "contact_ids": contacts.ids}
        )

    def composer(self, action, active=None):
        """The send dialog that an action opens, as the browser would open it."""
        context = dict(action["context"])
        if active:
            context |= {"active_model": active._name, "active_ids": active.ids, "active_id": active.id}
        return Form(self.env["mail.compose.message"].with_context(**context))

    def mails_of(self, record):
        return self.env["mail.mail"].sudo().search([("model", "=", record._name), ("res_id", "=", record.id)])

    # -- levels ------------------------------------------------------------

    def test_client_before_group_before_company_before_odoo(self):
        def level():
            template, level = self.client._client_mail_template_level("invoice")
            return template, level

        self.assertEqual(level(), (self.templates, ""))
        of_company = self.write_words("invoice", company_id=self.company.id)
        self.assertEqual(level(), (of_company, "company"))
        of_group = self.write_words("invoice", group_id=self.group.id)
        self.assertEqual(level(), (of_group, "group"))
        own = self.write_words("invoice")
        self.assertEqual(level(), (own, "client"))
        self.assertEqual(self.make_client("Other")._client_mail_template_level("invoice"), (of_company, "company"))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertEqual(
            self.make_client("Third").with_company(elsewhere)._client_mail_template_level("invoice"),
            (self.templates, ""),
        )

    def test_the_company_s_words_hold_for_who_is_no_client(self):
        of_company = self.write_words("invoice", company_id=self.company.id)
        stranger = self.env["res.partner"].create({"name": "Somebody", "email": "some@body.example"})
        self.assertEqual(self.make_invoice(stranger, 1.0)._get_mail_template(), of_company.mail_template_id)

    def test_one_search_tells_all_levels(self):
        self.write_words("invoice", company_id=self.company.id)
        self.client._client_mail_template_level("invoice")  # warm
        self.env.invalidate_all()
        few = self.count_queries(lambda: self.templates._levels_in_force(self.client))
        for kind in ("estimate", "receipt", "reminder"):
            self.write_words(kind)
            self.write_words(kind, group_id=self.group.id)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.count_queries(lambda: self.templates._levels_in_force(self.client)), few)

    def count_queries(self, call):
        before = self.env.cr.sql_log_count
        call()
        return self.env.cr.sql_log_count - before

    @users("kinds_agent")
    def test_words_of_each_level_are_read_by_who_has_a_role(self):
        # whoever makes a company belongs to it, so somebody else does
        elsewhere = self.templates.env["res.company"].create({"name": "Elsewhere"})
        words = self.templates  # made by somebody else
        words |= words.create({"client_id": self.client.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"})
        for owner in ({"group_id": self.group.id}, {"company_id": self.company.id}):
            words |= words.create({"kind": "invoice", "subject": "x", "body": "<p>x</p>"} | owner)
        foreign = words.create({"company_id": elsewhere.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"})
        found = self.templates.with_env(self.env).search([("id", "in", (words | foreign).ids)])
        self.assertEqual(set(found.ids), set(words.ids))

    @users("kinds_agent")
    def test_words_of_a_company_are_for_managers(self):
        with self.assertRaises(AccessError):
            self.templates.with_env(self.env).create(
                {"company_id": self.company.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
            )

    # -- invoice -----------------------------------------------------------

    def test_batch_sends_each_invoice_in_its_own_words(self):
        self.write_words("invoice", "Own {number}", "<p>own</p>")
        self.write_words("invoice", "House {number}", company_id=self.company.id)
        mine = self.make_invoice(self.client, 10.0)
        other = self.make_client("Other", email="other@other.example")
        theirs = self.make_invoice(other, 20.0)
        wizard = (
            self.env["account.move.send.batch.wizard"]
            .with_context(active_model="account.move", active_ids=(mine | theirs).ids)
            .create({})
        )
        wizard.action_send_and_print(force_synchronous=True)
        self.assertEqual(self.mails_of(mine).subject, f"Own {mine.name}")
        self.assertEqual(self.mails_of(mine).recipient_ids, self.ann)
        self.assertEqual(self.mails_of(theirs).subject, f"House {theirs.name}")
        self.assertEqual(self.mails_of(theirs).recipient_ids, other)

    def test_the_clock_sends_in_the_words_that_hold_then(self):
        invoices = self.make_invoice(self.client, 10.0) | self.make_invoice(self.client, 20.0)
        wizard = (
            self.env["account.move.send.batch.wizard"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({})
        )
        wizard.action_send_and_print()
        self.assertFalse(self.mails_of(invoices[0]))
        self.write_words("invoice", "Later {number}")
        self.route("invoice", self.bob)
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        self.env.invalidate_all()
        for invoice in invoices:
            self.assertEqual(self.mails_of(invoice).subject, f"Later {invoice.name}")
            self.assertEqual(self.mails_of(invoice).recipient_ids, self.bob)

    @users("kinds_billing")
    def test_sent_again_it_has_the_new_words_and_for_one_mail_other_people(self):
        words = self.write_words("invoice", "First {number}").with_env(self.env)
        self.route("invoice", self.bob)
        invoice = self.make_invoice(self.client, 10.0).with_env(self.env)
        self._send_invoice(invoice)
        words.subject = "Second {number}"
        self._send_invoice(invoice, self.ann)
        mails = self.mails_of(invoice).sorted("id")
        self.assertEqual(mails.mapped("subject"), [f"First {invoice.name}", f"Second {invoice.name}"])
        self.assertEqual([mail.recipient_ids for mail in mails], [self.bob, self.ann])
        self.assertEqual(self.client._client_mail_recipients("invoice"), self.bob, "the routing is as it was")

    def _send_invoice(self, invoice, recipients=None):
        wizard = (
            self.env["account.move.send.wizard"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        if recipients:
            wizard.mail_partner_ids = recipients
        wizard.action_send_and_print()

    def test_credit_notes_are_not_written_as_invoices(self):
        self.write_words("invoice", "Pay {number}")
        refund = self.make_invoice(self.client, 10.0, move_type="out_refund")
        self.assertEqual(refund._get_mail_template(), self.env.ref("account.email_template_edi_credit_note"))
        words = self.write_words("credit_note", "Credit {number}")
        self.assertEqual(refund._get_mail_template(), words.mail_template_id)
        self.route("invoice", self.bob)
        self.assertEqual(refund._message_get_default_recipients()[refund.id]["partner_ids"], self.bob.ids)

    # -- estimate ----------------------------------------------------------

    def test_estimates_go_to_who_was_chosen_for_them_or_for_this_one(self):
        self.write_words("estimate", "Offer {number}")
        self.route("estimate", self.bob)
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        composer = self.composer(order.action_quotation_send())
        self.assertEqual(composer.subject, f"Offer {order.name}")
        self.assertEqual(composer.partner_ids[:], self.bob)
        composer.partner_ids.clear()
        composer.partner_ids.add(self.ann)
        composer.save()._action_send_mail()
        self.assertEqual(self.mails_of(order).recipient_ids, self.ann)

    # -- receipt -----------------------------------------------------------

    def _payment(self, client=None, amount=30.0):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (client or self.client).id,
                "amount": amount,
                "date": "2026-11-20",
                "memo": "INV/7",
            }
        )
        payment.action_post()
        return payment

    def test_receipts_are_in_the_client_s_words_and_go_where_they_should(self):
        self.write_words("receipt", "Thanks for {amount}", "<p>{contact}: {number}, {reference}, {date}</p>")
        self.route("receipt", self.bob)
        payment = self._payment()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.account_send_payment_receipt_by_email_action")
        action["context"] = safe_eval(action["context"])
        composer = self.composer(action, payment)
        self.assertEqual(composer.subject, "Thanks for $\N{NO-BREAK SPACE}30.00")
        self.assertIn(f"Bob: {payment.name}, INV/7, 11/20/2026", composer.body)
        self.assertEqual(composer.partner_ids[:], self.bob)
        composer.partner_ids.clear()
        composer.partner_ids.add(self.ann)
        composer.save()._action_send_mail()
        mail = self.mails_of(payment)
        self.assertEqual((mail.recipient_ids, mail.subject), (self.ann, composer.subject))
        self.assertEqual(len(mail.attachment_ids), 1, "the receipt")

    def test_receipts_of_many_go_each_in_its_own_words(self):
        self.write_words("receipt", "Own {number}")
        other = self.make_client("Other", email="other@other.example")
        payments = self._payment() | self._payment(other)
        ordinary = self.env.ref("account.mail_template_data_payment_receipt")
        composer = (
            self.env["mail.compose.message"]
            .with_context(
                active_model="account.payment",
                active_ids=payments.ids,
                default_composition_mode="mass_mail",
                default_template_id=ordinary.id,
            )
            .create({"force_send": False})
        )
        composer._action_send_mail()
        self.assertEqual(self.mails_of(payments[0]).subject, f"Own {payments[0].name}")
        self.assertEqual(self.mails_of(payments[0]).recipient_ids, self.ann)
        self.assertIn("Payment Receipt", self.mails_of(payments[1]).subject)
        self.assertEqual(self.mails_of(payments[1]).recipient_ids, other)

    def test_words_of_the_sender_go_before_all(self):
        self.write_words("receipt", "Own {number}")
        payment = self._payment()
        composer = (
            self.env["mail.compose.message"]
            .with_context(
                active_model="account.payment",
                active_ids=payment.ids,
                default_composition_mode="mass_mail",
                default_template_id=self.env.ref("account.mail_template_data_payment_receipt").id,
            )
            .create({"force_send": False})
        )
        composer.subject = "By hand"
        composer._action_send_mail()
        self.assertEqual(self.mails_of(payment).subject, "By hand")

    # -- reminder ----------------------------------------------------------

    def _overdue(self):
        late = self.today - timedelta(days=12)
        first = self.make_invoice(self.client, 100.0, date=late - timedelta(days=30), due=late)
        second = self.make_invoice(self.ann, 20.0, date=late, due=self.today - timedelta(days=1))
        third = self.make_invoice(self.client, 7.0, date=late, due=self.today - timedelta(days=2), currency=self.euro)
        self.make_invoice(self.client, 1000.0, due=self.today)  # due today is not late
        paid = self.make_invoice(self.client, 500.0, date=late, due=late)
        self.pay(paid)
        return first | third | second

    def test_one_reminder_about_everything_that_is_overdue(self):
        moves = self._overdue()
        self.write_words("reminder", "{count} late, {amount}, {days} days", "<p>{contact}</p><div>{invoices}</div>")
        self.route("reminder", self.bob)
        composer = self.composer(moves[2].action_client_send_reminder())
        nbsp = "\N{NO-BREAK SPACE}"
        self.assertEqual(composer.subject, f"3 late, ${nbsp}120.00 + 7.00{nbsp}€, 12 days")
        self.assertIn("<p>Bob</p>", composer.body)
        self.assertEqual([move.name in composer.body for move in moves], [True] * 3)
        self.assertNotIn("1,000.00", composer.body)
        self.assertNotIn("500.00", composer.body)
        self.assertEqual(composer.partner_ids[:], self.bob)
        composer.partner_ids.clear()
        composer.partner_ids.add(self.ann)
        composer.save()._action_send_mail()
        mail = self.mails_of(self.client)
        self.assertEqual((mail.recipient_ids, mail.subject), (self.ann, composer.subject))
        for move in moves:
            self.assertIn("Payment reminder mailed to Acme, Ann", move.message_ids[:1].body)

    @users("kinds_billing")
    def test_the_ordinary_reminder_is_ours(self):
        moves = self._overdue()
        composer = self.composer(self.client.with_env(self.env).action_client_send_reminder())
        self.assertIn("overdue", composer.subject)
        self.assertIn("Dear Ann", composer.body)
        self.assertIn(moves[0].name, composer.body)
        self.assertEqual(composer.partner_ids[:], self.ann)

    def test_nothing_overdue_nothing_to_send(self):
        invoice = self.make_invoice(self.client, 10.0)
        with self.assertRefused(UserError, "Acme has no overdue invoice"):
            invoice.action_client_send_reminder()

    @users("kinds_agent")
    def test_reminding_is_for_who_invoices(self):
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.client.with_env(self.env).action_client_send_reminder()

    def test_without_an_address_the_dialog_asks_for_one(self):
        self._overdue()
        (self.client | self.ann | self.bob).email = False
        composer = self.composer(self.client.action_client_send_reminder())
        self.assertEqual(composer.partner_ids[:], self.client)
        self.assertFalse(composer.partner_ids_all_have_email)

    # -- all kinds ---------------------------------------------------------

    def test_every_kind_can_be_written_with_all_its_placeholders(self):
        """Which also renders each compiled template once, as the core does when it is saved."""
        for kind, spec in self.templates._mail_kinds().items():
            with self.subTest(kind):
                blocks = spec.get("blocks", ())
                line = " ".join(f"{{{name}}}" for name in spec["placeholders"] if name not in blocks)
                body = "".join(f"<p>{{{name}}}</p>" for name in spec["placeholders"])
                template = self.write_words(kind, line[:250], body)
                self.assertEqual(template.mail_template_id.model, spec["model"])
                self.assertFalse(
                    set(spec["placeholders"]) - set(self.templates._mail_samples(kind)), "a sample for each"
                )
                template.write({"subject": spec["subject"], "body": spec["body"]})

    def test_blocks_are_for_bodies(self):
        with self.assertRefused(ValidationError, r"\{invoices\} takes several lines and fits into the body only"):
            self.write_words("reminder", "Late: {invoices}")

    def test_hostile_texts_are_printed_as_they_are(self):
        self._overdue()
        self.client.name = "Evil {{ 7*7 }} <b>x</b>"
        self.write_words("reminder", f"{HOSTILE} {{client}}", f"<p>{HOSTILE} {{client}}</p>")
        composer = self.composer(self.client.action_client_send_reminder())
        self.assertEqual(composer.subject, f"{HOSTILE} Evil {{{{ 7*7 }}}} <b>x</b>")
        self.assertNotIn("49", composer.body)
        for text in ("{{ 7*7 }} ${ 7*7 } %s %(x)s {0}", "Evil {{ 7*7 }} &lt;b&gt;x&lt;/b&gt;"):
            self.assertIn(text, composer.body)

    def test_by_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.write_words("invoice", "Facture {number} du {date}", lang="fr_FR", company_id=self.company.id)
        self.write_words("invoice", "Invoice {number} of {date}", company_id=self.company.id)
        invoice = self.make_invoice(self.client, 10.0, date="2026-11-05")
        self.assertEqual(self._subject(invoice), f"Invoice {invoice.name} of 11/05/2026")
        self.client.lang = "fr_FR"
        self.env.invalidate_all()
        self.assertEqual(self._subject(invoice), f"Facture {invoice.name} du 05/11/2026")

    def _subject(self, invoice):
        return (
            self.env["account.move.send.wizard"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
            .subject
        )

    def test_no_noise_about_missing_addresses(self):
        (self.client | self.ann | self.bob).email = False
        self.assertEqual(
            self.client.client_mail_warning,
            "Nothing can be mailed yet, missing: an e-mail address of the client or its primary contact.",
        )
        self.ann.email = "ann@acme.example"
        self.env.invalidate_all()
        self.assertFalse(self.client.client_mail_warning)
