from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

from odoo.addons.nestogy_clients.tools.phones import PhoneError, parse_phone

from ...tools.form_values import clean_line, clean_text, is_site
from .nestogy_form_field import TARGETS

MANY = ("choices", "tags")
LEAST_DIGITS = 5  # of a phone number


class NestogyFormField(models.Model):
    """How an answer is understood; what is wrong with it is said in a sentence for the visitor."""

    _inherit = "nestogy.form.field"

    def _options(self):
        """Pairs of value and label of what can be chosen."""
        if self.target == "country":
            return [(country.code, country.name) for country in self.env["res.country"].search([("code", "!=", False)])]
        if self.target == "industry":
            return [(str(each.id), each.name) for each in self.env["res.partner.industry"].search([])]
        if self.target == "company_size":
            return self.env["res.partner"]._fields["company_size"]._description_selection(self.env)
        return list(self._custom_field().labels)

    def _clean_answer(self, texts, country):
        """The value of an answer.

        :param list texts: as they were typed
        :param res.country country: in which a phone number is meant
        :return: a value for JSON; ``False`` for none
        :raise ValidationError: what is wrong with it
        """
        if custom := self._custom_field():
            text = ",".join(texts) if custom.kind in MANY else (texts or [""])[-1]
            if custom.kind == "datetime":
                text = text.replace("T", " ")
            try:
                return self.env["res.partner"]._parse_client_field(custom, text)
            except ValidationError as error:  # the page shows it below the label
                raise ValidationError(error.args[0].removeprefix(f"{custom.name}: ")) from error
        target = TARGETS[self.target]
        raw = (texts or [""])[-1]
        text = clean_text(raw) if target.widget == "textarea" else clean_line(raw)
        if len(text) > target.limit:
            raise ValidationError(self.env._("Write at most %s characters.", target.limit))
        if not text:
            return False
        cleaner = getattr(self, f"_clean_{self.target}", None)
        return cleaner(text, country) if cleaner else text

    def _clean_email(self, text, _country):
        address = email_normalize(text)
        if not address or "." not in address.rpartition("@")[2]:
            raise ValidationError(self.env._("Type one e-mail address, such as name@company.com."))
        return address

    def _clean_phone(self, text, country):
        country = country or self.form_id.company_id.country_id
        try:
            parsed = parse_phone(text, country.code)
        except PhoneError as error:
            message = self.env["nestogy.phone.number"]._phone_error_message(error, text)
            raise ValidationError(message) from error
        if len(parsed["digits"]) < LEAST_DIGITS:
            raise ValidationError(self.env._("This is too short for a phone number; write it with its area code."))
        return f"{parsed['number']} x{parsed['extension']}" if parsed["extension"] else parsed["number"]

    def _clean_website(self, text, _country):
        if not is_site(text):
            raise ValidationError(self.env._("This is not the address of a website; write it like www.company.com."))
        return text

    def _clean_country(self, text, _country):
        country = self.env["res.country"].search([("code", "=", text.upper())], limit=1)
        if not country:
            raise ValidationError(self.env._("Choose a country of the list, or send its code of two letters."))
        return country.id

    def _clean_industry(self, text, _country):
        industries = self.env["res.partner.industry"].search([])
        found = industries.filtered(lambda each: text in (str(each.id), each.name))[:1]
        if not found:
            raise ValidationError(self.env._("“%s” is not one of the options.", text[:40]))
        return found.id

    def _clean_company_size(self, text, _country):
        for value, label in self._options():
            if text in (value, label):
                return value
        raise ValidationError(self.env._("“%s” is not one of the options.", text[:40]))

    def _answer_text(self, value):
        """A value as people read it."""
        if custom := self._custom_field():
            return self.env["res.partner"]._portal_field_text(custom, value)
        if self.target == "country":
            return self.env["res.country"].browse(value).name
        if self.target == "industry":
            return self.env["res.partner.industry"].browse(value).name
        if self.target == "company_size":
            return dict(self._options()).get(value, value)
        return value
