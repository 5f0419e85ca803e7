import logging

import psycopg2
import stripe

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import date_utils

_logger = logging.getLogger(__name__)

TELL_DAYS = (30, 7)  # before a card expires, the earliest first
ASK_AHEAD_DAYS = 45  # a card that expires within these may have been renewed by its bank: it is asked about each night
ASK_AGAIN_DAYS = 30  # any other card
BATCH = 500


class PaymentToken(models.Model):
    """When a saved card expires: known from the provider, told before, and charged no more after."""

    _inherit = "payment.token"

    expires_on = fields.Date(
        readonly=True, groups="base.group_user", help="The last day on which the card can be charged."
    )
    expires_text = fields.Char(string="Expires", compute="_compute_expires_text", groups="base.group_user")
    expiry_asked_at = fields.Datetime(
        string="Provider Asked for Expiry",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    expiry_told_days = fields.Integer(
        string="Told Before Expiry",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="So many days before the card expires its owner was mailed last.",
    )

    _expires_idx = models.Index("(expires_on) WHERE active")

    @api.depends("expires_on")
    def _compute_expires_text(self):
        for token in self:
            token.expires_text = f"{token.expires_on:%m/%Y}" if token.expires_on else False

    def _is_expired(self):
        self.ensure_one()
        return bool(self.expires_on) and self.expires_on < fields.Date.context_today(self)

    # ------------------------------------------------------------------
    # What the provider says
    # ------------------------------------------------------------------

    @api.model
    def _stripe_expiry(self, payment_method):
        """The last day of a card, ``False`` for what does not expire.

        :param payment_method: Stripe's, as dict; or only its id, or nothing, of which nothing is known
        """
        card = payment_method.get("card") if isinstance(payment_method, dict) else None
        year, month = (card or {}).get("exp_year"), (card or {}).get("exp_month")
        if not year or not month:
            return False
        return date_utils.end_of(fields.Date.to_date(f"{int(year):04}-{int(month):02}-01"), "month")

    def _take_expiry(self, expires_on):
        """Keep what the provider says; of another date nobody was told yet."""
        self.ensure_one()
        values = {"expiry_asked_at": fields.Datetime.now()}
        if expires_on != self.expires_on:
            values |= {"expires_on": expires_on, "expiry_told_days": 0}
        self.write(values)

    def _ask_expiry(self):
        """Ask Stripe when the card expires; banks renew cards without a word to anybody else.

        :return: whether it answered
        """
        self.ensure_one()
        try:
            found = self.provider_id._stripe_client().v1.payment_methods.retrieve(self.stripe_payment_method)
        except (stripe.StripeError, UserError) as error:
            _logger.warning("Stripe did not say when card %s expires: %s", self.id, error)
            return False
        self._take_expiry(self._stripe_expiry(found.to_dict()))
        return True

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _expiry_ask_domain(self):
        """Cards about which Stripe is to be asked tonight."""
        now, today = fields.Datetime.now(), fields.Date.context_today(self)
        asked = Domain("expiry_asked_at", "=", False)
        asked |= Domain("expiry_asked_at", "<", fields.Datetime.subtract(now, days=ASK_AGAIN_DAYS))
        asked |= Domain("expires_on", "<=", fields.Date.add(today, days=ASK_AHEAD_DAYS)) & Domain(
            "expiry_asked_at", "<", fields.Datetime.subtract(now, hours=12)
        )
        return (
            asked
            & Domain("provider_id.code", "=", "stripe")
            & Domain("provider_id.state", "in", ("enabled", "test"))
            & Domain("stripe_payment_method", "!=", False)
        )

    @api.model
    def _expiry_near_domain(self):
        """Cards that are charged automatically, and expire soon or did."""
        today = fields.Date.context_today(self)
        return Domain("expires_on", "<=", fields.Date.add(today, days=TELL_DAYS[0])) & Domain(
            "autopay_ids", "any", [("state", "=", "active")]
        )

    @api.model
    def _cron_card_expiry(self, batch=BATCH):
        """Each night: ask when saved cards expire, tell their owners, and stop what cannot be charged any more.

        A card is asked about once a night and its owner told once for each date, also when the job is broken off and
        begun again. A card of which the provider says nothing stays as it is until the next night.
        """
        cron = self.env["ir.cron"]
        asks = self.search(self._expiry_ask_domain(), order="expiry_asked_at NULLS FIRST, id", limit=batch)
        cron._commit_progress(remaining=self.search_count(self._expiry_ask_domain()))
        silent = self.browse()
        for token in asks:
            token = token.try_lock_for_update(allow_referencing=True)
            if token and not token._ask_expiry():
                silent |= token
            if not cron._commit_progress(1):
                return
        near = self.search(self._expiry_near_domain() & Domain("id", "not in", silent.ids), order="id")
        cron._commit_progress(remaining=len(near))
        for token in near:
            token = token.try_lock_for_update(allow_referencing=True)
            if token:
                try:
                    with self.env.cr.savepoint():
                        token._tell_expiry()
                except (UserError, ValueError, KeyError, psycopg2.Error):
                    _logger.exception("The owner of card %s could not be told that it expires", token.id)
            if not cron._commit_progress(1):
                return

    def _tell_expiry(self):
        """Mail the owner of a card that is charged automatically before it expires; stop when it has."""
        self.ensure_one()
        consents_sudo = self.autopay_ids.sudo().filtered(lambda each: each.state == "active")  # the clock
        if self._is_expired():
            consents_sudo._stop("expired", tell=True)
            return
        left = (self.expires_on - fields.Date.context_today(self)).days
        due = min((days for days in TELL_DAYS if left <= days), default=0)
        if not due or (self.expiry_told_days and self.expiry_told_days <= due):
            return
        for consent_sudo in consents_sudo:
            consent_sudo.client_id.with_company(consent_sudo.company_id)._mail_autopay(
                "autopay_expiry",
                {
                    "card": consent_sudo.token_name,
                    "expiry": self.expires_text,
                    "link": f"{consent_sudo.get_base_url()}/my/autopay",
                },
                payer=self.partner_id,
            )
        self.expiry_told_days = due
