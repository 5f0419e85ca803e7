from odoo import models
from odoo.tools import SQL, format_date, format_datetime, html2plaintext, is_html_empty

from ...tools.custom_values import is_empty

MOST_TEXT = 120  # characters of a value that are shown
# fields that are chosen together, under the first one's name
TOGETHER = {
    "name": ("name", "name_title", "first_name", "last_name"),
    "street": ("street", "street2", "zip", "city", "state_id", "country_id", "partner_latitude", "partner_longitude"),
    "email": ("email", "bounced_at", "bounce_reason", "message_bounce"),
    "credit_status": ("credit_status", "credit_status_reason"),
    "tax_exempt": ("tax_exempt", "tax_exempt_reason", "tax_exempt_until"),
    "tax_certificate_name": ("tax_certificate_name", "tax_certificate"),
    "peppol_endpoint": ("peppol_endpoint", "peppol_eas"),
}
# what goes with a value and says nothing without it
UNSAID = {"partner_latitude", "partner_longitude", "message_bounce", "bounce_reason", "bounced_at", "peppol_eas"}
# what the kept one always keeps of its own: what it is, where it hangs, and what the machine works out
OWN = {
    *("id", "active", "parent_id", "company_id", "type", "is_company", "merged_into_id", "commercial_partner_id"),
    *("create_uid", "create_date", "write_uid", "write_date", "color", "employee", "signup_type", "use_own_address"),
    *("calendar_last_notif_ack", "customer_rank", "supplier_rank", "setting_overrides", "statement_result"),
    *("engagement_data", "engagement_override", "engagement_override_by_id", "engagement_override_reason"),
    *("engagement_override_until", "engagement_touched_at", "engagement_level", "engagement_computed"),
    *("engagement_score", "engagement_trend", "engagement_fell_on", "quality_score", "primary_contact_id"),
    *("client_since", "image_128", "image_256", "image_512", "image_1024", "company_name", "phone_sanitized"),
}
BOTH = {"comment", "office_notes"}  # texts of which both can be kept


