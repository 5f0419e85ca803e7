import io
import json
from datetime import datetime, timedelta

from freezegun import freeze_time
from pypdf import PdfReader

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ..tools.timeline import Place, last_day_until, parse_place
from .common import ClientsCase, ClientsMakers

EVENTS = "nestogy.communication"


class TimelineCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("timeline_viewer", "viewer", tz="UTC")
        cls.billing = cls.make_user("timeline_billing", "billing", tz="UTC")
        cls.manager = cls.make_user("timeline_manager", "manager", tz="UTC")
        cls.client = cls.make_client("Acme")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")

    def log(self, name, date="2026-01-10 09:00:00", client=None, **values):
        if values.get("kind") == "call":
            values.setdefault("direction", "in")
        return self.env[EVENTS].create({"name": name, "client_id": (client or self.client).id, "date": date, **values})

    def timeline(self, who=None, client=None, tz="UTC", **kwargs):
        client = (client or self.client).with_user(who or self.manager).with_context(tz=tz)
        return client.get_client_timeline(**kwargs)

    def titles(self, who=None, client=None, skip=("status",), tz="UTC", **filters):
        items = self.timeline(who, client, tz, filters=filters)["items"]
        return [item["title"] for item in items if item["kind"] not in skip]


@tagged("post_install", "-at_install")
class TestTimelinePages(TimelineCase):
    """A page begins behind the last event, whatever else is written meanwhile (C6)."""

    def read_all(self, limit, after_page=None, **filters):
        found, cursor, pages = [], None, 0
        while True:
            page = self.timeline(filters=filters, cursor=cursor, limit=limit)
            found += [item["key"] for item in page["items"]]
            cursor, pages = page["cursor"], pages + 1
            if not page["more"]:
                return found
            self.assertEqual(len(page["items"]), limit)
            self.assertLess(pages, 100)
            if after_page:
                after_page(pages)

    def fill(self):
        """Events of four sources that share a moment, among others: days stand at noon."""
        for number in range(5):
            self.log(f"At noon {number}", "2026-01-10 12:00:00")
        self.log("Before", "2026-01-10 11:59:59")
        self.log("After", "2026-01-10 12:00:01")
        invoices = [self.make_invoice(self.client, 100.0, date="2026-01-10") for _number in range(4)]
        for invoice in invoices[:2]:
            self.pay(invoice, date="2026-01-10")
        self.env["nestogy.client.status.change"].create(
            [
                {
                    "client_id": self.client.id,
                    "date": "2026-01-10 12:00:00",
                    "new_status_id": self.client.client_status_id.id,
                }
                for _number in range(3)
            ]
        )
        self.env.flush_all()

    def test_pages_of_equal_moments_neither_miss_nor_double(self):
        self.fill()
        whole = [item["key"] for item in self.timeline(limit=100)["items"]]
        # 7 communications, 4 invoices, 2 paid, 2 payments, 3 changes of status and the one of the beginning
        self.assertEqual(len(whole), 19)
        self.assertEqual(len(set(whole)), 19)
        for limit in (1, 2, 3, 5, 18, 19, 20):
            self.assertEqual(self.read_all(limit), whole, limit)

    def test_new_and_deleted_events_move_nothing(self):
        self.fill()
        whole = [item["key"] for item in self.timeline(limit=100)["items"]]
        gone = self.log("Goes", "2026-01-01 12:00:00")

        def disturb(page):
            self.log(f"New {page}", "2026-01-11 12:00:00")
            gone.exists().unlink()

        self.assertEqual(self.read_all(3, after_page=disturb), whole)

    def test_a_page_is_ordered_and_says_whether_there_is_more(self):
        self.assertEqual(self.timeline(client=self.make_client("Empty"), filters={"kinds": ["call"]})["items"], [])
        for number in range(3):
            self.log(f"Call {number}", f"2026-01-1{number} 09:00:00", kind="call")
        page = self.timeline(filters={"kinds": ["call"]}, limit=2)
        self.assertEqual([item["title"] for item in page["items"]], ["Call 2", "Call 1"])
        self.assertTrue(page["more"])
        page = self.timeline(filters={"kinds": ["call"]}, limit=2, cursor=page["cursor"])
        self.assertEqual([item["title"] for item in page["items"]], ["Call 0"])
        self.assertFalse(page["more"])
        last = self.timeline(filters={"kinds": ["call"]}, cursor=page["cursor"])
        self.assertEqual((last["items"], last["more"], last["cursor"]), ([], False, page["cursor"]))

    def test_pinned_ones_are_told_with_the_first_page_and_keep_their_place(self):
        pinned = self.log("Pinned", "2025-01-01 09:00:00", is_pinned=True)
        self.log("Newer", "2026-01-01 09:00:00")
        self.log("Pinned elsewhere", client=self.make_client("Other"), is_pinned=True)
        page = self.timeline(filters={"kinds": ["note"]}, limit=1)
        self.assertEqual([item["id"] for item in page["pinned"]], pinned.ids)
        self.assertEqual([item["title"] for item in page["items"]], ["Newer"])
        page = self.timeline(filters={"kinds": ["note"]}, limit=1, cursor=page["cursor"])
        self.assertEqual(page["pinned"], [])
        self.assertEqual([(item["title"], item["is_pinned"]) for item in page["items"]], [("Pinned", True)])

    def test_queries_are_as_many_for_one_event_as_for_hundreds(self):
        poor, rich = self.make_client("Poor"), self.make_client("Rich")
        self.log("One", client=poor)
        self.make_invoice(poor, 10.0, date="2026-01-10")
        self.env[EVENTS].create(
            [
                {"name": f"{n}", "client_id": rich.id, "date": datetime(2026, 1, 1) + timedelta(hours=n)}
                for n in range(300)
            ]
        )
        for number in range(5):
            self.make_invoice(rich, 10.0 + number, date="2026-01-10")
        self.make_contact(rich, "Bea")

        def count(client, **kwargs):
            self.env.flush_all()
            self.env.invalidate_all()
            # what every request knows of whoever sends it, and nothing else
            _read = self.manager.with_user(self.manager).partner_id
            companies = self.env.company.ids
            client = client.with_context(lang="en_US", allowed_company_ids=companies)
            before = self.env.cr.sql_log_count
            self.timeline(client=client, limit=100, **kwargs)
            return self.env.cr.sql_log_count - before

        count(poor)  # what is kept in memory for all clients
        self.assertEqual(count(poor), count(rich))
        cursor = self.timeline(client=rich, limit=100)["cursor"]
        self.assertLessEqual(count(rich, cursor=cursor), count(rich))
        self.assertLessEqual(count(rich), 3)


