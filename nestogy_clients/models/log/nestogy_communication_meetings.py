from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import is_html_empty

from .nestogy_communication import MOST_TITLE

# a meeting that repeats has rows for a year back and a month ahead, not for each of hundreds of occurrences
RECURRING_DAYS_BACK = 365
RECURRING_DAYS_AHEAD = 30


class NestogyCommunication(models.Model):
    """Meetings that log themselves: one row for each client whose people take part in an event of the calendar.

    The row follows the event. Minutes are written on the row, so two clients of one meeting do not read each other's.
    """

    _inherit = "nestogy.communication"

    @api.model
    def _feed_events(self, events):
        """Put events on the list of what is written before the transaction is committed."""
        if events:
            self._feed_queue()["event_ids"].update(events.ids)

    @api.model
    def _feed_recurring_period(self):
        """From when to when the occurrences of recurring meetings have rows."""
        now = fields.Datetime.now()
        return now - timedelta(days=RECURRING_DAYS_BACK), now + timedelta(days=RECURRING_DAYS_AHEAD)

    def _feed_meetings(self, event_ids):
        """Make, change and remove the rows of events; called in sudo.

        A row with minutes, or one that is pinned or shared, outlives the event.
        """
        if not event_ids:
            return
        events = self.env["calendar.event"].with_context(active_test=False).browse(sorted(event_ids)).exists()
        events.invalidate_recordset(flush=False)  # whoever may not read a private event has it as Busy in the cache
        rows = {(row.client_id.id, row.event_id.id): row for row in self.search([("event_id", "in", events.ids)])}
        declined = events.attendee_ids.filtered(lambda attendee: attendee.state == "declined")
        people = events.partner_ids.filtered("partner_share")
        clients = {person: person._get_client() for person in people}
        begin, end = self._feed_recurring_period()
        values_list, changes, wanted = [], [], set()
        for event in events:
            absent = declined.filtered(lambda attendee, event=event: attendee.event_id == event).partner_id
            attending = event.partner_ids - absent
            if not event.active or (event.recurrence_id and not begin <= event.start <= end):
                continue
            for client, persons in attending.filtered(lambda each: clients.get(each)).grouped(clients.get).items():
                wanted.add((client.id, event.id))
                values = self._feed_meeting_values(event, client, persons, attending)
                if row := rows.get((client.id, event.id)):
                    changes.append((row, values))
                else:
                    values_list.append(values)
        gone = self.browse().union(*(row for key, row in rows.items() if key not in wanted))
        gone._feed_drop()
        for row, values in changes:
            changed = {name: value for name, value in values.items() if row._feed_differs(name, value)}
            if changed:  # of one event: what differs is for one or two rows
                row.write(changed)
        self.create(values_list)

    def _feed_differs(self, name, value):
        if name == "attendee_ids":
            return set(self.attendee_ids.ids) != set(value[0][2])
        return self._fields[name].convert_to_write(self[name], self) != value

    def _feed_meeting_values(self, event, client, persons, attending):
        """Values of the row of an event on a client.

        :param res.partner persons: the client's people who take part
        """
        organizer = event.user_id
        contact = (client.primary_contact_id & persons) or (persons - client)[:1]
        is_private = event.effective_privacy == "private"
        return {
            "kind": "meeting",
            "direction": False,
            "name": (event.name or self.env._("Meeting"))[:MOST_TITLE],
            "date": event.start,
            "duration": max(event.duration, 0.0),
            "client_id": client.id,
            "contact_id": contact.id,
            "attendee_ids": [Command.set(sorted(attending.ids))],
            "user_id": organizer.id if organizer and not organizer.share else False,
            "company_id": (client.company_id or organizer.company_id or self.env.company).id,
            "place": event.location or False,
            "video_url": event.videocall_location or False,
            "is_private": is_private,
            "event_id": event.id,
        } | ({"is_shared": False} if is_private else {})

    def _feed_drop(self):
        """Remove rows of meetings that do not take place, but for those that somebody has written on."""
        kept = self.filtered(lambda row: row.is_pinned or row.is_shared or not is_html_empty(row.body))
        (self - kept).unlink()
