from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

VIEWER = "nestogy_clients.nestogy_clients_group_viewer"


class NestogyClientSettingsMixin(models.AbstractModel):
    """A level on which clients' settings are held: the client, its group, the company.

    Nothing is copied down: a level that has no value of its own asks the next one, each time. A level can also say
    "none" on purpose; the names of such settings, and of all others that were set by hand on a client, are kept in
    ``setting_overrides``.
    """

    _name = "nestogy.client.settings.mixin"
    _description = "Level of Client Settings"

    # What a level says; each of the three models answers for itself.

    def _setting_chain(self):
        """The levels that are asked, this one first.

        :return: list of tuples of ``client``, ``group`` or ``company`` and the record, in sudo and in its company
        """
        raise NotImplementedError

    def _own_setting(self, name, setting):
        """:return: tuple of whether this level has a value of its own, and the value"""
        raise NotImplementedError

    def _store_setting(self, name, setting, value):
        """Keep a value on this level; nothing, when it is falsy and not a choice of its own."""
        raise NotImplementedError

    def _forget_setting(self, name, setting):
        """Let this level inherit."""
        raise NotImplementedError

    def _may_change_setting(self, setting):
        """Say whether the user may change a setting on this level."""
        raise NotImplementedError

    def _setting_exceptions(self, name):
        """Who below this level has a value of its own and is not reached by a change.

        see :meth:`_prepare_setting_exception`

        :return: list of dicts of ``label``, ``model``, ``domain`` and ``views``
        """
        return []

    @api.model
    def _prepare_setting_exception(self, label, records, domain):
        views = [(False, "list"), (False, "form")]
        if records._name == "res.partner":
            names = ("res_partner_view_list_client", "res_partner_view_form_client")
            views = [
                (self.env.ref(f"nestogy_clients.{name}").id, kind)
                for name, (_id, kind) in zip(names, views, strict=True)
            ]
        return {"label": label, "model": records._name, "domain": list(domain), "views": views}

    def _may_change_mail_text(self):
        """Say whether this level can have words of its own for mails; the rights on templates are asked besides."""
        return self.has_access("write")

    def _setting_mail_rows(self):
        """Rows of the table that say in whose words each kind of mail goes out; texts are records and not values."""
        texts = self.env["nestogy.client.mail.template"]
        chain = [(level, holder) for level, holder in self._setting_chain() if f"{level}_id" in texts._fields]
        here = self._setting_chain()[0][0]
        if here not in dict(chain):
            return []
        ranks = {(level, holder.id): rank for rank, (level, holder) in enumerate(chain)}
        domain = Domain.OR(Domain(f"{level}_id", "=", holder.id) for level, holder in chain)
        if here == "client":
            domain &= Domain("lang", "in", [self.lang, False])

        def level_of(text):
            return next(level for level, _holder in chain if text[f"{level}_id"])

        def rank_of(text):
            level = level_of(text)
            # a client is written in its language before others; groups are shown what holds for all languages
            return ranks[level, text[f"{level}_id"].id], bool(text.lang) != (here == "client")

        found = texts.search(domain).sorted(rank_of)
        may_change = texts.has_access("create") and self._may_change_mail_text()
        rows = []
        for kind, spec in texts._mail_kinds().items():
            text = found.filtered(lambda each, kind=kind: each.kind == kind)[:1]
            level = level_of(text) if text else "default"
            rows.append(self._prepare_mail_row(kind, spec, text, level, here, may_change))
        return rows

    def _prepare_mail_row(self, kind, spec, text, level, here, may_change):
        is_own = level == here
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("E-mail Template: %s", spec["label"]),
            "res_model": "nestogy.client.mail.template",
            "views": [(False, "form")],
            "target": "new",
        }
        if is_own:
            action["res_id"] = text.id
        else:
            # one begins with the words that hold now
            action["context"] = {
                f"default_{here}_id": self.id,
                "default_kind": kind,
                "default_subject": text.subject or spec["subject"],
                "default_body": text.body or spec["body"],
            }
        return {
            "name": f"mail_{kind}",
            "label": self.env._("E-mail: %s", spec["label"]),
            "value": text.subject or self.env._("The ordinary template"),
            "level": level,
            "level_label": self._setting_level_label(level if text else "company", text),
            "is_own": is_own,
            "inherited": "",
            "inherited_label": "",
            "may_change": may_change,
            "change_label": self.env._("Edit") if is_own else self.env._("Write own"),
            "note": "",
            "editor": None,
            "action": action,
            "exceptions": [],
        }

    # The resolver.

    @api.model
    def _client_settings(self):
        """The settings that clients inherit; see ``res.partner``."""
        return self.env["res.partner"]._client_settings()

    def _resolve_setting(self, name, setting, skip=""):
        """Ask level after level.

        :param str skip: a level that is passed over, to see what would be inherited
        :return: tuple of the value (a record in sudo or a scalar, falsy when it is set nowhere) and the level
        """
        value = False
        for level, holder in self._setting_chain():
            if level != skip:
                is_own, value = holder._own_setting(name, setting)
                if is_own:
                    return value, level
        return value, "company"  # which is asked last, whatever it says

    # The table on the forms: one call shows it, one changes it.

    def get_client_settings(self):
        """All settings of this level as the form shows them.

        :return: list of dicts of ``title`` and ``rows``, in the order of the subjects
        :raise AccessError: the user may not see the record, or has no role in the Clients app
        """
        self.ensure_one()
        self._check_settings_visible()
        rows = {}
        for name, setting in self._client_settings().items():
            if setting.feature and not self.env.user.has_group(setting.feature):
                continue
            rows.setdefault(setting.subject, []).append(self._prepare_setting_row(name, setting))
        rows.setdefault("mail", []).extend(self._setting_mail_rows())
        return [
            {"name": subject, "title": title, "rows": rows[subject]}
            for subject, title in self.env["res.partner"]._client_setting_subjects().items()
            if rows.get(subject)
        ]

    def set_client_setting(self, name, value):
        """Give a setting a value of its own on this level.

        :param value: id of a record, key of a selection or a plain value; ``False`` for none on purpose
        :return: the table anew, see :meth:`get_client_settings`
        """
        setting, before = self._begin_change(name)
        field = self.env["res.partner"]._fields[setting.client_field]
        if not value and field.type != "boolean" and not setting.none_label:
            raise UserError(self.env._("%s: choose a value, or let it be inherited.", setting.label))
        if value and field.type == "many2one":
            domain = Domain(self._setting_editor(setting)["domain"]) & Domain("id", "=", value)
            if not self.env[field.comodel_name].search_count(domain, limit=1):
                raise UserError(self.env._("%s: choose one from the list.", setting.label))
        if value and field.type == "selection" and value not in dict(field._description_selection(self.env)):
            raise UserError(self.env._("%s: choose one from the list.", setting.label))
        # who may change the setting was asked above, and need not be allowed to write all of the record
        self.sudo()._store_setting(name, setting, value)
        self._log_setting_change(setting, before, self._setting_in_words(name, setting))
        return self.get_client_settings()

    def inherit_client_setting(self, name):
        """Take a setting's own value away from this level.

        :return: the table anew, see :meth:`get_client_settings`
        """
        setting, before = self._begin_change(name)
        self.sudo()._forget_setting(name, setting)  # as in set_client_setting
        self._log_setting_change(setting, before, self._setting_in_words(name, setting))
        return self.get_client_settings()

    def _check_settings_visible(self):
        self.check_access("read")
        if not self.env.user.has_group(VIEWER):
            raise AccessError(self.env._("Settings of clients are for people with a role in the Clients app."))

    def _begin_change(self, name):
        self.ensure_one()
        self._check_settings_visible()
        setting = self._client_settings().get(name)
        if not setting:
            raise UserError(self.env._("There is no setting %s.", name))
        if not self._may_change_setting(setting):
            raise AccessError(self.env._("You may not change this setting here: %s.", setting.label))
        return setting, self._setting_in_words(name, setting)

    def _log_setting_change(self, setting, before, after):
        """Say in the history of the record what was changed, where it has one."""
        if before != after and hasattr(self, "_message_log"):
            self._message_log(
                body=self.env._(
                    "%(setting)s: %(before)s → %(after)s", setting=setting.label, before=before, after=after
                )
            )

    def _setting_in_words(self, name, setting):
        value, level = self._resolve_setting(name, setting)
        return self.env._(
            "%(value)s (%(level)s)",
            value=self._setting_text(setting, value, level),
            level=self._setting_level_label(level, value),
        )

    def _prepare_setting_row(self, name, setting):
        value, level = self._resolve_setting(name, setting)
        here = self._setting_chain()[0][0]
        is_own = level == here and not (level == "company" and not value)
        inherited, inherited_level = self._resolve_setting(name, setting, skip=here) if is_own else (False, "")
        may_change = self._may_change_setting(setting)
        return {
            "name": name,
            "label": setting.label,
            "value": self._setting_text(setting, value, level),
            "level": level if value or level != "company" else "default",
            "level_label": self._setting_level_label(level, value),
            "is_own": is_own,
            "inherited": self._setting_text(setting, inherited, inherited_level) if is_own else "",
            "inherited_label": self._setting_level_label(inherited_level, inherited) if is_own else "",
            "may_change": may_change,
            "change_label": self.env._("Change") if is_own or here == "company" else self.env._("Override"),
            "inherit_label": self.env._("Reset") if here == "company" else self.env._("Inherit again"),
            "note": setting.company_note if here == "company" else "",
            "editor": self._setting_editor(setting, value) if may_change else None,
            "exceptions": self._setting_exceptions(name),
        }

    def _setting_editor(self, setting, value=False):
        """What a person chooses from."""
        field = self.env["res.partner"]._fields[setting.client_field]
        editor = {"type": field.type, "none_label": setting.none_label, "value": value or False, "domain": []}
        if field.type == "many2one":
            model = self.env[field.comodel_name]
            _level, holder = self._setting_chain()[0]
            if "company_id" in model._fields:
                editor["domain"] = [("company_id", "in", (False, holder.env.company.id))]
            editor |= {"model": field.comodel_name, "value": value.id if value else False}
        elif field.type == "selection":
            editor["options"] = field._description_selection(self.env)
        elif field.type == "boolean":
            editor |= {"type": "selection", "value": bool(value)}
            editor["options"] = [(True, self.env._("Yes")), (False, self.env._("No"))]
        return editor

    @api.model
    def _setting_text(self, setting, value, level=""):
        """A value in words; what is set to nothing on purpose is called by its name."""
        field = self.env["res.partner"]._fields[setting.client_field]
        if field.type == "boolean" and level != "":
            return self.env._("Yes") if value else self.env._("No")
        if not value and level in ("client", "group"):
            return setting.none_label or self.env._("None")
        if not value:
            return setting.default_label or self.env._("Not set")
        if isinstance(value, models.BaseModel):
            return ", ".join(value.sudo().mapped("display_name"))  # a name that is shown, not a record to open
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return str(value)

    def _setting_level_label(self, level, value):
        if level == "client":
            return self.env._("This client")
        if level == "group":
            group_sudo = dict(self._setting_chain())["group"]
            return self.env._("Group %s", group_sudo.name)
        return self.env._("Company") if value else self.env._("Odoo's default")

    @api.model
    def _unpack_overrides(self, text):
        """:return: set of the names in a field ``setting_overrides``"""
        return set(filter(None, (text or "").split(",")))

    @api.model
    def _pack_overrides(self, names):
        """:return: names as a field ``setting_overrides`` keeps them, each between commas so that each can be found"""
        return f",{','.join(sorted(names))}," if names else False
