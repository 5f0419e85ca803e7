from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .nestogy_client_import import AT_ONCE

BATCH = 1000  # rows a transaction
BLOCKERS_SHOWN = 500
# what comes with a partner by itself, goes with it, or is looked at elsewhere
OWN_TABLES = {
    "nestogy_client_import_row",
    "nestogy_client_status_change",
    "nestogy_engagement_record",
    "nestogy_client_duplicate",
    "nestogy_phone_number",
    "nestogy_quality_gap_rel",
    "res_partner_res_partner_category_rel",
}
# of a client, which goes empty by itself
OWN_COLUMNS = {("res_partner", "primary_contact_id")}
ENDED = ("done", "cancelled", "failed", "undone")


class NestogyClientImport(models.Model):
    """The whole import is taken back, as far as nothing newer depends on it.

    Rows are taken back from the last to the first: clients that were updated get back what stood there, fields that
    were changed since are left alone; clients that were created are deleted, unless they were changed since or
    something points at them.
    """

    _inherit = "nestogy.client.import"

    @api.depends("state", "phase", "is_undo", "is_forgotten")
    def _compute_may_undo(self):
        counts = dict(
            self.env["nestogy.client.import.row"]._read_group(
                [("import_id", "in", self.ids), ("state", "in", ("done", "kept"))], ["import_id"], ["__count"]
            )
        )
        for one in self:
            is_over = one.phase == "run" and one.state in ENDED and not (one.is_undo and one.state != "undone")
            one.may_undo = is_over and not one.is_forgotten and bool(counts.get(one._origin))

    def action_undo(self):
        """Take the whole import back; what something newer depends on is left alone and listed."""
        self._check_mine()
        if not self.may_undo:
            raise UserError(self.env._("This cannot be taken back."))
        # checked above; rows and states are not the user's to write
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo.search([("import_id", "=", self.id), ("state", "=", "kept")])._mark("done")
        import_sudo = self.sudo()  # as above
        count = rows_sudo.search_count([("import_id", "=", self.id), ("state", "=", "done")])
        import_sudo.write({"total": count, "user_id": self.env.uid})
        if count <= AT_ONCE:
            self._work_now(undo=True)
        else:
            self._work_start(undo=True)
        return True

    def get_undo_blockers(self):
        """Say which rows could not be taken back now, and why.

        :return: list of dicts of ``row`` (id), ``line``, ``client`` (id and name) and ``reason``
        """
        self._check_mine()
        # rows of this import
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo = rows_sudo.search(
            [("import_id", "=", self.id), ("state", "in", ("done", "kept"))], order="line desc, id desc"
        )
        blockers, seen = [], {}
        own = self._made_ids()
        for at in range(0, len(rows_sudo), BATCH):
            _writes, _gone, reasons = self._undo_plan(rows_sudo[at : at + BATCH], own, seen)
            blockers += [
                {
                    "row": row_sudo.id,
                    "line": row_sudo.line,
                    "client": {"id": row_sudo.client_id.id, "name": row_sudo.client_id.display_name or ""},
                    "reason": reason,
                }
                for row_sudo, reason in reasons.items()
            ]
            if len(blockers) >= BLOCKERS_SHOWN:
                break
        return blockers[:BLOCKERS_SHOWN][::-1]

    def _work_undo_step(self):
        # rows are written here and nowhere else
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo = rows_sudo.search(
            [("import_id", "=", self.id), ("state", "=", "done")], order="line desc, id desc", limit=BATCH
        )
        if rows_sudo:
            self._work_each(rows_sudo, self._take_back, lambda row_sudo, reason: row_sudo._mark("kept", reason))
        return len(rows_sudo)

    def _take_back(self, rows_sudo):
        """Take back these rows, the last one first.

        :return: dict of row to reason for those that are left alone, as a whole or in part
        """
        writes, gone, reasons = self._undo_plan(rows_sudo, self._made_ids(), {})
        # who may import may take it back; the plan holds only what the import wrote and nobody changed since
        partners_sudo = self.env["res.partner"]._import_partners(self.env._("%s, taken back", self.name)).sudo()
        bodies = {}
        for partner_id, values in writes.items():
            partner_sudo = partners_sudo.browse(partner_id).with_prefetch(writes)
            partner_sudo._import_restore(values)
            bodies[partner_id] = self.env._("The import of %s was taken back.", self.name)
        # a client that the import made goes as it came, not by the door at which users delete clients
        gone_sudo = partners_sudo.with_user(SUPERUSER_ID).browse(gone).exists()
        gone_sudo.sorted(lambda each: not each.parent_id).unlink()
        bodies = {partner_id: body for partner_id, body in bodies.items() if partner_id not in gone}
        if bodies:
            partners_sudo.browse(bodies)._message_log_batch(bodies=bodies)
        rows_sudo.filtered(lambda row_sudo: row_sudo not in reasons)._mark("undone")
        return reasons

    def _made_ids(self):
        """All partners that the import brought."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT made.id::int
                     FROM nestogy_client_import_row row, jsonb_array_elements_text(row.made) made(id)
                    WHERE row.import_id = %s AND row.state IN ('done', 'kept')
                      AND jsonb_typeof(row.made) = 'array'""",
                self.id,
            )
        )
        return {partner_id for (partner_id,) in rows}

    def _undo_plan(self, rows_sudo, own, seen):
        """What taking back these rows means.

        :param rows_sudo: from the last to the first
        :param set own: ids of all partners that the import brought
        :param dict seen: what stands in a field after later rows were taken back, by partner and field; is added to
        :return: values to write by partner id, ids of partners to delete, and reasons by row of what is left alone
        """
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)  # as the import, see _take_back
        ids = {int(key) for row_sudo in rows_sudo for key in (row_sudo.after or {})}
        there = dict.fromkeys(partners_sudo.browse(ids).exists()._ids)
        mine = set(self.env["res.partner"]._import_may_write(there))
        pointed = partners_sudo._import_pointed_at(ids & own, own)
        writes, gone, reasons = {}, set(), {}
        for row_sudo in rows_sudo:
            made = set(row_sudo.made or [])
            newer, written = [], {}
            if not row_sudo.client_id:
                newer.append(self.env._("The client was deleted or merged since."))
            for key, after in (row_sudo.after or {}).items():
                partner = partners_sudo.browse(int(key)).with_prefetch(there)
                if partner.id not in there:
                    if partner.id in made:
                        newer.append(self.env._("What it brought was deleted or merged since."))
                    continue
                if partner.id not in mine:
                    newer.append(self.env._("You may not change %s.", partner.display_name))
                    continue
                before = (row_sudo.before or {}).get(key, {})
                chosen = None if partner.id in made else self._chosen(before, after)
                now = partner._import_keep(after, chosen)
                now |= {name: seen[partner.id, name] for name in after if (partner.id, name) in seen}
                changed = [name for name in after if now[name] != after[name]]
                if changed:
                    newer.append(
                        self.env._(
                            "%(name)s was changed since: %(fields)s.",
                            name=partner.display_name,
                            fields=", ".join(partner._import_label(name) for name in changed),
                        )
                    )
                if partner.id in made:
                    if partner.id in pointed:
                        newer.append(
                            self.env._(
                                "%(name)s is in use: %(where)s.",
                                name=partner.display_name,
                                where=", ".join(sorted(pointed[partner.id])),
                            )
                        )
                    continue
                for name, value in before.items():
                    if name not in changed:
                        written.setdefault(partner.id, {})[name] = (value, after[name])
                        seen[partner.id, name] = value
            if newer:
                reasons[row_sudo] = " ".join(dict.fromkeys(newer))
            else:
                gone |= made
            for partner_id, values in written.items():
                known = writes.setdefault(partner_id, {})
                for name, (value, after) in values.items():
                    # a field that several rows wrote gets what stood there before the first of them
                    known[name] = self._joined(name, known.get(name), value, after)
        return writes, gone, reasons

    @api.model
    def _chosen(self, before, after):
        return {
            "client_fields": [*{**(before.get("client_fields") or {}), **(after.get("client_fields") or {})}],
            "category_id": after.get("category_id") or [],
            "phone_number_ids": after.get("phone_number_ids") or [],
        }

    @api.model
    def _joined(self, name, known, value, after):
        """What is to be written: a value; of tags and numbers those that go, of custom fields those that change."""
        if name in ("category_id", "phone_number_ids"):
            return [*(known or []), *(each for each in after if each not in value)]
        if name == "client_fields":
            return (known or {}) | {key: value.get(key, False) for key in {**after, **value}}
        return value

    def _undo_tags(self):
        """Delete the tags that came with the import and that nobody bears."""
        # tags of this import; whether they are in use is asked of everybody's records
        tags_sudo = self.env["res.partner.category"].sudo().browse(self.made_tag_ids or []).exists()
        if tags_sudo:
            used = tags_sudo.env["res.partner"]._import_referenced("res_partner_category", tags_sudo.ids)
            (tags_sudo - tags_sudo.browse(used)).unlink()
