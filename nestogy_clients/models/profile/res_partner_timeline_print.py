from odoo import fields, models
from odoo.tools import format_date, format_time

from ...report.timeline_pdf import draw

MOST_PRINTED = 500


class ResPartner(models.Model):
    """The timeline on paper."""

    _inherit = "res.partner"

    def _client_timeline_pdf(self, filters):
        """The timeline on paper, at most ``MOST_PRINTED`` events.

        :param dict filters: see :meth:`get_client_timeline`
        :return: bytes
        """
        family = self._check_timeline()
        filters = self._timeline_filters(filters)
        sources = {source.key: source for source in self._client_timeline_sources()}
        rows = self._timeline_rows(list(sources.values()), family, filters, None, MOST_PRINTED + 1)
        rows = [row for row in rows if not row["is_top"]]
        self._timeline_fetch_currencies(rows)
        items = [self._timeline_item(sources[row["source"]], row) for row in rows[:MOST_PRINTED]]
        days = []
        for item in items:
            moment = fields.Datetime.to_datetime(item["date"])
            local = moment if item["is_day"] else fields.Datetime.context_timestamp(self, moment)
            label = format_date(self.env, local.date(), date_format="full")
            if not days or days[-1]["label"] != label:
                days.append({"label": label, "rows": []})
            people = [item["what"], item["person"], item["user"]]
            days[-1]["rows"].append(
                {
                    "time": "" if item["is_day"] else format_time(self.env, local.time(), time_format="short"),
                    "title": item["title"],
                    "what": " · ".join(part for part in people if part),
                    "text": item["text"],
                    "amount": item["amount"],
                }
            )
        company_sudo = self.env.company.sudo()  # what every paper of the firm says
        notes = self._timeline_filter_words(filters, sources.values())
        if len(rows) > MOST_PRINTED:
            notes.append(
                self.env._(
                    "Only the newest %s events are printed. Choose a shorter time or fewer kinds to print older ones.",
                    MOST_PRINTED,
                )
            )
        today = format_date(self.env, fields.Date.context_today(self))
        return draw(
            {
                "paper": company_sudo.paperformat_id.format,
                "title": self.env._("Activity of %s", self.display_name),
                "subtitle": company_sudo.name,
                "notes": notes,
                "days": days,
                "empty": self.env._("Nothing matches these filters."),
                "foot": self.env._("Printed on %(date)s by %(user)s", date=today, user=self.env.user.name),
            }
        )

    def _timeline_filter_words(self, filters, sources):
        """Say which filters a paper was printed with, a line each."""
        labels = {kind: label for source in sources for kind, (label, _icon) in source.kinds.items()}
        lines = []
        if filters["kinds"]:
            lines.append(self.env._("Kinds: %s", ", ".join(labels.get(kind, kind) for kind in filters["kinds"])))
        if filters["person"]:
            person = self.search([("id", "=", filters["person"])])
            lines.append(self.env._("Contact: %s", person.name or ""))
        if filters["user"]:
            user = self.env["res.users"].search([("id", "=", filters["user"])])
            lines.append(self.env._("Colleague: %s", user.name or ""))
        if filters["date_from"]:
            lines.append(self.env._("From %s", format_date(self.env, filters["date_from"])))
        if filters["date_to"]:
            lines.append(self.env._("Until %s", format_date(self.env, filters["date_to"])))
        if filters["text"]:
            lines.append(self.env._("With the words: %s", filters["text"]))
        return lines
