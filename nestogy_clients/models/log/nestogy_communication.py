from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import html2plaintext

MOST_TITLE = 200  # characters
MOST_PREVIEW = 300  # characters of the text that lists and the timeline show
KINDS = [("call", "Call"), ("email", "E-mail"), ("meeting", "Meeting"), ("note", "Note"), ("text", "Text Message")]
DIRECTIONS = [("in", "From the client"), ("out", "To the client")]
OUTCOMES = [
    ("reached", "Reached"),
    ("voicemail", "Left a Message"),
    ("no_answer", "No Answer"),
    ("busy", "Busy"),
    ("wrong_number", "Wrong Number"),
]


class NestogyCommunication(models.Model):
    """What was said between a client and us: one row a call, e-mail, meeting, note or text message.

    Rows of e-mails and meetings are written by themselves and follow the mail or the event they stand for; calls, notes
    and texts are logged by hand. One flat table, read by client and date, serves the profile, the timeline, engagement
    and reports.
    """

    _name = "nestogy.communication"
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
    outcome = fields.Selection(OUTCOMES, help="Of a call.")
    body = fields.Html(string="Notes", sanitize_attributes=True, strip_style=True)
    preview = fields.Char(compute="_compute_preview", store=True, help="The beginning of the notes as plain text.")
    place = fields.Char(help="Where a meeting is.")
    video_url = fields.Char(string="Video Link")
    is_pinned = fields.Boolean(string="Pinned", help="Stands on top of the client's profile.")
    is_private = fields.Boolean(
        string="Private", help="Only whoever wrote it and administrators of clients see it; never the client."
    )
    is_shared = fields.Boolean(string="Shared with the Client", help="The client sees it in the portal.")
    is_bounced = fields.Boolean(string="Bounced", readonly=True, help="The e-mail could not be delivered.")
    mail_message_id = fields.Many2one(
        "mail.message", string="Message", readonly=True, ondelete="set null", index="btree_not_null"
    )
    message_ref = fields.Char(readonly=True, copy=False, help="Message-ID of the e-mail: each is logged once a client.")
    event_id = fields.Many2one(
        "calendar.event", string="Calendar Event", readonly=True, ondelete="set null", index="btree_not_null"
    )
    res_model = fields.Char(string="About Model", readonly=True)
    res_id = fields.Many2oneReference(string="About", model_field="res_model", readonly=True)

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
            text = html2plaintext(communication.body or "", include_references=False)
            communication.preview = " ".join(text.split())[:MOST_PREVIEW]

    @api.constrains("is_private", "is_shared")
    def _check_private(self):
        for communication in self:
            if communication.is_private and communication.is_shared:
                raise ValidationError(
                    self.env._("%s cannot be private and shared with the client; choose one.", communication.name)
                )

    @api.constrains("contact_id", "client_id")
    def _check_contact(self):
        for communication in self:
            contact = communication.contact_id
            if contact and contact._get_client() != communication.client_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s.",
                        contact=contact.display_name,
                        client=communication.client_id.display_name,
                    )
                )
