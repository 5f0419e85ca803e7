import logging
import time
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import hmac as keyed_digest
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.nestogy_clients.tools.custom_values import is_empty

from ...tools.form_values import count_links, digest_of
from ...tools.link_tokens import is_token, new_token, rate_key, short_address
from .nestogy_form_field import CUSTOM_WIDGETS, TARGETS

_logger = logging.getLogger(__name__)

STAMP = "nestogy_form"  # what the signature of a page is good for
STAMP_SECONDS = 24 * 3600  # how long a page may be open before it is sent
HOUR = 3600
TRAP = "homepage"  # the field that people do not see
BACK_SECONDS = 60  # a page that is shown again has been open that long


class Stamp(NamedTuple):
    """What a page of a form knows about itself, signed; without cookies, which browsers withhold from frames."""

    form_id: int
    time: int
    nonce: str
    origin: str  # of the website that shows the form; empty: the form's own page
    words: str  # digest of what was to be agreed to


class Outcome(NamedTuple):
    """What becomes of a sending, as far as the visitor is told.

    ``state`` is ``taken``, ``wrong`` (see ``errors``: sentences by key), ``stale`` (send it once more), ``often``
    (too many) or ``other`` (the key of another entry).
    """

    state: str
    errors: dict = {}


def read_signed(env, scope, text):
    """What we signed for a purpose; ``None`` for what is forged or too old.

    :param env: in sudo, for the key is the server's own secret
    """
    try:
        return verify_hash_signed(env, scope, text or "")
    except ValueError:
        return None


