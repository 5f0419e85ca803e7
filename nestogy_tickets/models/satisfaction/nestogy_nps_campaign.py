import random
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...tools.feedback import LEAST_NPS, nps, nps_margin

QUESTION_CHARACTERS = 300
PAUSE_MAX_DAYS = 730
NAMES_SHOWN = 20
MANAGER = "nestogy_clients.nestogy_clients_group_manager"
# what decides whom a campaign asks, and what it asks: kept as it was once it runs
FIXED = ("segment_id", "domain", "sample_percent", "contact_choice", "contact_kind_ids", "question", "company_id")


class NestogyNpsCampaign(models.Model):
    """Asks contacts of clients how likely they recommend us (net promoter score)."""

    _name = "nestogy.nps.campaign"
    _description = "NPS Campaign"
    _inherit = ["mail.thread"]
    _order = "id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    state = fields.Selection(
        [("draft", "In preparation"), ("running", "Running"), ("stopped", "Stopped"), ("done", "Ended")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    segment_id = fields.Many2one("nestogy.client.segment", ondelete="restrict", help="Empty: all clients.")
    domain = fields.Char(string="Only Clients", default="[]", help="A filter besides the segment.")
    contact_choice = fields.Selection(
        [
            ("primary", "Primary contact of each client"),
            ("portal", "Everybody with access to the portal"),
            ("kinds", "Contacts of these kinds"),
        ],
        string="Whom to Ask",
        required=True,
        default="primary",
    )
    contact_kind_ids = fields.Many2many("nestogy.contact.kind", string="Kinds")
    sample_percent = fields.Integer(
        string="Sample (%)",
        required=True,
        default=100,
        help="So many of a hundred contacts are asked, chosen by chance.",
    )
    pause_days = fields.Integer(
        string="Pause (days)",
        required=True,
        default=90,
        help="Who was asked anything by mail within these days, by a campaign or after a ticket, is not asked again.",
    )
    question = fields.Char(required=True, translate=True, default=lambda self: self._default_question())
    date_start = fields.Date(string="Begins on", help="Empty: as soon as it is started.")
    date_end = fields.Date(string="Ends on", help="Nobody is asked after this day.")
    started_at = fields.Datetime(string="Started on", readonly=True, copy=False)
    started_by_id = fields.Many2one("res.users", string="Started by", readonly=True, copy=False, ondelete="set null")
    answer_ids = fields.One2many("nestogy.nps.answer", "campaign_id", readonly=True, copy=False)
    invited_count = fields.Integer(string="In the Sample", compute="_compute_figures")
    sent_count = fields.Integer(string="Asked", compute="_compute_figures")
    answer_count = fields.Integer(string="Answers", compute="_compute_figures")
    nps_text = fields.Char(string="NPS", compute="_compute_figures")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    _sample = models.Constraint("CHECK (sample_percent BETWEEN 1 AND 100)", "A sample is between 1 and 100 %.")
    _pause = models.Constraint(
        f"CHECK (pause_days BETWEEN 0 AND {PAUSE_MAX_DAYS})", f"A pause is between 0 and {PAUSE_MAX_DAYS} days."
    )
    _dates = models.Constraint("CHECK (date_end >= date_start)", "A campaign ends after it begins.")

    @api.model
    def _default_question(self):
        return self.env._(
            "How likely is it that you would recommend %s to a friend or colleague?", self.env.company.name
        )

    @api.depends("answer_ids.state", "answer_ids.nps_group")
    def _compute_figures(self):
        """Count the rows of the whole recordset with one grouped query."""
        counts = {}
        answers = self.env["nestogy.nps.answer"]
        for campaign, state, group, number in answers._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "state", "nps_group"], ["__count"]
        ):
            entry = counts.setdefault(campaign.id, {"all": 0, "sent": 0, "answered": 0})
            entry["all"] += number
            entry["sent"] += number if state in ("sent", "answered") else 0
            entry["answered"] += number if state == "answered" else 0
            if group:
                entry[group] = entry.get(group, 0) + number
        for campaign in self:
            entry = counts.get(campaign.id, {})
            campaign.invited_count = entry.get("all", 0)
            campaign.sent_count = entry.get("sent", 0)
            campaign.answer_count = entry.get("answered", 0)
            campaign.nps_text = self._nps_text(
                entry.get("promoter", 0), entry.get("detractor", 0), entry.get("answered", 0)
            )

    @api.model
    def _nps_text(self, promoters, detractors, answers):
        """The score in words, with how sure it is."""
        score = nps(promoters, detractors, answers)
        if score is None:
            return self.env._("Not enough data (%(count)s of %(least)s)", count=answers, least=LEAST_NPS)
        return self.env._(
            "%(score)s ± %(margin)s (%(count)s answers)",
            score=f"{score:+.0f}",
            margin=f"{nps_margin(promoters, detractors, answers):.0f}",
            count=answers,
        )

    @api.constrains("question")
    def _check_question(self):
        for campaign in self:
            if len(campaign.question or "") > QUESTION_CHARACTERS:
                raise ValidationError(
                    self.env._("The question is too long; %s characters are the limit.", QUESTION_CHARACTERS)
                )

    @api.constrains("domain")
    def _check_domain(self):
        for campaign in self:
            try:
                self.env["res.partner"]._client_domain(campaign.domain or "[]")
            except UserError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("contact_choice", "contact_kind_ids")
    def _check_kinds(self):
        for campaign in self:
            if campaign.contact_choice == "kinds" and not campaign.contact_kind_ids:
                raise ValidationError(self.env._("Choose the kinds of contacts that are asked."))

    def write(self, vals):
        changed = [name for name in FIXED if name in vals]
        if changed and (begun := self.filtered(lambda campaign: campaign.state != "draft")):
            raise UserError(
                self.env._(
                    "%s has been started: whom it asks and what stays as it is. Stop it and make a copy.",
                    begun[0].name,
                )
            )
        if "state" in vals and not self.env.su:
            raise AccessError(self.env._("A campaign is started and stopped by its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(campaign.state != "draft" for campaign in self):
            raise UserError(self.env._("A campaign that was started holds what clients said; it is kept."))

    # ------------------------------------------------------------------
    # Who is asked
    # ------------------------------------------------------------------

    def _clients(self):
        """The clients of this campaign, as far as whoever starts it sees them."""
        self.ensure_one()
        domain = self.env["res.partner"]._client_domain(self.domain or "[]")
        if self.segment_id:
            domain &= self.segment_id._clients_domain()
        domain &= Domain("company_id", "in", (False, self.company_id.id))
        return self.env["res.partner"].search(domain, order="id")

    def _candidates(self):
        """The contacts that the campaign is about, before anybody is left out."""
        self.ensure_one()
        clients = self._clients()
        if self.contact_choice == "primary":
            return clients.mapped("primary_contact_id")
        people = Domain("commercial_partner_id", "in", clients.ids) & Domain("is_company", "=", False)
        if self.contact_choice == "kinds":
            people &= Domain("contact_kind_ids", "in", self.contact_kind_ids.ids)
        else:
            # who has a login is asked, not what it is
            users_sudo = self.env["res.users"].sudo()
            people &= Domain("id", "in", users_sudo._search([("share", "=", True)]).subselect("partner_id"))
        return self.env["res.partner"].search(people, order="id")

    def _asked_before(self, contacts):
        """Those of the contacts who were asked anything by mail within the pause."""
        if not self.pause_days:
            return contacts.browse()
        since = fields.Datetime.now() - timedelta(days=self.pause_days)
        return contacts.browse(self.env["nestogy.feedback.mixin"]._feedback_last_asked(contacts, since))

    @api.model
    def _skip_reason(self, reason):
        return {
            "asked": self.env._("Was asked within the pause"),
            "refuses": self.env._("Does not want surveys or e-mails, or has no address"),
            "address": self.env._("Has the address of another contact who is asked"),
            "chance": self.env._("Not drawn for the sample"),
        }[reason]

    def _choose(self):
        """Decide who is asked; the same campaign draws the same sample each time.

        :return: tuple of the contacts and a dict of reason to those who are left out
        """
        self.ensure_one()
        contacts = self._candidates()
        asked = self._asked_before(contacts)
        rest = contacts - asked
        answers = rest._client_contact_answers("email", "survey")
        # whoever only prefers another time is asked then
        welcome = rest.filtered(lambda each: answers[each.id].allowed or answers[each.id].next_allowed)
        seen, unique = set(), []
        for contact in welcome:
            if contact.email_normalized not in seen:
                seen.add(contact.email_normalized)
                unique.append(contact.id)
        unique = contacts.browse(unique)
        size = -(-len(unique) * self.sample_percent // 100)  # rounded up: one of a few is better than none
        drawn = random.Random(f"nps {self._origin.id}").sample(unique.ids, size)  # noqa: S311 - chance, not secrecy
        chosen = contacts.browse(sorted(drawn))
        return chosen, {
            "asked": asked,
            "refuses": rest - welcome,
            "address": welcome - unique,
            "chance": unique - chosen,
        }

    @api.depends("state", *FIXED, "pause_days")
    def _compute_preview(self):
        for campaign in self:
            if campaign.state != "draft" or not campaign._origin:
                campaign.preview = False
                continue
            try:
                chosen, skipped = campaign._choose()
            except UserError as error:
                campaign.preview = Markup("<p class='text-danger'>%s</p>") % str(error)
                continue
            chosen.commercial_partner_id.fetch(["name"])
            campaign.preview = self.env["ir.qweb"]._render(
                "nestogy_tickets.nps_preview",
                {
                    "chosen": chosen[:NAMES_SHOWN],
                    "count": len(chosen),
                    "more": max(len(chosen) - NAMES_SHOWN, 0),
                    "skipped": [(self._skip_reason(reason), len(each)) for reason, each in skipped.items() if each],
                },
            )

    # ------------------------------------------------------------------
    # Start and stop
    # ------------------------------------------------------------------

    def _check_manager(self):
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Campaigns are started and stopped by managers."))

    def action_start(self):
        """Draw the sample and let the mails go out; a stopped campaign goes on with the sample that it has."""
        self._check_manager()
        if self.state not in ("draft", "stopped"):
            raise UserError(self.env._("This campaign has been started already."))
        if self._is_over():
            raise UserError(self.env._("The campaign has ended; choose a later day first."))
        campaign_sudo = self.sudo()  # the buttons change what nobody writes by hand
        if self.state == "draft":
            chosen, _skipped = self._choose()
            if not chosen:
                raise UserError(self.env._("Nobody would be asked; see why in the preview."))
            begin = max(fields.Datetime.now(), fields.Datetime.to_datetime(self.date_start or fields.Date.today()))
            self.env["nestogy.nps.answer"].sudo().create(  # as above
                [
                    {
                        "campaign_id": self.id,
                        "partner_id": contact.id,
                        "client_id": contact.commercial_partner_id.id,
                        "company_id": self.company_id.id,
                        "due_at": begin,
                    }
                    for contact in chosen
                ]
            )
            campaign_sudo.write({"started_at": fields.Datetime.now(), "started_by_id": self.env.uid})
        campaign_sudo.state = "running"
        self.env.ref("nestogy_tickets.ir_cron_nps").sudo()._trigger()  # our own job

    def action_stop(self):
        """Let no further mail go out; who was asked can still answer."""
        self._check_manager()
        if self.state != "running":
            raise UserError(self.env._("This campaign is not running."))
        self.sudo().state = "stopped"  # as in action_start

    def _is_over(self):
        self.ensure_one()
        return bool(self.date_end and self.date_end < fields.Date.context_today(self))

    @api.model
    def _end_due(self):
        """End the campaigns that have nothing left to send."""
        running = self.search([("state", "=", "running")])
        waiting = self.env["nestogy.nps.answer"]._read_group(
            [("campaign_id", "in", running.ids), ("state", "=", "waiting")], ["campaign_id"]
        )
        busy = self.browse([campaign.id for (campaign,) in waiting])
        over = running.filtered(lambda campaign: campaign._is_over())
        rows = self.env["nestogy.nps.answer"].search([("campaign_id", "in", over.ids), ("state", "=", "waiting")])
        rows.write({"state": "skipped", "skip_reason": self.env._("The campaign ended before.")})
        (over | (running - busy)).write({"state": "done"})

    def action_answers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.nestogy_nps_answer_action")
        return action | {"domain": [("campaign_id", "=", self.id)], "context": {}, "display_name": self.name}
