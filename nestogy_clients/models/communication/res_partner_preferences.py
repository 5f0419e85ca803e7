from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import email_normalize

from ...tools.contact_times import next_in_windows, next_within_limit

CHANNELS = ("email", "phone", "text", "visit")
WISHES = [("preferred", "Preferred"), ("fine", "Fine"), ("never", "Never")]
PERIOD_DAYS = {"day": 1, "week": 7, "month": 30}
LIMIT_MAX = 1000
# what is sent to many, or by itself; an answer that somebody wrote is no burden that a limit should count
COUNTED_MESSAGE_TYPES = ("email_outgoing", "auto_comment")


class ContactAnswer(NamedTuple):
    """May somebody be contacted? If not, ``reason`` says why, and ``next_allowed`` (UTC) when, if ever."""

    allowed: bool
    reason: str = ""
    next_allowed: object = None


class ResPartner(models.Model):
    """How, when, how often and about what people like to be contacted.

    Each wish of a contact goes before that of its client; what is left empty on a contact is as on the client.
    """

    _inherit = "res.partner"

    channel_email = fields.Selection(WISHES, string="By E-mail", groups="base.group_user")
    channel_phone = fields.Selection(WISHES, string="By Phone", groups="base.group_user")
    channel_text = fields.Selection(WISHES, string="By Text Message", groups="base.group_user")
    channel_visit = fields.Selection(WISHES, string="In Person", groups="base.group_user")
    contact_time_ids = fields.One2many(
        "nestogy.contact.time",
        "partner_id",
        string="Best Times",
        groups="base.group_user",
        help="By the clock where the person is; empty means any time.",
    )
    contact_limit = fields.Integer(
        string="At Most", groups="base.group_user", help="Messages sent to many or by themselves; 0 is no limit."
    )
    contact_limit_period = fields.Selection(
        [("day", "a day"), ("week", "a week"), ("month", "a month")],
        string="Period",
        default="week",
        groups="base.group_user",
    )
    unwanted_kind_ids = fields.Many2many(
        "nestogy.message.kind",
        "nestogy_message_kind_unwanted_rel",
        "partner_id",
        "kind_id",
        string="Does Not Want",
        domain=[("is_obligatory", "=", False)],
        groups="base.group_user",
    )
    wanted_kind_ids = fields.Many2many(
        "nestogy.message.kind",
        "nestogy_message_kind_wanted_rel",
        "partner_id",
        "kind_id",
        string="Wants All the Same",
        domain=[("is_obligatory", "=", False)],
        groups="base.group_user",
        help="Although the client does not want it.",
    )
    service_preference_ids = fields.Many2many(
        "res.partner.category",
        string="Service Preferences",
        compute="_compute_service_preference_ids",
        inverse="_inverse_service_preference_ids",
        search="_search_service_preference_ids",
        domain=[("dimension", "=", "service")],
        groups="base.group_user",
        help="The client's tags of the dimension Service Needs.",
    )
    contact_preferences_table = fields.Html(
        string="Preferences in Force",
        compute="_compute_contact_preferences_table",
        groups="base.group_user",
        sanitize=False,
    )

    @api.depends("category_id.dimension")
    def _compute_service_preference_ids(self):
        for partner in self:
            partner.service_preference_ids = partner.category_id.filtered(lambda tag: tag.dimension == "service")

    def _inverse_service_preference_ids(self):
        for partner in self:
            others = partner.category_id.filtered(lambda tag: tag.dimension != "service")
            partner.category_id = [Command.set((others | partner.service_preference_ids).ids)]

    def _search_service_preference_ids(self, operator, value):
        return [("category_id", operator, value)]

    @api.constrains("contact_limit", "contact_limit_period")
    def _check_contact_limit(self):
        for partner in self:
            if not 0 <= partner.contact_limit <= LIMIT_MAX:
                raise ValidationError(self.env._("A limit of messages is between 0 (none) and %s.", LIMIT_MAX))
            if partner.contact_limit and not partner.contact_limit_period:
                raise ValidationError(self.env._("Say for which period the limit of messages holds."))

    @api.constrains("unwanted_kind_ids", "wanted_kind_ids")
    def _check_message_kinds(self):
        for partner in self:
            both = partner.unwanted_kind_ids & partner.wanted_kind_ids
            if both:
                raise ValidationError(
                    self.env._(
                        "%(name)s cannot both want and not want: %(kinds)s.",
                        name=partner.display_name,
                        kinds=", ".join(both.mapped("name")),
                    )
                )
            obligatory = (partner.unwanted_kind_ids | partner.wanted_kind_ids).filtered("is_obligatory")
            if obligatory:
                raise ValidationError(
                    self.env._("Nobody can opt out of what is obligatory: %s.", ", ".join(obligatory.mapped("name")))
                )

    # ------------------------------------------------------------------
    # What holds
    # ------------------------------------------------------------------

    @api.model
    def _channel_labels(self):
        return {name: self._fields[f"channel_{name}"]._description_string(self.env) for name in CHANNELS}

    def _preference(self, name):
        """A preference that is in force, and whose it is.

        :param str name: ``channel_email`` ... ``channel_visit``, ``contact_time_ids`` or ``contact_limit``
        :return: tuple of the value and the partner who said so, empty when nobody did
        """
        self.ensure_one()
        # each by its own path: a union of the two would take them out of the batch they are fetched with
        if self[name]:
            return self[name], self
        client = self.commercial_partner_id
        return client[name], client if client[name] else self.browse()

    def _unwanted_kinds(self):
        """The kinds of messages that this partner does not want, by his own word or that of his client."""
        self.ensure_one()
        return self.unwanted_kind_ids | (self.commercial_partner_id.unwanted_kind_ids - self.wanted_kind_ids)

    def _contact_zone(self):
        """The time zone by whose clock the best times are meant."""
        self.ensure_one()
        return self.tz or self.commercial_partner_id.tz or self.env.company.partner_id.tz or "UTC"

    @api.depends(
        "parent_id",
        "contact_limit",
        "contact_limit_period",
        "contact_time_ids.weekday",
        "contact_time_ids.hour_from",
        "contact_time_ids.hour_to",
        "unwanted_kind_ids",
        "wanted_kind_ids",
        *(f"channel_{name}" for name in CHANNELS),
    )
    @api.depends_context("lang", "tz")
    def _compute_contact_preferences_table(self):
        for partner in self:
            partner.contact_preferences_table = self.env["ir.qweb"]._render(
                "nestogy_clients.contact_preferences_table",
                {
                    "rows": partner._contact_preference_rows(),
                    "partner": partner,
                    "client": partner.commercial_partner_id - partner,
                },
            )

    def _contact_preference_rows(self):
        """What is in force for this partner, in words.

        :return: list of dicts with ``label``, ``value`` (a sentence or a word) and ``origin`` (the partner who said
            so, empty for nobody)
        """
        self.ensure_one()
        wishes = dict(self._fields["channel_email"]._description_selection(self.env))
        rows = []
        for name, label in self._channel_labels().items():
            wish, origin = self._preference(f"channel_{name}")
            rows.append({"label": label, "value": wishes.get(wish) or wishes["fine"], "origin": origin})
        times, origin = self._preference("contact_time_ids")
        value = self.env._("any time")
        if times:
            value = f"{', '.join(times.mapped('display_name'))} ({self._contact_zone()})"
        rows.append(
            {"label": self._fields["contact_time_ids"]._description_string(self.env), "value": value, "origin": origin}
        )
        limit, origin = self._preference("contact_limit")
        value = self.env._("no limit")
        if limit:
            periods = dict(self._fields["contact_limit_period"]._description_selection(self.env))
            value = f"{limit} {periods[origin.contact_limit_period]}"
        rows.append(
            {"label": self._fields["contact_limit"]._description_string(self.env), "value": value, "origin": origin}
        )
        unwanted = self._unwanted_kinds()
        origin = self.commercial_partner_id if unwanted else self.browse()
        if self.unwanted_kind_ids or self.wanted_kind_ids:
            origin = self
        rows.append(
            {
                "label": self._fields["unwanted_kind_ids"]._description_string(self.env),
                "value": ", ".join(unwanted.mapped("name")) or self.env._("nothing is unwanted"),
                "origin": origin,
            }
        )
        return rows

    # ------------------------------------------------------------------
    # The gate
    # ------------------------------------------------------------------

    def _client_may_contact(self, channel, purpose, when=None):
        """Say whether this person may be contacted now; whoever sends on his own account asks here.

        :param str channel: ``email``, ``phone``, ``text`` or ``visit``
        :param purpose: a kind of message, or the code of one
        :param datetime when: naive, UTC; now when empty
        :return: :class:`ContactAnswer`
        :raise ValueError: no such channel or kind
        """
        self.ensure_one()
        return self._client_contact_answers(channel, purpose, when)[self.id]

    def _client_contact_answers(self, channel, purpose, when=None):
        """:meth:`_client_may_contact` for many, with a constant number of queries.

        :return: dict of partner id to :class:`ContactAnswer`
        """
        if channel not in CHANNELS:
            raise ValueError(f"no channel {channel!r}")
        kind_sudo = self.env["nestogy.message.kind"]._of(purpose)
        when = when or fields.Datetime.now()
        # wishes are asked by whoever sends: a cron, or staff without our roles
        partners_sudo = self.sudo()
        partners_sudo.commercial_partner_id.fetch([f"channel_{channel}", "tz", "contact_limit", "contact_limit_period"])
        optional_sudo = partners_sudo if not kind_sudo.is_obligatory else partners_sudo.browse()
        consents = optional_sudo._effective_consents() if kind_sudo.is_marketing else {}
        blocked = optional_sudo._blocked_addresses(channel)
        answers, later_sudo = {}, partners_sudo.browse()
        for partner_sudo in partners_sudo:
            reason = partner_sudo._contact_refusal(channel, kind_sudo, consents, blocked)
            if reason or kind_sudo.is_obligatory:
                answers[partner_sudo.id] = ContactAnswer(not reason, reason)
            else:
                later_sudo |= partner_sudo
        return answers | later_sudo._contact_times_answers(when)

    def _contact_refusal(self, channel, kind, consents, blocked):
        """Why this person is not contacted in this way about this, at no time.

        :param dict consents: see :meth:`_effective_consents`
        :param set blocked: ids of partners whose address is on a blacklist
        :return: a sentence, empty when nothing is in the way
        """
        values = {"name": self.display_name, "kind": kind.name}
        if not self.active:
            return self.env._("%(name)s is archived.", **values)
        if channel == "email" and not email_normalize(self.email):
            return self.env._("%(name)s has no e-mail address.", **values)
        if channel in ("phone", "text") and not self.phone:
            return self.env._("%(name)s has no phone number.", **values)
        if kind.is_obligatory:
            return ""
        if self._preference(f"channel_{channel}")[0] == "never":
            return {
                "email": self.env._("%(name)s does not want e-mails.", **values),
                "phone": self.env._("%(name)s does not want phone calls.", **values),
                "text": self.env._("%(name)s does not want text messages.", **values),
                "visit": self.env._("%(name)s does not want visits.", **values),
            }[channel]
        if kind in self._unwanted_kinds():
            return self.env._("%(name)s does not want this kind of message: %(kind)s.", **values)
        if kind.is_marketing:
            consent_sudo, _is_own = consents.get(self.id, (None, True))
            if not consent_sudo:
                return self.env._("%(name)s has not agreed to marketing messages.", **values)
            if consent_sudo.decision == "withdrawn":
                return self.env._("%(name)s has withdrawn the consent to marketing messages.", **values)
        if self.id in blocked:
            return self.env._("The address of %(name)s is on the blacklist.", **values)
        return ""

    def _blocked_addresses(self, channel):
        """Ids of those whose e-mail address or phone is on Odoo's blacklist; called in sudo."""
        if channel == "email":
            by_address = self.grouped("email_normalized")
            found = self.env["mail.blacklist"].search([("email", "in", [each for each in by_address if each])])
            return {partner.id for row in found for partner in by_address[row.email]}
        if channel in ("phone", "text"):
            by_number = defaultdict(self.browse)
            for partner in self.filtered("phone_sanitized"):
                by_number[partner.phone_sanitized] |= partner
            found = self.env["phone.blacklist"].search([("number", "in", list(by_number))])
            return {partner.id for row in found for partner in by_number[row.number]}
        return set()

    def _contact_times_answers(self, when):
        """Who has had enough for now, or prefers another time; called in sudo."""
        limits = {}
        for partner in self:
            limit, origin = partner._preference("contact_limit")
            if limit:
                limits[partner.id] = limit, PERIOD_DAYS[origin.contact_limit_period]
        sent = {}
        if limits:
            longest = max(days for _limit, days in limits.values())
            sent = self.browse(limits)._client_messages_since(when - timedelta(days=longest))
        answers = {}
        for partner in self:
            limit, days = limits.get(partner.id, (0, 1))
            free = next_within_limit(when, sent.get(partner.id, ()), limit, days)
            times, _origin = partner._preference("contact_time_ids")
            suits = next_in_windows(free, times._windows(), partner._contact_zone())
            if free > when:
                reason = self.env._(
                    "%(name)s has got the %(limit)s messages that are welcome for now.",
                    name=partner.display_name,
                    limit=limit,
                )
            else:
                reason = self.env._("%s prefers another time.", partner.display_name)
            answers[partner.id] = ContactAnswer(True) if suits == when else ContactAnswer(False, reason, suits)
        return answers

    def _client_messages_since(self, since):
        """When these people got messages that were sent to many or by themselves; called in sudo.

        Addons that contact people in other ways add theirs.

        :param datetime since: naive, UTC
        :return: dict of partner id to a list of naive datetimes
        """
        found = defaultdict(list)
        for partner, message in self.env["mail.notification"]._read_group(
            [
                ("res_partner_id", "in", self.ids),
                ("notification_type", "!=", "inbox"),
                ("notification_status", "not in", ("canceled", "exception", "bounce")),
                ("mail_message_id.message_type", "in", COUNTED_MESSAGE_TYPES),
                ("mail_message_id.date", ">", since),
            ],
            ["res_partner_id", "mail_message_id"],
        ):
            found[partner.id].append(message.date)
        return found