class NestogyClientMerge(models.Model):
    """Whose value wins, field by field."""

    _inherit = "nestogy.client.merge"

    def _compare(self):
        """All stored fields in which the records differ, with a sensible choice.

        :return: dict for the screen: ``partners`` and ``rows``; a row has the ``name`` of the field, its ``label``,
            the ``values`` as texts in the order of the partners, the id that is ``picked`` (or ``both``), and
            whether both may be kept
        """
        partners = self.target_id._origin | self.partner_ids._origin
        return {
            "partners": [
                {
                    "id": partner.id,
                    "name": partner.display_name,
                    "details": " · ".join(filter(None, (partner.client_number, partner.email, partner.phone))),
                    "since": format_date(self.env, partner.create_date),
                }
                for partner in partners
            ],
            "rows": [row for row in self._compare_rows(partners) if row["is_shown"]],
        }

    def _compare_rows(self, partners):
        """The fields in which partners differ; the first partner is the one that is kept."""
        rows = []
        labels = {"street": self.env._("Address"), "user_id": self.env._("Account Manager")}
        hidden = {name for names in TOGETHER.values() for name in names[1:]} | OWN
        # values that the user may not see are merged too, unseen
        partners_sudo = partners.sudo()
        for name, field in partners._fields.items():
            if name in hidden or not self._is_chosen(field):
                continue
            names = [each for each in TOGETHER.get(name, (name,)) if each in partners._fields]
            values = [tuple(partner[each] for each in names) for partner in partners_sudo]
            if len({self._comparable(value) for value in values}) < 2:
                continue
            texts = [self._text_of(partner, names) for partner in partners_sudo]
            filled = [partner.id for partner, text in zip(partners, texts, strict=True) if text]
            if not filled:
                continue  # they differ in what goes with the value alone
            may_join = name in BOTH and len(filled) > 1
            rows.append(
                {
                    "name": name,
                    "label": labels.get(name) or field._description_string(self.env),
                    "values": texts,
                    "images": [
                        f"/web/image/res.partner/{partner.id}/image_128" if partner[name] else ""
                        for partner in partners_sudo
                    ]
                    if field.type == "binary" and name == "image_1920"
                    else [],
                    "picked": "both" if may_join else filled[0],
                    "may_join": may_join,
                    "is_shown": all(partners._has_field_access(partners._fields[each], "read") for each in names),
                }
            )
        rows += self._compare_custom(partners)
        # what somebody has to decide comes first
        return sorted(rows, key=lambda row: len(list(filter(None, row["values"]))) < 2)

    def _compare_custom(self, partners):
        """The same for the fields that the firm defined."""
        # as above: what is hidden from the user is merged too
        values = [partner_sudo._client_field_values() for partner_sudo in partners.sudo()]
        known_sudo = self.env["nestogy.custom.field"].sudo()  # names of fields
        labels = {field.key: field.name for field in known_sudo.with_context(active_test=False).search([])}
        catalogue = {field.key: field for field in known_sudo._catalogue()}
        rows = []
        for key in dict.fromkeys(key for each in values for key in each):
            each = [value.get(key) for value in values]
            if len({repr(value) for value in each if not is_empty(value)}) + any(map(is_empty, each)) < 2:
                continue
            filled = [partner.id for partner, value in zip(partners, each, strict=True) if not is_empty(value)]
            rows.append(
                {
                    "name": f"client_fields.{key}",
                    "label": labels.get(key, key),
                    "values": [self._custom_text(catalogue.get(key), value)[:MOST_TEXT] for value in each],
                    "images": [],
                    "picked": filled[0],
                    "may_join": False,
                    "is_shown": key in labels,
                }
            )
        return rows

    def _custom_text(self, field, value):
        """A value of a custom field as people read it."""
        if is_empty(value):
            return ""
        if isinstance(value, (list, tuple)):
            return ", ".join(self._custom_text(field, each) for each in value)
        if field and field.kind == "link":
            return self.env[field.comodel].browse(value).exists().display_name or ""
        if value is True:
            return self.env._("Yes")
        options = {key: label for key, label, *_rest in field.options or ()} if field else {}
        return str(options.get(value, value))

    def _is_chosen(self, field):
        """Whether a field is one that people or imports fill."""
        if not field.store or field.related or field.type in ("one2many", "many2many", "properties", "json"):
            return False  # rows of tags and the like move as a whole
        return not field.compute or not field.readonly

    def _comparable(self, value):
        return repr([each.ids if isinstance(each, models.BaseModel) else str(each or "") for each in value])

    def _text_of(self, partner, names):
        """A value, or those of several fields, as people read it."""
        texts = []
        for name in names:
            field, value = partner._fields[name], partner[name]
            if name in UNSAID or not value:
                continue
            if field.relational:
                text = ", ".join(value.mapped("display_name"))
            elif field.type == "selection":
                text = dict(field._description_selection(self.env)).get(value, value)
            elif field.type == "boolean":
                text = self.env._("Yes")
            elif field.type == "binary":
                text = self.env._("A file")
            elif field.type == "html":
                text = "" if is_html_empty(value) else html2plaintext(value)
            elif field.type == "date":
                text = format_date(self.env, value)
            elif field.type == "datetime":
                text = format_datetime(self.env, value)
            else:
                text = str(value)
            texts.append(" ".join(str(text).split()))
        return ", ".join(filter(None, dict.fromkeys(texts)))[:MOST_TEXT]

    # ------------------------------------------------------------------
    # Writing the choice
    # ------------------------------------------------------------------

    def _take_values(self, kept_sudo, sources_sudo):
        """Give the kept one the values that were chosen; called in sudo.

        Through the ORM, so that checks are made and changes are seen in its chatter.
        """
        partners = kept_sudo | sources_sudo
        choices = self.choices or {}
        values, custom, taken = {}, kept_sudo._client_field_values(), []
        status = number_of = image_of = None
        for row in self._compare_rows(partners):
            name, picked = row["name"], choices.get(row["name"], row["picked"])
            if picked == "both" and not row["may_join"]:
                picked = row["picked"]
            if picked == kept_sudo.id:
                continue
            giver = kept_sudo.browse(picked) if picked != "both" else kept_sudo
            if name.startswith("client_fields."):
                key = name.removeprefix("client_fields.")
                custom[key] = giver._client_field_values().get(key)
            elif picked == "both":
                values[name] = self._joined_text(partners, name)
            elif name == "client_number":
                number_of = giver
            elif name == "client_status_id":
                status = giver.client_status_id
            elif name == "image_1920":
                image_of = giver
            else:
                for each in TOGETHER.get(name, (name,)):
                    if each in kept_sudo._fields:
                        values[each] = kept_sudo._fields[each].convert_to_write(giver[each], giver)
            source = partners if picked == "both" else giver
            taken.append({"label": row["label"], "source_name": ", ".join(one.name or "?" for one in source)})
        self._write_values(kept_sudo, sources_sudo, values, custom, status)
        if number_of:
            self._exchange_numbers(kept_sudo, number_of)
        if image_of:
            self._exchange_images(kept_sudo, image_of)
        self._fill_other_companies(kept_sudo, sources_sudo)
        self.env["nestogy.client.merge.line"].create(
            [{"merge_id": self.id, "kind": "field", "row_count": 1, **line} for line in taken]
        )

    def _write_values(self, kept_sudo, sources_sudo, values, custom, status):
        """Write what was chosen, and what follows from all of them: since when, and how much business."""
        partners = kept_sudo | sources_sudo
        since = min(filter(None, partners.mapped("client_since")), default=None)
        if since and since != kept_sudo.client_since:
            values["client_since"] = since
        for rank in ("customer_rank", "supplier_rank"):
            values[rank] = sum(partners.mapped(rank))
        kept_sudo.write(values)
        if custom != kept_sudo._client_field_values():
            kept_sudo._client_fields_take(custom)
        if status and status != kept_sudo.client_status_id:
            kept_sudo._set_client_status(status, self.env._("Merged with %s.", ", ".join(sources_sudo.mapped("name"))))
        self.env.flush_all()

    def _joined_text(self, partners, name):
        """The texts of all that have one, one under the other."""
        field = partners._fields[name]
        texts = [partner[name] for partner in partners if partner[name] and str(partner[name]).strip()]
        texts = list(dict.fromkeys(texts))
        if field.type == "html":
            texts = [text for text in texts if not is_html_empty(text)]
            return texts[0].__class__("").join(texts) if texts else False
        return "\n\n".join(texts)

    def _exchange_numbers(self, kept, other):
        """Swap two Client IDs, so that both stay reserved; a unique key is in the way of one after the other."""
        numbers = (kept.client_number or None, other.client_number or None)
        for partner, number in ((kept, None), (other, numbers[0]), (kept, numbers[1])):
            self.env.cr.execute("UPDATE res_partner SET client_number = %s WHERE id = %s", [number, partner.id])
        (kept | other).invalidate_recordset(["client_number"], flush=False)

    def _exchange_images(self, kept, other):
        """Swap the pictures: the files change places, none is written over."""
        moved = self.env.execute_query(
            SQL(
                """
                UPDATE ir_attachment SET res_id = CASE WHEN res_id = %(kept)s THEN %(other)s ELSE %(kept)s END
                 WHERE res_model = 'res.partner' AND res_id IN (%(kept)s, %(other)s)
                   AND res_field IN ('image_1920', 'image_1024', 'image_512', 'image_256', 'image_128')
             RETURNING id, res_id
                """,
                kept=kept.id,
                other=other.id,
            )
        )
        self.env["nestogy.client.merge.line"].create(
            [
                {
                    "merge_id": self.id,
                    "kind": "change",
                    "label": kept._fields["image_1920"]._description_string(self.env),
                    "source_name": other.name,
                    "row_count": len(keys),
                    "table_name": "ir_attachment",
                    "column_name": "res_id",
                    "key_name": "id",
                    "old_value": str(old),
                    "new_value": str(new),
                    "row_ids": keys,
                }
                for old, new in ((kept.id, other.id), (other.id, kept.id))
                if (keys := [key for key, res_id in moved if res_id == new])
            ]
        )
        self.env.invalidate_all(flush=False)

    def _fill_other_companies(self, kept, sources):
        """Values of other companies are filled where the kept one has none; SQL, for it sees all companies at once."""
        here = str(self.env.company.id)
        for name, field in kept._fields.items():
            if not field.company_dependent or not field.store or name == "statement_result":
                continue
            self.env.cr.execute(
                SQL(
                    """
                    WITH given AS (
                        SELECT jsonb_object_agg(
                                   key, value ORDER BY array_position(%(sources)s, source.id) DESC) AS value
                          FROM res_partner source, jsonb_each(source.%(column)s)
                         WHERE source.id = ANY(%(sources)s) AND key <> %(here)s
                    )
                    UPDATE res_partner kept SET %(column)s = given.value || COALESCE(kept.%(column)s, '{}')
                      FROM given
                     WHERE kept.id = %(kept)s AND given.value IS NOT NULL
                       AND given.value || COALESCE(kept.%(column)s, '{}') IS DISTINCT FROM kept.%(column)s
                    """,
                    sources=sources.ids,
                    column=SQL.identifier(name),
                    here=here,
                    kept=kept.id,
                )
            )
        kept.invalidate_recordset(flush=False)
