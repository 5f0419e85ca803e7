from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import PortalMakers

ALLOWED = Path(__file__).with_name("portal_partner_fields.txt")
FOR_STAFF = (
    "comment",
    "trust",
    "ref",
    "properties",
    "barcode",
    "sale_warn_msg",
    "category_id",
    "credit_limit",
)


@tagged("post_install", "-at_install")
class TestPartnerFields(PortalMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.as_owner = cls.owner.with_user(cls.owner.user_ids)

    def readable(self, model):
        return {name for name, field in model._fields.items() if model._has_field_access(field, "read")}

    def test_clients_read_no_field_of_ours_that_was_not_reviewed(self):
        allowed = {line.split("#")[0].strip() for line in ALLOWED.read_text().splitlines()} - {""}
        for name in ("res.partner", "account.move", "sale.order", "res.users"):
            model = self.env[name].with_user(self.owner.user_ids)
            ours = {
                f"{name}.{field}"
                for field in self.readable(model)
                if any(module.startswith("nestogy_") for module in model._fields[field]._modules)
                and not any(not module.startswith("nestogy_") for module in model._fields[field]._modules)
            }
            self.assertEqual(
                ours - allowed,
                set(),
                f"Portal users can read these fields: give them groups, or review them and add them to {ALLOWED.name}",
            )

    def test_clients_do_not_read_what_is_written_for_staff(self):
        self.owner.comment = "<p>pays late</p>"
        readable = self.readable(self.as_owner)
        for name in FOR_STAFF:
            self.assertNotIn(name, readable)
            with self.assertRaises(AccessError), mute_logger("odoo.models", "odoo.orm.models"):
                self.as_owner.read([name])
            with self.assertRaises(AccessError):
                self.as_owner.search([(name, "!=", False)])
        self.assertEqual(self.as_owner.read(["name"])[0]["name"], "Olive Owner")

    def test_strangers_read_nobody(self):
        as_stranger = self.owner.with_user(self.stranger.user_ids)
        with self.assertRaises(AccessError):
            as_stranger.read(["name"])
        self.assertFalse(as_stranger.search([("id", "in", (self.owner | self.client).ids)]))

    def test_portal_users_have_no_rights_on_our_models(self):
        for name in ("nestogy.portal.link", "nestogy.portal.attempt"):
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(self.env[name].with_user(self.owner.user_ids).has_access(operation), (name, operation))
