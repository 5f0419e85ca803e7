from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import format_date

AGENT = "nestogy_clients.nestogy_clients_group_agent"
PREVIEW = 200  # characters of the message that lists show
TO_DECIDE = ("held", "spam")
ADDRESS = ("street", "street2", "zip", "city", "country")


class NestogyFormEntry(models.Model):
    """What somebody sent through a website form, and what became of it.

    It is kept before anything is done with it. Rows are written by the code alone; staff decides about those that are
    held or spam.
    """

    _name = "nestogy.form.entry"
    _description = "Entry of a Website Form"
    _order = "date desc, id desc"
    _rec_name = "sender"

    form_id = fields.Many2one("nestogy.form", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="form_id.company_id", store=True, index=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    result = fields.Selection(
        [
            ("unconfirmed", "Not confirmed"),
            ("waiting", "Waiting"),
            ("created", "New client"),
            ("added", "Known client"),
            ("held", "To decide"),
            ("spam", "Spam"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    reason = fields.Selection(
        [
            ("trap", "Filled in the hidden field"),
            ("fast", "Sent faster than a person types"),
            ("captcha", "Not passed by the captcha"),
            ("links", "Many links"),
            ("blocked", "Its client is blocked"),
            ("several", "Several clients have this address or number"),
            ("archived", "Its client is archived"),
            ("failed", "Could not be made a client"),
            ("staff", "Marked by a colleague"),
        ],
        string="Why",
        readonly=True,
    )
    problem = fields.Char(readonly=True, help="What was wrong when it was tried last.")
    sender = fields.Char(string="From", readonly=True)
    company_name = fields.Char(readonly=True)
    email = fields.Char(string="E-mail", readonly=True)
    phone = fields.Char(readonly=True)
    message = fields.Char(readonly=True, help="The beginning of the message.")
    values = fields.Json(readonly=True)
    shown = fields.Json(readonly=True)
    answers = fields.Html(compute="_compute_answers", sanitize=False)
    consent_text = fields.Text(string="Agreed to", readonly=True)
    marketing_text = fields.Text(string="Agreed to Marketing", readonly=True)
    client_id = fields.Many2one("res.partner", ondelete="cascade", index=False, domain=[("is_client", "=", True)])
    contact_id = fields.Many2one("res.partner", readonly=True, ondelete="set null", index="btree_not_null")
    origin = fields.Char(string="Website", readonly=True, help="Where the form was; empty for its own page.")
    lang = fields.Char(string="Language Code", readonly=True)
    lang_name = fields.Char(string="Language", compute="_compute_lang_name")
    ip_digest = fields.Char(
        string="Sender's Mark",
        readonly=True,
        help="The same for the same network address, which is not kept.",
    )
    key = fields.Char(readonly=True, groups=NO_ACCESS)
    content = fields.Char(readonly=True, groups=NO_ACCESS)
    tries = fields.Integer(readonly=True)
    try_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    processed_at = fields.Datetime(string="Done", readonly=True)
    mailed_at = fields.Datetime(string="Receipt Mailed", readonly=True)
    user_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="set null")

    _key_unique = models.UniqueIndex("(form_id, key) WHERE key IS NOT NULL")
    _client_date_idx = models.Index("(client_id, date DESC, id DESC) WHERE client_id IS NOT NULL")
    _waiting_idx = models.Index("(try_at) WHERE result = 'waiting'")
    _open_idx = models.Index("(date) WHERE result IN ('held', 'spam')")
    _mailed_idx = models.Index("(email, mailed_at) WHERE mailed_at IS NOT NULL")

    @api.depends("shown")
    def _compute_answers(self):
        for entry in self:
            entry.answers = self.env["ir.qweb"]._render(
                "nestogy_portal.form_entry_answers", {"rows": entry.shown or [], "known": False}
            )

    @api.depends("lang")
    def _compute_lang_name(self):
        # one that was taken out since has its name still
        rows = (
            self.env["res.lang"]
            .with_context(active_test=False)
            .search_fetch([("code", "in", self.mapped("lang"))], ["code", "name"])
        )
        names = {row.code: row.name for row in rows}
        for entry in self:
            entry.lang_name = names.get(entry.lang, entry.lang)

    @api.model
    def _prepare_values(self, form, values):
        """The columns of an entry.

        :param nestogy.form form: through which it came
        :param dict values: cleaned, by key of the field
        """
        name = values.get("name") or " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
        company = values.get("company")
        email, phone = values.get("email"), values.get("phone")
        return {
            "form_id": form.id,
            "values": values,
            "shown": [
                [field._shown_label(), field._answer_text(values[key])]
                for field in form._shown_fields()
                if (key := field._key()) in values
            ],
            "sender": name or company or email or phone,
            "company_name": company,
            "email": email,
            "phone": phone,
            "message": " ".join((values.get("message") or "").split())[:PREVIEW],
        }

    def write(self, vals):
        if not self.env.su:
            if set(vals) - {"client_id"}:
                raise AccessError(self.env._("What somebody sent is not changed; accept it, or say that it is spam."))
            if any(entry.result not in TO_DECIDE for entry in self):
                raise UserError(self.env._("This entry has its client already."))
        return super().write(vals)

    @api.constrains("client_id")
    def _check_client(self):
        for entry in self:
            # a row that was written for a client stays when its status is taken away
            client_sudo = entry.client_id.sudo()
            if client_sudo and not client_sudo.is_client:
                raise ValidationError(self.env._("%s is no client; choose a client.", client_sudo.display_name))

    # ------------------------------------------------------------------
    # Staff decides
    # ------------------------------------------------------------------

    def _check_may_decide(self, results):
        if not self.env.user.has_group(AGENT):
            raise AccessError(self.env._("Agents of the Clients app decide about entries of website forms."))
        self.check_access("read")
        if any(entry.result not in results for entry in self):
            raise UserError(self.env._("Only entries that are held or spam can be decided about."))

    def action_accept(self):
        """Take what was held or spam: to the chosen client, else to whoever it fits, else as a new client."""
        self._check_may_decide(TO_DECIDE)
        for entry in self:
            if entry.client_id:
                entry.client_id.check_access("read")
            entry_sudo = entry.sudo()  # the rows are nobody's to write, and who decides may do what the form does
            entry_sudo.write({"user_id": self.env.uid, "reason": False})
            entry_sudo._process(chosen=entry_sudo.client_id, is_decided=True)

    def action_spam(self):
        """Throw out what was held; it is deleted after some weeks."""
        self._check_may_decide(("held",))
        # as above
        self.sudo().write({"result": "spam", "reason": "staff", "user_id": self.env.uid, "client_id": False})

    def action_open_client(self):
        self.ensure_one()
        self.check_access("read")
        return self.client_id.action_open_client()

    # ------------------------------------------------------------------
    # Forgetting
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_spam(self):
        """Delete spam when the company's time for it is over."""
        now = fields.Datetime.now()
        for company_sudo in self.env["res.company"].sudo().search([]):  # the clock's own work
            limit = fields.Datetime.subtract(now, days=company_sudo.form_spam_days)
            self.sudo().search(  # as above
                [("company_id", "=", company_sudo.id), ("result", "=", "spam"), ("date", "<", limit)], limit=10_000
            ).unlink()

    @api.depends("sender", "form_id.name", "date")
    def _compute_display_name(self):
        for entry in self:
            date = format_date(self.env, entry.date) if entry.date else ""
            entry.display_name = self.env._("%(name)s, %(date)s", name=entry.sender or "", date=date)
