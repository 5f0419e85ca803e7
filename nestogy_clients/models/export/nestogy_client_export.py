from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...tools import sheets
from .res_partner_columns import DEFAULT_COLUMNS

ROW_LIMIT = 150_000  # a dozen columns of so many take a quarter of the time that a worker has
COLUMN_LIMIT = 200
FILTER_CHARACTERS = 2000
EXPORT_GROUPS = ("nestogy_clients.nestogy_clients_group_viewer", "base.group_allow_export")
FILE_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
SCOPES = [("clients", "Clients"), ("contacts", "Contacts")]
CONTACTS = [("none", "No Contacts"), ("rows", "A Row for Each Contact"), ("columns", "Beside Their Client")]


class NestogyClientExport(models.Model):
    """One file of clients that somebody took out: who, when, what. Never edited.

    Whoever may see clients and has Odoo's own right to export may take them out as a file: client managers by
    default, as a list of all clients is what leaves a firm with whoever leaves it; an administrator gives that right
    to others, in the form of the user.
    """

    _name = "nestogy.client.export"
    _description = "Export of Clients"
    _order = "exported_at desc, id desc"
    _rec_name = "user_name"

    exported_at = fields.Datetime(string="When", required=True, index=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="Who", index="btree_not_null", ondelete="set null")
    user_name = fields.Char(string="Name of User", required=True, help="Kept when the user is deleted.")
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    scope = fields.Selection(SCOPES, string="What", required=True)
    file_type = fields.Selection([("xlsx", "XLSX"), ("csv", "CSV")], required=True)
    contacts = fields.Selection(CONTACTS, required=True)
    row_count = fields.Integer(string="Rows", required=True)
    column_labels = fields.Text(string="Columns", required=True)
    column_count = fields.Integer(string="Number of Columns", required=True)
    filter_words = fields.Char(string="Filter", help="What was searched, in the words of the search bar.")
    filter_domain = fields.Char(string="Domain", required=True)
    selected_count = fields.Integer(string="Selected", help="How many records were ticked; 0: all of the filter.")
    template_name = fields.Char(string="Template")

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The list of who exported clients cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The list of who exported clients cannot be deleted."))

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _may_export(self):
        """Say whether the user may take clients out as a file."""
        return all(self.env.user.has_group(group) for group in EXPORT_GROUPS)

    @api.model
    def _check_may_export(self):
        if not self._may_export():
            raise AccessError(
                self.env._("You may not export clients. An administrator gives that right in the form of your user.")
            )

    @api.model
    @api.readonly
    def get_export_dialog(self, domain, scope="clients", ids=None):
        """What the dialog shows before a file is made.

        :param list domain: of the search
        :param str scope: ``clients`` or ``contacts``
        :param list ids: only these
        :return: dict of ``count``, ``limit``, ``columns``, ``sections``, ``chosen``, ``templates`` and ``may_share``
        """
        self._check_may_export()
        clients, domain = self._exported(scope, domain, ids)
        partners = self.env["res.partner"]
        return {
            "count": clients.search_count(domain, limit=ROW_LIMIT + 1),
            "limit": ROW_LIMIT,
            "sections": [{"key": key, "label": label} for key, label in partners._client_export_sections().items()],
            "columns": [
                {"key": column.key, "label": column.label, "section": column.section, "is_contact": column.is_contact}
                for column in partners._client_export_columns()
            ],
            "chosen": list(DEFAULT_COLUMNS[scope]),
            "templates": self.env["nestogy.client.export.template"]._of_user(scope),
            "may_share": self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"),
        }

    @api.model
    def _exported(self, scope, domain, ids):
        """
        :return: tuple of ``res.partner`` and the domain of what is meant
        :raise ValidationError: the question cannot be understood
        """
        partners = self.env["res.partner"].with_context(active_test=True)
        try:
            if scope not in dict(SCOPES):
                raise ValueError(scope)
            domain = Domain(domain or [])
            domain.validate(partners)
            if ids is not None:
                # what was ticked is meant, archived or not
                partners = partners.with_context(active_test=False)
                domain = Domain("id", "in", [int(each) for each in ids])
        except (TypeError, ValueError) as error:
            raise ValidationError(self.env._("The filter cannot be understood; reload the page.")) from error
        return partners, partners._client_export_domain(scope, domain)

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def _export(self, values, target):
        """Write a file of clients, with the rights of the user, and note that it was taken.

        :param dict values: ``columns`` (list of keys), ``scope``, ``contacts``, ``file_type``, ``domain``, ``ids``
            (None or list), ``filters`` (the filter in words) and ``template`` (its name)
        :param target: a binary file
        :return: the row of the list, in sudo
        :raise UserError: it is too much, or asks for what is not there for the user
        """
        self._check_may_export()
        scope, contacts = values.get("scope", "clients"), values.get("contacts", "none")
        file_type, keys = values.get("file_type"), values.get("columns")
        ids = values.get("ids")
        if (
            file_type not in FILE_TYPES
            or contacts not in dict(CONTACTS)
            or not isinstance(keys, list)
            or not all(isinstance(key, str) for key in keys)
            or not (ids is None or isinstance(ids, list))
        ):
            raise ValidationError(self.env._("The file cannot be made like that; reload the page."))
        if len(keys) > COLUMN_LIMIT:
            raise ValidationError(self.env._("A file has at most %s columns.", COLUMN_LIMIT))
        partners, domain = self._exported(scope, values.get("domain"), ids)
        columns = partners._client_export_chosen(keys)
        heads, rows = partners._client_export_table(scope, domain, columns, contacts)
        count = 0

        def counted():
            nonlocal count
            for row in rows:
                count += 1
                if count > ROW_LIMIT:
                    raise UserError(
                        self.env._(
                            "These are more than %s rows, too many for one file; narrow the filter.", f"{ROW_LIMIT:,}"
                        )
                    )
                yield row

        labels = [label for label, _width in heads]
        if file_type == "csv":
            sheets.write_csv(target, labels, counted())
        else:
            name = dict(self._fields["scope"]._description_selection(self.env))[scope]
            sheets.write_xlsx(target, [sheets.Sheet(name, heads, counted(), frozen=1, is_filtered=True)])
        # nobody has rights to write here; who is handed a file leaves a row
        return self.sudo().create(
            {
                "user_id": self.env.uid,
                "user_name": self.env.user.name,
                "company_id": self.env.company.id,
                "scope": scope,
                "file_type": file_type,
                "contacts": "rows" if scope == "contacts" else contacts,
                "row_count": count,
                "column_labels": ", ".join(column.label for column in columns),
                "column_count": len(labels),
                "filter_words": str(values.get("filters") or "")[:FILTER_CHARACTERS] or False,
                "filter_domain": repr(list(domain))[:FILTER_CHARACTERS],
                "selected_count": len(ids or []),
                "template_name": str(values.get("template") or "")[:64] or False,
            }
        )

    def _file_name(self):
        """The name of the file of this row."""
        scope = dict(self._fields["scope"]._description_selection(self.env))[self.scope]
        return f"{scope}-{fields.Date.context_today(self).isoformat()}.{self.file_type}"
