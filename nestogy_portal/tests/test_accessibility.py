import base64
import time

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from ..models.access.res_users import STEP_UP
from ..models.login.res_users_password import CHANGE_URL, PENDING
from ..tools.link_tokens import new_token
from .accessibility import DESKTOP, PHONE, AccessibilityMixin
from .common import PortalMakers

TEXT = base64.b64encode(b"Where the machines stand").decode()


@tagged("post_install", "-at_install")
class TestAccessibility(AccessibilityMixin, PortalMakers, HttpCase):
    """One browser for all pages: to start one, and to build what pages are made of, takes longer than to look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.make_demo_provider()
        cls.staff = cls.make_user("reader_staff", "agent", "billing")
        past = fields.Date.subtract(fields.Date.today(), days=40)
        cls.late = cls.make_invoice(cls.client, 100, date=past, due=past)
        cls.open = cls.make_invoice(cls.client, 200)
        cls.paid = cls.make_invoice(cls.client, 50)
        cls.env["account.payment.register"].with_context(active_model="account.move", active_ids=cls.paid.ids).create(
            {}
        )._create_payments()
        cls.credit = cls.open._reverse_moves([{"date": fields.Date.today(), "invoice_date": fields.Date.today()}])
        cls.credit.action_post()
        product = cls.env["product.product"].create({"name": "Onboarding", "type": "service", "taxes_id": False})
        cls.quote, cls.order = cls.env["sale.order"].create(
            [
                {"partner_id": cls.client.id, "order_line": [(0, 0, {"product_id": product.id, "price_unit": 87})]}
                for _number in range(2)
            ]
        )
        cls.order.action_confirm()
        cls.quote.state = "sent"
        files = [{"name": "Plan of the office.txt", "data": TEXT}]
        documents = cls.env["nestogy.client.document"]
        (outcome,) = documents.upload_files(cls.client.id, files)
        cls.document = documents.browse(outcome["document_id"])
        cls.document.write({"is_shared": True, "expires_on": fields.Date.add(fields.Date.today(), days=5)})
        cls.contract = cls.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": cls.client.id,
                "renewal_type": "auto",
                "contract_line_ids": [
                    Command.create(
                        {
                            "name": "Support",
                            "product_id": product.id,
                            "price_unit": 87,
                            "date_end": fields.Date.add(fields.Date.today(), days=40),
                        }
                    )
                ],
            }
        )
        cls.document.contract_id = cls.contract
        cls.env["nestogy.communication"].create(
            [
                {
                    "name": "Review of the year",
                    "kind": "meeting",
                    "client_id": cls.client.id,
                    "date": fields.Datetime.add(fields.Datetime.now(), days=days),
                    "duration": 1.5,
                    "is_shared": True,
                    "attendee_ids": [Command.set(cls.owner.ids)],
                    "body": "<p>We agreed on the plan.</p>",
                    "place": "Main Street 5",
                    "video_url": "https://meet.example/review",
                }
                for days in (-5, 5)
            ]
        )
        cls.asset = cls.env["maintenance.equipment"].create(
            {
                "name": "Server",
                "client_id": cls.client.id,
                "serial_no": "READER-1",
                "contract_id": cls.contract.id,
                "warranty_date": fields.Date.today(),
            }
        )
        cls.archive, cls.archive_in_the_making = cls.env["nestogy.portal.archive"].create(
            [
                {
                    "user_id": cls.owner.user_ids.id,
                    "client_id": cls.client.id,
                    "state": state,
                    "fingerprint": state,
                    "document_count": 5,
                    "to_print_count": 4,
                    "printed_count": 2,
                    "expires_at": fields.Datetime.add(fields.Datetime.now(), days=1),
                }
                for state in ("ready", "waiting")
            ]
        )
        cls.token = cls.env["payment.token"].create(
            {
                "provider_id": cls.make_demo_provider().id,
                "payment_method_id": cls.make_demo_provider().payment_method_ids[:1].id,
                "payment_details": "4242",
                "partner_id": cls.owner.id,
                "provider_ref": "reader",
                "demo_simulated_state": "done",
            }
        )

        cls.form = cls.env["nestogy.form"].create(
            {
                "name": "Contact",
                "intro": "We answer within a day.",
                "consent_text": "You may keep what I wrote.",
                "privacy_url": "https://www.acme.example/privacy",
                "has_marketing": True,
            }
        )
        cls.form.field_ids = [Command.create({"target": "country"}), Command.create({"target": "company_size"})]
        cls.entry = cls.env["nestogy.form.entry"].create(
            {
                "form_id": cls.form.id,
                "result": "unconfirmed",
                "email": "ann@new.example",
                "confirm_until": fields.Datetime.add(fields.Datetime.now(), days=1),
            }
        )

    def test_no_page_bars_anybody_and_the_keyboard_leads_everywhere(self):
        links = self.env["nestogy.portal.link"]
        fresh, used = (links._issue(self.owner, self.open) for _number in range(2))
        paths = [url[url.index("/my/link/") :] for url in (fresh, used)]
        links._find(paths[1].rpartition("/")[2]).write({"used_at": fields.Datetime.now(), "device_digest": "x" * 64})
        self.owner.user_ids.partner_id.signup_prepare()
        set_password = self.owner._get_signup_url_for_action(url="/web/reset_password")[self.owner.id]
        set_password = set_password[set_password.index("/web/") :]
        pages = {
            None: {
                "sign-in": "/web/login",
                "lost password": "/web/reset_password",
                "first password": set_password,
                "link": paths[0],
                "used link": paths[1],
                "dead link": f"/my/link/{new_token()}",
                "link by mail": "/my/link",
                "website form": f"/form/{self.form.token}",
                "website form in a frame": f"/form/{self.form.token}?embed=1",
                "dead website form": f"/form/{new_token()}",
                "address of a website form": self.entry._confirm_url()[len(self.entry.get_base_url()) :],
                "dead link of a website form": "/form/confirm/x",
                "nothing": "/my/nowhere-at-all",
            },
            self.owner: {
                "home": "/my",
                "statement": "/my/statement?show=all",
                "payments": "/my/payments",
                "account": "/my/statement/account?period=all",
                "open items": "/my/statement/account?layout=open",
                "invoices": "/my/invoices",
                "invoice": f"/my/invoices/{self.open.id}",
                "download": f"/my/archives/{self.archive.id}",
                "download in the making": f"/my/archives/{self.archive_in_the_making.id}",
                "paying": f"/my/invoices/{self.late.id}?payment=True",
                "pay": "/my/pay",
                "review a payment": f"/my/pay/review?pay={self.late.id}&pay={self.open.id}",
                "result of a payment": "/my/pay/result",
                "estimates": "/my/quotes",
                "orders": "/my/orders",
                "estimate": f"/my/orders/{self.quote.id}",
                "documents": "/my/documents",
                "document": f"/my/documents/{self.document.id}",
                "contracts": "/my/contracts",
                "contract": f"/my/contracts/{self.contract.id}",
                "assets": "/my/assets",
                "asset": f"/my/assets/{self.asset.id}",
                "communication": "/my/communication",
                "people": "/my/people",
                "preferences": "/my/preferences",
                "details": "/my/account",
                "addresses": "/my/addresses",
                "address": "/my/address",
                "security": "/my/security",
                "payment methods": "/my/payment_method",
                "automatic payment": "/my/autopay",
                "nothing for one who is signed in": "/my/nowhere-at-all",
            },
            self.stranger: {
                "statement without invoices": "/my/statement",
                "no payments": "/my/payments",
                "account without invoices": "/my/statement/account",
                "no invoices": "/my/invoices",
                "no estimates": "/my/quotes",
                "no documents": "/my/documents",
                "nothing said": "/my/communication",
            },
            self.staff.partner_id: {"preview": f"/my/preview/{self.owner.id}"},
        }
        with self.reader() as reader, reader.acting():
            for who, addresses in pages.items():
                reader.enter(who and who.user_ids, {STEP_UP: time.time()})
                for name, path in addresses.items():
                    reader.open(path)
                    reader.look(name)
            # pages that one reaches by a button
            reader.js("document.querySelector('form[action^=\"/my/preview/\"] button').click()")
            reader.wait("document.querySelector('.nestogy-preview')")
            reader.settle()
            reader.look("preview of the home")
            reader.enter()
            reader.open("/my/link")
            reader.js("document.querySelector('#address').value = 'somebody@nowhere.example'")
            reader.js("document.querySelector('form').submit()")
            reader.wait("document.querySelector('#code')")
            reader.look("code")
            # a website form that is sent with a fault, and one that is taken
            reader.open(f"/form/{self.form.token}")
            reader.js("document.querySelector('form').noValidate = true")
            reader.js("document.querySelector('form button').click()")
            reader.wait("document.querySelector('[role=alert]')")
            reader.settle()
            reader.look("website form with faults")
            # pages that ask who one is
            reader.enter(self.owner.user_ids)
            reader.open("/my/confirm")
            reader.look("confirm")
            self.colleague.user_ids.nestogy_must_change_password = True
            reader.enter(session_extra={"pre_uid": self.colleague.user_ids.id, PENDING: self.colleague.user_ids.id})
            reader.open(CHANGE_URL)
            reader.look("new password")
            self.go_by_keyboard(reader)
        self.assertNoBarriers(reader, sum(map(len, pages.values())) + 5)

    def go_by_keyboard(self, reader):
        """Go the main roads with the keys alone."""
        with self.subTest("keyboard"):
            reader.enter(self.owner.user_ids)
            for size in (PHONE, DESKTOP):
                reader.open("/my/statement", size)
                stations = reader.tab_to("input[name=document_ids]")
                self.assertEqual(stations[0], "Skip to Content")
                self.assertIn("Select all", stations)
                reader.tick()
                self.assertEqual(reader.js("document.querySelectorAll('[name=document_ids]:checked').length"), 1)
                stations += reader.tab_to(".nestogy-download-bar button")
                self.assertLess(stations.index("Select all"), stations.index(f"Pay {self.late.name}"))
                self.assertIn("1", stations[-1])

            reader.open(f"/my/invoices/{self.late.id}")
            reader.tab_to("[data-bs-target='#pay_with']")
            reader.press()
            reader.wait("document.querySelector('#pay_with.show')?.matches(':focus-within')")
            reader.tab_to("#pay_with [name=o_payment_submit_button]")

            # the link over the header leads past it
            reader.open("/my/documents")
            reader.key("Tab")
            reader.press()
            stations = reader.tab_to("input[name=search]")
            self.assertLessEqual(len(stations), 3, stations)
