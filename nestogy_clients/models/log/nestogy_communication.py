from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import html2plaintext

from ...tools.mail_excerpt import items_apart

MOST_TITLE = 200  # characters
MOST_PREVIEW = 300  # characters of the text that lists and the timeline show
MOST_NOTES = 50_000  # characters of what is typed
MOST_MARKUP = 10 * MOST_NOTES
MOST_LINE = {"place": 200, "video_url": 500, "phone": 50}  # characters
MOST_CALL_HOURS = 24
CLOCK_SLACK = timedelta(days=1)  # how far ahead something may be that has happened
KINDS = [("call", "Call"), ("email", "E-mail"), ("meeting", "Meeting"), ("note", "Note"), ("text", "Text Message")]
DIRECTIONS = [("in", "From the client"), ("out", "To the client")]
OUTCOMES = [
    ("reached", "Reached"),
    ("voicemail", "Left a Message"),
    ("no_answer", "No Answer"),
    ("busy", "Busy"),
    ("wrong_number", "Wrong Number"),
]


WITH_DIRECTION = ("call", "email", "text")  # who began it
TIMED = ("call", "meeting")  # what takes time
# What a mail or a calendar event says itself; nobody rewrites it by hand.
COPIED = {
    *("name", "kind", "direction", "date", "duration", "client_id", "contact_id", "attendee_ids", "user_id"),
    *("company_id", "place", "video_url", "res_model", "res_id"),
}
# What only the code that copies mails and events sets, and what is read out of the notes.
MACHINE = {"is_bounced", "mail_message_id", "message_ref", "event_id", "preview"}


