from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .common import PortalMakers


@tagged("post_install", "-at_install")
class TestPortalEngagement(PortalMakers, TransactionCase):
    """What people of clients do in the portal counts for their engagement."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.conversation = cls.env["nestogy.conversation"]._get_for(cls.client)

    def touches(self):
        self.env.flush_all()
        partners = self.env["res.partner"]
        union = SQL(" UNION ALL ").join(partners._client_touches(fields.Date.today() - timedelta(days=30)))
        rows = self.env.execute_query(
            SQL(
                "SELECT kind, contact_id FROM (%s) touch WHERE client_id = %s ORDER BY kind, contact_id",
                union,
                self.client.id,
            )
        )
        return [(kind, contact) for kind, contact in rows]

    def noted(self):
        self.env.cr.flush()
        changes = self.env["nestogy.engagement.change"].sudo().search([])
        clients = changes.client_id
        changes.unlink()
        return clients

    def test_one_sign_in_a_day_and_person_counts(self):
        self.noted()
        log = self.env["nestogy.portal.access.log"]
        log._log("refused", self.owner)
        self.assertFalse(self.noted())
        for event in ("password", "link", "code", "signed_out"):
            log._log(event, self.owner)
        log._log("passkey", self.colleague)
        log._log("link", self.stranger)
        self.assertEqual(self.noted(), self.client | self.other_client)
        self.assertEqual(
            self.touches(), sorted(("portal_login", contact.id) for contact in self.owner | self.colleague)
        )

    def test_messages_of_the_client_count_once(self):
        self.noted()
        subtype = "mail.mt_comment"
        mine = self.conversation.message_post(
            body="Hello", author_id=self.owner.id, message_type="comment", subtype_xmlid=subtype
        )
        self.conversation.message_post(body="Good day", message_type="comment", subtype_xmlid=subtype)
        self.assertEqual(self.noted(), self.client)
        # which stands in the log, where it counts; as one of the portal only while it does not
        self.assertEqual([touch for touch in self.touches() if touch[1]], [("email_in", self.owner.id)])
        self.env["nestogy.communication"].search([("mail_message_id", "=", mine.id)]).unlink()
        self.assertEqual([touch for touch in self.touches() if touch[1]], [("portal_message", self.owner.id)])

    def test_payments_in_the_portal_count_and_automatic_ones_do_not(self):
        provider = self.make_demo_provider()
        values = {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids[:1].id,
            "amount": 10.0,
            "currency_id": self.env.company.currency_id.id,
            "partner_id": self.owner.id,
            "state": "done",
            "last_state_change": fields.Datetime.now(),
        }
        self.env["payment.transaction"].create(
            [
                values | {"reference": "E-1", "operation": "online_direct"},
                values | {"reference": "E-2", "operation": "offline"},
                values | {"reference": "E-3", "operation": "online_direct", "state": "error"},
            ]
        )
        self.assertEqual(self.touches(), [("portal_payment", self.owner.id)])

    def test_each_kind_is_known(self):
        keys = self.env["nestogy.engagement.kind"].search([]).mapped("key")
        self.assertLessEqual({"portal_login", "portal_message", "portal_payment"}, set(keys))
