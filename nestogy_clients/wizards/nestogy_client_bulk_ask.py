from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.money.res_partner_credit import CREDIT_STATUSES

LOOKED_AT = 1000  # clients that are asked beforehand whether they will be refused
NAMED = 8  # of the refused


class NestogyClientBulkAsk(models.TransientModel):
    """Asks what to do to many clients, says beforehand how many they are and who will be refused, and does it.

    Addons that add deeds (``res.partner._bulk_deeds``) add the fields these ask for to this dialog.
    """

    _name = "nestogy.client.bulk.ask"
    _description = "Bulk Action"

    domain = fields.Json(required=True)
    deed = fields.Selection(selection="_selection_deed", string="What to Do", required=True)
    asked = fields.Char(compute="_compute_asked")
    client_count = fields.Integer(string="Clients", compute="_compute_client_count")
    refused_count = fields.Integer(compute="_compute_refused")
    refused_text = fields.Text(compute="_compute_refused")
    refused_title = fields.Char(compute="_compute_refused")
    may_start = fields.Boolean(compute="_compute_refused")
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, required=True)
    status_id = fields.Many2one("nestogy.client.status", string="New Status")
    needs_reason = fields.Boolean(related="status_id.needs_reason")
    is_trial = fields.Boolean(related="status_id.is_trial")
    trial_end_date = fields.Date(string="Trial Ends On")
    reason = fields.Text()
    group_id = fields.Many2one("nestogy.client.group", string="New Group", domain="[('company_id', '=', company_id)]")
    user_id = fields.Many2one(
        "res.users", string="Account Manager", domain="[('share', '=', False), ('company_ids', 'in', company_id)]"
    )
    tag_ids = fields.Many2many("res.partner.category", string="Tags")
    credit_status = fields.Selection(CREDIT_STATUSES, string="New Credit Status")
    message_kind_id = fields.Many2one(
        "nestogy.message.kind",
        string="Kind of Message",
        help="Who does not want this kind, or has not agreed to marketing, is left out; who has had enough for now, or"
        " prefers other hours, gets it later.",
    )
    words = fields.Selection(lambda self: self.env["res.partner"]._bulk_email_words_choices(), default="typed")
    words_note = fields.Text(string="Texts", compute="_compute_words_note")
    subject = fields.Char()
    body = fields.Html(sanitize=True, sanitize_overridable=False)
    typed_count = fields.Integer(
        string="Number of Clients", help="Type how many they are. What is deleted does not come back."
    )

    @api.model
    def _selection_deed(self):
        return [
            (key, spec["label"])
            for key, spec in self.env["res.partner"]._bulk_deeds().items()
            if self.env.user.has_group(spec["group"])
        ]

    def _spec(self):
        """What is known of the chosen deed, empty before one is chosen."""
        return self.env["res.partner"]._bulk_deeds().get(self.deed) or {}

    @api.depends("deed")
    def _compute_asked(self):
        for ask in self:
            ask.asked = f" {' '.join(ask._spec().get('fields', ()))} "

    @api.depends("domain")
    def _compute_client_count(self):
        for ask in self:
            ask.client_count = len(self.env["res.partner"]._bulk_query(ask.domain or []))

    @api.depends("domain", "deed", "message_kind_id", "words")
    def _compute_refused(self):
        """Say who would be refused, as far as can be known; of very many clients the first are asked. Where nobody
        would be left there is nothing to start."""
        for ask in self:
            spec, refused = ask._spec(), {}
            if spec:
                partners = self.env["res.partner"].with_context(active_test=False)
                query = self.env["res.partner"]._bulk_query(ask.domain or [])
                query.limit = LOOKED_AT
                clients = partners.browse(query)
                allowed = clients._filtered_access(spec.get("access", "write"))
                reason = self.env._("You may not change this client.")
                refused = dict.fromkeys(clients - allowed, reason)
                if spec.get("check"):
                    refused |= getattr(allowed, spec["check"])(ask._values())
            ask.refused_count = len(refused)
            lines = [f"{client.display_name}: {reason}" for client, reason in list(refused.items())[:NAMED]]
            if len(refused) > NAMED:
                lines.append(self.env._("… and %s more.", len(refused) - NAMED))
            if refused and ask.client_count > LOOKED_AT:
                lines.append(self.env._("The first %s clients were looked at.", LOOKED_AT))
            ask.refused_text = "\n".join(lines)
            ask.may_start = bool(spec) and len(refused) < ask.client_count
            if not ask.client_count:
                ask.refused_title = self.env._("No client matches.")
            elif spec and not ask.may_start:
                ask.refused_title = self.env._("There is nothing to start: all of them will be refused.")
            else:
                ask.refused_title = self.env._("%s will be refused", len(refused)) if refused else False

    @api.depends("domain", "deed", "words")
    def _compute_words_note(self):
        """Say whose e-mail texts the clients get; of very many clients the first are asked."""
        levels = self.env["nestogy.client.mail.template"]._fields["level"]._description_selection(self.env)
        for ask in self:
            ask.words_note = False
            if " words " in ask.asked and (ask.words or "typed") != "typed":
                query = self.env["res.partner"]._bulk_query(ask.domain or [])
                query.limit = LOOKED_AT
                clients = self.env["res.partner"].with_context(active_test=False).browse(query)
                found = Counter(level for _template, level in clients._bulk_email_texts(ask._values()).values())
                parts = [
                    self.env._("text of the %(level)s: %(count)s", level=label.lower(), count=found[level])
                    for level, label in levels
                    if found[level]
                ]
                none = len(clients) - found.total()
                parts += [self.env._("no text: %s", none)] if none else []
                note = ", ".join(parts)
                ask.words_note = note[:1].upper() + note[1:]

    def _values(self):
        """What the deed asks for, as it can be stored."""
        found = {}
        for name in self._spec().get("fields", ()):
            field, value = self._fields[name], self[name]
            if field.type == "many2one":
                found[name] = value._origin.id
            elif field.type == "many2many":
                found[name] = value._origin.ids
            elif field.type == "date":
                found[name] = fields.Date.to_string(value) or False
            else:
                found[name] = value or False
        return found

    def _values_text(self):
        """What the deed asks for, in words."""
        lines = []
        for name in self._spec().get("fields", ()):
            field, value = self._fields[name], self[name]
            if not value or field.type == "html":
                continue
            if field.relational:
                value = ", ".join(value.mapped("display_name"))
            elif field.type == "selection":
                value = dict(field._description_selection(self.env))[value]
            lines.append(f"{field._description_string(self.env)}: {value}")
        return "\n".join(lines)

    def action_start(self):
        """Do it: at once for few clients, in the background for many."""
        self.ensure_one()
        spec = self._spec()
        if not spec:
            raise UserError(self.env._("Choose what to do."))
        self.env["res.partner"]._check_bulk_deed(spec)
        values = self._values()
        missing = [name for name in spec.get("required", ()) if not values[name]]
        if missing:
            labels = [self._fields[name]._description_string(self.env) for name in missing]
            raise UserError(self.env._("Fill in first: %s.", ", ".join(labels)))
        if "typed_count" in values and values["typed_count"] != self.client_count:
            raise UserError(self.env._("Type the number of clients, %s, to confirm.", self.client_count))
        if spec.get("validate"):
            getattr(self.env["res.partner"], spec["validate"])(values)
        bulk = self.env["nestogy.client.bulk"]._make(self.deed, self.domain, values, self._values_text())
        bulk._run()
        return bulk._open()
