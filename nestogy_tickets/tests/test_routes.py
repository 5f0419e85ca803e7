import re
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests import crawl
from odoo.addons.nestogy_portal.tests.common import PortalCase
from odoo.addons.nestogy_portal.tests.crawl import CANARY, CrawlMakers

from .common import TicketsMakers

TABLE = Path(__file__).with_name("routes.txt")
SUBJECT = re.compile(r"ticket|helpdesk|/rate/|/feedback|/jobs?/")
ADDONS = {"nestogy_tickets", "helpdesk_mgmt", "helpdesk_mgmt_project", "helpdesk_mgmt_rating"}
QUIET = ("odoo.http", "odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.addons.http_routing.models.ir_http")
GUARD = "odoo.addons.nestogy_portal.models.login.ir_http_guard"


@tagged("post_install", "-at_install")
class TestTicketRoutes(CrawlMakers, TicketsMakers, PortalCase):
    """Every address of tickets, as everybody, with good and with senseless values."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_crawl_world()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner, name=f"{CANARY} ticket")
        cls.values |= {
            "ticket_id": cls.ticket.id,
            "stage_id": cls.stage_done.id,
            "access_token": "wrong",
        }

    def setUp(self):
        super().setUp()
        self.begin_sessions()
        self.take_picture()

    def test_each_route_says_to_everybody_what_the_table_says(self):
        with mute_logger(*QUIET, GUARD):
            self.check_table(TABLE, ADDONS)

    def test_no_route_about_tickets_is_missing_in_the_tables(self):
        tables = [TABLE, Path(crawl.__file__).with_name("routes.txt")]
        known = {line.split()[-1] for table in tables for line in table.read_text().splitlines() if line.strip()}
        found = {rule.rule for rule in self.env["ir.http"].routing_map().iter_rules() if SUBJECT.search(rule.rule)}
        self.assertIn("/ticket/close", found)
        self.assertEqual(found - known, set(), "somebody has to say who may open it")

    def test_no_route_breaks_on_nonsense(self):
        with mute_logger(*QUIET, GUARD):
            self.check_nonsense(ADDONS)
