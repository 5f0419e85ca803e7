from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.base.models.res_partner import _lang_get

from ...tools.form_values import clean_origin, clean_page
from ...tools.link_tokens import is_token, new_token

LENGTHS = {
    "name": 100,
    "title": 200,
    "intro": 3000,
    "button_text": 60,
    "thanks_text": 2000,
    "consent_text": 3000,
    "marketing_text": 3000,
}  # characters
MOST_FIELDS = 40
MOST_ORIGINS = 50
LIMITS = {
    "address_limit": (1, 1000),
    "hour_limit": (1, 10_000),
    "link_limit": (0, 100),
    "least_seconds": (0, 60),
    "confirm_hours": (1, 720),
}


class NestogyForm(models.Model):
    """A form on the firm's website: what strangers send becomes a lead, or stands in the timeline of whoever they are.

    Its address holds a token that nobody can guess; whoever has it may send, and read nothing.
    """

    _name = "nestogy.form"
    _inherit = ["nestogy.length.mixin"]
    _description = "Website Form"
    _order = "name, id"

    name = fields.Char(required=True, help="For you; visitors see the title.")
    active = fields.Boolean(default=True, help="An archived form takes no more entries.")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    token = fields.Char(required=True, readonly=True, copy=False, default=lambda self: new_token())
    lang = fields.Selection(_lang_get, string="Language", help="Empty: the language of the visitor's browser.")
    portal_profile_id = fields.Many2one(
        "nestogy.portal.profile",
        string="Brand",
        ondelete="set null",
        domain="['|', ('company_id', '=', False), ('company_id', '=', company_id)]",
        help="Empty: the brand that the company's portal has.",
    )

    # What visitors read
    title = fields.Char(required=True, translate=True, default=lambda self: self.env._("Contact us"))
    intro = fields.Text(string="Introduction", translate=True)
    button_text = fields.Char(string="Button", translate=True, help="Empty: Send.")
    thanks_text = fields.Text(
        string="Thank-you", translate=True, help="Shown after sending. Empty: a thank-you of ours."
    )
    redirect_url = fields.Char(string="Page Afterwards", help="https://… Visitors are led there after sending.")
    field_ids = fields.One2many("nestogy.form.field", "form_id", copy=True)
    consent_text = fields.Text(
        translate=True, help="With a tick that must be set; the exact words are kept in the ledger of consents."
    )
    privacy_url = fields.Char(string="Privacy Policy", help="https://… The link below the consent.")
    has_marketing = fields.Boolean(string="Ask for Marketing", help="A second tick, which nobody needs to set.")
    marketing_text = fields.Text(translate=True, help="Empty: the words of the company.")

    # What becomes of it
    client_status_id = fields.Many2one(
        "nestogy.client.status",
        string="Status of New Clients",
        required=True,
        ondelete="restrict",
        domain=[("needs_reason", "=", False)],
        default=lambda self: self._default_status(),
    )
    client_group_id = fields.Many2one(
        "nestogy.client.group",
        ondelete="set null",
        domain="[('company_id', '=', company_id)]",
        help="Empty: the company's default group.",
    )
    category_ids = fields.Many2many("res.partner.category", string="Tags of New Clients")
    user_id = fields.Many2one(
        "res.users",
        string="Account Manager",
        ondelete="set null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Of new clients, and told of each entry; an existing client's own account manager comes first.",
    )
    client_team_id = fields.Many2one(
        "crm.team",
        string="Team",
        ondelete="set null",
        domain="['|', ('company_id', '=', False), ('company_id', '=', company_id)]",
        help="Of new clients. Its leader is told where there is no account manager.",
    )
    sends_mail = fields.Boolean(
        string="Receipt by E-mail", help="Whoever sent something gets a mail, at most one a day and address."
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        ondelete="restrict",
        domain=[("model", "=", "nestogy.form.entry")],
        default=lambda self: self.env.ref("nestogy_portal.mail_template_form_received", raise_if_not_found=False),
    )

    # Where it stands
    allowed_origins = fields.Text(
        string="Websites", help="One a line, like https://www.example.com. They may show the form and send JSON."
    )
    has_endpoint = fields.Boolean(
        string="Take JSON", help="Programs and pages of your own may send entries without showing this form."
    )
    url = fields.Char(string="Address", compute="_compute_url")
    endpoint_url = fields.Char(string="Address for Programs", compute="_compute_url")
    embed_code = fields.Char(string="Code for the Website", compute="_compute_url")

    # Against spam
    address_limit = fields.Integer(
        string="Entries an Hour of One Address", default=10, required=True, help="Of one network address."
    )
    hour_limit = fields.Integer(string="Entries an Hour in All", default=200, required=True)
    link_limit = fields.Integer(
        string="Links Allowed", default=2, required=True, help="With more of them an entry waits for your decision."
    )
    least_seconds = fields.Integer(default=3, required=True, help="Whoever is quicker than that is no person.")

    needs_confirmation = fields.Boolean(
        string="Confirmed Address",
        help="An entry counts once its sender has opened the link that is mailed to the address he typed.",
    )
    confirm_hours = fields.Integer(
        string="Hours to Confirm", default=48, required=True, help="What nobody confirms in this time is deleted."
    )
    confirm_template_id = fields.Many2one(
        "mail.template",
        string="Mail with the Link",
        ondelete="restrict",
        domain=[("model", "=", "nestogy.form.entry")],
        default=lambda self: self.env.ref("nestogy_portal.mail_template_form_confirm", raise_if_not_found=False),
    )

    entry_ids = fields.One2many("nestogy.form.entry", "form_id")
    entry_count = fields.Integer(string="Entries", compute="_compute_counts", help="Without spam.")
    held_count = fields.Integer(string="To Decide", compute="_compute_counts")
    lead_count = fields.Integer(string="New Clients", compute="_compute_counts")

    _token_unique = models.UniqueIndex("(token)")

    @api.model
    def _default_status(self):
        statuses = self.env["nestogy.client.status"]
        lead = self.env.ref("nestogy_clients.nestogy_client_status_lead", raise_if_not_found=False)
        return lead if lead and lead.active else statuses._get_default()

    @api.depends("token", "title")
    def _compute_url(self):
        base = self.env["nestogy.portal.link"]._base_url()
        for form in self:
            form.url = f"{base}/form/{form.token}"
            form.endpoint_url = f"{form.url}/entries"
            form.embed_code = Markup(
                '<script src="{url}/embed.js" data-title="{title}" async></script>'
                '<noscript><a href="{url}">{title}</a></noscript>'
            ).format(url=form.url, title=form.title or "")

    def _compute_counts(self):
        rows = self.env["nestogy.form.entry"]._read_group(
            [("form_id", "in", self.ids), ("result", "!=", "spam")], ["form_id", "result"], ["__count"]
        )
        counts = {(form.id, result): number for form, result, number in rows}
        for form in self:
            mine = {result: number for (form_id, result), number in counts.items() if form_id == form._origin.id}
            form.entry_count = sum(mine.values())
            form.held_count = mine.get("held", 0)
            form.lead_count = mine.get("created", 0)

    @api.onchange("needs_confirmation")
    def _onchange_needs_confirmation(self):
        if self.needs_confirmation and not self.confirm_template_id:  # a form of before there was one
            self.confirm_template_id = self.default_get(["confirm_template_id"]).get("confirm_template_id")

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    @api.constrains(*LENGTHS)
    def _check_lengths(self):
        self._limit_lengths(LENGTHS)

    @api.constrains("token")
    def _check_token(self):
        if not all(is_token(form.token) for form in self):
            raise ValidationError(self.env._("The address of a form is made by itself; press New Address for another."))

    @api.constrains("redirect_url", "privacy_url")
    def _check_pages(self):
        for form in self:
            for name in ("redirect_url", "privacy_url"):
                try:
                    clean_page(form[name] or "https://example.com")
                except ValueError as error:
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(
                        self.env._(
                            "%s: write the whole address of a page, beginning with https://, such as "
                            "https://www.example.com/thanks.",
                            label,
                        )
                    ) from error

    @api.constrains("allowed_origins")
    def _check_allowed_origins(self):
        for form in self:
            lines = (form.allowed_origins or "").split()
            if len(lines) > MOST_ORIGINS:
                raise ValidationError(self.env._("At most %s websites can show a form.", MOST_ORIGINS))
            for line in lines:
                try:
                    clean_origin(line)
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "“%s” is not the address of a website: write https:// and the host, and no path, such as "
                            "https://www.example.com.",
                            line[:100],
                        )
                    ) from error

    @api.constrains("field_ids", "needs_confirmation")
    def _check_fields(self):
        for form in self:
            targets = set(form.field_ids.mapped("target"))
            if len(form.field_ids) > MOST_FIELDS:
                raise ValidationError(self.env._("A form has at most %s fields.", MOST_FIELDS))
            if form.field_ids and not targets & {"email", "phone"}:
                raise ValidationError(
                    self.env._("Ask for an e-mail address or a phone number, or you can answer nobody.")
                )
            addresses = form.field_ids.filtered(lambda field: field.target == "email")
            if form.needs_confirmation and not addresses.is_required:
                raise ValidationError(
                    self.env._("Make the e-mail address a required question, or there is none to be confirmed.")
                )

    @api.constrains(*LIMITS)
    def _check_limits(self):
        for form in self:
            for name, (least, most) in LIMITS.items():
                if not least <= form[name] <= most:
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(
                        self.env._(
                            "%(field)s: a number from %(least)s to %(most)s.", field=label, least=least, most=most
                        )
                    )

    @api.constrains("company_id", "client_group_id", "user_id")
    def _check_companies(self):
        for form in self:
            if form.client_group_id and form.client_group_id.company_id != form.company_id:
                raise ValidationError(self.env._("The group %s is of another company.", form.client_group_id.name))
            if form.user_id.share:
                raise ValidationError(self.env._("%s is no colleague and cannot be told.", form.user_id.name))

    @api.constrains("sends_mail", "mail_template_id", "needs_confirmation", "confirm_template_id")
    def _check_mail(self):
        for form in self:
            if form.sends_mail and not form.mail_template_id:
                raise ValidationError(self.env._("Choose the mail that confirms an entry."))
            if form.needs_confirmation and not form.confirm_template_id:
                raise ValidationError(self.env._("Choose the mail with the link that confirms the address."))
            # templates have rules of their own
            models = (form.mail_template_id | form.confirm_template_id).sudo().mapped("model")
            if set(models) - {"nestogy.form.entry"}:
                raise ValidationError(self.env._("Choose a mail that is meant for entries of website forms."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # whoever deletes a form may not see the entries of all teams
        used_sudo = self.env["nestogy.form.entry"].sudo().search([("form_id", "in", self.ids)], limit=1).form_id
        if used_sudo:
            raise UserError(self.env._("The form %s has entries; archive it instead.", used_sudo.name))

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "field_ids" in fields_list and "field_ids" not in values:
            asked = [("name", True, True), ("email", True, True), ("company", False, True), ("phone", False, True)]
            values["field_ids"] = [
                Command.create({"target": target, "is_required": needed, "is_half": half, "sequence": 10 * place})
                for place, (target, needed, half) in enumerate([*asked, ("message", True, False)], 1)
            ]
        return values

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._clean(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._clean(vals))

    @api.model
    def _clean(self, vals):
        """Bring addresses into one spelling; what is none is refused afterwards, with a sentence."""
        vals = dict(vals)
        for name in ("redirect_url", "privacy_url"):
            if vals.get(name):
                vals[name] = vals[name].strip()
        if vals.get("allowed_origins"):
            lines = []
            for line in vals["allowed_origins"].split():
                try:
                    lines.append(clean_origin(line))
                except ValueError:
                    lines.append(line)
            vals["allowed_origins"] = "\n".join(dict.fromkeys(lines))
        return vals

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        return [vals | {"name": self.env._("%s (copy)", form.name)} for form, vals in zip(self, vals_list, strict=True)]

    def action_new_token(self):
        """Give the form another address; where the old one stands, the form is gone."""
        self.check_access("write")
        for form in self:
            form.token = new_token()

    def action_open_page(self):
        """Open the form as visitors see it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    def action_open_entries(self):
        """Open what came through this form."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_portal.nestogy_form_entry_action")
        return action | {"domain": [("form_id", "=", self.id)], "context": {"search_default_no_spam": 1}}

    def action_open_held(self):
        """Open what waits for a decision."""
        return self.action_open_entries() | {"context": {"search_default_held": 1}}

    def action_open_leads(self):
        """Open the clients that this form made."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        entries = self.env["nestogy.form.entry"].search([("form_id", "=", self.id), ("result", "=", "created")])
        return action | {"domain": [("id", "in", entries.client_id.ids)], "context": {}}

    def _origins(self):
        """The websites that may show the form and send JSON, beside our own."""
        self.ensure_one()
        return (self.allowed_origins or "").split()
