from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import clean_context

from odoo.addons.base.models.res_partner import _lang_get, _tz_get

# what is taken over as it stands; the names are those of the partner, so that `default_...` of an action holds here too
CLIENT_FIELDS = (
    *("is_company", "name", "name_title", "first_name", "last_name", "email", "phone", "website"),
    *("street", "street2", "city", "state_id", "zip", "country_id"),
    *("vat", "tax_exempt", "tax_exempt_reason", "preferred_currency_id", "property_payment_term_id"),
    *("client_status_id", "trial_end_date", "client_group_id", "user_id", "industry_id", "company_size"),
    *("category_id", "lang", "tz"),
)
ADDRESS_FIELDS = ("street", "street2", "city", "state_id", "zip", "country_id")


class NestogyClientCreate(models.TransientModel):
    """Asks for a new client: a name is enough, and each section is there for who has more at hand.

    Addons add their section to the form and their part to :meth:`_client_created`.
    """

    _name = "nestogy.client.create"
    _description = "New Client"

    is_company = fields.Boolean(default=True)
    company_type = fields.Selection(
        [("company", "Company"), ("person", "Person")], compute="_compute_company_type", inverse="_inverse_company_type"
    )
    name = fields.Char(string="Company or Organization")
    name_title = fields.Char(string="Title")
    first_name = fields.Char()
    last_name = fields.Char()
    client_status_id = fields.Many2one(
        "nestogy.client.status",
        string="Status",
        required=True,
        domain=[("needs_reason", "=", False)],
        default=lambda self: self.env["nestogy.client.status"]._get_default(),
    )
    client_is_trial = fields.Boolean(related="client_status_id.is_trial")
    trial_end_date = fields.Date(string="Trial Ends On")

    # Contact
    email = fields.Char(string="E-mail")
    phone = fields.Char()
    website = fields.Char()
    street = fields.Char()
    street2 = fields.Char()
    city = fields.Char()
    state_id = fields.Many2one("res.country.state", domain="[('country_id', '=?', country_id)]")
    zip = fields.Char(string="ZIP")
    country_id = fields.Many2one("res.country")
    contact_title = fields.Char()
    contact_first_name = fields.Char()
    contact_last_name = fields.Char()
    contact_function = fields.Char(string="Job Position")
    contact_email = fields.Char()
    contact_phone = fields.Char()

    # Phones
    phone_number_ids = fields.One2many("nestogy.client.create.phone", "create_id", string="Phone Numbers")

    # Billing
    vat = fields.Char(string="Tax ID")
    tax_exempt = fields.Boolean()
    tax_exempt_reason = fields.Char()
    property_payment_term_id = fields.Many2one("account.payment.term", string="Payment Terms")
    preferred_currency_id = fields.Many2one("res.currency", string="Currency")
    client_group_id = fields.Many2one(
        "nestogy.client.group",
        domain="[('company_id', '=', allowed_company_ids[0])]",
        default=lambda self: self.env.company._get_default_client_group(),
    )
    has_billing_address = fields.Boolean(string="Other Address")
    billing_name = fields.Char()
    billing_street = fields.Char()
    billing_street2 = fields.Char()
    billing_city = fields.Char()
    billing_state_id = fields.Many2one("res.country.state", domain="[('country_id', '=?', billing_country_id)]")
    billing_zip = fields.Char()
    billing_country_id = fields.Many2one("res.country")

    # More
    user_id = fields.Many2one("res.users", string="Account Manager", domain=[("share", "=", False)])
    industry_id = fields.Many2one("res.partner.industry")
    company_size = fields.Selection(
        selection=lambda self: self.env["res.partner"]._fields["company_size"]._description_selection(self.env)
    )
    category_id = fields.Many2many("res.partner.category", string="Tags")
    lang = fields.Selection(_lang_get, string="Language", default=lambda self: self.env.lang)
    active_lang_count = fields.Integer(compute="_compute_active_lang_count")
    tz = fields.Selection(_tz_get, string="Time Zone")
    marketing_opt_in = fields.Boolean(string="Marketing Opt-in")
    marketing_proof = fields.Text(string="Proof of Consent")

    @api.depends("is_company")
    def _compute_company_type(self):
        for wizard in self:
            wizard.company_type = "company" if wizard.is_company else "person"

    @api.onchange("company_type")
    def _inverse_company_type(self):
        for wizard in self:
            wizard.is_company = wizard.company_type == "company"

    @api.depends("lang")
    def _compute_active_lang_count(self):
        self.active_lang_count = len(self.env["res.lang"].get_installed())

    @api.onchange("country_id")
    def _onchange_country_id(self):
        if self.country_id and self.state_id.country_id != self.country_id:
            self.state_id = False

    @api.onchange("state_id")
    def _onchange_state_id(self):
        if self.state_id:
            self.country_id = self.state_id.country_id

    @api.onchange("billing_country_id")
    def _onchange_billing_country_id(self):
        if self.billing_country_id and self.billing_state_id.country_id != self.billing_country_id:
            self.billing_state_id = False

    @api.onchange("billing_state_id")
    def _onchange_billing_state_id(self):
        if self.billing_state_id:
            self.billing_country_id = self.billing_state_id.country_id

    def action_create(self):
        """Make the client and open its profile."""
        self.ensure_one()
        self._check_complete()
        client = self._create_client()
        return self._client_created(client)

    def _check_complete(self):
        """Refuse before anything is made.

        :raise UserError: says what is missing
        """
        if not self._client_name():
            raise UserError(self.env._("Write the name of the client."))
        if self._has_contact() and not self._contact_name():
            raise UserError(self.env._("Write the name of the first contact, or leave the contact out."))
        if self.marketing_opt_in and not (self.marketing_proof or "").strip():
            raise UserError(self.env._("Say how the client agreed to marketing messages."))

    def _client_name(self):
        parts = (self.name,) if self.is_company else (self.first_name, self.last_name)
        return " ".join(" ".join(filter(None, parts)).split())

    def _contact_name(self):
        return " ".join(" ".join(filter(None, (self.contact_first_name, self.contact_last_name))).split())

    def _has_contact(self):
        """Say whether a first contact shall be made; a person is his own."""
        return self.is_company and any(
            (self[name] or "").strip()
            for name in (
                *("contact_title", "contact_first_name", "contact_last_name"),
                *("contact_function", "contact_email", "contact_phone"),
            )
        )

    def _create_client(self):
        partners = self.env["res.partner"].with_context(nestogy_new_client=True)
        client = partners.create(self._prepare_client_values())
        children = self._prepare_children_values(client)
        if children:
            # not the defaults that an action has for clients
            self.env["res.partner"].with_context(clean_context(self.env.context)).create(children)
        if self.marketing_opt_in:
            consents = self.env["nestogy.client.consent"]
            text = consents.with_context(default_partner_id=client.id).default_get(["partner_id", "purpose", "text"])
            consents.create(text | {"decision": "given", "proof": self.marketing_proof})
        return client

    def _prepare_client_values(self):
        """Values of the new client."""
        values = self._convert_to_write({name: self[name] for name in CLIENT_FIELDS})
        values["name"] = self._client_name()
        if self.is_company:
            values |= {"name_title": False, "first_name": False, "last_name": False}
        if not self.client_is_trial:
            values["trial_end_date"] = False
        if not self.tax_exempt:
            values["tax_exempt_reason"] = False
        # an inherited value is not written, so that it goes on being inherited
        for name in ("preferred_currency_id", "property_payment_term_id", "client_group_id"):
            if not values[name]:
                del values[name]
        numbers = [line._prepare_number_values() for line in self.phone_number_ids]
        if phone := values.pop("phone"):
            numbers.insert(0, {"number": phone})
        # the first that is no fax becomes Odoo's own phone
        values["phone_number_ids"] = [
            Command.create({"sequence": 10 + place, **number}) for place, number in enumerate(numbers)
        ]
        return values

    def _prepare_children_values(self, client):
        """Values of the first contact and of the billing address."""
        children = []
        common = {"parent_id": client.id, "lang": self.lang, "user_id": self.user_id.id}
        if self._has_contact():
            children.append(
                common
                | {
                    "type": "contact",
                    "name": self._contact_name(),
                    "name_title": self.contact_title,
                    "first_name": self.contact_first_name,
                    "last_name": self.contact_last_name,
                    "function": self.contact_function,
                    "email": self.contact_email,
                    "phone": self.contact_phone,
                    "tz": self.tz,
                }
            )
        if self.has_billing_address:
            address = self._convert_to_write({f"billing_{name}": self[f"billing_{name}"] for name in ADDRESS_FIELDS})
            children.append(
                common
                | {"type": "invoice", "name": self.billing_name}
                | {name.removeprefix("billing_"): value for name, value in address.items()}
            )
        return children

    def _client_created(self, client):
        """Say what follows; addons do their part with ``super()``.

        :param res.partner client: just made, with its primary contact if one was given
        :return: the action that is run in the browser: the profile
        """
        return client.action_open_client()


class NestogyClientCreatePhone(models.TransientModel):
    _name = "nestogy.client.create.phone"
    _description = "Phone Number of a New Client"

    create_id = fields.Many2one("nestogy.client.create", required=True, ondelete="cascade")
    kind = fields.Selection(
        selection=lambda self: self.env["nestogy.phone.number"]._fields["kind"]._description_selection(self.env),
        string="Type",
        required=True,
        default="phone",
    )
    location = fields.Selection(
        selection=lambda self: self.env["nestogy.phone.number"]._fields["location"]._description_selection(self.env),
        required=True,
        default="work",
    )
    number = fields.Char(required=True)
    extension = fields.Char()

    def _prepare_number_values(self):
        return {name: self[name] for name in ("kind", "location", "number", "extension")}
