"""One mail that opens a ticket, in a database of a big firm: plain helpdesk_mgmt without our index and our inbox, ours,
and parsing the mail and one statement as the limit.

Plain skips our gateway, but the ticket that it opens is still one of ours, with its clocks and what else we keep: it is
slower than a database without our addons, by what ``ticket_create`` measures, and sends the same acknowledgement.
"""

import contextlib
import email
import email.policy
from unittest.mock import patch
from uuid import uuid4

from _tools import fresh, milliseconds, multiply, queries

from odoo import modules
from odoo.tools import SQL

INDEXES = ("res_partner__email_normalized_idx", "res_partner__mail_domain_idx", "res_partner__website_domain_idx")
TEXT = "The printer on the second floor prints nothing but a blank page.\n" * 10


def run(env, rows):
    team = env["helpdesk.ticket.team"].create({"name": "Desk", "alias_name": f"desk-{uuid4().hex[:8]}"})
    domain = env["mail.alias.domain"].search([], limit=1) or env["mail.alias.domain"].create({"name": "desk.example"})
    team.alias_id.alias_domain_id = domain
    client = env["res.partner"].create({"name": "Prototype", "is_company": True, "email": "office@big.example"})
    person = env["res.partner"].create({"name": "Person", "parent_id": client.id, "email": "person@big.example"})
    people = multiply(
        env,
        person,
        rows * 3,
        name="'Person ' || n",
        email="'person' || n || '@client' || mod(n, 5000) || '.example'",
        email_normalized="'person' || n || '@client' || mod(n, 5000) || '.example'",
    )
    ticket = env["helpdesk.ticket"].create(
        {"name": "Prototype", "description": "<p>x</p>", "partner_id": person.id, "team_id": team.id}
    )
    multiply(env, ticket, rows * 2, number="'X' || n", partner_email="'person' || n || '@client.example'")
    env.cr.execute("ANALYZE res_partner")
    env.cr.execute("ANALYZE helpdesk_ticket")
    number = iter(range(len(people)))
    gateway = env["mail.thread"].with_context(fetchmail_cron_running=True)
    address = f"{team.alias_name}@{domain.name}"

    def source():
        sender = f"person{(turn := next(number) * 7 + 1)}@client{turn % 5000}.example"
        return (
            f"From: Person <{sender}>\r\nTo: {address}\r\nSubject: It broke\r\n"
            f"Message-Id: <{uuid4().hex}@big.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}"
        ).encode()

    def ours():
        # as a savepoint of this transaction, so that nothing is left behind
        with patch.object(modules.module, "current_test", True):
            gateway.message_process(None, source())
        env.flush_all()

    def plain():
        with plain_odoo():
            ours()

    @contextlib.contextmanager
    def plain_odoo():
        """The gateway as it is without our overrides of it."""
        with contextlib.ExitStack() as stack:
            for name in ("message_process", "message_parse", "_message_parse_extract_payload", "_detect_loop_sender"):
                base = next(
                    base.__dict__[name]
                    for base in type(env["mail.thread"]).__mro__
                    if name in base.__dict__ and base.__module__.startswith("odoo.addons.mail.")
                )
                for model in ("mail.thread", "helpdesk.ticket"):
                    stack.enter_context(patch.object(type(env[model]), name, base))
            yield

    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'helpdesk_ticket' AND column_name NOT IN"
        " ('id', 'name', 'description', 'partner_email', 'partner_id')"
    )
    others = SQL(", ").join(SQL.identifier(name) for (name,) in env.cr.fetchall())

    def limit():
        mail = email.message_from_bytes(source(), policy=email.policy.SMTP)
        env.cr.execute(
            SQL(
                "INSERT INTO helpdesk_ticket (name, description, partner_email, partner_id, %(others)s)"
                " SELECT %(name)s, %(text)s, %(address)s,"
                " (SELECT id FROM res_partner WHERE email_normalized = %(address)s LIMIT 1), %(others)s"
                " FROM helpdesk_ticket WHERE id = %(proto)s",
                others=others,
                name=mail["Subject"],
                text=mail.get_content(),
                address=mail["From"].addresses[0].addr_spec,
                proto=ticket.id,
            )
        )

    found = {
        "unit": "ms",
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
    for index in INDEXES:
        env.cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(index)))
    return found | {"plain": milliseconds(plain, before=fresh(env))}
