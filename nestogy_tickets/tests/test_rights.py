from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import convert_file

from .common import TicketsMakers

# Every field of a ticket that its client may read over RPC. A new one comes here after a review.
PORTAL_FIELDS = {
    "__last_update",
    "access_url",
    "access_warning",
    "active",
    "attachment_ids",
    "category_id",
    "closed",
    "closed_date",
    "commercial_partner_id",
    "company_id",
    "create_date",
    "create_uid",
    "description",
    "display_name",
    "has_message",
    "id",
    "last_stage_update",
    "last_update",
    "message_attachment_count",
    "message_has_error",
    "message_has_error_counter",
    "message_has_sms_error",
    "message_ids",
    "message_is_follower",
    "message_needaction",
    "message_needaction_counter",
    "name",
    "number",
    "partner_email",
    "partner_id",
    "partner_name",
    "priority",
    "sequence",
    "stage_id",
    "team_id",
    "user_id",
    "website_message_ids",
    "write_date",
    "write_uid",
}


@tagged("post_install", "-at_install")
class TestRights(TicketsMakers, TransactionCase):
    """Who may see and change what, over the ORM, which is also what RPC does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)

    def found(self, user):
        return self.env["helpdesk.ticket"].with_user(user).search([("id", "=", self.ticket.id)])

    def test_the_client_reads_its_tickets_and_nobody_else_does(self):
        self.assertEqual(self.found(self.owner_user), self.ticket)
        self.assertEqual(self.found(self.colleague_user), self.ticket)
        self.assertFalse(self.found(self.stranger_user))
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.stranger_user).read(["name"])
        self.assertFalse(self.env["helpdesk.ticket"].with_user(self.stranger_user).name_search(self.ticket.number))
        groups = self.env["helpdesk.ticket"].with_user(self.stranger_user)._read_group([], [], ["__count"])
        self.assertEqual(groups, [(0,)])
        with self.assertRaises(AccessError):
            self.found(self.env.ref("base.public_user"))

    def test_following_does_not_grant_reading(self):
        self.ticket.message_subscribe(self.stranger.ids)
        self.assertIn(self.stranger, self.ticket.message_partner_ids)
        self.assertFalse(self.found(self.stranger_user))

    def test_the_promise_holds_when_helpdesk_mgmt_brings_its_own_rule_back(self):
        self.env.ref("helpdesk_mgmt.helpdesk_ticket_rule_portal").domain_force = (
            "['|', ('partner_id', 'child_of', [user.commercial_partner_id.id]),"
            " ('message_partner_ids', 'child_of', [user.commercial_partner_id.id])]"
        )
        self.ticket.message_subscribe(self.stranger.ids)
        self.assertFalse(self.found(self.stranger_user))
        self.assertEqual(self.found(self.owner_user), self.ticket)

    def test_visitors_change_nothing(self):
        for user in (self.owner_user, self.colleague_user, self.stranger_user):
            ticket = self.ticket.with_user(user)
            for change in (
                lambda ticket=ticket: ticket.write({"name": "hacked"}),
                lambda ticket=ticket: ticket.write({"stage_id": self.stage_done.id}),
                lambda ticket=ticket: ticket.unlink(),
                lambda ticket=ticket: ticket.copy(),
                lambda ticket=ticket: ticket.create({"name": "x", "description": "x"}),
                lambda ticket=ticket: ticket.assign_to_me(),
                lambda ticket=ticket: ticket.stage_id.write({"name": "hacked"}),
            ):
                with self.assertRaises(AccessError):
                    change()
        self.assertRecordValues(self.ticket, [{"name": "Ticket 0", "stage_id": self.stage_new.id}])
        self.assertEqual(self.stage_new.name, "New")
        for button in (self.ticket.action_open_client, self.client.action_view_helpdesk_tickets):
            with self.assertRaises(AccessError):
                getattr(button.__self__.with_user(self.stranger_user), button.__name__)()

    def test_the_fields_a_visitor_reads_are_on_the_list(self):
        fields = self.env["helpdesk.ticket"].with_user(self.owner_user).fields_get(attributes=["type"])
        self.assertFalse(set(fields) - PORTAL_FIELDS)
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).read(["tag_ids"])
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.owner_user).read(["access_token"])

    def test_visitors_read_neither_notes_nor_their_files(self):
        file = self.env["ir.attachment"].create({"name": "internal.txt", "raw": b"secret"})
        messages = self.env["mail.message"].with_user(self.owner_user)
        for kind in ("comment", "notification", "email"):
            with self.subTest(kind=kind):
                note = self.ticket.message_post(
                    body="canary",
                    message_type=kind,
                    subtype_xmlid="mail.mt_note",
                    attachment_ids=file.ids,
                    author_id=self.agent.partner_id.id,
                )
                self.assertFalse(messages.search([("id", "=", note.id)]))
                with self.assertRaises(AccessError):
                    note.with_user(self.owner_user).read(["body"])
        with self.assertRaises(AccessError):
            file.with_user(self.owner_user).read(["name", "datas"])

    def test_viewers_read_all_and_write_nothing(self):
        ticket = self.found(self.viewer)
        self.assertEqual(ticket, self.ticket)
        for change in (
            lambda: ticket.write({"priority": "3"}),
            lambda: ticket.unlink(),
            lambda: ticket.create({"name": "x", "description": "x"}),
            lambda: self.client.with_user(self.viewer).action_client_new_ticket(),
        ):
            with self.assertRaises(AccessError):
                change()
        self.assertEqual(self.ticket.priority, "1")

    def test_agents_work_on_all_tickets_and_managers_set_up_the_desk(self):
        ticket = self.make_tickets(self.stranger, user_id=False, team_id=False).with_user(self.agent)
        ticket.write({"priority": "3", "user_id": self.agent.id})
        with self.assertRaises(AccessError):
            ticket.unlink()
        with self.assertRaises(AccessError):
            self.stage_new.with_user(self.agent).name = "Fresh"
        manager = self.make_user("desk_manager", "manager")
        self.stage_new.with_user(manager).name = "Fresh"
        ticket.with_user(manager).unlink()

    def test_plain_colleagues_see_no_tickets(self):
        self.assertFalse(self.found(self.make_user("plain")))

    def test_staff_of_another_company_see_nothing(self):
        company = self.other_company()
        foreign = self.make_user("foreign", "agent", company_id=company.id, company_ids=[(6, 0, company.ids)])
        self.assertFalse(self.found(foreign))
        with self.assertRaises(AccessError):
            self.ticket.with_user(foreign).priority = "3"

    def test_nobody_anonymous_writes_stages_also_after_an_update_of_helpdesk_mgmt(self):
        line = self.env.ref("helpdesk_mgmt.access_helpdesk_ticket_stage_public")
        self.assertFalse(line.perm_write)
        # what an update does: their file, and after it ours, because we depend on them
        line.perm_write = True
        convert_file(self.env, "nestogy_tickets", "security/ir_model_access.xml", {}, mode="update", noupdate=False)
        self.assertFalse(line.perm_write)
        with self.assertRaises(AccessError):
            self.stage_new.with_user(self.env.ref("base.public_user")).write({"name": "hacked"})
