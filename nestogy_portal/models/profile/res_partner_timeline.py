from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from odoo.addons.nestogy_clients.tools.mail_excerpt import items_apart
from odoo.addons.nestogy_clients.tools.timeline import TimelineSource

from ..access.nestogy_portal_access_log import SIGN_INS


class ResPartner(models.Model):
    """What a client does in the portal, in its timeline."""

    _inherit = "res.partner"

    def _client_timeline_sources(self):
        sources = super()._client_timeline_sources()
        return sources + self._timeline_readable(self._timeline_sign_ins(), *self._timeline_conversation())

    def _timeline_told_elsewhere(self):
        models_told = super()._timeline_told_elsewhere()
        conversations = self.env["nestogy.conversation"]
        return [*models_told, conversations._name] if conversations.has_access("read") else models_told

    def _timeline_sign_ins(self):
        """The first time that somebody signs in on a day, as the days are for the user."""
        log = self.env["nestogy.portal.access.log"]
        labels = dict(log._fields["event"]._description_selection(self.env))
        name, zone = SQL.identifier(log._table), self.env.tz.zone

        def draw(row):
            title = self.env._("%s signed in to the portal", row["person"] or self.env._("A contact"))
            return {"title": title, "what": labels.get(row["event"], ""), "model": False, "id": False}

        return TimelineSource(
            key="sign_in",
            model=log._name,
            date="at",
            owner="partner_id",
            scope="person",
            domain=[("event", "in", SIGN_INS)],
            where=SQL(
                """NOT EXISTS (
                    SELECT FROM %(log)s earlier
                     WHERE earlier.partner_id = %(log)s.partner_id AND earlier.event IN %(events)s
                       AND earlier.at > %(log)s.at - interval '1 day'
                       AND (earlier.at, earlier.id) < (%(log)s.at, %(log)s.id)
                       AND (earlier.at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                           = (%(log)s.at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                )""",
                log=name,
                events=SIGN_INS,
                zone=zone,
            ),
            person="partner_id",
            kinds={"sign_in": (self.env._("Portal Sign-ins"), "fa-sign-in")},
            facts={"event": "event"},
            found_by=(self._timeline_name(log._name, "partner_id"),),
            draw=draw,
        )

    def _timeline_conversation(self):
        """The messages of the conversation in the portal, for whoever may read the conversation."""
        conversations, messages = self.env["nestogy.conversation"], self.env["mail.message"]
        if not conversations.has_access("read"):
            return []
        author = messages._field_to_sql(messages._table, "author_id")

        def draw(row):
            if row["person_id"]:
                title = self.env._("Portal message from %s", row["person"])
            else:
                title = self.env._("Portal message to the client")
            text = html2plaintext(items_apart(row["body"]), include_references=False)
            return {"title": title, "text": text, "model": conversations._name, "id": row["conversation"]}

        return [
            TimelineSource(
                key="conversation",
                model=messages._name,
                date="date",
                scope="any",
                is_trusted=True,
                domain=lambda: (
                    Domain("model", "=", conversations._name)
                    & Domain("res_id", "in", conversations._search([]))
                    & Domain("message_type", "in", ("comment", "email"))
                ),
                where=SQL(
                    "%s IN (SELECT id FROM nestogy_conversation WHERE client_id = %s)",
                    messages._field_to_sql(messages._table, "res_id"),
                    self.id,
                ),
                person=SQL("CASE WHEN %(author)s IN (SELECT id FROM family) THEN %(author)s END", author=author),
                user=SQL("(SELECT id FROM res_users WHERE partner_id = %s AND NOT share LIMIT 1)", author),
                kinds={"conversation": (self.env._("Portal Messages"), "fa-comments-o")},
                facts={"body": "body", "conversation": "res_id"},
                found_by=("body",),
                draw=draw,
            )
        ]
