from pathlib import Path

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase
from .crawl import CrawlMakers

TABLE = Path(__file__).with_name("routes.txt")
# ours, and those below whose routes clients reach
ADDONS = {
    *("nestogy_clients", "nestogy_portal", "portal", "portal_rating", "rating", "auth_signup", "digest", "mail"),
    *("account", "account_payment", "payment", "payment_stripe", "payment_paypal", "payment_demo"),
    *("sale", "sale_management", "sale_timesheet", "project", "hr_timesheet", "contract"),
}
QUIET = (
    *("odoo.http", "odoo.sql_db", "odoo.models", "odoo.orm.models", "odoo.addons.base.models.ir_http"),
    *("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.addons.http_routing.models.ir_http"),
    *("odoo.addons.nestogy_portal.models.login.ir_http_guard", "odoo.addons.nestogy_portal.controllers.stripe"),
)


@tagged("post_install", "-at_install")
class TestRoutes(CrawlMakers, PortalCase):
    """Every address that clients can reach, as everybody, with good and with senseless values."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_crawl_world()

    def setUp(self):
        super().setUp()
        self.begin_sessions()
        self.take_picture()

    def test_each_route_says_to_everybody_what_the_table_says(self):
        with mute_logger(*QUIET):
            self.check_table(TABLE, ADDONS)

    def test_no_route_breaks_on_nonsense(self):
        with mute_logger(*QUIET):
            self.check_nonsense(ADDONS)