class NestogyForm(models.Model):
    """What a visitor sees of a form, and what he may send. All of it is called in sudo, for visitors have no rights."""

    _inherit = "nestogy.form"

    @api.model
    def _find(self, token):
        """The form of a token in sudo, if it takes entries; empty otherwise."""
        forms_sudo = self.sudo()  # visitors have no rights on forms; the token is what they show
        if not is_token(token):
            return forms_sudo.browse()  # empty
        form_sudo = forms_sudo.search([("token", "=", token)], limit=1)
        return form_sudo.with_company(form_sudo.company_id) if form_sudo else form_sudo

    def _brand(self):
        """How the form looks: like the portal of its company."""
        self.ensure_one()
        profiles = self.env["nestogy.portal.profile"]
        chain = self.portal_profile_id | profiles._company_brand_profile(self.company_id)
        return chain._make_brand(self.company_id)

    def _words(self):
        """What is to be agreed to: the texts of the two ticks, empty where there is none."""
        self.ensure_one()
        consent = "\n".join(filter(None, (self.consent_text, self.consent_text and self.privacy_url)))
        marketing = (self.marketing_text or self.company_id._marketing_consent_text()) if self.has_marketing else ""
        return consent, marketing

    def _shown_fields(self):
        """The fields that are asked for: those of archived custom fields are left out."""
        return self.field_ids.filtered(lambda field: field.target != "custom" or field._custom_field())

    def _page_rows(self, answers=None, errors=None):
        """What a page needs of each field.

        :param dict answers: list of texts by key, as they were typed
        :param dict errors: sentences by key
        """
        answers, errors = answers or {}, errors or {}
        rows = []
        for field in self._shown_fields():
            key, target, custom = field._key(), TARGETS.get(field.target), field._custom_field()
            typed = answers.get(key) or []
            widget = target.widget if target else CUSTOM_WIDGETS[custom.kind]
            limit = target.limit if target else 10_000 if widget == "textarea" else 500
            help_text, error = field.help or (custom.help if custom else ""), errors.get(key, "")
            described = [f"h_{key}"] * bool(help_text) + [f"e_{key}"] * bool(error)
            rows.append(
                {
                    "key": key,
                    "label": field._shown_label(),
                    "placeholder": field.placeholder or "",
                    "help": help_text,
                    "widget": widget,
                    "autocomplete": target.autocomplete if target else "",
                    "limit": limit,
                    "step": "any" if custom and custom.kind in ("float", "monetary") else "1",
                    "is_required": field.is_required,
                    "is_half": field.is_half and widget not in ("textarea", "checkboxes"),
                    "options": field._options() if widget in ("select", "checkboxes") else [],
                    "typed": typed,
                    "value": typed[-1] if typed else "",
                    "error": error,
                    "described": " ".join(described) or None,
                }
            )
        return rows

    # ------------------------------------------------------------------
    # The stamp of a page
    # ------------------------------------------------------------------

    def _make_stamp(self, origin="", former=None):
        """Sign when a page is handed out, and to whom.

        :param Stamp former: of the page that is shown again
        """
        now = int(time.time())
        stamp = Stamp(
            form_id=self.id,
            time=min(former.time, now - BACK_SECONDS) if former else now,
            nonce=former.nonce if former else new_token(),
            origin=former.origin if former else origin,
            words=digest_of(*self._words()),
        )
        if former and now - stamp.time > STAMP_SECONDS:
            stamp = stamp._replace(time=now - BACK_SECONDS)
        return hash_sign(self.sudo().env, STAMP, list(stamp))  # the key is the server's own secret

    def _read_stamp(self, text):
        """The stamp of a page of this form, whatever its age; ``None`` for what we did not sign."""
        values = read_signed(self.sudo().env, STAMP, text)  # as above
        stamp = Stamp(*values) if values else None
        return stamp if stamp and stamp.form_id == self.id else None

    # ------------------------------------------------------------------
    # What is sent
    # ------------------------------------------------------------------

    def _take_page(self, answers, stamp, **about):
        """Take what was sent from a page of ours.

        :param dict answers: list of texts by name of the input
        :param Stamp stamp: of the page, if it had a good one
        :param about: ``ip``, ``is_human``
        :return: :class:`Outcome`
        """
        values, errors = self._read_answers(answers)
        consent, marketing = self._words()
        if consent and not answers.get("consent"):
            errors["consent"] = self.env._("Please tick this, or we may not answer you.")
        elif stamp and stamp.words != digest_of(consent, marketing):
            errors["consent"] = self.env._("This text has changed. Please read it again, and send once more.")
        if errors:
            return Outcome("wrong", errors)
        age = int(time.time()) - stamp.time if stamp else 0
        if not stamp or age > STAMP_SECONDS:
            return Outcome("stale")
        has_marketing = bool(marketing and answers.get("marketing"))
        content = digest_of(values, has_marketing)
        return self._store(
            values,
            key=digest_of(stamp.nonce, content),
            content=content,
            origin=stamp.origin,
            has_marketing=has_marketing,
            is_trapped=any(answers.get(TRAP, ())),
            is_fast=age < self.least_seconds,
            **about,
        )

    def _take_program(self, answers, key="", origin="", **about):
        """Take what a program sent.

        :param dict answers: list of texts by key of the field
        :param str key: its own, by which it repeats an entry that it is not sure of
        :return: :class:`Outcome`
        """
        known = {field._key() for field in self._shown_fields()} | {"consent", "marketing", TRAP}
        values, errors = self._read_answers(answers)
        errors |= {name[:100]: self.env._("This form has no field of this name.") for name in answers.keys() - known}
        consent, marketing = self._words()
        has_marketing = bool(marketing) and self._is_yes(answers.get("marketing"))
        if consent and not self._is_yes(answers.get("consent")):
            errors["consent"] = self.env._("Agreeing is required: %s", consent)
        if errors:
            return Outcome("wrong", errors)
        return self._store(
            values,
            key=digest_of("program", key) if key else False,
            content=digest_of(values, has_marketing),
            origin=origin,
            has_marketing=has_marketing,
            is_trapped=any(answers.get(TRAP, ())),
            is_fast=False,
            **about,
        )

    @staticmethod
    def _is_yes(texts):
        return bool(texts) and texts[-1].strip().lower() in ("yes", "true", "1", "on")

    def _read_answers(self, answers):
        """Understand what was typed, field by field.

        :return: tuple of the values by key, and of sentences by key about what is wrong
        """
        values, errors = {}, {}
        country = self.env["res.country"]
        # a phone number is meant in the country that was chosen
        for field in self._shown_fields().sorted(lambda each: each.target != "country"):
            key = field._key()
            try:
                value = field._clean_answer(answers.get(key) or [], country)
            except ValidationError as error:
                errors[key] = error.args[0]
                continue
            if field.target == "country" and value:
                country = country.browse(value)
            if not is_empty(value):
                values[key] = value
            elif field.is_required:
                errors[key] = self.env._("Please fill in: %s", field._shown_label())
        if not errors and not values.get("email") and not values.get("phone"):
            keys = [field._key() for field in self._shown_fields() if field.target in ("email", "phone")]
            if keys:
                errors[keys[0]] = self.env._("Tell us how to reach you: an e-mail address or a phone number.")
        return values, errors

    def _store(self, values, *, key, content, origin, has_marketing, is_trapped, is_fast, ip, is_human):
        """Keep an entry; what becomes of it is decided later, so that nobody can tell from the time it takes."""
        entries = self.env["nestogy.form.entry"]
        if key and (found := entries.search([("form_id", "=", self.id), ("key", "=", key)], limit=1)):
            return Outcome("taken" if found.content == content else "other")
        attempts = self.env["nestogy.portal.attempt"]
        if attempts._exceeds(f"form {self.id}", ip, self.address_limit, HOUR):
            return Outcome("often")
        if attempts._exceeds("form", f"form {self.id}", self.hour_limit, HOUR):
            _logger.warning("The website form %s takes no more than %s entries an hour", self.id, self.hour_limit)
            return Outcome("often")
        result, reason = "waiting", False
        texts = [value for name, value in values.items() if isinstance(value, str) and name != "website"]
        if is_trapped or is_fast:
            result, reason = "spam", "trap" if is_trapped else "fast"
        elif not is_human:
            result, reason = "held", "captcha"
        else:
            if count_links(texts) > self.link_limit:
                result, reason = "held", "links"
            if self.needs_confirmation:
                if attempts._exceeds_asks(values["email"], ip):
                    return Outcome("often")
                result = "unconfirmed"
        consent, marketing = self._words()
        prepared = entries._prepare_values(self, values) | {
            "key": key,
            "content": content,
            "origin": origin,
            "lang": self.env.lang,
            "result": result,
            "reason": reason,
            "ip_digest": keyed_digest(self.env, "nestogy_form_ip", rate_key(ip))[:16],
            "consent_text": consent,
            "marketing_text": marketing if has_marketing else False,
        }
        if self.needs_confirmation:
            until = fields.Datetime.add(fields.Datetime.now(), hours=self.confirm_hours)
            prepared |= {"confirm_until": until, "sent_from": short_address(ip)}
        try:
            with self.env.cr.savepoint():
                entries.create(prepared)
        except psycopg2.errors.UniqueViolation:  # the same, sent at the same moment
            return Outcome("taken")
        if result in ("waiting", "unconfirmed"):
            self.env.ref("nestogy_portal.ir_cron_form_entries")._trigger()
        return Outcome("taken")
