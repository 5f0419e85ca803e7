from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

EMAIL_BATCH = 200  # clients a transaction


class ResPartner(models.Model):
    """What can be done to many clients at once."""

    _inherit = "res.partner"

    @api.model
    def _bulk_deeds(self):
        """What can be done to many clients; addons add theirs.

        :return: dict of key to a dict with ``label``; ``icon``; ``group`` that may do it; ``fields`` of
            ``nestogy.client.bulk.ask`` that it asks for, and those of them that are ``required``; ``deal``, a method
            of a batch of clients that gets the values as a dict and may return a dict of client to reason for those
            it refused. Besides, as far as there is need: ``check``, a method like it that says beforehand who will
            be refused and why, and writes nothing; ``validate``, a method of no client that gets the values and
            raises a UserError; ``access`` that the user needs to each client (``write``); ``keeps``, the
            fields that the deed changes, which makes it one that can be taken back; ``restore``, a method of clients
            that gets their former values and the values, where a plain write will not do; ``logs_itself``;
            ``says_values`` in the log; ``ended``, called once at the end with the bulk action; ``batch``, how many
            clients a transaction.
        """
        agent = "nestogy_clients.nestogy_clients_group_agent"
        return {
            "status": {
                "label": self.env._("Change Status"),
                "icon": "fa-flag",
                "group": agent,
                "fields": ["status_id", "reason", "trial_end_date"],
                "required": ["status_id"],
                "validate": "_bulk_status_validate",
                "deal": "_bulk_status",
                "keeps": ["client_status_id", "trial_end_date"],
                "restore": "_bulk_status_restore",
                "says_values": True,
            },
            "group": {
                "label": self.env._("Change Group"),
                "icon": "fa-object-group",
                "group": agent,
                "fields": ["group_id"],
                "required": ["group_id"],
                "validate": "_bulk_group_validate",
                "deal": "_bulk_group",
                "keeps": ["client_group_id"],
            },
            "manager": {
                "label": self.env._("Assign Account Manager"),
                "icon": "fa-user",
                "group": agent,
                "fields": ["user_id"],
                "deal": "_bulk_manager",
                "keeps": ["user_id"],
                "ended": "_bulk_manager_ended",
            },
            "tags_add": {
                "label": self.env._("Add Tags"),
                "icon": "fa-tags",
                "group": agent,
                "fields": ["tag_ids"],
                "required": ["tag_ids"],
                "deal": "_bulk_tags_add",
                "keeps": ["category_id"],
            },
            "tags_remove": {
                "label": self.env._("Remove Tags"),
                "icon": "fa-tags",
                "group": agent,
                "fields": ["tag_ids"],
                "required": ["tag_ids"],
                "deal": "_bulk_tags_remove",
                "keeps": ["category_id"],
            },
            "email": {
                "label": self.env._("Send E-mail"),
                "icon": "fa-envelope",
                "group": agent,
                "fields": ["message_kind_id", "words", "subject", "body"],
                "required": ["message_kind_id", "words"],
                "validate": "_bulk_email_validate",
                "check": "_bulk_email_check",
                "deal": "_bulk_email",
                "access": "read",
                "batch": EMAIL_BATCH,
            },
            "credit": {
                "label": self.env._("Change Credit Status"),
                "icon": "fa-credit-card",
                "group": "nestogy_clients.nestogy_clients_group_billing",
                "fields": ["credit_status", "reason"],
                "required": ["credit_status"],
                "validate": "_bulk_credit_validate",
                "deal": "_bulk_credit",
                "access": "read",
                "keeps": ["credit_status", "credit_status_reason"],
                "restore": "_bulk_credit_restore",
                "logs_itself": True,
            },
            "archive": {
                "label": self.env._("Archive"),
                "icon": "fa-archive",
                "group": agent,
                "check": "_bulk_archive_check",
                "deal": "_bulk_archive",
                "keeps": ["active"],
            },
            "unarchive": {
                "label": self.env._("Unarchive"),
                "icon": "fa-folder-open",
                "group": agent,
                "deal": "_bulk_unarchive",
                "keeps": ["active"],
            },
        }

    @api.model
    def _check_bulk_deed(self, spec):
        """Refuse a deed that is not the user's.

        :raise AccessError: he lacks the role
        """
        if not self.env.user.has_group(spec["group"]):
            raise AccessError(self.env._("%s is not among what you may do. Ask your administrator.", spec["label"]))

    @api.model
    def _bulk_query(self, domain):
        """The clients that a filter of the list matches, as the user sees them."""
        return self._search(Domain(domain) & Domain("is_client", "=", True))

    # ------------------------------------------------------------------
    # What was before
    # ------------------------------------------------------------------

    def _bulk_keep(self, names, values):
        """What stands in these fields, as it can be stored; of tags and their like only those that are dealt with.

        :return: dict of client id to a dict of field name to value
        """
        chosen = set(values.get("tag_ids") or ())
        found = {}
        for client in self:
            row = found[client.id] = {}
            for name in names:
                field, value = client._fields[name], client[name]
                if field.type == "many2many":
                    row[name] = sorted(chosen.intersection(value.ids))
                elif field.type == "many2one":
                    row[name] = value.id
                elif field.type == "date":
                    row[name] = fields.Date.to_string(value) or False
                else:
                    row[name] = value
        return found

    @api.model
    def _bulk_words(self, before, after):
        """What changed, in words: the name of each field, its former value and its value now."""
        parts = []
        for name, old in before.items():
            new = after[name]
            if old != new:
                field = self._fields[name]
                parts.append(
                    f"{field._description_string(self.env)}: "
                    f"{self._bulk_word(field, old)} → {self._bulk_word(field, new)}"
                )
        return "; ".join(parts)

    @api.model
    def _bulk_word(self, field, value):
        if field.type in ("many2one", "many2many") and value:
            # the log tells what changed to whoever reads it
            records_sudo = self.env[field.comodel_name].sudo().browse(value).exists()
            return ", ".join(records_sudo.mapped("display_name"))
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value) or self.env._("none")
        if field.type == "date" and value:
            return format_date(self.env, value)
        return value or self.env._("none")

    def _bulk_restore(self, before, values):
        """Give these clients, who all had the same, back what they had."""
        chosen = values.get("tag_ids") or []
        row = {}
        for name, value in before.items():
            if self._fields[name].type == "many2many":
                row[name] = [Command.link(each) if each in value else Command.unlink(each) for each in chosen]
            elif self._fields[name].type == "many2one":
                row[name] = self.env[self._fields[name].comodel_name].browse(value or []).exists().id
            else:
                row[name] = value
        self.write(row)

    # ------------------------------------------------------------------
    # The deeds
    # ------------------------------------------------------------------

    def _bulk_status_validate(self, values):
        # the same checks as for one client
        self.browse()._set_client_status(
            self.env["nestogy.client.status"].browse(values["status_id"]),
            values.get("reason"),
            fields.Date.to_date(values.get("trial_end_date")),
        )

    def _bulk_status(self, values):
        status = self.env["nestogy.client.status"].browse(values["status_id"])
        self.filtered(lambda client: client.client_status_id != status or status.is_trial)._set_client_status(
            status, values.get("reason"), fields.Date.to_date(values.get("trial_end_date"))
        )

    def _bulk_status_restore(self, before, values):
        reason = self.env._("A bulk action was taken back.")
        self.with_context(client_status_reason=reason)._bulk_restore(before, values)

    def _bulk_group_validate(self, values):
        group = self.env["nestogy.client.group"].browse(values["group_id"])
        if group.company_id != self.env.company:
            raise UserError(
                self.env._(
                    "%(group)s is a group of %(company)s; switch to that company first.",
                    group=group.name,
                    company=group.company_id.name,
                )
            )

    def _bulk_group(self, values):
        self.write({"client_group_id": values["group_id"]})

    def _bulk_manager(self, values):
        self.filtered(lambda client: client.user_id.id != values["user_id"]).write({"user_id": values["user_id"]})

    @api.model
    def _bulk_manager_ended(self, bulk):
        """Tell the new account manager once, not once a client."""
        user = self.env["res.users"].browse((bulk.values or {}).get("user_id") or [])
        if user and user != self.env.user and bulk.done_count:
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.env._("Clients were assigned to you"),
                body=self.env._(
                    "%(name)s assigned %(count)s clients to you.", name=self.env.user.name, count=bulk.done_count
                ),
            )

    def _bulk_tags_add(self, values):
        self.write({"category_id": [Command.link(each) for each in values["tag_ids"]]})

    def _bulk_tags_remove(self, values):
        self.write({"category_id": [Command.unlink(each) for each in values["tag_ids"]]})

    def _bulk_credit_validate(self, values):
        reason = (values.get("reason") or "").strip()
        self._check_credit_status_change({"credit_status": values["credit_status"], "credit_status_reason": reason})

    def _bulk_credit(self, values):
        self._bulk_credit_restore(
            {"credit_status": values["credit_status"], "credit_status_reason": (values.get("reason") or "").strip()},
            values,
        )

    def _bulk_credit_restore(self, before, values):
        row = {
            "credit_status": before["credit_status"],
            "credit_status_reason": before["credit_status_reason"] or False,
        }
        self._check_credit_status_change(row)
        # billing staff need not be allowed to edit clients, but this of theirs they decide; the door is checked above
        clients_sudo = self.sudo()
        clients_sudo.write(row)

    def _bulk_archive_check(self, values):
        """Who is a user cannot be archived, as one by one."""
        # whether somebody signs in as the client is asked, nothing else
        used_sudo = self.sudo().with_context(active_test=True).filtered("user_ids")
        reason = self.env._("Somebody signs in as this client; take the access away first.")
        return {client: reason for client in self if client.id in used_sudo._ids}

    def _bulk_archive(self, values):
        self.filtered("active").action_archive()

    def _bulk_unarchive(self, values):
        self.filtered(lambda client: not client.active).action_unarchive()
