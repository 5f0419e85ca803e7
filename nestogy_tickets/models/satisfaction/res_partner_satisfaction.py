from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns, kept
from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting

from ...tools.feedback import LEAST_RATINGS, csat

GOOD_SHARE = 80


class ResPartner(models.Model):
    """How satisfied a client is."""

    _inherit = "res.partner"

    satisfaction = fields.Selection(company_dependent=True, groups="base.group_user")
    bad_rating_to = fields.Selection(company_dependent=True, groups="base.group_user")

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "satisfaction": ClientSetting(
                self.env._("Satisfaction: ask after closing"),
                "satisfaction",
                "satisfaction",
                "satisfaction",
                none_label=self.env._("Never"),
                default_label=self.env._("Never"),
            ),
            "bad_rating_to": ClientSetting(
                self.env._("Satisfaction: bad ratings go to"),
                "bad_rating_to",
                "bad_rating_to",
                "bad_rating_to",
                default_label=self.env._("Agent of the ticket"),
            ),
        }

    def _client_messages_since(self, since):
        """Questions count among the messages that somebody gets at most so many of."""
        found = defaultdict(list, super()._client_messages_since(since))
        for partner_id, moments in self.env["nestogy.feedback.mixin"]._feedback_last_asked(self, since).items():
            found[partner_id] += moments
        return found

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["nestogy.satisfaction.request"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "satisfaction",
                    27,
                    self.env._("Satisfaction"),
                    "fa-smile-o",
                    self._client_dashboard_satisfaction,
                    satisfied=self._client_satisfied_question,
                    ratings=self._client_ratings_question,
                )
            )
        return widgets

    def _client_ratings_domain(self):
        return Domain("client_id", "=", self.id) & Domain("state", "=", "answered")

    @kept
    def _client_satisfied_question(self):
        return self._client_question(
            "nestogy.satisfaction.request",
            self._client_ratings_domain() & Domain("answered_at", ">=", "today -365d"),
            {"answers": ("COUNT", None), "good": ("COUNT", None, [("satisfied", "=", 100.0)])},
        )

    @kept
    def _client_ratings_question(self):
        return self._client_question(
            "nestogy.satisfaction.request",
            self._client_ratings_domain(),
            {
                "id": "id",
                "ticket": "ticket_id.number",
                "contact": "partner_id.name",
                "grade": "grade",
                "comment": "comment",
                "answered_at": "answered_at",
                "follow_up_state": "follow_up_state",
            },
            order="answered_at desc, id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_satisfaction(self, satisfied, ratings):
        requests = self.env["nestogy.satisfaction.request"]
        domain = self._client_ratings_domain()
        year = domain & Domain("answered_at", ">=", "today -365d")
        answers = satisfied[0]["answers"]
        share = csat(satisfied[0]["good"], answers)
        if share is None:
            value = self.env._("Too few answers (%(count)s of %(least)s)", count=answers, least=LEAST_RATINGS)
        else:
            value = self.env._("%(share)s %% of %(count)s", share=round(share), count=answers)
        action = self._client_list_action(self.env._("Satisfaction"), requests._name, list(domain))
        return {
            "figures": [
                {
                    "label": self.env._("Satisfied in the last year"),
                    "value": value,
                    "tone": "" if share is None else "success" if share >= GOOD_SHARE else "danger",
                    "hint": self.env._(
                        "Answers of 4 or 5 / all answers of the last 365 days; told from %s answers on.", LEAST_RATINGS
                    ),
                    "action": action | {"domain": list(year)},
                }
            ]
            if answers
            else [],
            "count": None,
            "columns": card_columns(
                ticket=self.env._("Ticket"),
                contact=self.env._("Contact"),
                grade=self.env._("Rating"),
                comment=self.env._("Comment"),
                answered_at=self.env._("Answered on"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": requests._name,
                    "tone": "danger" if row["follow_up_state"] == "open" else "",
                    "cells": {
                        "ticket": row["ticket"] or "",
                        "contact": row["contact"] or "",
                        "grade": self.env._("%s of 5", row["grade"]),
                        "comment": (row["comment"] or "")[:80],
                        "answered_at": self._client_moment(row["answered_at"]),
                    },
                }
                for row in ratings
            ],
            "empty": self.env._("No ratings yet. Whether closed tickets are rated is set on the client or company."),
            "action": action,
        }

    def _client_export_parts(self):
        """What this person answered us."""
        requests = self.env["nestogy.satisfaction.request"].search([("partner_id", "=", self.id)], order="id")
        answers = self.env["nestogy.nps.answer"].search([("partner_id", "=", self.id)], order="id")
        return [
            *super()._client_export_parts(),
            {
                "key": "feedback",
                "title": self.env._("What you told us about our work"),
                "rows": [
                    {
                        self.env._("Question"): row.display_name,
                        self.env._("Asked on"): row.sent_at,
                        self.env._("Answered on"): row.answered_at,
                        self.env._("Answer"): row.grade if row.answered_at else "",
                        self.env._("Comment"): row.comment or "",
                    }
                    for row in [*requests, *answers]
                ],
            },
        ]
