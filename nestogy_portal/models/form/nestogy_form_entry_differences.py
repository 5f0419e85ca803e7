from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.nestogy_clients.tools.phones import PhoneError, parse_phone

from .nestogy_form_entry import ADDRESS, AGENT


class Difference(NamedTuple):
    """One answer that is not what is on record."""

    key: str  # of the question
    label: str
    partner: models.Model  # whose it is
    sent: str  # as people read it
    known: str  # on record, as people read it; may be empty
    values: dict  # to write, if it is taken over


class NestogyFormEntry(models.Model):
    """Where somebody known told us something else than what is on record.

    By itself that is never overwritten: a colleague takes over what is right, with his own rights.
    """

    _inherit = "nestogy.form.entry"

    differences = fields.Html(compute="_compute_differences", sanitize=False)

    @api.depends("values", "contact_id", "client_id")
    def _compute_differences(self):
        for entry in self:
            rows = entry._different_rows()
            entry.differences = (
                self.env["ir.qweb"]._render("nestogy_portal.form_entry_answers", {"rows": rows, "known": True})
                if rows
                else False
            )

    def _different_rows(self):
        """List of label, what was sent, and what is on record."""
        return [[each.label, each.sent, each.known] for each in self._differences()]

    def _differences(self):
        """What differs of the answers of somebody who is known.

        :return: list of :class:`Difference`
        """
        self.ensure_one()
        client, contact = self.client_id, self.contact_id or self.client_id
        if self.result != "added" or not client:
            return []
        values = self.values or {}
        found = []
        texts = [
            ("function", contact, contact.function),
            ("email", contact, contact.email or client.email),
            ("website", client, client.website),
            *((name, client, client[name]) for name in ADDRESS[:-1]),
        ]
        if client.is_company:
            texts.insert(0, ("company", client, client.name))
        if not contact.is_company and contact.name != contact.email:
            # one name of two is not taken for the whole
            parts = ("name",) if "name" in values else ("first_name", "last_name")
            texts[:0] = [(name, contact, contact[name]) for name in parts]
        for key, partner, known in texts:
            sent = values.get(key)
            if sent and self._plain(sent) != self._plain(known):
                name = "name" if key == "company" else key
                label = self._fields["company_name"] if key == "company" else partner._fields[key]
                found.append(
                    Difference(key, label._description_string(self.env), partner, sent, known or "", {name: sent})
                )
        return [*found, *self._different_phone(contact, client), *self._different_choices(client)]

    def _different_phone(self, contact, client):
        sent = (self.values or {}).get("phone")
        if not sent or self._has_phone(contact | client, sent):
            return []
        # it becomes the first one; those that are there stay
        first = min(contact.phone_number_ids.mapped("sequence"), default=10) - 1
        number = Command.create({"number": sent, "sequence": first})
        label = contact._fields["phone"]._description_string(self.env)
        known = contact.phone or client.phone or ""
        return [Difference("phone", label, contact, sent, known, {"phone_number_ids": [number]})]

    def _different_choices(self, client):
        """What was chosen of a list, and what is asked for by custom fields."""
        values, known, found = self.values or {}, client._client_field_values(), []
        for field in self.form_id._shown_fields():
            sent = values.get(field._key())
            if not sent:
                continue
            custom = field._custom_field()
            if custom:
                current = known.get(custom.key)
                if custom not in client._client_custom_fields():
                    continue
                to_write = {"client_fields": {custom.key: sent}}
            elif field.target in ("country", "industry"):
                current, to_write = client[f"{field.target}_id"].id, {f"{field.target}_id": sent}
            elif field.target == "company_size":
                current, to_write = client.company_size, {"company_size": sent}
            else:
                continue
            if sent != current:
                was = field._answer_text(current) if current else ""
                found.append(
                    Difference(field._key(), field._shown_label(), client, field._answer_text(sent), was, to_write)
                )
        return found

    @staticmethod
    def _plain(text):
        text = " ".join(str(text or "").lower().split())
        return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")

    @api.model
    def _has_phone(self, partners, text):
        digits = self._digits(text, self.env.company)
        # whoever sees the entry sees the client
        return bool(digits) and digits in partners.sudo().phone_number_ids.mapped("digits")

    @api.model
    def _digits(self, text, company):
        try:
            return parse_phone(text, company.country_id.code)["digits"]
        except PhoneError:
            return ""

    # ------------------------------------------------------------------
    # Taking over
    # ------------------------------------------------------------------

    def action_take_over(self):
        """Ask what of it is right."""
        self.ensure_one()
        self._check_may_take_over()
        takeover = self.env["nestogy.form.takeover"].create({"entry_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take Over"),
            "res_model": takeover._name,
            "res_id": takeover.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _check_may_take_over(self):
        if not self.env.user.has_group(AGENT):
            raise AccessError(self.env._("Agents of the Clients app take over what people sent."))
        self.check_access("read")

    def _take_over(self, keys):
        """Write what somebody sent on record, with the rights of whoever says so.

        :param keys: of the differences that are right
        """
        self.ensure_one()
        self._check_may_take_over()
        taken = [each for each in self._differences() if each.key in keys]
        for partner, theirs in self._by_partner(taken).items():
            former = partner.email
            partner.write(theirs)
            if "email" in theirs:
                partner._follow_new_email(former)
        if taken:
            lines = Markup("").join(
                Markup("<li>%s</li>")
                % self.env._(
                    "%(label)s: %(known)s → %(sent)s", label=each.label, known=each.known or "–", sent=each.sent
                )
                for each in taken
            )
            title = self.env._("Taken over from the website form %(form)s:", form=self.form_id.name)
            self.client_id._message_log(body=Markup("<p>%s</p><ul>%s</ul>") % (title, lines))
        return taken

    @staticmethod
    def _by_partner(taken):
        values = {}
        for each in taken:
            theirs = values.setdefault(each.partner, {})
            for name, value in each.values.items():
                theirs[name] = theirs.get(name, {}) | value if isinstance(value, dict) else value
        return values
