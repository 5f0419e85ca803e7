from odoo.exceptions import UserError, ValidationError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.nestogy_portal.tests.common import PASSWORD

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestTicketAssets(TicketsMakers, HttpCase):
    """Tickets about an asset, by its client and by staff."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        assets = cls.env["maintenance.equipment"]
        cls.asset = assets.create({"name": "File server", "client_id": cls.client.id, "serial_no": "SN-0815"})
        cls.laptop = assets.create({"name": "Laptop", "client_id": cls.client.id, "contact_id": cls.colleague.id})
        cls.foreign = assets.create({"name": "Plotter", "client_id": cls.other_client.id})
        cls.internal = assets.create({"name": "Coffee machine"})
        cls.levels = {
            key: cls.env.ref(f"nestogy_portal.nestogy_portal_level_{key}") for key in ("own", "reader", "billing")
        }

    def enter(self, user):
        self.authenticate(user.login if user else None, PASSWORD if user else None)

    def open(self, path):
        return self.url_open(path, allow_redirects=False)

    def send(self, **data):
        data = {"subject": "It is loud", "description": "Since Monday", "csrf_token": Request.csrf_token(self)} | data
        return self.url_open("/submitted/ticket", data=data, allow_redirects=False)

    def tickets(self):
        return self.env["helpdesk.ticket"].search([("name", "=", "It is loud")])

    def test_a_problem_is_reported_from_the_asset(self):
        self.enter(self.owner_user)
        self.assertIn(f'href="/new/ticket?asset={self.asset.id}"', self.open(f"/my/assets/{self.asset.id}").text)
        form = self.open(f"/new/ticket?asset={self.asset.id}").text
        self.assertIn("File server", form)
        self.assertIn("SN-0815", form)
        response = self.send(asset=self.asset.id)
        ticket = self.tickets()
        self.assertRecordValues(
            ticket, [{"equipment_id": self.asset.id, "partner_id": self.owner.id, "stage_id": self.stage_new.id}]
        )
        self.assertIn(f"/my/ticket/{ticket.id}", response.headers["Location"])
        self.assertIn(f'href="/my/assets/{self.asset.id}"', self.open(f"/my/ticket/{ticket.id}").text)
        page = self.open(f"/my/assets/{self.asset.id}").text
        self.assertIn("It is loud", page)
        self.assertEqual(self.asset.ticket_count, 1)
        ticket.stage_id = self.stage_done
        self.asset.invalidate_recordset(["ticket_count"])
        self.assertEqual(self.asset.ticket_count, 0)

    def test_foreign_assets_are_neither_shown_nor_taken(self):
        for user, asset in (
            (self.owner_user, self.foreign),
            (self.owner_user, self.internal),
            (self.stranger_user, self.asset),
        ):
            self.enter(user)
            self.assertNotIn(asset.name, self.open(f"/new/ticket?asset={asset.id}").text)
            response = self.send(asset=asset.id)
            self.assertEqual(response.status_code, 422)
            self.assertIn("This asset cannot be chosen", response.text)
            with self.assertRaisesRegex(UserError, "cannot be chosen"):
                self.env["helpdesk.ticket"].with_user(user)._portal_submit(
                    "It is loud", "", asset=asset.with_user(user)
                )
        for nonsense in ("x", "-1", "9" * 30):
            self.assertEqual(self.open(f"/new/ticket?asset={nonsense}").status_code, 200)
        self.assertFalse(self.tickets())

    def test_levels_narrow(self):
        ticket = self.make_tickets(self.colleague, name="About the server", equipment_id=self.asset.id)
        self.colleague.portal_level_id = self.levels["billing"]  # own tickets, no assets
        self.enter(self.colleague_user)
        self.assertEqual(self.send(asset=self.asset.id).status_code, 422)
        page = self.open(f"/my/ticket/{ticket.id}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("File server", page.text)
        self.colleague.portal_level_id = self.levels["reader"]
        self.assertNotIn("Report a problem", self.open(f"/my/assets/{self.asset.id}").text)
        self.assertEqual(self.open(f"/new/ticket?asset={self.asset.id}").status_code, 404)
        self.colleague.portal_level_id = self.levels["own"]
        others = self.make_tickets(self.owner, name="Not for Carl", equipment_id=self.laptop.id)
        text = self.open(f"/my/assets/{self.laptop.id}").text
        self.assertIn("Report a problem", text)
        self.assertNotIn(others.name, text)
        self.assertFalse(self.tickets())

    def test_nobody_gets_no_form(self):
        self.enter(None)
        self.assertIn("/web/login", self.open(f"/new/ticket?asset={self.asset.id}").headers["Location"])

    def test_the_asset_is_of_the_ticket_s_client(self):
        ticket = self.make_tickets(self.owner, equipment_id=self.asset.id)
        for values in (
            {"equipment_id": self.foreign.id},
            {"equipment_id": self.internal.id},
            {"partner_id": self.stranger.id},
        ):
            with self.assertRaisesRegex(ValidationError, "choose one of this client, or none"), self.cr.savepoint():
                ticket.with_user(self.agent).write(values)
            self.env.invalidate_all()
        self.assertRecordValues(ticket, [{"equipment_id": self.asset.id, "partner_id": self.owner.id}])
        action = self.asset.with_user(self.agent).action_tickets()
        self.assertEqual(self.env["helpdesk.ticket"].search(action["domain"]), ticket)
