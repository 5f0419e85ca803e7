from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools.cards import CARD_ROWS, card_columns

COOLING_DAYS = 30
YEARLY_DAYS = 30
WEEK = 7  # days
KIND_ICONS = {
    "call": "fa-phone",
    "email": "fa-envelope-o",
    "meeting": "fa-calendar",
    "note": "fa-sticky-note-o",
    "text": "fa-commenting-o",
}


class ResPartner(models.Model):
    """People on the dashboard: whom one has promised what, who cools down, whose day comes, what was said last."""

    _inherit = "res.partner"

    @api.model
    def _client_home_cards(self):
        cards = [
            *super()._client_home_cards(),
            self._client_home_follow_ups(),
            self._client_home_engagement(),
            self._client_home_days(),
        ]
        if self.env["nestogy.communication"].has_access("read"):
            cards.append(self._client_home_communication())
        return cards

    # ------------------------------------------------------------------
    # Follow-ups
    # ------------------------------------------------------------------

    def _client_home_follow_ups(self):
        today = fields.Date.context_today(self)
        week = fields.Date.add(today, days=WEEK)
        due = "date_deadline"
        mine = Domain("client_id", "!=", False) & Domain("user_id", "=", self.env.uid)
        return self._client_home_card(
            "follow_ups",
            15,
            self.env._("My Follow-ups"),
            "fa-check-square-o",
            action=self._client_home_action(
                self.env._("My Follow-ups"),
                "mail.activity",
                mine,
                list_view="nestogy_clients.mail_activity_view_list_follow_ups",
                search_view="nestogy_clients.mail_activity_view_search_follow_ups",
            ),
            figures=[
                self._client_home_figure(
                    "late",
                    self.env._("Overdue"),
                    self.env._("Your follow-ups on clients and their documents that were due before today."),
                    Domain(due, "<", today),
                    "danger",
                ),
                self._client_home_figure(
                    "today",
                    self.env._("Today"),
                    self.env._("Your follow-ups that are due today."),
                    Domain(due, "=", today),
                    "warning",
                ),
                self._client_home_figure(
                    "week",
                    self.env._("Next %s days", WEEK),
                    self.env._("Your follow-ups that are due from tomorrow to %s days from now.", WEEK),
                    Domain(due, ">", today) & Domain(due, "<=", week),
                ),
                self._client_home_figure(
                    "later",
                    self.env._("Later"),
                    self.env._("Your follow-ups that are due after that."),
                    Domain(due, ">", week),
                ),
            ],
            rows={
                "columns": {
                    "id": "id",
                    "summary": "summary",
                    "kind": "activity_type_id.name",
                    "on": "res_name",
                    "model": "res_model",
                    "res_id": "res_id",
                    "due": due,
                },
                "order": f"{due}, id",
                "labels": {"name": self.env._("What"), "on": self.env._("On"), "state": self.env._("Due")},
                "row": lambda row: {
                    "id": row["res_id"],
                    "model": row["model"],
                    "tone": "danger"
                    if row["due"] < str(today)
                    else "warning"
                    if row["due"] == str(today)
                    else "secondary",
                    "cells": {
                        "name": row["summary"] or row["kind"] or self.env._("Follow-up"),
                        "on": row["on"] or "",
                        "state": self._client_day(row["due"]),
                    },
                },
            },
            empty=self.env._("Nothing to follow up. Follow Up on a profile keeps what you promised."),
        )

    # ------------------------------------------------------------------
    # Engagement
    # ------------------------------------------------------------------

    def _client_home_engagement(self):
        levels = dict(self._fields["engagement_level"]._description_selection(self.env))
        since = fields.Date.subtract(fields.Date.context_today(self), days=COOLING_DAYS)
        cooling = Domain("engagement_fell_on", ">=", since)
        hint = self.env._("Clients with an open status whose engagement is at this level now.")
        return self._client_home_card(
            "engagement",
            40,
            self.env._("Engagement"),
            "fa-thermometer-half",
            action=self._client_home_clients_action(
                self.env._("Engagement"), Domain("client_status_id.is_open", "=", True)
            ),
            figures=[
                self._client_home_figure(
                    "cooling",
                    self.env._("Cooling down"),
                    self.env._(
                        "Clients with an open status whose level fell in the last %s days and has not risen again.",
                        COOLING_DAYS,
                    ),
                    cooling,
                    "warning",
                ),
                self._client_home_figure(
                    "rising",
                    self.env._("Rising"),
                    self.env._("Clients with an open status whose score is higher than 30 days ago."),
                    Domain("engagement_trend", "=", "up"),
                    "success",
                ),
            ],
            segments=[
                self._client_home_figure(
                    level, label, hint, Domain("engagement_level", "=", level), self._client_home_level_tone(level)
                )
                for level, label in levels.items()
            ]
            + [
                self._client_home_figure(
                    "unknown",
                    self.env._("No data yet"),
                    self.env._("New clients with an open status of whom little is known."),
                    Domain("engagement_level", "=", False),
                    "light border",
                )
            ],
            rows={
                "domain": cooling,
                "columns": {
                    "id": "id",
                    "name": "name",
                    "level": "engagement_level",
                    "fell": "engagement_fell_on",
                    "manager": "user_id.partner_id.name",
                },
                "order": "engagement_fell_on desc, name, id",
                "labels": {
                    "name": self.env._("Cooling down"),
                    "state": self.env._("Now"),
                    "fell": self.env._("Since"),
                    "manager": self.env._("Account manager"),
                },
                "row": lambda row: self._client_home_client_row(
                    row,
                    {
                        "name": row["name"],
                        "state": levels.get(row["level"], ""),
                        "fell": self._client_day(row["fell"]),
                        "manager": row["manager"] or "",
                    },
                    row["level"] and self._client_home_level_tone(row["level"]),
                ),
            },
            empty=self.env._("Nothing is known yet. Levels come with calls, mails, payments and tickets."),
        )

    def _client_home_level_tone(self, level):
        return {"hot": "danger", "warm": "warning", "cold": "info", "dormant": "secondary"}[level]  # from red to grey

    # ------------------------------------------------------------------
    # Birthdays and anniversaries
    # ------------------------------------------------------------------

    def _client_home_days(self):
        today = fields.Date.context_today(self)
        last = fields.Date.add(today, days=YEARLY_DAYS)
        members = Domain("commercial_partner_id.is_client", "=", True) & Domain("is_company", "=", False)
        people = self._client_home_action(
            self.env._("Birthdays"),
            "res.partner",
            members & self._yearly_domain("birthday", today, last),
            list_view="nestogy_clients.res_partner_view_list_contact",
            form_view="nestogy_clients.res_partner_view_form_contact",
            search_view="nestogy_clients.res_partner_view_search_contact",
        )
        # who became a client today has no anniversary yet
        years = Domain("client_since", "<", today) & self._yearly_domain("client_since", today, last)
        clients = self._client_home_clients_action(
            self.env._("Anniversaries"), years & Domain("client_status_id.is_open", "=", True)
        )
        birthday_today = self._yearly_domain("birthday", today, today)
        figures = [
            (
                self._client_home_figure(
                    "today",
                    self.env._("Birthdays today"),
                    self.env._("Contacts and clients that are persons and have their birthday today."),
                    birthday_today,
                    "success",
                ),
                people,
            ),
            (
                self._client_home_figure(
                    "birthdays",
                    self.env._("Birthdays"),
                    self.env._("The same, from today to %s days from now.", YEARLY_DAYS),
                    Domain.TRUE,
                ),
                people,
            ),
            (
                self._client_home_figure(
                    "anniversaries",
                    self.env._("Anniversaries"),
                    self.env._(
                        "Clients with an open status that will have been clients for a number of whole years, from "
                        "today to %s days from now. Client since is the day of the first status, or what the profile "
                        "says.",
                        YEARLY_DAYS,
                    ),
                    Domain.TRUE,
                ),
                clients,
            ),
        ]

        def load(days_people, days_clients, days_birthdays, days_anniversaries):
            counts = days_people[0] | days_clients[0]
            rows = [
                *(self._client_home_birthday(row, today) for row in days_birthdays),
                *(self._client_home_anniversary(row, today) for row in days_anniversaries),
            ]
            rows.sort(key=lambda row: row["day"])
            return {
                "figures": [self._client_home_count(each, action, counts[each["key"]]) for each, action in figures]
                if any(counts.values())
                else [],
                "count": None,
                "columns": card_columns(
                    name=self.env._("Who"),
                    client=self.env._("Client"),
                    day=self.env._("Day"),
                    state=self.env._("What"),
                ),
                "rows": rows[:CARD_ROWS],
                "empty": self.env._("No birthday and no anniversary in the next %s days.", YEARLY_DAYS),
                "action": False,
            }

        return self._client_dashboard_widget(
            "days",
            70,
            self.env._("Birthdays and Anniversaries"),
            "fa-birthday-cake",
            load,
            days_people=lambda: self._client_home_counts(
                "res.partner", people["domain"], [figures[0][0], figures[1][0]]
            ),
            days_clients=lambda: self._client_home_counts("res.partner", clients["domain"], [figures[2][0]]),
            days_birthdays=lambda: self._client_question(
                "res.partner",
                people["domain"],
                {
                    "id": "id",
                    "name": "name",
                    "is_client": "is_client",
                    "client": "commercial_partner_id.name",
                    "date": "birthday",
                },
                order=self._yearly_order("birthday", today),
                limit=CARD_ROWS,
            ),
            days_anniversaries=lambda: self._client_question(
                "res.partner",
                clients["domain"],
                {"id": "id", "name": "name", "date": "client_since"},
                order=self._yearly_order("client_since", today),
                limit=CARD_ROWS,
            ),
        )

    def _client_home_birthday(self, row, today):
        day = self._yearly_next(fields.Date.to_date(row["date"]), today)
        cells = {
            "name": row["name"],
            "client": "" if row["is_client"] else row["client"] or "",
            "day": format_date(self.env, day),
            "state": self.env._("Birthday"),
        }
        found = self._client_home_client_row(row, cells, "success" if day == today else "info")
        if not row["is_client"]:
            form_id = self.env["ir.model.data"]._xmlid_to_res_id("nestogy_clients.res_partner_view_form_contact")
            found |= {"path": "client-contacts", "form_id": form_id}
        return found | {"day": str(day)}

    def _client_home_anniversary(self, row, today):
        since = fields.Date.to_date(row["date"])
        day = self._yearly_next(since, today)
        years = day.year - since.year
        words = self.env._("1 year a client") if years == 1 else self.env._("%s years a client", years)
        cells = {"name": row["name"], "client": "", "day": format_date(self.env, day), "state": words}
        return self._client_home_client_row(row, cells, "success" if day == today else "secondary") | {"day": str(day)}

    # ------------------------------------------------------------------
    # Communication
    # ------------------------------------------------------------------

    def _client_home_communication(self):
        now = fields.Datetime.now()
        week = Domain("date", ">=", fields.Datetime.subtract(now, days=WEEK))
        is_pinned = Domain("is_pinned", "=", True)
        action = self._client_home_action(
            self.env._("Communication"),
            "nestogy.communication",
            Domain("client_id", "!=", False) & Domain("date", "<=", now),
            search_view="nestogy_clients.nestogy_communication_view_search",
        )
        card = self._client_home_card(
            "communication",
            80,
            self.env._("Communication"),
            "fa-comments-o",
            action=action,
            figures=[
                self._client_home_figure(
                    "pinned", self.env._("Pinned"), self.env._("Notes that stand on top of a profile."), is_pinned
                ),
                self._client_home_figure(
                    "week",
                    self.env._("Last %s days", WEEK),
                    self.env._("Calls, e-mails, meetings, texts and notes of the last %s days.", WEEK),
                    week,
                ),
                self._client_home_figure(
                    "missed",
                    self.env._("Not reached"),
                    self.env._("Calls of the last %s days that reached nobody.", WEEK),
                    week
                    & Domain("kind", "=", "call")
                    & Domain("outcome", "in", ("voicemail", "no_answer", "busy", "wrong_number")),
                    "warning",
                ),
            ],
            empty=self.env._("Nothing was logged yet. Log on a profile keeps a call, a note or a meeting."),
        )
        counted = card["load"]
        columns = {"id": "id", "date": "date", "kind": "kind", "name": "name", "text": "preview"}
        columns |= {"client": "client_id.name", "is_pinned": "is_pinned"}

        def load(communication_recent, **answers):
            data = counted(**answers)
            data["events"] = [
                {
                    "date": row["date"],
                    "icon": "fa-thumb-tack" if row["is_pinned"] else KIND_ICONS.get(row["kind"], "fa-circle-o"),
                    "title": row["name"],
                    "text": row["text"] or "",
                    "person": row["client"] or "",
                    "model": "nestogy.communication",
                    "id": row["id"],
                    "tone": "warning" if row["is_pinned"] else "",
                }
                for row in communication_recent
            ]
            return data

        card["load"] = load
        card["asks"]["communication_recent"] = lambda: self._client_question(
            "nestogy.communication",
            action["domain"],
            columns,
            order="is_pinned desc, date desc, id desc",
            limit=CARD_ROWS,
        )
        return card
