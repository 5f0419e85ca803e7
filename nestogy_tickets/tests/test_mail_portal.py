from lxml import html

from odoo.tests import HttpCase, tagged

from odoo.addons.nestogy_portal.tests.common import PASSWORD

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestMailPortal(TicketsMakers, HttpCase):
    def test_the_page_shows_new_text_and_folds_the_quotation(self):
        self.make_desk()
        ticket = self.receive(
            "owner@acme.example", body="New words\n\nOn 1/5/26 10:12, Desk wrote:\n> Old <b>words</b>\n"
        )
        self.authenticate(self.owner_user.login, PASSWORD)
        page = html.fromstring(self.url_open(f"/my/ticket/{ticket.id}").text)
        folded = page.xpath("//details[contains(@class, 'o_nestogy_quoted')]")
        self.assertEqual(len(folded), 1)
        self.assertIsNone(folded[0].get("open"))
        self.assertIn("Old <b>words</b>", folded[0].text_content())
        self.assertIn("New words", page.text_content())
        self.authenticate(self.stranger_user.login, PASSWORD)
        self.assertNotIn("words", self.url_open(f"/my/ticket/{ticket.id}").text)
