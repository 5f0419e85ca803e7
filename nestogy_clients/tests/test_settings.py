from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..tools.client_settings import ClientSetting
from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestSettings(ClientsCase):
    """Client goes before group goes before company, and nothing is copied (A7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env["nestogy.client.group"].create({"name": "Managed"})
        cls.client = cls.make_client("Acme", client_group_id=cls.group.id)
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.days = cls.env["account.payment.term"].create(
            [
                {
                    "name": f"{n} days",
                    "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": n})],
                }
                for n in (7, 14)
            ]
        )
        usd = cls.env.company.currency_id
        cls.currencies = cls.env["res.currency"].with_context(active_test=False).search([("id", "!=", usd.id)], limit=2)
        cls.currencies.active = True

    def assertSetting(self, name, value, level):
        self.assertEqual(self.client._client_setting(name), (value, level))

    def test_each_level_answers_with_where_it_comes_from(self):
        term, own = self.days
        self.assertSetting("payment_term", self.days.browse(), "company")
        self.group.payment_term_id = term
        self.assertSetting("payment_term", term, "group")
        self.client.property_payment_term_id = own
        self.assertSetting("payment_term", own, "client")
        self.client.property_payment_term_id = False
        self.assertSetting("payment_term", term, "group")
        self.assertEqual(self.contact._client_setting("payment_term"), (term, "group"))
        self.client.client_group_id = self.env.company._get_default_client_group()
        self.assertSetting("payment_term", self.days.browse(), "company")
        self.env["ir.default"].set("res.partner", "property_payment_term_id", own.id, company_id=self.env.company.id)
        self.assertSetting("payment_term", own, "company")
        self.assertSetting("currency", self.env.company.currency_id, "company")

    def test_invoices_orders_and_contracts_take_the_terms_of_the_group(self):
        self.group.payment_term_id = self.days[0]
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(invoice.invoice_payment_term_id, self.days[0])
        order = self.env["sale.order"].create({"partner_id": self.contact.id})
        self.assertEqual(order.payment_term_id, self.days[0])
        contract = self.env["contract.contract"].new({"partner_id": self.client.id, "contract_type": "sale"})
        contract._onchange_partner_id()
        self.assertEqual(contract.payment_term_id._origin, self.days[0])
        self.client.property_payment_term_id = self.days[1]
        later = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(later.invoice_payment_term_id, self.days[1])
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.client.id})
        self.assertFalse(bill.invoice_payment_term_id)

    def test_documents_are_in_the_preferred_currency(self):
        of_group, own = self.currencies
        self.group.preferred_currency_id = of_group
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        contract = self.env["contract.contract"].create({"name": "Care", "partner_id": self.client.id})
        self.assertEqual((invoice.currency_id, order.currency_id, contract.currency_id), (of_group,) * 3)
        self.client.preferred_currency_id = own
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(invoice.currency_id, own)
        chosen = self.make_invoice(self.client, 1.0, currency=self.env.company.currency_id)
        self.assertEqual(chosen.currency_id, self.env.company.currency_id)
        plain = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.make_client().id})
        self.assertEqual(plain.currency_id, self.env.company.currency_id)

    def test_the_preferred_currency_is_one_of_each_company(self):
        elsewhere, own = self.currencies
        usd = self.env.company.currency_id
        second = self.env["res.company"].create(
            {"name": "Second", "currency_id": elsewhere.id, "country_id": self.env.ref("base.us").id}
        )
        self.env["account.journal"].create({"name": "Sales", "type": "sale", "code": "S2", "company_id": second.id})
        self.client.preferred_currency_id = own

        def currencies(company):
            env = self.env(context={"allowed_company_ids": [company.id]})
            made = (
                env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id}),
                env["sale.order"].create({"partner_id": self.client.id}),
                env["contract.contract"].create({"name": "Care", "partner_id": self.client.id}),
            )
            return [document.currency_id for document in made]

        self.assertEqual(currencies(self.env.company), [own] * 3)
        self.assertEqual(currencies(second), [elsewhere] * 3, "without a wish there, the company's own")
        self.client.with_company(second).preferred_currency_id = usd
        self.assertEqual(currencies(second), [usd] * 3)
        self.assertEqual(currencies(self.env.company), [own] * 3)

    def test_fiscal_position_and_delivery_follow_the_group(self):
        positions = self.env["account.fiscal.position"].create([{"name": "Exempt"}, {"name": "Own"}])
        self.group.write({"fiscal_position_id": positions[0].id, "invoice_sending_method": "manual"})
        find = self.env["account.fiscal.position"]._get_fiscal_position
        self.assertEqual(find(self.client), positions[0])
        self.client.property_account_position_id = positions[1]
        self.assertEqual(find(self.client), positions[1])
        send = self.env["account.move.send"]
        invoice = self.make_invoice(self.client, 1.0)
        self.assertEqual(send._get_default_sending_methods(invoice), {"manual"})
        self.client.invoice_sending_method = "email"
        self.assertEqual(send._get_default_sending_methods(invoice), {"email"})

    def test_pricelists_follow_the_group(self):
        self.env.user.group_ids += self.env.ref("product.group_product_pricelist")
        self.env.ref("base.group_user").implied_ids += self.env.ref("product.group_product_pricelist")
        lists = self.env["product.pricelist"].create([{"name": "Group list"}, {"name": "Own list"}])
        self.group.pricelist_id = lists[0]
        self.assertEqual(self.env["sale.order"].create({"partner_id": self.client.id}).pricelist_id, lists[0])
        self.client.specific_property_product_pricelist = lists[1]
        self.assertEqual(self.env["sale.order"].create({"partner_id": self.client.id}).pricelist_id, lists[1])

    def row(self, name, holder=None):
        subjects = (holder or self.client).get_client_settings()
        return next(row for subject in subjects for row in subject["rows"] if row["name"] == name)

    def test_the_table_shows_value_level_and_what_would_be_inherited(self):
        self.group.payment_term_id = self.days[0]
        row = self.row("payment_term")
        self.assertEqual((row["value"], row["level_label"], row["is_own"]), ("7 days", "Group Managed", False))
        self.client.set_client_setting("payment_term", self.days[1].id)
        row = self.row("payment_term")
        self.assertEqual((row["value"], row["level_label"], row["is_own"]), ("14 days", "This client", True))
        self.assertEqual((row["inherited"], row["inherited_label"]), ("7 days", "Group Managed"))
        self.client.inherit_client_setting("payment_term")
        self.assertSetting("payment_term", self.days[0], "group")
        row = self.row("currency")
        self.assertEqual((row["value"], row["level_label"]), (self.env.company.currency_id.display_name, "Company"))
        row = self.row("fiscal_position")
        self.assertEqual((row["value"], row["level_label"]), ("Found by the client's address", "Odoo's default"))

    def test_none_can_be_a_choice_on_each_level(self):
        positions = self.env["account.fiscal.position"].create([{"name": "Of the group"}, {"name": "Of the company"}])
        self.group.write({"payment_term_id": self.days[0].id, "fiscal_position_id": positions[0].id})
        none = self.days.browse()
        self.client.set_client_setting("payment_term", False)
        self.client.set_client_setting("fiscal_position", False)
        self.assertSetting("payment_term", none, "client")
        self.assertEqual(self.row("payment_term")["value"], "None: due at once")
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertFalse(invoice.invoice_payment_term_id)
        self.assertFalse(invoice.fiscal_position_id)
        self.assertFalse(self.env["account.fiscal.position"]._get_fiscal_position(self.client))
        self.env.company.set_client_setting("payment_term", self.days[1].id)
        self.assertSetting("payment_term", none, "client")
        self.client.inherit_client_setting("payment_term")
        self.assertSetting("payment_term", self.days[0], "group")
        self.group.set_client_setting("payment_term", False)
        self.assertSetting("payment_term", none, "group")
        self.group.inherit_client_setting("payment_term")
        self.assertSetting("payment_term", self.days[1], "company")
        self.group.set_client_setting("payment_term", False)
        self.group.payment_term_id = self.days[0]
        self.group.payment_term_id = False
        self.assertSetting("payment_term", self.days[1], "company")
        self.env.company.inherit_client_setting("payment_term")
        self.assertSetting("payment_term", none, "company")

    def test_none_is_refused_where_it_means_nothing(self):
        with self.assertRefused(UserError, "Currency: choose a value, or let it be inherited"):
            self.client.set_client_setting("currency", False)
        with self.assertRefused(UserError, "Invoice delivery: choose one from the list"):
            self.client.set_client_setting("invoice_delivery", "pigeon")
        with self.assertRefused(UserError, "Payment terms: choose one from the list"):
            self.client.set_client_setting("payment_term", 2**31 - 1)
        with self.assertRefused(UserError, "There is no setting pizza"):
            self.client.set_client_setting("pizza", 1)
        self.assertFalse(self.client.setting_overrides)

    def test_terms_of_another_company_are_not_offered(self):
        company = self.env["res.company"].create({"name": "Second"})
        term = self.days[0].copy({"company_id": company.id})
        with self.assertRefused(UserError, "Payment terms: choose one from the list"):
            self.client.set_client_setting("payment_term", term.id)
        self.assertSetting("payment_term", self.days.browse(), "company")

    def test_what_equals_the_company_stays_when_the_company_changes(self):
        company, first, second = self.env.company, *self.days
        company.set_client_setting("payment_term", first.id)
        self.group.payment_term_id = second
        other = self.make_client("Other")
        self.client.set_client_setting("payment_term", first.id)
        self.assertSetting("payment_term", first, "client")
        company.set_client_setting("payment_term", second.id)
        self.assertSetting("payment_term", first, "client")
        self.assertEqual(self.client.property_payment_term_id, first)
        self.assertEqual(other._client_setting("payment_term"), (second, "company"))
        company.inherit_client_setting("payment_term")
        self.assertSetting("payment_term", first, "client")
        self.assertFalse(other.property_payment_term_id)

    def test_values_written_elsewhere_are_the_clients_own_until_emptied(self):
        self.env.company.set_client_setting("payment_term", self.days[0].id)
        self.group.payment_term_id = self.days[1]
        self.client.property_payment_term_id = self.days[0]
        self.assertSetting("payment_term", self.days[0], "client")
        self.client.property_payment_term_id = False
        self.assertSetting("payment_term", self.days[1], "group")
        made = self.make_client("Made", property_payment_term_id=self.days[1].id)
        same = self.make_client("Same", property_payment_term_id=self.days[0].id)
        levels = [client._client_setting("payment_term")[1] for client in (made, same)]
        self.assertEqual(levels, ["client", "company"])
        contact = self.env["res.partner"].create({"name": "Was", "property_payment_term_id": self.days[1].id})
        self.assertFalse(contact.setting_overrides)
        contact.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")
        self.assertEqual(contact.setting_overrides, ",payment_term,")

    def test_a_company_shows_what_it_chose_itself(self):
        company = self.env.company
        self.assertFalse(self.row("currency", company)["may_change"])
        self.assertFalse(self.row("currency", company)["is_own"])
        language = self.row("language", company)
        self.assertEqual((language["value"], language["is_own"]), ("English (US)", False))
        company.set_client_setting("payment_term", self.days[0].id)
        row = self.row("payment_term", company)
        self.assertEqual((row["value"], row["level_label"], row["is_own"]), ("7 days", "Company", True))

    def test_companies_keep_their_own_overrides(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.client.set_client_setting("payment_term", self.days[0].id)
        self.assertEqual(self.client.with_company(second)._client_setting("payment_term")[1], "company")
        self.client.with_company(second).set_client_setting("payment_term", self.days[1].id)
        self.assertSetting("payment_term", self.days[0], "client")

    def test_a_branch_has_what_its_client_has(self):
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.client.id, "is_company": True})
        self.assertEqual(branch.commercial_partner_id, branch)
        self.client.set_client_setting("payment_term", self.days[0].id)
        self.assertEqual(branch._client_setting("payment_term"), (self.days[0], "client"))

    def test_clients_that_override_are_found_and_counted(self):
        plain = self.make_client("Plain", client_group_id=self.group.id)
        self.client.set_client_setting("payment_term", self.days[0].id)
        self.client.set_client_setting("fiscal_position", False)

        def find(*names):
            return self.env["res.partner"].search(
                [("overridden_setting", "in", names), ("client_group_id", "=", self.group.id)]
            )

        self.assertEqual(find("payment_term"), self.client)
        self.assertEqual(find("fiscal_position"), self.client)
        self.assertFalse(find("invoice_delivery"))
        plain.invoice_sending_method = "manual"
        self.assertEqual(find("invoice_delivery", "payment_term"), self.client | plain)
        (exception,) = self.row("payment_term", self.group)["exceptions"]
        self.assertEqual(exception["label"], "1 client has its own")
        self.assertEqual(self.env["res.partner"].search(exception["domain"]), self.client)
        self.group.payment_term_id = self.days[1]
        of_company = self.row("payment_term", self.env.company)["exceptions"]
        groups = next(each for each in of_company if each["model"] == self.group._name)
        self.assertIn(self.group, self.group.search(groups["domain"]))

    def test_an_addon_adds_a_setting_by_one_entry(self):
        entry = ClientSetting("Nickname", "barcode", "note", subject="service", none_label="No nickname")
        partners = type(self.env["res.partner"])
        settings = partners._client_settings
        self.patch(partners, "_client_settings", lambda records: settings(records) | {"nickname": entry})
        self.group.note = "Buddy"
        self.assertSetting("nickname", "Buddy", "group")
        self.client.set_client_setting("nickname", "Ace")
        self.assertSetting("nickname", "Ace", "client")
        row = self.row("nickname")
        self.assertEqual((row["value"], row["inherited"], row["editor"]["type"]), ("Ace", "Buddy", "char"))
        self.assertEqual(self.env["res.partner"].search([("overridden_setting", "in", ["nickname"])]), self.client)
        self.client.set_client_setting("nickname", False)
        self.assertSetting("nickname", False, "client")
        self.assertEqual(self.row("nickname")["value"], "No nickname")
        self.assertEqual(self.row("nickname", self.group)["value"], "Buddy")

    def test_who_may_change_what(self):
        def may(role, holder, name, value):
            user = self.make_user(f"settings_{role}_{holder._name}_{name}", role)
            try:
                with self.env.cr.savepoint():
                    holder.with_user(user).set_client_setting(name, value)
            except AccessError:
                return False
            finally:
                self.env.invalidate_all()
            return True

        cases = (
            ("viewer", self.client, "payment_term", False),
            ("agent", self.client, "payment_term", False),
            ("agent", self.client, "language", True),
            ("billing", self.client, "payment_term", True),
            ("billing", self.client, "language", False),
            ("agent", self.group, "payment_term", False),
            ("manager", self.group, "payment_term", True),
            ("manager", self.env.company, "payment_term", False),
            ("admin", self.env.company, "payment_term", True),
            ("admin", self.env.company, "currency", False),
        )
        values = {"payment_term": self.days[0].id, "language": "en_US", "currency": self.currencies[0].id}
        for role, holder, name, expected in cases:
            with self.subTest(role=role, holder=holder._name, name=name):
                self.assertEqual(may(role, holder, name, values[name]), expected)

    def test_people_without_a_role_and_portal_users_do_not_see_the_table(self):
        plain = self.make_user("settings_plain")
        portal = self.make_portal_user(self.contact, "settings_portal")
        for user in (plain, portal):
            with self.assertRefused(AccessError, "role in the Clients app"):
                self.client.with_user(user).get_client_settings()
            with self.assertRefused(AccessError, "role in the Clients app"):
                self.client.with_user(user).set_client_setting("payment_term", self.days[0].id)
        viewer = self.make_user("settings_viewer", "viewer")
        rows = [row for subject in self.client.with_user(viewer).get_client_settings() for row in subject["rows"]]
        self.assertEqual({row["may_change"] for row in rows}, {False})

    def test_each_change_is_in_the_history(self):
        billing = self.make_user("settings_billing", "billing")
        self.client.with_user(billing).set_client_setting("payment_term", self.days[0].id)
        message = self.client.message_ids[0]
        self.assertIn("Payment terms: Due at once (Odoo's default) → 7 days (This client)", message.body)
        self.assertEqual(message.author_id, billing.partner_id)

    def test_the_texts_of_mails_are_in_the_table(self):
        row = self.row("mail_invoice")
        self.assertEqual((row["value"], row["is_own"]), ("The ordinary template", False))
        texts = self.env["nestogy.client.mail.template"]
        of_group = texts.create({"group_id": self.group.id, "kind": "invoice", "subject": "Ours", "body": "<p>x</p>"})
        row = self.row("mail_invoice")
        self.assertEqual((row["value"], row["level_label"]), ("Ours", "Group Managed"))
        made = texts.with_context(**row["action"]["context"]).create({})
        self.assertFalse(made.group_id)
        self.assertRecordValues(
            made, [{"client_id": self.client.id, "kind": "invoice", "subject": "Ours", "body": of_group.body}]
        )
        row = self.row("mail_invoice")
        self.assertEqual((row["level_label"], row["action"]["res_id"]), ("This client", made.id))
        self.assertEqual(self.row("mail_invoice", self.group)["action"]["res_id"], of_group.id)

    def test_another_group_says_what_changes_before_it_is_saved(self):
        self.group.write({"payment_term_id": self.days[0].id, "invoice_sending_method": "manual"})
        self.client.set_client_setting("invoice_delivery", "email")
        with Form(self.client, "nestogy_clients.res_partner_view_form_client") as form:
            self.assertFalse(form.client_group_effect)
            form.client_group_id = self.env.company._get_default_client_group()
            self.assertEqual(form.client_group_effect, "Payment terms: 7 days → Due at once")
        self.assertFalse(self.client.client_group_effect)

    def test_settings_of_many_clients_need_no_query_each(self):
        self.group.payment_term_id = self.days[0]
        status = self.env.ref("nestogy_clients.nestogy_client_status_active")
        values = {"client_status_id": status.id, "client_group_id": self.group.id, "is_company": True}
        clients = self.env["res.partner"].create([{"name": f"C{number}"} | values for number in range(200)])
        self.env.flush_all()
        counts = []
        for some in (clients[0], clients[0], clients):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = some._client_settings_of()
            self.assertEqual({each["payment_term"] for each in found.values()}, {(self.days[0], "group")})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