@tagged("post_install", "-at_install")
class TestTimelineFilters(TimelineCase):
    """What is not asked for is not there, and what makes no sense is refused."""

    def test_kinds(self):
        self.log("A call", kind="call")
        self.log("A note", kind="note")
        invoice = self.make_invoice(self.client, 10.0, date="2026-01-10")
        self.assertEqual(self.titles(kinds=["call"]), ["A call"])
        self.assertEqual(self.titles(kinds=["invoice"]), [f"Invoice {invoice.name}"])
        self.assertEqual(self.titles(kinds=["call", "invoice"]), [f"Invoice {invoice.name}", "A call"])
        self.assertEqual(self.titles(kinds=["nonsense"]), [])

    def test_people(self):
        bea = self.make_contact(self.client, "Bea")
        self.log("With Ann", contact_id=self.ann.id, user_id=self.billing.id)
        self.log("With Bea", contact_id=bea.id, user_id=self.viewer.id)
        self.assertEqual(self.titles(person=self.ann.id), ["With Ann"])
        self.assertEqual(self.titles(user=self.viewer.id), ["With Bea"])
        self.assertEqual(self.titles(user=self.viewer.id, person=self.ann.id), [])
        item = self.timeline(filters={"person": self.ann.id})["items"][0]
        self.assertEqual((item["person"], item["user"]), ("Ann", self.billing.name))

    def test_days_are_those_of_the_user(self):
        self.log("Late in Auckland", "2026-01-10 10:59:59")  # 23:59:59 on the 10th
        self.log("Next day in Auckland", "2026-01-10 11:00:00")
        invoice = self.make_invoice(self.client, 10.0, date="2026-01-10")
        tenth, zone = {"date_from": "2026-01-10", "date_to": "2026-01-10"}, "Pacific/Auckland"
        self.assertEqual(self.titles(tz=zone, **tenth), [f"Invoice {invoice.name}", "Late in Auckland"])
        self.assertEqual(self.titles(tz=zone, date_from="2026-01-11"), ["Next day in Auckland"])
        self.assertEqual(self.titles(**tenth), [f"Invoice {invoice.name}", "Next day in Auckland", "Late in Auckland"])

    @freeze_time("2026-03-01 10:00:00")
    def test_what_is_to_come_is_shown_when_asked_for(self):
        self.log("Today, later", "2026-03-01 20:00:00")
        self.log("Tomorrow", "2026-03-02 09:00:00")
        self.assertEqual(self.titles(), ["Today, later"])
        self.assertEqual(self.titles(upcoming=True), ["Tomorrow", "Today, later"])
        self.assertEqual(self.titles(date_to="2026-03-02"), ["Tomorrow", "Today, later"])

    def test_text_is_taken_as_it_is(self):
        self.log("100% done")
        self.log("100 done")
        self.log("a_b", body="<p>about the router</p>")
        self.log("axb")
        self.assertEqual(self.titles(text="100%"), ["100% done"])
        self.assertEqual(self.titles(text="a_b"), ["a_b"])
        self.assertEqual(self.titles(text="ROUTER about"), ["a_b"])
        self.assertEqual(self.titles(text="'; DROP TABLE res_partner; --"), [])
        invoice = self.make_invoice(self.client, 10.0, date="2026-01-10")
        self.assertEqual(self.titles(text=invoice.name), [f"Invoice {invoice.name}"])

    def test_bad_arguments_are_refused_in_words(self):
        for filters, message in (
            ({"colour": "red"}, "can be filtered by kinds, person, user"),
            (["call"], "can be filtered by"),
            ({"kinds": "call"}, "are a list of names"),
            ({"kinds": [1]}, "are a list of names"),
            ({"person": "1"}, "Choose the person"),
            ({"user": True}, "Choose the person"),
            ({"person": 2**40}, "Choose the person"),
            ({"date_from": "tomorrow"}, "year-month-day"),
            ({"date_to": 5}, "year-month-day"),
            ({"date_to": "9999-12-31"}, "between the years 1900 and 2200"),
            ({"date_from": "2026-02-01", "date_to": "2026-01-01"}, "first day is after the last"),
            ({"text": "x" * 101}, "at most 100 characters"),
            ({"text": "a\x00b"}, "at most 100 characters"),
            ({"text": ["x"]}, "at most 100 characters"),
        ):
            with self.subTest(filters=filters), self.assertRefused(UserError, message):
                self.timeline(filters=filters)
        for cursor in ("x", 5, "2026-01-01T00:00:00|invoice", "2026-13-01T00:00:00|invoice|1", "²" * 9, ["a"]):
            with self.subTest(cursor=cursor), self.assertRefused(UserError, "no such place"):
                self.timeline(cursor=cursor)
        for cursor in ("0001-01-01T00:00:00|z|1", "0001-01-01T12:00:00|z|1"):  # behind whose day there is no other
            with self.subTest(cursor=cursor), self.assertRefused(UserError, "no such place"):
                self.timeline(cursor=cursor)
        self.assertFalse(self.timeline(cursor="0001-01-02T12:00:00|z|1")["items"])
        self.assertFalse(self.timeline(filters={"kinds": ["a\x00b"]})["items"])
        self.timeline(filters={"kinds": ["call", "a\x00b"]})
        for limit in (0, -1, 101, "5", True, None):
            with self.subTest(limit=limit), self.assertRefused(UserError, "1 to 100 events"):
                self.timeline(limit=limit)
        with self.assertRefused(UserError, "Supplier is not a client"):
            self.timeline(client=self.env["res.partner"].create({"name": "Supplier"}))

    def test_options_name_what_there_is(self):
        options = self.client.with_user(self.viewer).get_client_timeline_options()
        self.assertEqual([person["name"] for person in options["persons"]], ["Ann"])
        kinds = [kind["key"] for kind in options["kinds"]]
        self.assertIn("call", kinds)
        self.assertNotIn("invoice", kinds, "a viewer reads no invoices")
        self.assertIn(self.viewer.id, [user["id"] for user in options["users"]])


