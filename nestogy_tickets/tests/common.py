"""Makers for tests of tickets: two clients with people who may log in, a team, tickets, mails."""

from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch
from uuid import uuid4

from odoo import Command, fields

from odoo.addons.nestogy_portal.tests.common import PortalMakers

ALIAS_DOMAIN = "desk.example"


class TicketsMakers(PortalMakers):
    """Class methods and helpers to mix into a test case; nothing here is a test."""

    @classmethod
    def make_desk(cls):
        """A team with an address; ``owner`` and ``colleague`` of one client, and a ``stranger``."""
        if "other_client" not in vars(cls):  # a test of the portal has made it
            cls.make_portal_world()
        cls.owner_user = cls.owner.user_ids
        cls.colleague_user = cls.colleague.user_ids
        cls.stranger_user = cls.stranger.user_ids
        cls.agent = cls.make_user("desk_agent", "agent", email="agent@desk.example", name="Ada Agent")
        cls.viewer = cls.make_user("desk_viewer", "viewer", email="viewer@desk.example")
        domain = cls.env["mail.alias.domain"].search([("name", "=", ALIAS_DOMAIN)])
        domain = domain or cls.env["mail.alias.domain"].create({"name": ALIAS_DOMAIN})
        cls.env.company.alias_domain_id = domain
        cls.env.company.email = f"hello@{ALIAS_DOMAIN}"
        # a team of another addon's demo data must not take the tickets of these tests
        cls.env["helpdesk.ticket.team"].search([]).show_in_portal = False
        cls.env["helpdesk.ticket.category"].search([]).show_in_portal = False
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {
                "name": "Desk",
                "alias_name": "support",
                "alias_domain_id": domain.id,
                "user_ids": [(6, 0, cls.agent.ids)],
            }
        )
        cls.category = cls.env["helpdesk.ticket.category"].create({"name": "Network"})
        cls.hidden_category = cls.env["helpdesk.ticket.category"].create({"name": "Secret", "show_in_portal": False})
        cls.env.company.write(
            {
                "helpdesk_mgmt_portal_select_category": True,
                "helpdesk_mgmt_portal_category_id_required": False,
                "helpdesk_mgmt_portal_select_team": False,
            }
        )
        cls.stage_new = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_new")
        cls.stage_progress = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_in_progress")
        cls.stage_done = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        cls.stage_rejected = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_rejected")

    @classmethod
    def make_tickets(cls, contact, count=1, **values):
        """Tickets as if they had been there for long: without the mail that confirms them."""
        return (
            cls.env["helpdesk.ticket"]
            .with_context(mail_notrack=True)
            .create(
                [
                    {
                        "name": f"Ticket {number}",
                        "description": "<p>It does not work.</p>",
                        "partner_id": contact.id,
                        "team_id": cls.team.id,
                        "user_id": cls.agent.id,
                        **values,
                    }
                    for number in range(count)
                ]
            )
            .with_context(mail_notrack=False)
        )

    @classmethod
    def set_sla(cls, records, **hours):
        """Let moments of the SLA be so many hours from now; they are written by the engine alone."""
        now = fields.Datetime.now()
        records._sla_write({name: now + timedelta(hours=count) for name, count in hours.items()})

    @classmethod
    def make_hours(cls, first=9, last=17, **values):
        """A calendar with the same working hours from Monday to Friday, in UTC."""
        days = [{"name": str(day), "dayofweek": str(day), "hour_from": first, "hour_to": last} for day in range(5)]
        return cls.env["resource.calendar"].create(
            {
                "name": "Office hours",
                "tz": "UTC",
                "attendance_ids": [Command.clear(), *map(Command.create, days)],
                **values,
            }
        )

    @classmethod
    def other_company(cls):
        return cls.env["res.company"].create({"name": "Second Desk"})

    @classmethod
    def make_mail(cls, sender, to=f"support@{ALIAS_DOMAIN}", subject="It broke", body="Please help.", **headers):
        """The source of a mail; header names with underscores for dashes."""
        message = EmailMessage()
        message["From"] = sender
        message["To"] = to
        message["Subject"] = subject
        message["Message-Id"] = f"<{uuid4().hex}@mail.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(body)
        return message.as_bytes()

    @classmethod
    def receive(cls, *args, **kwargs):
        """Take a mail in as the gateway does, and confirm it as the job does that this starts.

        :return: the ticket it went into
        """
        ticket_id = (
            cls.env["mail.thread"]
            .with_context(fetchmail_cron_running=True)
            .message_process(None, cls.make_mail(*args, **kwargs))
        )
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        cls.confirm()
        return cls.env["helpdesk.ticket"].browse(ticket_id or [])

    @classmethod
    def confirm(cls):
        with patch.object(type(cls.env["ir.cron"]), "_commit_progress", return_value=60):
            cls.env["helpdesk.ticket"]._cron_confirm()
