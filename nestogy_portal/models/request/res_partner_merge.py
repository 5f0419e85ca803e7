from odoo import api, fields, models


class ResPartner(models.Model):
    """What merging means for the portal: requests, automatic payments, conversations and links."""

    _inherit = "res.partner"

    def _client_merge_refusals(self, target, user):
        refusals = super()._client_merge_refusals(target, user)
        erasures = self.env["nestogy.privacy.request"].search(
            [("partner_id", "in", self.ids), ("kind", "=", "erasure"), ("state", "=", "open")]
        )
        if erasures:
            refusals.append(
                self.env._("%s asked to be erased; answer that request first.", erasures[0].partner_id.name)
            )
        return refusals

    @api.model
    def _client_merge_steps(self):
        say = self.env._
        return [
            *super()._client_merge_steps(),
            {
                "model": "nestogy.conversation",
                "is_joined": True,
                "stay": say("One conversation a client: the messages of both are in the kept one's."),
                "finish": self._client_merge_conversations,
            },
            {
                "model": "nestogy.autopay",
                "prepare": self._client_merge_autopay,
                "foresee": self._client_merge_foresee_autopay,
            },
            {"model": "nestogy.change.request", "prepare": self._client_merge_requests},
        ]

    def _client_merge_doubled_autopay(self, kept, sources):
        """The consents to automatic payment of which a client can have one a company; the kept one's, else the newest,
        stays."""
        consents = self.env["nestogy.autopay"].search(
            [("client_id", "in", (kept | sources).ids), ("state", "=", "active")]
        )
        doubled = consents.browse()
        for same in consents.grouped("company_id").values():
            doubled |= same.sorted(lambda one: (one.client_id == kept, one.given_at, one.id), reverse=True)[1:]
        return doubled

    def _client_merge_foresee_autopay(self, _merge, kept, sources):
        """For the preview."""
        doubled = self._client_merge_doubled_autopay(kept, sources)
        text = self.env._("Only one can be on; this one is stopped.")
        return [(self.env._("Automatic payment"), len(doubled), text)] if doubled else []

    def _client_merge_autopay(self, merge, kept, sources):
        """Stop the consents of which there would be two; they move as stopped ones."""
        doubled = self._client_merge_doubled_autopay(kept, sources)
        if doubled:
            merge._remember(doubled._table, doubled.ids)
            merge._remember(doubled.charge_ids._table, doubled.charge_ids.ids)
            doubled._stop("replaced")

    def _client_merge_requests(self, merge, kept, sources):
        """Of two open requests for the same the later one stays open; the earlier one is withdrawn."""
        both = (kept | sources).ids
        for model, field, states in (
            ("nestogy.change.request", "subject_id", ("confirming", "asked")),
            ("nestogy.privacy.request", "partner_id", ("open",)),
        ):
            asked = self.env[model].search([(field, "in", both), ("state", "in", states)], order="id desc")
            doubled = asked.browse()
            for same in asked.grouped("kind").values():
                doubled |= same[1:]
            if doubled:
                merge._remember(doubled._table, doubled.ids)
                doubled.write(
                    {
                        "state": "withdrawn",
                        "answer": self.env._(
                            "Asked for twice, by records that were one person; the later request holds."
                        ),
                    }
                )

    def _client_merge_conversations(self, merge, kept, sources):
        """The conversation that was joined says when and by whom the last word was written."""
        joined = self.env["nestogy.conversation"].search([("client_id", "in", (kept | sources).ids)])
        stays = joined.filtered(lambda one: one.client_id == kept)
        others = joined - stays
        if not stays or not others:
            return
        merge._remember(joined._table, stays.ids)
        last = max(joined, key=lambda one: one.last_message_at or fields.Datetime.to_datetime("1970-01-01"))
        stays.write(
            {
                "unread_count": sum(joined.mapped("unread_count")),
                "last_message_at": last.last_message_at,
                "last_author": last.last_author,
                "last_text": last.last_text,
            }
        )
        merge._remember(joined._table, others.ids)
        others.write({"unread_count": 0})