@tagged("post_install", "-at_install")
class TestTimelineRights(TimelineCase):
    """Each source shows what the user may read, and nothing else."""

    def test_who_may_not_read_invoices_sees_none(self):
        invoice = self.make_invoice(self.client, 10.0, date="2026-01-10")
        self.pay(invoice, date="2026-01-11")
        payment = invoice.matched_payment_ids or invoice._get_reconciled_payments()
        paid = [f"Payment {payment.name}", f"Invoice {invoice.name} was paid in full", f"Invoice {invoice.name}"]
        self.assertEqual(self.titles(self.billing), paid)
        self.assertEqual(self.titles(self.viewer), [])

    def test_private_ones_are_for_their_author_and_administrators(self):
        self.log("Secret", is_private=True, user_id=self.billing.id)
        self.assertEqual(self.titles(self.billing), ["Secret"])
        self.assertTrue(self.timeline(self.billing)["items"][-1]["is_private"])
        self.assertEqual(self.titles(self.viewer), [])
        self.assertEqual(self.titles(self.manager), [])
        self.assertEqual(self.titles(self.make_user("timeline_admin", "admin")), ["Secret"])

    def test_other_companies_stay_out(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.log("There", company_id=other.id)
        self.log("Here")
        self.assertEqual(self.titles(self.billing), ["Here"])
        self.billing.company_ids += other
        both = {"allowed_company_ids": (self.env.company | other).ids}
        client = self.client.with_user(self.billing).with_context(**both)
        found = {item["title"] for item in client.get_client_timeline()["items"]}
        self.assertGreaterEqual(found, {"There", "Here"})

    def test_other_teams_and_strangers_are_refused(self):
        team = self.env["crm.team"].create(
            {"name": "North", "crm_team_member_ids": [Command.create({"user_id": self.billing.id})]}
        )
        self.client.client_team_id = team
        self.env.company.client_own_team_only = True
        self.log("Call", kind="call")
        self.assertEqual(self.titles(self.billing), ["Call"])
        portal = self.make_portal_user(self.ann)
        stranger = self.make_portal_user(self.make_contact(self.make_client("Other"), "Bob", "bob@other.example"))
        for user in (self.viewer, portal, stranger):
            client = self.client.with_user(user)
            for method in ("get_client_timeline", "get_client_timeline_options", "action_client_timeline"):
                with self.subTest(user=user.login, method=method), self.assertRefused(AccessError, ""):
                    getattr(client, method)()

    def test_a_plain_colleague_sees_what_his_apps_let_him_see(self):
        plain = self.make_user("timeline_plain")
        self.log("Call")
        self.make_invoice(self.client, 10.0)
        self.assertEqual(self.titles(plain, skip=()), [])

    def test_branches_and_contacts_belong_to_the_client(self):
        branch = self.make_contact(self.client, "Acme Harbour", is_company=True)
        desk = self.make_contact(branch, "Dora")
        moves = [self.make_invoice(partner, 10.0, date="2026-01-10") for partner in (self.client, branch, desk)]
        self.make_invoice(self.make_client("Other"), 10.0, date="2026-01-10")
        self.assertEqual(self.titles(), [f"Invoice {move.name}" for move in reversed(moves)])


@tagged("post_install", "-at_install")
class TestTimelineSources(TimelineCase):
    """What becomes an event, and what it says."""

    def items(self, *kinds, who=None, **filters):
        return self.timeline(who, filters={"kinds": list(kinds), **filters})["items"]

    def test_communications(self):
        self.log("Hello", kind="call", direction="in", outcome="no_answer", body="<p>Call  back</p>")
        self.log("Bill", kind="email", direction="out", is_bounced=True, date="2026-01-09 09:00:00")
        call, mail = self.items("call", "email")
        self.assertEqual(
            (call["title"], call["what"], call["text"], call["icon"], call["tone"], call["model"]),
            ("Hello", "Call from the client · No Answer", "Call back", "fa-phone", "warning", EVENTS),
        )
        self.assertEqual((mail["what"], mail["tone"]), ("E-mail to the client · Could not be delivered", "danger"))

    def test_invoices_and_the_day_they_were_paid(self):
        invoice = self.make_invoice(self.client, 100.0, date="2026-01-05")
        draft = self.make_invoice(self.client, 50.0, post=False)
        self.assertEqual(len(self.items("invoice")), 1)
        self.pay(invoice, 40.0, date="2026-01-07")
        self.assertEqual([item["what"] for item in self.items("invoice")], ["Partly paid"])
        self.assertFalse(invoice.client_paid_on)
        self.pay(invoice, date="2026-01-20")
        self.assertEqual(invoice.client_paid_on, fields.Date.to_date("2026-01-20"))
        paid, posted = self.items("invoice")
        self.assertEqual((paid["title"], paid["date"][:10]), (f"Invoice {invoice.name} was paid in full", "2026-01-20"))
        self.assertEqual((posted["what"], posted["tone"], posted["id"]), ("Paid", "success", invoice.id))
        self.assertIn("100.00", posted["amount"])
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual([item["what"] for item in self.items("invoice")], [""], "nothing is paid any more")
        credit = self.make_invoice(self.client, 30.0, move_type="out_refund", date="2026-01-06")
        self.assertIn(f"Credit note {credit.name}", self.titles(kinds=["invoice"]))
        self.assertTrue(draft)

    def test_estimates(self):
        product = self.env["product.product"].create({"name": "Work", "type": "service", "taxes_id": False})
        line = Command.create({"product_id": product.id, "price_unit": 10.0})
        sent, accepted, rejected = self.env["sale.order"].create(
            [{"partner_id": self.ann.id, "order_line": [line]} for _number in range(3)]
        )
        self.assertEqual(self.items("estimate"), [])
        with freeze_time("2026-01-10 10:00:00"):
            (sent | rejected).action_quotation_sent()
            self.env.flush_all()
        with freeze_time("2026-01-11 10:00:00"):
            accepted.action_confirm()
            rejected._reject_estimates("Too dear")
            self.env.flush_all()
        self.assertEqual(
            [(item["title"], item["text"], item["tone"], item["date"]) for item in self.items("estimate")],
            [
                (f"Estimate {rejected.name} was rejected", "Too dear", "danger", "2026-01-11 10:00:00"),
                (f"Estimate {accepted.name} was accepted", "", "success", "2026-01-11 10:00:00"),
                (f"Estimate {rejected.name} was sent", "", "", "2026-01-10 10:00:00"),
                (f"Estimate {sent.name} was sent", "", "", "2026-01-10 10:00:00"),
            ],
        )
        rejected.action_draft()
        self.assertEqual((rejected.client_sent_at, rejected.client_rejected_at), (False, False))

    def test_contracts(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.client.id,
                "line_recurrence": False,
                "date_start": "2025-01-01",
                "date_end": "2025-12-31",
                "contract_line_ids": [Command.create({"name": "Care", "quantity": 1, "price_unit": 100.0})],
            }
        )
        line = contract.contract_line_ids
        self.env["nestogy.contract.price.change"].sudo().create(
            {"line_id": line.id, "date": "2025-06-01", "kind": "percent", "percent": 3.0, "reason": "Costs"}
        )
        self.env.flush_all()
        found = self.items("contract")
        self.assertEqual(
            [(item["title"], item["date"][:10]) for item in found],
            [
                ("Contract Care ends", "2025-12-31"),
                ("New price in contract Care", "2025-06-01"),
                ("Contract Care begins", "2025-01-01"),
            ],
        )
        self.assertEqual(
            (found[1]["model"], found[1]["id"], found[1]["text"]), ("contract.contract", contract.id, "Costs")
        )

    def test_documents_and_their_versions(self):
        files = [{"name": "plan.txt", "data": "YQ=="}]
        agent = self.make_user("timeline_agent", "agent")
        documents = self.env["nestogy.client.document"].with_user(agent)
        documents.upload_files(self.client.id, files)
        document = self.client.client_document_ids
        document.with_user(agent).upload_version("plan.txt", "Yg==")
        found = self.items("document", who=self.viewer)
        self.assertEqual([item["title"] for item in found], ["Document plan, version 2", "Document plan"])
        self.assertEqual({(item["model"], item["id"]) for item in found}, {(document._name, document.id)})

    def test_reminders_and_promises_are_for_billing(self):
        invoice = self.make_invoice(self.client, 100.0, date="2026-01-01", due="2026-01-02")
        self.env["nestogy.reminder.log"]._write_log(invoice, "manual", note="By phone")
        self.env["nestogy.reminder.log"]._write_log(invoice, "held", reason="dispute")
        self.env["nestogy.payment.promise"].create(
            {
                "move_id": invoice.id,
                "date": fields.Date.add(fields.Date.today(), days=5),
                "amount": 60.0,
                "promised_by_id": self.ann.id,
            }
        )
        found = self.items("reminder", who=self.billing)
        self.assertEqual({item["source"] for item in found}, {"reminder", "promise"})
        self.assertEqual({(item["model"], item["id"]) for item in found}, {("account.move", invoice.id)})
        self.assertEqual(len(found), 2, "what was held is no event")
        self.assertEqual(self.items("reminder", who=self.viewer), [])

    def test_consents(self):
        self.ann._record_consent("given", "form", text="I agree", date=fields.Datetime.now())
        (item,) = self.items("consent", who=self.viewer)
        self.assertEqual((item["person"], item["tone"]), ("Ann", "success"))
        self.assertRegex(item["title"], "^Consent given: .+")

    @freeze_time("2026-03-10 10:00:00")
    def test_follow_ups_of_the_client_and_its_documents(self):
        invoice = self.make_invoice(self.client, 100.0, date="2026-01-01")
        kind = {"activity_type_id": self.env.ref("mail.mail_activity_data_todo").id, "user_id": self.manager.id}
        for record, summary, deadline in (
            (self.client, "Late", "2026-03-01"),
            (self.ann, "Next week", "2026-03-17"),
            (invoice, "About the invoice", "2026-03-05"),
            (self.make_client("Other"), "Elsewhere", "2026-03-01"),
        ):
            record.activity_schedule(summary=summary, date_deadline=deadline, **kind)
        done = self.client.activity_schedule(summary="Done", date_deadline="2026-03-09", **kind)
        done.action_feedback(feedback="All well")
        self.env.flush_all()
        found = self.items("follow_up", upcoming=True)
        self.assertEqual(
            [(item["title"], item["tone"], item["text"]) for item in found],
            [
                ("Next week", "info", ""),
                ("Done", "success", "All well"),
                ("About the invoice", "danger", ""),
                ("Late", "danger", ""),
            ],
        )
        self.assertEqual((found[2]["model"], found[2]["id"]), ("account.move", invoice.id))
        # a viewer writes to none of these, so that nobody's follow-ups but his own are his to see
        self.assertEqual(self.items("follow_up", who=self.viewer, upcoming=True), [])
        self.client.activity_schedule(summary="His", date_deadline="2026-03-08", **kind | {"user_id": self.viewer.id})
        self.env.flush_all()
        self.assertEqual([item["title"] for item in self.items("follow_up", who=self.viewer)], ["His"])

    def test_changes_of_status(self):
        client = self.make_client(
            "Trial Ltd", client_status_id=self.env.ref("nestogy_clients.nestogy_client_status_trial").id
        )
        self.set_status(client, "active")
        found = self.timeline(self.viewer, client, filters={"kinds": ["status"]})["items"]
        self.assertEqual([item["title"] for item in found], ["Status: Active, was Trial", "Status: Trial"])
        self.assertEqual((found[0]["text"], found[0]["model"]), ("a test", False))


