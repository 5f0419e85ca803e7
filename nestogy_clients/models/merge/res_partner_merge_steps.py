from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    """What merging does beyond turning every column to the record that is kept."""

    _inherit = "res.partner"

    @api.model
    def _client_merge_steps(self):
        """Rules for models whose rows need more than being moved; addons add theirs with ``super()``.

        A step is a dict with ``model`` and some of:

        - ``is_joined``: of two rows that hit a unique key what hangs on the one that stays moves to the other one
        - ``stay``: why rows stay with the earlier record, a sentence
        - ``foresee(merge, kept, sources)``: list of (label, number of rows, why they stay or are changed, or empty
          when they move), for the preview
        - ``prepare(merge, kept, sources)``: called before rows move, ``finish`` after; in sudo. Rows that they change
          are given to ``merge._remember(table, ids)`` first, so that the change can be taken back. None is deleted.
        """
        say = self.env._
        relations = self.env["nestogy.relation"]
        duplicates = self.env["nestogy.client.duplicate"]
        log = self.env["nestogy.communication"]
        return [
            {"model": "res.partner.bank", "is_joined": True, "stay": say("The same account; its payments move over.")},
            {
                "model": "nestogy.client.mail.route",
                "is_joined": True,
                "stay": say("The kept one's route stays and gets the recipients of both."),
            },
            {
                "model": "nestogy.client.mail.template",
                "stay": say("The kept one's own words hold; the others stay with the earlier record."),
            },
            {
                "model": "nestogy.engagement.record",
                "stay": say("One line a day: the kept one's. Its engagement is worked out anew from what both did."),
            },
            {
                "model": "nestogy.communication",
                "prepare": log._client_merge_prepare,
                "stay": say("The same mail or meeting is logged with the kept one already."),
            },
            {
                "model": "nestogy.relation",
                "foresee": relations._client_merge_foresee,
                "prepare": relations._client_merge_prepare,
            },
            {"model": "nestogy.client.duplicate", "prepare": duplicates._client_merge_prepare},
            {"model": "res.partner", "finish": self._client_merge_preferences},
        ]

    def _client_merge_preferences(self, merge, kept, sources):
        """Who of them did not want a kind of mail does not get it from now on, whatever the others wanted.

        The wish for it stays with the earlier record.
        """
        unwanted = kept.unwanted_kind_ids.ids
        wanted = self._fields["wanted_kind_ids"]
        kind = SQL.identifier(wanted.column2)
        moved = self.env.execute_query(
            SQL(
                """
                UPDATE %(table)s rel
                   SET partner_id = COALESCE(
                           (SELECT source FROM unnest(%(sources)s) source
                             WHERE NOT EXISTS (SELECT FROM %(table)s other
                                                WHERE other.partner_id = source AND other.%(kind)s = rel.%(kind)s)
                             LIMIT 1),
                           partner_id)
                 WHERE partner_id = %(kept)s AND %(kind)s = ANY(%(unwanted)s)
             RETURNING partner_id, rel.%(kind)s
                """,
                table=SQL.identifier(wanted.relation),
                sources=sources.ids,
                kept=kept.id,
                kind=kind,
                unwanted=unwanted,
            )
        )
        self.env["nestogy.client.merge.line"].create(
            [
                {
                    "merge_id": merge.id,
                    "kind": "change",
                    "label": self._fields["unwanted_kind_ids"]._description_string(self.env),
                    "row_count": 1,
                    "source_name": self.browse(partner_id).name,
                    "detail": self.env._("What one of them did not want is not sent."),
                    "table_name": wanted.relation,
                    "column_name": "partner_id",
                    "key_name": wanted.column2,
                    "old_value": str(kept.id),
                    "new_value": str(partner_id),
                    "row_ids": [kind_id],
                }
                for partner_id, kind_id in moved
                if partner_id != kept.id
            ]
        )
        self.env.invalidate_all(flush=False)
