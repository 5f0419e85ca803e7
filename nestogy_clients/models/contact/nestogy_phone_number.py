from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.phones import NUMBER_LIMIT, PhoneError, parse_phone


class NestogyPhoneNumber(models.Model):
    """One telephone or fax number of a client or a contact.

    The first number that is no fax is the partner's ``phone``, in both directions; the first fax is its ``fax``.
    """

    _name = "nestogy.phone.number"
    _description = "Phone Number"
    _order = "sequence, id"
    _rec_name = "number"

    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    client_id = fields.Many2one(related="partner_id.commercial_partner_id", string="Client", store=True, index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("phone", "Phone"), ("mobile", "Mobile"), ("fax", "Fax")], string="Type", required=True, default="phone"
    )
    location = fields.Selection([("work", "Work"), ("home", "Home"), ("other", "Other")], required=True, default="work")
    number = fields.Char(required=True, help="Any spelling; the country of the partner says how it is meant.")
    extension = fields.Char()
    national = fields.Char(string="National Spelling", compute="_compute_parsed", store=True)
    digits = fields.Char(compute="_compute_parsed", store=True, index="trigram")
    is_valid = fields.Boolean(compute="_compute_parsed", store=True)
    warning = fields.Char(compute="_compute_warning")

    @api.depends("number", "partner_id.country_id")
    def _compute_parsed(self):
        for phone in self:
            try:
                parsed = parse_phone(phone.number, phone.partner_id._phone_country().code)
            except PhoneError:
                parsed = {"national": phone.number, "digits": "", "is_valid": False}
            phone.national, phone.digits, phone.is_valid = parsed["national"], parsed["digits"], parsed["is_valid"]

    @api.depends("digits", "is_valid")
    def _compute_warning(self):
        """Say that a number looks wrong, or that somebody else has it too; one query for all."""
        digits = [phone.digits for phone in self if phone.digits]
        owners = {}
        if digits:
            for phone in self.search([("digits", "in", digits), ("kind", "!=", "fax")]):
                owners.setdefault(phone.digits, self.browse())
                owners[phone.digits] |= phone
        for phone in self:
            others = owners.get(phone.digits, self.browse()).filtered(
                lambda other, phone=phone: other.client_id != phone.client_id
            )
            if phone.digits and not phone.is_valid:
                phone.warning = self.env._("No such number is known; check the country and the digits.")
            elif others and phone.kind != "fax":
                phone.warning = self.env._(
                    "Also the number of %s.", ", ".join(others.partner_id.mapped("display_name"))
                )
            else:
                phone.warning = False

    @api.constrains("extension")
    def _check_extension(self):
        for phone in self:
            if phone.extension and (not phone.extension.isdigit() or len(phone.extension) > 8):
                raise ValidationError(self.env._("An extension has one to eight digits, not “%s”.", phone.extension))

    @api.model_create_multi
    def create(self, vals_list):
        phones = super().create([self._spelled(vals) for vals in vals_list])
        phones._sync_to_partner()
        return phones

    def write(self, vals):
        former = self.partner_id
        if "number" in vals:
            for phone in self:
                super(NestogyPhoneNumber, phone).write(phone._spelled(vals))
        else:
            super().write(vals)
        self._sync_to_partner(former)
        return True

    def unlink(self):
        former = self.partner_id
        result = super().unlink()
        self.browse()._sync_to_partner(former)
        return result

    def _spelled(self, vals):
        """Bring a typed number into the international spelling and take the extension out of it.

        :raise ValidationError: it is no number
        """
        if "number" not in vals:
            return vals
        partner = self.env["res.partner"].browse(vals.get("partner_id")) or self.partner_id
        try:
            parsed = parse_phone(vals["number"], partner._phone_country().code)
        except PhoneError as error:
            raise ValidationError(self._phone_error_message(error, vals["number"])) from error
        spelled = vals | {"number": parsed["number"]}
        if parsed["extension"]:
            spelled["extension"] = parsed["extension"]
        return spelled

    @api.model
    def _phone_error_message(self, error, text):
        if error.kind == "long":
            return self.env._("A phone number has at most %s characters.", NUMBER_LIMIT)
        if error.kind == "letters":
            return self.env._("“%s” is no phone number: write digits, blanks and + ( ) - . / only.", text)
        return self.env._("Write a phone number.")

    def _text(self):
        """The number as Odoo's own ``phone`` holds it, empty for no number."""
        if not self:
            return ""
        return f"{self.number} ext. {self.extension}" if self.extension else self.number

    def _sync_to_partner(self, former=None):
        """Let the partners' ``phone`` be their first number that is no fax."""
        if self.env.context.get("phone_from_partner"):
            return
        for partner in self.partner_id | (former or self.env["res.partner"]).exists():
            text = partner._main_phone_number()._text()
            if (partner.phone or "") != text:
                partner.with_context(phone_from_numbers=True).phone = text or False