@tagged("post_install", "-at_install")
class TestTimelinePlaces(TimelineCase):
    """The arithmetic of places, without a query."""

    def test_a_place_is_written_and_read(self):
        for moment in (datetime(2026, 1, 10, 12), datetime(2026, 1, 10, 12, 0, 0, 123456)):
            place = Place(moment, "invoice_paid", 7)
            self.assertEqual(parse_place(str(place)), place)
        for bad in (None, "", "2026-01-10T12:00:00|Invoice|7", "2026-01-10T12:00:00|invoice|-7"):
            with self.assertRaises(ValueError):
                parse_place(bad)
        with self.assertRaises(ValueError):
            parse_place("2026-01-10T12:00:00|invoice|2147483648")

    def test_days_stand_at_noon(self):
        noon = datetime(2026, 1, 10, 12)
        day = noon.date()
        self.assertEqual(last_day_until(noon, is_included=True), day)
        self.assertEqual(last_day_until(noon, is_included=False), day - timedelta(days=1))
        for is_included in (True, False):
            self.assertEqual(last_day_until(noon + timedelta(seconds=1), is_included), day)
            self.assertEqual(last_day_until(noon - timedelta(seconds=1), is_included), day - timedelta(days=1))


@tagged("post_install", "-at_install")
class TestTimelinePrint(ClientsMakers, HttpCase):
    """The paper shows what the filter shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.viewer = cls.make_user("timeline_print", "viewer", password="timeline-secret")
        cls.env[EVENTS].create(
            [
                {
                    "name": "Łódź & <Söhne>",
                    "kind": "call",
                    "direction": "in",
                    "client_id": cls.client.id,
                    "date": "2026-01-10 09:00:00",
                },
                {"name": "A note", "kind": "note", "client_id": cls.client.id, "date": "2026-01-10 10:00:00"},
            ]
        )

    def get(self, filters="{}", client=None):
        number = (client or self.client).id
        return self.url_open(f"/nestogy/clients/{number}/activity.pdf?filters={filters}", allow_redirects=False)

    def text(self, response):
        self.assertEqual(response.status_code, 200, response.text[:200])
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)

    def test_what_the_filter_matches_is_printed(self):
        self.authenticate("timeline_print", "timeline-secret")
        text = self.text(self.get())
        for word in ("Activity of Acme", "Łódź & <Söhne>", "A note", "Saturday, January 10, 2026"):
            self.assertIn(word, text)
        text = self.text(self.get(json.dumps({"kinds": ["call"]})))
        self.assertIn("Łódź", text)
        self.assertIn("Kinds: Call", text)
        self.assertNotIn("A note", text)
        self.assertIn("Nothing matches", self.text(self.get(json.dumps({"text": "no such word"}))))

    def test_the_limit_is_said(self):
        self.env[EVENTS].create(
            [
                {"name": f"Event {n}", "client_id": self.client.id, "date": datetime(2025, 1, 1) + timedelta(hours=n)}
                for n in range(501)
            ]
        )
        self.authenticate("timeline_print", "timeline-secret")
        self.assertIn("Only the newest 500 events are printed", self.text(self.get()))

    def test_others_get_nothing(self):
        self.assertEqual(self.get().status_code, 303, "nobody is led to sign in")
        self.make_portal_user(self.ann)
        self.authenticate("ann@acme.example", "portal-secret")
        self.assertEqual(self.get().status_code, 404)
        self.authenticate("timeline_print", "timeline-secret")
        self.assertEqual(self.get("x").status_code, 404)
        answer = self.get(json.dumps({"text": "x" * 101}))
        self.assertEqual((answer.status_code, "at most 100 characters" in answer.text), (400, True))
        self.assertEqual(self.get(client=self.ann).status_code, 404)


@tagged("post_install", "-at_install")
class TestTimelineTour(ClientsMakers, HttpCase):
    def test_a_viewer_filters_scrolls_opens_and_comes_back(self):
        client = self.make_client("Tour Client")
        self.env[EVENTS].create(
            [
                {"name": f"Note {n} of many", "client_id": client.id, "date": datetime(2026, 1, 1) + timedelta(hours=n)}
                for n in range(80)
            ]
            + [
                {"name": "Door code", "client_id": client.id, "date": "2025-01-01 09:00:00", "is_pinned": True},
                {
                    "name": "About the router",
                    "kind": "call",
                    "direction": "in",
                    "client_id": client.id,
                    "date": "2025-12-01 09:00:00",
                },
            ]
        )
        viewer = self.make_user("tour_timeline", "viewer")
        self.start_tour(f"/odoo/clients/{client.id}", "nestogy_clients_timeline", login=viewer.login)
