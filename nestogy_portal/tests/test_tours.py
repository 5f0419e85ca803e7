from urllib.parse import urljoin

from odoo import fields
from odoo.tests import tagged
from odoo.tests.common import ChromeBrowser

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestTours(PortalCase):
    def open_link_in_browser(self, path):
        """Press the button of a link's page in a browser, which has no scripts for a tour to run in.

        :return: path on which the browser ends, and the id of its session
        """
        browser = ChromeBrowser(self)
        with self.allow_requests(browser=browser):
            self.authenticate(None, None, browser=browser)
            self.cr.flush()
            self.cr.clear()
            try:
                browser.navigate_to(urljoin(self.base_url(), path))
                self.assertTrue(browser._wait_ready("!!document.querySelector('button[name=sign_in]')"))
                press = "document.querySelector('button[name=sign_in]').click()"
                browser._websocket_request("Runtime.evaluate", params={"expression": press})
                arrived = "!location.pathname.startsWith('/my/link') && document.readyState === 'complete'"
                self.assertTrue(browser._wait_ready(arrived))
                where = browser._websocket_request(
                    "Runtime.evaluate", params={"expression": "location.pathname", "returnByValue": True}
                )
                cookies = browser._websocket_request("Network.getCookies")["cookies"]
            finally:
                browser.stop()
                self._wait_remaining_requests()
        return where["result"]["value"], {each["name"]: each["value"] for each in cookies}["session_id"]

    def test_main_road(self):
        self.make_demo_provider()
        past = fields.Date.subtract(fields.Date.today(), days=40)
        first = self.make_invoice(self.client, 100, date=past, due=past)
        second = self.make_invoice(self.client, 200)
        url = self.env["nestogy.portal.link"]._issue(self.owner, second)
        path, session = self.open_link_in_browser(url[url.index("/my/link/") :])
        self.assertEqual(path, f"/my/invoices/{second.id}")
        self.start_tour("/my", "nestogy_portal_main_road", cookies={"session_id": session})
        self.env.invalidate_all()
        self.assertIn(first.payment_state, ("paid", "in_payment"))
        self.assertEqual(second.amount_residual, 200)
        (balance,) = self.client._client_balances()[self.client.id]
        self.assertEqual((balance["outstanding"], balance["overdue"], balance["paid"]), (200, 0, 100))
