"""When 42 working hours are over, by split days and 30 holidays, and the recompute of all deadlines.

A deadline: Odoo's ``plan_hours``, ours with its look-up of the calendar, and the bare search in a written-out calendar.
The recompute runs over ten clocks for each of ``rows`` after a day off on the next working day, which moves deadlines
of nearly all: Odoo's planning one by one (as long as it takes for 100, reckoned up), ours as it happens when the day is
added, and one bare UPDATE of as many rows. The tickets are committed before, as they are when a calendar is changed:
rows that a transaction has itself inserted have all their references looked up again with each UPDATE.
"""

import time
from datetime import datetime, timedelta

from _tools import milliseconds, multiply
from pytz import utc

from odoo import Command

HOURS = 42
DEADLINES = 1000
PLANNED = 100
START = datetime(2026, 3, 2, 9)


def make_calendar(env):
    calendar = env["resource.calendar"].create(
        {
            "name": "Desk",
            "tz": "Europe/Berlin",
            "attendance_ids": [
                Command.clear(),
                *(
                    Command.create({"name": "x", "dayofweek": str(day), "hour_from": begin, "hour_to": end})
                    for day in range(5)
                    for begin, end in ((8, 12), (13, 17))
                ),
            ],
        }
    )
    env["resource.calendar.leaves"].create(
        [
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": START + timedelta(days=11 * number),
                "date_to": START + timedelta(days=11 * number, hours=12),
            }
            for number in range(30)
        ]
    )
    return calendar


def make_policy(env, calendar):
    return env["nestogy.sla.policy"].create(
        {
            "name": "Measured",
            "calendar_id": calendar.id,
            "line_ids": [
                Command.create({"kind": kind, "priority": priority, "response_hours": 4, "resolution_hours": HOURS})
                for kind in ("request", "job")
                for priority in "0123"
            ],
        }
    )


def make_tickets(env, client, count):
    return (
        env["helpdesk.ticket"]
        .with_context(tracking_disable=True, mail_create_nosubscribe=True)
        .create(
            [
                {"name": f"Ticket {number}", "description": "<p>x</p>", "partner_id": client.id, "user_id": False}
                for number in range(count)
            ]
        )
    )


def multiply_ticket(env, ticket, count):
    """Copy a ticket with its clocks and their lines."""
    ids = multiply(env, ticket, count, number=f"'SLA{ticket.id}/' || n")

    for clock in ticket.sla_clock_ids:
        clocks = multiply(env, clock, count, ticket_id=f"(ARRAY{ids})[n]")
        for line in clock.interval_ids:
            multiply(env, line, count, clock_id=f"(ARRAY{clocks})[n]")


def make_client(env):
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    return env["res.partner"].create({"name": "Client", "is_company": True, "client_status_id": status.id})


def run(env, rows):
    calendar = make_calendar(env)
    starts = [START + timedelta(minutes=7 * number) for number in range(DEADLINES)]
    calendars = env["resource.calendar"]

    def planned():
        for start in starts[:PLANNED]:
            calendar.plan_hours(HOURS, utc.localize(start), compute_leaves=True)

    def ours():
        for start in starts:
            calendars._sla_schedule(calendar.id, env.company.id).deadline(start, HOURS * 3600)

    schedule = calendars._sla_schedule(calendar.id, env.company.id)

    def limit():
        for start in starts:
            schedule.deadline(start, HOURS * 3600)

    plain = milliseconds(planned, times=2) / PLANNED
    one = {
        "name": "sla_clock deadline",
        "unit": "ms",
        "plain": plain,
        "ours": milliseconds(ours) / DEADLINES,
        "limit": milliseconds(limit) / DEADLINES,
        "queries": 0,
    }

    env.company.client_sla_policy_id = make_policy(env, calendar)
    multiply_ticket(env, make_tickets(env, make_client(env), 1), 5 * rows - 1)
    env.cr.commit()
    env.cr.execute("ANALYZE")

    def day_off():
        today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        day = today + timedelta(days=1 if today.weekday() in (0, 1, 2, 3, 6) else 7 - today.weekday())
        env["resource.calendar.leaves"].create(
            {"name": "Off", "calendar_id": calendar.id, "date_from": day, "date_to": day + timedelta(days=1)}
        )
        env.flush_all()

    def update():
        env.cr.execute("UPDATE nestogy_sla_clock SET deadline_at = deadline_at + interval '1 second'")

    begin = time.perf_counter()
    day_off()
    first = (time.perf_counter() - begin) * 1000
    env.cr.execute("SELECT count(*) FROM nestogy_sla_clock WHERE calendar_id = %s", [calendar.id])
    clocks = env.cr.fetchone()[0]
    env.cr.rollback()
    return [
        one,
        {
            "name": f"sla_clock recompute of {clocks}",
            "unit": "ms",
            "plain": plain * clocks,
            "ours": round(first, 1),
            "limit": milliseconds(update, times=1),
        },
    ]
