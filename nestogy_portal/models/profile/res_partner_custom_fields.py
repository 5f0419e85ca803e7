from datetime import date, datetime

from markupsafe import Markup
from pytz import UTC, timezone

from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date, format_datetime

MANY = ("choices", "tags")


class ResPartner(models.Model):
    """The custom fields that the people of a client see in the portal, and may fill in there."""

    _inherit = "res.partner"

    def _portal_custom_fields(self):
        """What this visitor sees: the fields of the client, and those of the person.

        A client's fields are edited by its primary contact, or by the client when it is a person; everybody edits
        those of himself.

        :return: list of dicts with ``partner_sudo``, ``is_own`` and ``sections``: headings with rows, see
            :meth:`_portal_field_row`
        """
        self.ensure_one()
        client_sudo = self._get_client().sudo()  # what is shown of it is chosen by the firm, field by field
        if not client_sudo:
            return []
        visitor_sudo = self.sudo()  # as above
        may_edit_client = visitor_sudo in (client_sudo, client_sudo.primary_contact_id)
        parts = [visitor_sudo._portal_custom_part(client_sudo, "client", may_edit_client)]
        if visitor_sudo != client_sudo:
            parts.append(visitor_sudo._portal_custom_part(visitor_sudo, "contact", True))
        return [part for part in parts if part["sections"]]

    def _portal_custom_part(self, partner_sudo, prefix, may_edit):
        shown = [field for field in partner_sudo._client_custom_fields() if field.portal != "none"]
        values = partner_sudo._client_field_values() if shown else {}
        sections = self.env["nestogy.custom.field"]._sections(shown)
        return {
            "partner_sudo": partner_sudo,
            "is_own": partner_sudo == self,
            "is_editable": may_edit and any(field.portal == "write" for field in shown),
            "sections": [
                (heading, [self._portal_field_row(field, values.get(field.key), prefix, may_edit) for field in members])
                for heading, members in sections.items()
            ],
        }

    def _portal_field_row(self, field, value, prefix, may_edit):
        """One field as a page needs it: ``text`` to read, ``value`` for an input."""
        return {
            "name": f"{prefix}_{field.key}",
            "field": field,
            "is_editable": may_edit and field.portal == "write",
            "text": self._portal_field_text(field, value),
            "value": self._portal_field_input(field, value),
            "error": "",
        }

    def _portal_field_text(self, field, value):
        if field.kind == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if value is None or value is False:
            return ""
        labels = dict(field.labels)
        if field.kind == "choice":
            return labels.get(value, "")
        if field.kind in MANY:
            return ", ".join(labels[key] for key in value if key in labels)
        if field.kind == "date":
            return format_date(self.env, date.fromisoformat(value))
        if field.kind == "datetime":
            return format_datetime(self.env, datetime.fromisoformat(value), tz=self.env.user.tz or "UTC")
        if field.kind == "monetary":
            return format_amount(self.env, value, self.env.company.currency_id)
        if field.kind == "link":
            # the name alone, of a record that staff chose to show
            return self.env[field.comodel].sudo().browse(value).exists().display_name or ""
        return str(value)

    def _portal_field_input(self, field, value):
        if field.kind in MANY:
            return value or []
        if value is None or value is False:
            return ""
        if field.kind == "datetime":
            local = UTC.localize(datetime.fromisoformat(value)).astimezone(timezone(self.env.user.tz or "UTC"))
            return local.strftime("%Y-%m-%dT%H:%M")
        return value if field.kind == "boolean" else str(value)

    def _portal_write_custom_fields(self, answers):
        """Take the answers of this visitor's form; all of them, or none if one is wrong.

        Only the fields that the visitor may edit are looked for. A box that was not ticked is not among the answers
        of a form, a text that is missing stays as it is.

        :param dict answers: list of texts by name of the input
        :return: the parts of :meth:`_portal_custom_fields`, with what was typed and an ``error`` where it was wrong;
            empty when all is saved
        """
        parts = self._portal_custom_fields()
        changes, is_wrong = [], False
        for part in parts:
            values = {}
            for row in (row for _heading, rows in part["sections"] for row in rows if row["is_editable"]):
                field, typed = row["field"], answers.get(row["name"])
                if typed is None and field.kind not in (*MANY, "boolean"):
                    continue
                text = ",".join(typed or ()) if field.kind in MANY else (typed or ["no"])[-1]
                try:
                    values[field.key] = self._parse_client_field(field, text)
                    if field.required and values[field.key] is False:
                        raise ValidationError(self.env._("Please fill in: %s", field.name))
                except ValidationError as error:
                    row["error"], is_wrong = error.args[0], True
                row["value"] = (typed or []) if field.kind in MANY else text
                if field.kind == "boolean":
                    row["value"] = text != "no"
            changes.append((part["partner_sudo"], values))
        if is_wrong:
            return parts
        for partner_sudo, values in changes:
            partner_sudo._portal_save_custom_fields(values, self)
        return []

    def _portal_save_custom_fields(self, values, visitor):
        """Write checked answers, and leave a note for staff of what changed."""
        before = self._client_field_values()
        changed = [
            field.name
            for field in self._client_custom_fields()
            if field.key in values and values[field.key] != (before.get(field.key) or False)
        ]
        if changed:
            self.write({"client_fields": values})
            self._message_log(
                body=Markup("<p>%s</p>") % self.env._("Changed in the portal: %s", ", ".join(changed)),
                author_id=visitor.id,
            )