class NestogyCommunication(models.Model):
    """What was said between a client and us: one row a call, e-mail, meeting, note or text message.

    Rows of e-mails and meetings are written by themselves and follow the mail or the event they stand for; calls, notes
    and texts are logged by hand. One flat table, read by client and date, serves the profile, the timeline, engagement
    and reports.
    """

    _name = "nestogy.communication"
    _inherit = ["nestogy.length.mixin"]
    _description = "Communication"
    _order = "date desc, id desc"

    name = fields.Char(string="Subject", required=True, size=MOST_TITLE)
    kind = fields.Selection(KINDS, required=True, default="note")
    direction = fields.Selection(DIRECTIONS, help="Empty for notes and meetings.")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    duration = fields.Float(string="Duration (hours)", help="Of calls and meetings, in hours.")
    client_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", domain=[("is_client", "=", True)], index=False
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'child_of', client_id)]",
        help="The person at the client with whom it was.",
    )
    attendee_ids = fields.Many2many(
        "res.partner",
        "nestogy_communication_attendee_rel",
        "communication_id",
        "partner_id",
        string="Attendees",
        help="Everybody who was at a meeting, colleagues included.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Staff",
        index="btree_not_null",
        ondelete="set null",
        default=lambda self: self.env.uid,
        domain=[("share", "=", False)],
        help="The colleague who called, wrote or met the client.",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    phone = fields.Char(string="Number", help="The number that was dialled, called from or written to.")
    outcome = fields.Selection(OUTCOMES, help="Of a call.")
    body = fields.Html(string="Notes", sanitize_attributes=True, strip_style=True)
    preview = fields.Char(compute="_compute_preview", store=True, help="The beginning of the notes as plain text.")
    place = fields.Char(help="Where a meeting is.")
    video_url = fields.Char(string="Video Link")
    is_pinned = fields.Boolean(string="Pinned", help="Stands on top of the client's profile.")
    is_private = fields.Boolean(
        string="Private", help="Only whoever wrote it and administrators of clients see it; never the client."
    )
    is_shared = fields.Boolean(
        string="Shared with the Client", help="The client sees it in the portal, its notes included."
    )
    is_bounced = fields.Boolean(string="Bounced", readonly=True, copy=False, help="The e-mail could not be delivered.")
    mail_message_id = fields.Many2one(
        "mail.message", string="Message", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    message_ref = fields.Char(readonly=True, copy=False, help="Message-ID of the e-mail: each is logged once a client.")
    event_id = fields.Many2one(
        "calendar.event",
        string="Calendar Event",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    res_model = fields.Char(string="About Model", readonly=True)
    res_id = fields.Many2oneReference(string="About Record", model_field="res_model", readonly=True)
    about = fields.Char(compute="_compute_about")
    follow_up_id = fields.Many2one(
        "mail.activity", string="Follow-up", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    is_automatic = fields.Boolean(
        compute="_compute_is_automatic", help="It stands for an e-mail, a text or a calendar event and follows it."
    )
    may_edit = fields.Boolean(compute="_compute_may_edit")

    _client_date_idx = models.Index("(client_id, date DESC, id DESC)")
    _pinned_idx = models.Index("(client_id) WHERE is_pinned")
    _about_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")
    _message_unique = models.UniqueIndex(
        "(client_id, message_ref) WHERE message_ref IS NOT NULL", "This e-mail is logged on the client already."
    )
    _event_unique = models.UniqueIndex(
        "(client_id, event_id) WHERE event_id IS NOT NULL", "This meeting is logged on the client already."
    )
    _duration_positive = models.Constraint("CHECK (duration >= 0)", "A duration cannot be less than nothing.")

    @api.depends("body")
    def _compute_preview(self):
        for communication in self:
            text = html2plaintext(items_apart(communication.body), include_references=False)
            communication.preview = " ".join(text.split())[:MOST_PREVIEW]

    def _plain_text(self):
        return html2plaintext(self.body or "", include_references=False)

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_about(self):
        """Name what it is about, if the user may read that."""
        self.about = False
        for model, communications in self.grouped("res_model").items():
            if not model or model not in self.env or not self.env[model].has_access("read"):
                continue
            records = self.env[model].browse(communications.mapped("res_id")).exists()._filtered_access("read")
            names = {record.id: record.display_name for record in records}
            for communication in communications:
                communication.about = names.get(communication.res_id)

    @api.depends("mail_message_id", "message_ref", "event_id")
    def _compute_is_automatic(self):
        for communication in self:
            communication.is_automatic = bool(
                communication.mail_message_id or communication.message_ref or communication.event_id
            )

    @api.depends_context("uid")
    def _compute_may_edit(self):
        stored = self.filtered("id")
        (self - stored).may_edit = True
        editable = stored._filtered_access("write")
        for communication in stored:
            communication.may_edit = communication in editable

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    @api.constrains("is_private", "is_shared")
    def _check_private(self):
        for communication in self:
            if communication.is_private and communication.is_shared:
                raise ValidationError(
                    self.env._("“%s” cannot be private and shared with the client; choose one.", communication.name)
                )

    @api.constrains("client_id")
    def _check_client(self):
        for communication in self:
            # a row that was written for a client stays when its status is taken away
            client_sudo = communication.client_id.sudo()
            if not client_sudo.is_client:
                raise ValidationError(
                    self.env._("%s is no client; choose the client that it was with.", client_sudo.display_name)
                )

    @api.constrains("contact_id", "client_id")
    def _check_contact(self):
        for communication in self:
            contact = communication.contact_id
            if contact and contact._get_client() != communication.client_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s; choose one of its contacts.",
                        contact=contact.display_name,
                        client=communication.client_id.display_name,
                    )
                )

    @api.constrains("kind", "direction", "mail_message_id", "message_ref")
    def _check_direction(self):
        for communication in self:
            if communication.kind == "note" and communication.direction:
                raise ValidationError(self.env._("A note goes neither to nor from the client; it has no direction."))
            if communication.kind in WITH_DIRECTION and not communication.direction and not communication.is_automatic:
                raise ValidationError(
                    self.env._("Say whether “%s” came from the client or went to the client.", communication.name)
                )

    @api.constrains("kind", "outcome")
    def _check_outcome(self):
        for communication in self:
            if communication.outcome and communication.kind != "call":
                raise ValidationError(self.env._("Only calls have an outcome; write it into the notes."))

    def _by_hand(self):
        """Those that somebody typed; what mails and events say is taken as it is, else it would be missing."""
        return self.filtered(lambda communication: not communication.is_automatic)

    @api.constrains("kind", "duration")
    def _check_duration(self):
        for communication in self._by_hand().filtered("duration"):
            if communication.kind not in TIMED:
                raise ValidationError(self.env._("Only calls and meetings take time; leave the duration empty."))
            if communication.kind == "call" and communication.duration > MOST_CALL_HOURS:
                raise ValidationError(
                    self.env._("A call cannot take more than %s hours; correct its duration.", MOST_CALL_HOURS)
                )

    @api.constrains("kind", "date")
    def _check_date(self):
        latest = fields.Datetime.now() + CLOCK_SLACK
        for communication in self._by_hand():
            if communication.kind != "meeting" and communication.date > latest:
                raise ValidationError(
                    self.env._("“%s” lies in the future; plan a follow-up instead.", communication.name)
                )

    @api.constrains("name", "body", *MOST_LINE)
    def _check_lengths(self):
        for communication in self._by_hand():
            if not communication.name.strip():
                raise ValidationError(self.env._("Give it a subject."))
            communication._limit_lengths({"name": MOST_TITLE, **MOST_LINE})
            size = len(communication.body or "")  # with its markup, which is longer than the text
            if size > MOST_MARKUP or (size > MOST_NOTES and len(communication._plain_text()) > MOST_NOTES):
                raise ValidationError(
                    self.env._("Notes have at most %s characters; attach a document instead.", MOST_NOTES)
                )

    @api.constrains("video_url")
    def _check_video_url(self):
        for communication in self._by_hand().filtered("video_url"):
            if not communication.video_url.lower().startswith(("https://", "http://")):
                raise ValidationError(self.env._("A video link begins with https://; correct it."))

    @api.constrains("res_model", "res_id", "client_id")
    def _check_about(self):
        """What something is about belongs to the same client."""
        by_hand = self._by_hand().filtered("res_id")
        paths = self.env["mail.activity"]._client_activity_paths() if by_hand else {}
        for model, communications in by_hand.grouped("res_model").items():
            if model not in paths:
                raise ValidationError(self.env._("Nothing can be logged about a record of this kind."))
            # whose it is may be known to whoever logs something about it
            records_sudo = self.env[model].sudo().browse(communications.mapped("res_id")).exists()
            path = paths[model]
            owners = {
                record_sudo.id: (record_sudo[path] if path else record_sudo)._get_client().id
                for record_sudo in records_sudo
            }
            for communication in communications:
                if owners.get(communication.res_id) != communication.client_id.id:
                    raise ValidationError(
                        self.env._("What this is about is not of %s.", communication.client_id.display_name)
                    )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        ids = [vals["client_id"] for vals in vals_list if vals.get("client_id")]
        # a client that only one of our companies serves is logged there
        companies_sudo = {
            client_sudo.id: client_sudo.company_id for client_sudo in self.env["res.partner"].sudo().browse(ids)
        }
        rows = []
        for vals in vals_list:
            self._check_not_machine(vals)
            company_sudo = companies_sudo.get(vals.get("client_id"))
            rows.append(({"company_id": company_sudo.id} if company_sudo else {}) | vals)
        return super(NestogyCommunication, self._without_machine_defaults()).create(rows)

    def write(self, vals):
        self._check_not_machine(vals)
        if not self.env.su:
            if COPIED & vals.keys() and any(self.mapped("is_automatic")):
                raise UserError(
                    self.env._("This follows an e-mail or a calendar event and cannot be rewritten; add notes instead.")
                )
            if vals.get("is_private"):
                self._check_own()
        return super().write(vals)

    def _check_not_machine(self, vals):
        if MACHINE & vals.keys() and not self.env.su:
            raise UserError(self.env._("Only received and sent mails and calendar events write this by themselves."))

    def _without_machine_defaults(self):
        """The model without what a caller's context would say in the place of the code that copies mails and events."""
        defaults = {f"default_{name}" for name in MACHINE} & self.env.context.keys()
        if self.env.su or not defaults:
            return self
        kept = {key: value for key, value in self.env.context.items() if key not in defaults}
        return self.with_context(kept)  # pylint: disable=context-overridden

    def _check_own(self):
        """Whoever hides something must be able to see it afterwards."""
        if self.env.user.has_group("nestogy_clients.nestogy_clients_group_admin"):
            return
        for communication in self:
            if self.env.user not in communication.user_id | communication.create_uid:
                raise UserError(
                    self.env._("Only whoever wrote “%s” can make it private; ask them to.", communication.name)
                )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_pin(self):
        """Put it on top of the client's profile; whoever logs may, for it changes no word of it."""
        self._pin(True)

    def action_unpin(self):
        """Take it from the top of the client's profile."""
        self._pin(False)

    def _pin(self, is_pinned):
        self.check_access("read")
        self.browse().check_access("create")
        self.sudo().is_pinned = is_pinned  # colleagues pin for each other what they may not rewrite

    def action_edit(self):
        """Open it in a dialog."""
        self.ensure_one()
        return self._get_records_action(name=self.env._("Communication"), target="new", context={})

    def action_open_about(self):
        """Open what it is about: the mail's document, the ticket, the calendar event."""
        self.ensure_one()
        self.check_access("read")
        if self.event_id:
            return self.event_id._get_records_action(context={})
        if not self.about:
            raise UserError(self.env._("What this is about is gone, or you may not see it."))
        return self.env[self.res_model].browse(self.res_id)._get_records_action(context={})
