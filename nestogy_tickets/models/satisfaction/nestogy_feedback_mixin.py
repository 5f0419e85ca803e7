from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain

from odoo.addons.nestogy_portal.tools.link_tokens import digest, is_token

from ...tools.feedback import COMMENT_CHARACTERS, link_token

CHANGE_DAYS = 7  # for which an answer can be changed
PATIENCE_DAYS = 14  # for which a question waits for the contact's better times
NOTE_CHARACTERS = 2_000
ACTIVITY = "nestogy_tickets.mail_activity_type_feedback"
# what decides itself, or through the methods of this model
FREE_FIELDS = {"follow_up_note"}


class NestogyFeedbackMixin(models.AbstractModel):
    """One question to one contact: how it was asked, what was answered, and what we did about a bad answer.

    It is asked by mail with a link of its own that shows a page; only the button on that page records an answer,
    because programs that look for malware open every link of a mail. Rows are written by these methods alone.
    """

    _name = "nestogy.feedback.mixin"
    _description = "Question to a Contact"
    _inherit = "nestogy.client.mail.mixin"
    _feedback_kind = ""  # of the mail
    _feedback_days = 30  # for which the link works
    _feedback_grades = range(0)  # what can be answered

    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    client_id = fields.Many2one("res.partner", readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(
        [
            ("waiting", "To be sent"),
            ("sent", "Sent"),
            ("answered", "Answered"),
            ("skipped", "Not asked"),
            ("failed", "Not delivered"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    skip_reason = fields.Char(string="Why Not", readonly=True)
    due_at = fields.Datetime(string="To Be Sent on", readonly=True)
    sent_at = fields.Datetime(string="Asked on", readonly=True)
    expires_at = fields.Datetime(string="Link Works until", readonly=True)
    token_digest = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    answered_at = fields.Datetime(string="Answered on", readonly=True, index="btree_not_null")
    grade = fields.Integer(string="Answer", readonly=True, aggregator="avg")
    comment = fields.Text(readonly=True)
    follow_up_state = fields.Selection(
        [("none", "Not needed"), ("open", "To do"), ("done", "Done")],
        string="Follow-up",
        required=True,
        readonly=True,
        default="none",
    )
    follow_up_user_id = fields.Many2one(
        "res.users", string="To Follow Up", readonly=True, index="btree_not_null", ondelete="set null"
    )
    follow_up_note = fields.Text(string="What Was Done", help="What the client said and what was agreed.")
    activity_id = fields.Many2one("mail.activity", readonly=True, copy=False, ondelete="set null")
    followed_up_at = fields.Datetime(string="Followed up on", readonly=True)
    followed_up_by_id = fields.Many2one("res.users", string="Followed up by", readonly=True, ondelete="set null")

    # ------------------------------------------------------------------
    # Limits
    # ------------------------------------------------------------------

    @api.constrains("comment", "follow_up_note")
    def _check_texts(self):
        for row in self:
            if len(row.comment or "") > COMMENT_CHARACTERS:
                raise ValidationError(
                    self.env._("The comment is too long; %s characters are the limit.", COMMENT_CHARACTERS)
                )
            if len(row.follow_up_note or "") > NOTE_CHARACTERS:
                raise ValidationError(self.env._("The note is too long; %s characters are the limit.", NOTE_CHARACTERS))

    def write(self, vals):
        if not self.env.su and set(vals) - FREE_FIELDS:
            raise AccessError(self.env._("Answers of clients cannot be changed; write what was done about them."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    def _client_mail_kind(self):
        self.ensure_one()
        return self._feedback_kind

    def _client_mail_readers(self, kind):
        return self.partner_id

    def _feedback_marker(self):
        """The address that stands for the link of the question; ``mail.mail`` puts in the secret as the mail leaves."""
        self.ensure_one()
        base = self.env["nestogy.portal.link"]._base_url(self.partner_id.with_company(self.company_id))
        return f"{base}/my/feedback/of-{self._name}-{self.id}"

    def _feedback_labels(self):
        """:return: list of (grade, what is shown for it, its name)"""
        raise NotImplementedError

    def _client_mail_values(self, kind=None):
        self.ensure_one()
        address = self._feedback_marker()
        return super()._client_mail_values(kind) | {
            "contact": self.partner_id.name or "",
            "link": Markup('<a href="%s">%s</a>') % (address, self.env._("Answer here")),
            "grades": self._feedback_buttons(address),
        }

    def _feedback_buttons(self, address):
        return self.env["ir.qweb"]._render(
            "nestogy_tickets.feedback_mail_grades",
            {"address": address, "labels": self._feedback_labels()},
            lang=self._client_mail_lang(),
        )

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _feedback_due_domain(self):
        return Domain("state", "=", "waiting") & Domain("due_at", "<=", fields.Datetime.now())

    @api.model
    def _send_due(self, batch):
        """Send what is due, each row kept together with its mail, so that nothing is asked twice after a kill.

        One that fails does not stop the others.
        """
        domain = self._feedback_due_domain()
        due = self.search(domain, limit=batch, order="due_at, id")
        self.env["ir.cron"]._commit_each(due, domain, "_ask", "_note_failure", remaining=self.search_count(domain))

    def _note_failure(self, error):
        self.write({"state": "failed", "skip_reason": str(error)[:500]})

    def _ask(self):
        """Send the question, or note why not; who prefers another time is asked then."""
        self.ensure_one()
        reason = self._feedback_refusal()
        if not reason:
            answer = self.partner_id._client_may_contact("email", "survey")
            if answer.next_allowed and answer.next_allowed < self.create_date + timedelta(days=PATIENCE_DAYS):
                self.due_at = answer.next_allowed
                return
            reason = answer.reason
        if reason:
            self.write({"state": "skipped", "skip_reason": reason})
            return
        self._issue()
        self._mail_question()

    def _feedback_refusal(self):
        """Why this is not asked any more, as a sentence; empty when it is."""
        return "" if self.client_id.is_client else self.env._("No client any more.")

    def _issue(self):
        """Let the link of this question work from now on."""
        self.ensure_one()
        now = fields.Datetime.now()
        self.write({"state": "sent", "sent_at": now, "expires_at": now + timedelta(days=self._feedback_days)})
        self.token_digest = digest(self._feedback_token())

    def _feedback_token(self):
        self.ensure_one()
        # the server's secret, for a computation that hands out nothing of it
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return link_token(secret, self._name, self.id, fields.Datetime.to_string(self.sent_at))

    def _mail_question(self):
        kind, contact = self._feedback_kind, self.partner_id
        spec = self.env["nestogy.client.mail.template"]._mail_kinds()[kind]
        row = self.with_company(self.company_id).with_context(
            allowed_company_ids=self.company_id.ids, lang=contact.lang or self.env.lang
        )
        # whoever runs it: the words are ours
        template_sudo = (row._client_mail_template(kind) or self.env.ref(spec["template_xmlid"])).sudo()
        template_sudo.with_context(**row.env.context).send_mail(
            row.id,
            force_send=False,
            email_values={"auto_delete": True, "is_notification": False, "recipient_ids": [(6, 0, contact.ids)]},
        )

    @api.model
    def _feedback_models(self):
        return ("nestogy.satisfaction.request", "nestogy.nps.answer")

    @api.model
    def _feedback_last_asked(self, partners, since):
        """When these contacts were asked anything by mail, over all kinds of questions.

        :return: dict of partner id to a list of naive datetimes
        """
        found = {}
        for name in self._feedback_models():
            rows = (
                self.env[name]
                .sudo()  # whoever asks: only times are told
                ._read_group(
                    [("partner_id", "in", partners.ids), ("sent_at", ">", since)], ["partner_id"], ["sent_at:array_agg"]
                )
            )
            for partner, moments in rows:
                found.setdefault(partner.id, []).extend(moments)
        return found

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    @api.model
    def _find_feedback(self, token):
        """The question of a link in sudo; empty when nobody knows it, or it is too late."""
        for name in self._feedback_models() if is_token(token) else ():
            # visitors have no rights on questions; the token is what they show
            row_sudo = self.env[name].sudo().search([("token_digest", "=", digest(token))], limit=1)
            if row_sudo and row_sudo.expires_at > fields.Datetime.now() and row_sudo.partner_id.active:
                return row_sudo
        return None

    def _may_change_answer(self):
        self.ensure_one()
        return not self.answered_at or self.answered_at + timedelta(days=CHANGE_DAYS) > fields.Datetime.now()

    def _record_answer(self, grade, comment):
        """Keep what the contact answered; a second answer replaces the first for some days.

        :param int grade: one of ``_feedback_grades``
        :param str comment: plain text
        :raise UserError: senseless, or too late
        """
        self.ensure_one()
        if grade not in self._feedback_grades:
            raise UserError(self.env._("Choose one of the answers."))
        if not self._may_change_answer():
            raise UserError(self.env._("This answer cannot be changed any more; write to us instead."))
        row_sudo = self.sudo()  # contacts write nothing themselves; the caller vouches for who answers
        is_bad = row_sudo._is_bad_answer(grade)
        values = {
            "state": "answered",
            "grade": grade,
            "comment": comment or False,
            "answered_at": row_sudo.answered_at or fields.Datetime.now(),
        }
        if is_bad and row_sudo.follow_up_state == "none":
            values |= {"follow_up_state": "open", "follow_up_user_id": row_sudo._follow_up_user().id}
        elif not is_bad and row_sudo.follow_up_state == "open":
            values |= {"follow_up_state": "none"}
            row_sudo.activity_id.unlink()
        is_new = values.get("follow_up_state") == "open"
        row_sudo.write(values)
        if is_new:
            row_sudo._plan_follow_up()

    def _is_bad_answer(self, grade):
        raise NotImplementedError

    def _ask_no_more(self):
        """Note that the contact wants no such questions; the caller vouches that it is he who says so."""
        kind_sudo = self.env["nestogy.message.kind"]._of("survey")
        contact_sudo = self.sudo().partner_id  # contacts change nothing of themselves but this
        contact_sudo.write(
            {
                "wanted_kind_ids": [fields.Command.unlink(kind_sudo.id)],
                "unwanted_kind_ids": [fields.Command.link(kind_sudo.id)],
            }
        )

    # ------------------------------------------------------------------
    # Following up
    # ------------------------------------------------------------------

    def _feedback_record(self):
        """What the answer is about: where its follow-up stands as an activity."""
        raise NotImplementedError

    def _follow_up_candidates(self):
        """Who follows up, by what the client's setting says: users, the first that there is does it."""
        raise NotImplementedError

    def _follow_up_user(self):
        client = self.client_id.with_company(self.company_id)
        users = [*self._follow_up_candidates(), client.user_id, client._client_managers(self.company_id)[:1]]
        return next((user for user in users if user and user.active and not user.share), self.env.user)

    def _follow_up_day(self):
        """The day on which it is due: today, or the next working day when work is over for today."""
        calendar = self.company_id.resource_calendar_id
        now = fields.Datetime.now()
        # the first minute of work from now on
        moment = (calendar and calendar.plan_hours(1 / 60, now, compute_leaves=True)) or now
        zone = (calendar and calendar.tz) or "UTC"
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()

    def _plan_follow_up(self):
        self.activity_id = self._feedback_record().activity_schedule(
            ACTIVITY,
            self._follow_up_day(),
            user_id=self.follow_up_user_id.id,
            summary=self._follow_up_summary(),
            note=self.comment or "",
        )

    def _follow_up_summary(self):
        raise NotImplementedError

    def action_follow_up_done(self):
        """Note that somebody talked to the client; what about stands in the note."""
        self.check_access("write")
        for row in self:
            if not (row.follow_up_note or "").strip():
                raise UserError(self.env._("Write down first what the client said and what was agreed."))
        done = self.filtered(lambda row: row.follow_up_state == "open")
        # checked above; these fields are changed by this button alone
        done.sudo().write(
            {
                "follow_up_state": "done",
                "followed_up_at": fields.Datetime.now(),
                "followed_up_by_id": self.env.uid,
            }
        )
        for row_sudo in done.sudo():  # as above
            row_sudo.activity_id.filtered("active").action_feedback(feedback=row_sudo.follow_up_note)
