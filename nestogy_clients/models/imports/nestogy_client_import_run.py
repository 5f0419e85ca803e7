from odoo import models
from odoo.exceptions import UserError

from ...tools.import_columns import NAMING
from ...tools.import_files import ClientFileError
from .nestogy_client_import import AT_ONCE, BATCH

LINE = "\N{REPLACEMENT CHARACTER}"  # stands for the number of the line


class NestogyClientImport(models.Model):
    """The rows become clients."""

    _inherit = "nestogy.client.import"

    def _import_now(self):
        """Import the whole file in this transaction, whatever its size.

        :raise UserError: the file as a whole cannot be read
        """
        self._check_mine("draft")
        import_sudo = self.sudo()  # checked above; these are not the user's to write
        import_sudo._stage(self._get_content())
        if not {column["target"] for column in self.mapping} & set(NAMING):
            raise UserError(self.env["res.partner"]._client_file_message(ClientFileError("no_name"), self.filename))
        # the run decides about each row by itself; nobody looks at a check before
        import_sudo.write({"phase": "run", "is_checked": True, "total": self.row_count, "user_id": self.env.uid})
        self._work_now()

    def _run_step(self):
        # rows are written here and nowhere else
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo = rows_sudo.search(
            [("import_id", "=", self.id), ("state", "=", "waiting")], order="line, id", limit=BATCH
        )
        if rows_sudo:
            self._work_each(rows_sudo, self._deal, self._refuse)
        return len(rows_sudo)

    def _refuse(self, row_sudo, reason):
        row_sudo.write({"state": "refused", "deed": "refuse", "reason": reason})

    def _deal(self, rows_sudo):
        """Decide about rows anew and do it.

        :return: dict of row to reason for those that are refused
        """
        plans = self._decide(rows_sudo)
        todo = {row: plan for row, plan in plans.items() if plan.deed in ("create", "update")}
        partners = self.env["res.partner"]._import_partners(self.env._("Import of %s", self.name))
        tags, new_tags = partners._import_tags([plan.data for plan in todo.values()])
        if new_tags:
            import_sudo = self.sudo()  # what came with the import goes with it
            import_sudo.made_tag_ids = [*(self.made_tag_ids or []), *new_tags.ids]
        outcomes = self._create_clients(
            {row: plan for row, plan in todo.items() if plan.deed == "create"}, partners, tags
        )
        self._update_clients(
            {row: plan for row, plan in todo.items() if plan.deed == "update"}, partners, tags, outcomes
        )
        self._note_plans(plans, outcomes)
        return {row: " ".join(plan.problems.values()) for row, plan in plans.items() if plan.deed == "refuse"}

    def _create_clients(self, plans, partners, tags):
        """:return: dict of row to (client id, made ids, before, after)"""
        if not plans:
            return {}
        # translated once for all rows
        log = self.env._("Import of %(file)s, line %(line)s", file=self.name, line=LINE)
        for plan in plans.values():
            plan.data["log"] = log.replace(LINE, str(plan.line))
        made = partners._import_create([plan.data for plan in plans.values()], tags)
        return {
            row_sudo: (client_id, ids, {}, after) for row_sudo, (client_id, ids, after) in zip(plans, made, strict=True)
        }

    def _update_clients(self, plans, partners, tags, outcomes):
        """Update clients, each once at a time: rows of the same one come one after another."""
        created = {row_sudo.id: outcome[0] for row_sudo, outcome in outcomes.items()}
        twins = {plan.twin_id for plan in plans.values() if plan.twin_id and plan.twin_id not in created}
        # rows of this import
        for twin_sudo in self.env["nestogy.client.import.row"].sudo().browse(twins):
            created[twin_sudo.id] = twin_sudo.client_id.id
        rounds = []
        for row_sudo, plan in plans.items():
            client_id = plan.client_id or created[plan.twin_id]
            number = next((at for at, jobs in enumerate(rounds) if client_id not in jobs), len(rounds))
            if number == len(rounds):
                rounds.append({})
            rounds[number][client_id] = (row_sudo, plan)
        policies = self._policies()
        for jobs in rounds:
            found = partners._import_update(
                [(partners.browse(client_id), plan.data, plan.is_person) for client_id, (_row, plan) in jobs.items()],
                policies,
                tags,
            )
            bodies = {}
            for (client_id, (row_sudo, plan)), (made, before, after) in zip(jobs.items(), found, strict=True):
                after_all = after | partners.browse(made)._import_keep_people()
                outcomes[row_sudo] = (client_id, made, before, after_all)
                if words := partners._import_words(before, after, made):
                    bodies[client_id] = self.env._(
                        "Import of %(file)s, line %(line)s: %(change)s",
                        file=self.name,
                        line=plan.line,
                        change=words,
                    )
            if bodies:
                partners.browse(bodies)._message_log_batch(bodies=bodies)

    def _work_ended(self):
        result = super()._work_ended()
        if self.phase == "run":
            import_sudo = self.sudo()  # the counts are nobody's to write
            import_sudo._count_deeds()
            if self.is_undo:
                self._undo_tags()
            if self.total > AT_ONCE:
                self._work_say_ended()
        return result
