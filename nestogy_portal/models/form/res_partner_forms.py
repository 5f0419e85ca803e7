from odoo import api, models
from odoo.tools import SQL

from odoo.addons.nestogy_clients.tools.timeline import TimelineSource

DONE = ("created", "added")


class ResPartner(models.Model):
    """What people of a client sent through website forms: in its timeline, its engagement and their copy of data."""

    _inherit = "res.partner"

    def _client_timeline_sources(self):
        sources = super()._client_timeline_sources()
        return sources + self._timeline_readable(self._timeline_forms())

    def _timeline_forms(self):
        entries = self.env["nestogy.form.entry"]
        form = self._timeline_name(entries._name, "form_id")

        def draw(row):
            title = self.env._("Website form: %s", row["form"])
            return {"title": title, "what": row["sender"], "text": row["message"]}

        return TimelineSource(
            key="form",
            model=entries._name,
            date="date",
            owner="client_id",
            domain=[("result", "in", DONE)],
            kinds={"form": (self.env._("Website Forms"), "fa-list-alt")},
            person="contact_id",
            facts={"form": form, "sender": "sender", "message": "message"},
            found_by=(form, "sender", "message"),
            draw=draw,
        )

    @api.model
    def _client_touches(self, since):
        self.env["nestogy.form.entry"].flush_model(["client_id", "contact_id", "result", "date"])
        return [
            *super()._client_touches(since),
            SQL(
                """
                SELECT entry.client_id, entry.contact_id, 'form'::text AS kind, entry.date
                  FROM nestogy_form_entry entry
                 WHERE entry.client_id IS NOT NULL AND entry.result = ANY(%s) AND entry.date >= %s
                """,
                list(DONE),
                since,
            ),
        ]

    def _client_export_parts(self):
        """What somebody sent belongs to the copy as well."""
        owner = "contact_id" if self.parent_id else "client_id"
        entries = self.env["nestogy.form.entry"].search([(owner, "=", self.id)], order="id")
        return [
            *super()._client_export_parts(),
            {
                "key": "forms",
                "title": self.env._("Website forms that you sent"),
                "rows": [
                    {
                        self.env._("Date"): entry.date,
                        self.env._("Form"): entry.form_id.title,
                        self.env._("Website"): entry.origin or "",
                        self.env._("What you sent"): [f"{label}: {value}" for label, value in entry.shown or []],
                        self.env._("Agreed to"): entry.consent_text or "",
                        self.env._("Address confirmed"): entry.confirmed_at or "",
                        self.env._("Networks"): [each for each in (entry.sent_from, entry.confirmed_from) if each],
                    }
                    for entry in entries
                ],
            },
        ]
