from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.phones import PhoneError, parse_phone, search_digits


class ResPartner(models.Model):
    """Any number of phone numbers; Odoo's own ``phone`` is the first of them."""

    _inherit = "res.partner"

    phone_number_ids = fields.One2many(
        "nestogy.phone.number", "partner_id", string="Phone Numbers", groups="base.group_user"
    )
    fax = fields.Char(compute="_compute_fax", groups="base.group_user", help="The first fax number.")
    any_phone = fields.Char(
        string="Phone Digits",
        compute="_compute_any_phone",
        search="_search_any_phone",
        groups="base.group_user",
        help="Finds a number of the client or its contacts by any spelling or its last digits.",
    )

    @api.depends("phone_number_ids.number", "phone_number_ids.kind", "phone_number_ids.sequence")
    def _compute_fax(self):
        for partner in self:
            partner.fax = partner.phone_number_ids.sorted().filtered(lambda phone: phone.kind == "fax")[:1].number

    @api.depends("phone")
    def _compute_any_phone(self):
        for partner in self:
            partner.any_phone = partner.phone

    def _search_any_phone(self, operator, value):
        if operator not in ("ilike", "like", "=", "in"):
            return NotImplemented
        texts = [value] if isinstance(value, str) else list(value)
        digits = [each for each in map(search_digits, texts) if each]
        if not digits:
            return Domain.FALSE
        phones = Domain.OR(Domain("digits", "ilike", each) for each in digits)
        return Domain("phone_number_ids", "any", phones) | Domain("child_ids.phone_number_ids", "any", phones)

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._phone_to_numbers()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if "phone" in vals or "client_status_id" in vals:
            self._phone_to_numbers()
        return result

    def _phone_to_numbers(self):
        """Take ``phone`` over into the first number of clients and their contacts; others pay one look."""
        if self.env.context.get("phone_from_numbers"):
            return
        mine = self.filtered(lambda partner: partner._get_client())
        if not mine:
            return
        # whoever may change a phone may change the row behind it
        numbers_sudo = self.env["nestogy.phone.number"].sudo().with_context(phone_from_partner=True)
        create = []
        for partner_sudo in mine.sudo():  # as above
            first_sudo = partner_sudo._main_phone_number().with_env(numbers_sudo.env)
            if first_sudo._text() == (partner_sudo.phone or ""):
                continue
            if not partner_sudo.phone:
                first_sudo.unlink()
                continue
            values = {"number": partner_sudo.phone, "extension": False, "partner_id": partner_sudo.id}
            try:
                parse_phone(partner_sudo.phone)
            except PhoneError:
                continue  # what Odoo takes for a phone but is none stays where it was written
            if first_sudo:
                first_sudo.write(values)
            else:
                create.append(values)
        numbers_sudo.create(create)
        for partner_sudo in mine.sudo():  # as above
            text = partner_sudo._main_phone_number()._text()
            if text and text != partner_sudo.phone:
                partner_sudo.with_context(phone_from_numbers=True).phone = text

    def _phone_country(self):
        """The country in which a number without country code is meant: the partner's, its client's or the company's."""
        return self.country_id or self.parent_id.country_id or self.env.company.country_id

    def _main_phone_number(self):
        """The number behind Odoo's ``phone``: the first that is no fax."""
        return self.phone_number_ids.sorted().filtered(lambda phone: phone.kind != "fax")[:1]
