import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date

from .nestogy_autopay import STAFF

_logger = logging.getLogger(__name__)

RETRY_DAYS = (1, 3, 7)  # after the first attempt
ASK_AGAIN_HOURS = 23  # for which a provider knows a request that it gets once more
ACTIVITY = "nestogy_portal.mail_activity_type_autopay"


class NestogyAutopayCharge(models.Model):
    """One attempt to charge one invoice, written down and kept before the provider is called.

    announced: the client was told; ready: its transaction is written; sent: from here on nobody may send it again;
    unknown: nobody can tell whether the provider charged; then done, failed or skipped.
    """

    _name = "nestogy.autopay.charge"
    _description = "Automatic Charge"
    _order = "date desc, id desc"
    _rec_name = "move_id"

    autopay_id = fields.Many2one(
        "nestogy.autopay", string="Consent", required=True, readonly=True, ondelete="restrict", index=True
    )
    client_id = fields.Many2one(related="autopay_id.client_id", store=True, index=True)
    company_id = fields.Many2one(related="autopay_id.company_id", store=True, index=True)
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, ondelete="restrict", index=True
    )
    number = fields.Integer(string="Attempt", required=True, readonly=True, aggregator=None)
    date = fields.Date(string="Planned for", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    state = fields.Selection(
        [
            ("announced", "Planned"),
            ("ready", "Prepared"),
            ("sent", "Under way"),
            ("unknown", "Result unknown"),
            ("done", "Paid"),
            ("failed", "Declined"),
            ("skipped", "Not charged"),
        ],
        required=True,
        readonly=True,
        default="announced",
    )
    note = fields.Char(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction", readonly=True, ondelete="restrict", index="btree_not_null", groups=STAFF
    )

    _one_attempt = models.Constraint(
        "UNIQUE (autopay_id, move_id, number)", "This attempt to charge the invoice was made already."
    )
    _one_live = models.UniqueIndex(
        "(move_id) WHERE state IN ('announced', 'ready', 'sent', 'unknown')", "A charge of this invoice is under way."
    )
    _one_transaction = models.UniqueIndex(
        "(transaction_id) WHERE transaction_id IS NOT NULL", "The transaction belongs to another charge."
    )
    _waiting_idx = models.Index("(date) WHERE state IN ('announced', 'ready', 'sent', 'unknown')")

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _cron_autopay(self):
        """See what became of charges, announce new ones, and charge what is due. One bad one stops nobody."""
        cron = self.env["ir.cron"]
        today = fields.Date.context_today(self)
        steps = [
            (self.search([("state", "in", ("sent", "unknown"))]), "_settle"),
            (self.env["nestogy.autopay"].search([("state", "=", "active")]), "_announce"),
            (
                self.search([("state", "in", ("announced", "ready")), ("date", "<=", today)], order="date, id"),
                "_charge",
            ),
        ]
        cron._commit_progress(remaining=sum(len(records) for records, _step in steps))
        for records, step in steps:
            for record in records:
                record = record.with_company(record.company_id)
                record = record.with_context(allowed_company_ids=record.company_id.ids)
                try:
                    getattr(record, step)()
                except Exception:
                    self.env.cr.rollback()
                    _logger.exception("Automatic payment: %s of %s failed", step, record)
                if not cron._commit_progress(1):
                    return

    def _charge(self):
        """Charge an invoice, at most once: what is about to happen is kept before each step that cannot be undone."""
        self.ensure_one()
        if not self._prepare():
            return
        self.env["ir.cron"]._commit_progress()
        if not self._take():
            return
        self.env["ir.cron"]._commit_progress()
        # whoever dies from here on leaves a charge that is under way, which nobody sends again
        self._send()

    def _prepare(self):
        """Write the transaction of a charge that is due, if nothing is in its way.

        :return: whether it is ready to be sent
        """
        charge = self.try_lock_for_update()
        if not charge or charge.state not in ("announced", "ready"):
            return False  # another worker has it
        consent, move = charge.autopay_id, charge.move_id
        if consent.state != "active" or not consent.token_id.active:
            charge._drop(self.env._("automatic payment was stopped"))
            return False
        if not move.filtered_domain(move._reminder_open_domain()):
            charge._drop(self.env._("nothing is open any more"))
            return False
        move._lock_for_online_payment()
        if reason := charge._hold_reason():
            charge.note = reason
            return False
        if charge.state == "ready":
            if move.currency_id.compare_amounts(charge.amount, move.amount_residual) == 0:
                return True  # written by a run that went no further
            charge._drop(self.env._("the open amount has changed"))
            charge._again(fields.Date.context_today(self))
            return False
        if consent._is_above_limit(move):
            charge._drop(self.env._("more than the client's limit"))
            return False
        token = consent.token_id
        transactions = self.env["payment.transaction"]
        prefix = f"{move.name}-AP{charge.id}"
        charge.transaction_id = transactions.create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "reference": transactions._compute_reference(token.provider_id.code, prefix=prefix),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": token.partner_id.id,
                "token_id": token.id,
                "operation": "offline",
                "invoice_ids": [fields.Command.set(move.ids)],
            }
        )
        charge.write({"state": "ready", "amount": move.amount_residual, "note": False})
        return True

    def _hold_reason(self):
        """Why an invoice is not charged now; it is as soon as the reason is gone. Empty when nothing is in the way."""
        self.ensure_one()
        move, token = self.move_id, self.autopay_id.token_id
        provider = token.provider_id
        if move.is_disputed:
            return self.env._("held: in dispute")
        for transaction in move._get_open_transactions() - self.transaction_id:
            if not (transaction._is_forgotten() and transaction._release()):
                return self.env._("held: another payment is under way")
        if move.promise_ids.filtered(lambda promise: promise.state == "open"):
            return self.env._("held: promised to pay otherwise")
        if token._is_expired():  # the nightly job asks whether the bank has renewed it, or stops
            return self.env._("held: the card has expired")
        if provider.state not in ("enabled", "test") or not provider._can_trust_events():
            return self.env._("held: the payment provider is off")
        return ""

    def _take(self):
        """Claim the charge: after this is kept, it is sent by this run or by none.

        :return: whether this run has it
        """
        charge = self.try_lock_for_update()
        if not charge or charge.state != "ready" or charge.transaction_id.state != "draft":
            return False
        charge.write({"state": "sent", "sent_at": fields.Datetime.now()})
        return True

    def _send(self):
        """Ask the provider, and see what it says."""
        self.ensure_one()
        answer = {}
        self.transaction_id.with_context(autopay_answer=answer)._charge_with_token()
        self._settle(answer)

    def _settle(self, answer=None):
        """See what became of a charge that was sent.

        :param dict answer: what the provider was seen to answer to the request just made, ``None`` later
        """
        self.ensure_one()
        charge = self if answer is not None else self.try_lock_for_update()
        if not charge or charge.state not in ("sent", "unknown"):
            return
        transaction = charge.transaction_id
        if transaction.state == "done":
            charge.write({"state": "done", "note": False})
            charge._close_question()
        elif transaction.state in ("pending", "authorized"):
            charge.note = self.env._("the provider is working on it")
        elif transaction.state in ("error", "cancel") and (
            charge._is_certain(answer) if answer is not None else charge.state == "sent"
        ):
            charge._fail(transaction.state_message or self.env._("declined"))
        elif answer is None and charge._may_ask_again():
            charge._send()
        elif charge.state == "sent":
            charge._doubt()

    @api.model
    def _is_certain(self, answer):
        """Say whether a request that failed was refused, and not lost on the way there or back."""
        if not answer.get("is_asked"):
            return True  # no request left, the provider's module refused
        status = answer.get("status") or 0
        return 400 <= status < 500 and status not in (408, 409, 425, 429)

    def _may_ask_again(self):
        """Stripe answers a request that it has seen before as it did then, and charges nothing."""
        since = fields.Datetime.now() - self.sent_at
        return self.transaction_id.provider_code == "stripe" and since < timedelta(hours=ASK_AGAIN_HOURS)

    def _doubt(self):
        """Nobody can tell what happened: charge nothing more, and ask staff to look."""
        self.write({"state": "unknown", "note": self.env._("it is not known whether the provider has charged")})
        self.move_id.activity_schedule(
            ACTIVITY,
            user_id=self._responsible().id,
            summary=self.env._("Was %s charged? Compare with the provider.", self.move_id.name),
            note=self.env._("Transaction %s. Nothing more is charged until you say so.", self.transaction_id.reference),
        )

    def _close_question(self):
        """Close the question to staff, once it is known what happened."""
        self.move_id.activity_unlink([ACTIVITY])

    def _responsible(self):
        client = self.client_id
        return (client.user_id or self.move_id.invoice_user_id or client._client_managers(self.company_id))[:1] or (
            self.env.user
        )

    # ------------------------------------------------------------------
    # When it did not work
    # ------------------------------------------------------------------

    def _drop(self, note):
        """Do not charge; a transaction that was written is ended."""
        for charge in self:
            charge.transaction_id.filtered(lambda tx: tx.state == "draft")._set_canceled(state_message=note)
            charge.write({"state": "skipped", "note": note})
        self.flush_recordset()  # another one may follow at once

    def _again(self, date):
        """Plan the next attempt."""
        return self.create(
            {
                "autopay_id": self.autopay_id.id,
                "move_id": self.move_id.id,
                "number": self.number + 1,
                "date": date,
                "currency_id": self.currency_id.id,
                "amount": self.move_id.amount_residual,
            }
        )

    def _fail(self, note):
        """Note that a charge was declined: try again later, or give up, stop and say so."""
        self.ensure_one()
        self.write({"state": "failed", "note": note[:300]})
        self.flush_recordset()
        attempts = self.search(
            [("autopay_id", "=", self.autopay_id.id), ("move_id", "=", self.move_id.id), ("state", "=", "failed")],
            order="id",
        )
        client = self.client_id.with_company(self.company_id)
        words = {
            "card": self.autopay_id.token_name,
            "amount": self.currency_id.format(self.amount),
            "numbers": self.move_id.name,
        }
        if len(attempts) <= len(RETRY_DAYS) and self.autopay_id.state == "active":
            first = (attempts[0].sent_at or fields.Datetime.now()).date()
            next_one = self._again(fields.Date.add(first, days=RETRY_DAYS[len(attempts) - 1]))
            date = format_date(self.env, next_one.date, lang_code=client.lang)
            client._mail_autopay("autopay_failed", words | {"date": date})
            return
        self.autopay_id._stop("declined", tell=True)
        self.move_id.activity_schedule(
            ACTIVITY,
            user_id=self._responsible().id,
            summary=self.env._("%s: automatic payment was declined each time and is stopped", client.name),
            note=note,
        )

    def action_not_charged(self):
        """Staff has looked: the provider did not charge. The charge counts as declined and is tried again."""
        if not self.env.user.has_group(STAFF):
            raise AccessError(self.env._("This is for the billing staff."))
        self.check_access("read")
        for charge_sudo in self.sudo():  # these fields have no other door
            if charge_sudo.state != "unknown":
                raise UserError(self.env._("What became of this charge is known."))
            if charge_sudo.transaction_id.state == "draft":
                charge_sudo.transaction_id._set_canceled(
                    state_message=self.env._("Not charged, by the provider's list.")
                )
            charge_sudo._close_question()
            charge_sudo._fail(self.env._("not charged, as %s found", self.env.user.name))

    def _mail_table(self):
        """The announced charges for the body of a mail."""
        client = self.client_id[:1]
        rows = [
            {
                "number": charge.move_id.name,
                "due": format_date(self.env, charge.move_id.invoice_date_due, lang_code=client.lang),
                "date": format_date(self.env, charge.date, lang_code=client.lang),
                "amount": format_amount(self.env, charge.amount, charge.currency_id, lang_code=client.lang),
            }
            for charge in self
        ]
        return self.env["ir.qweb"]._render("nestogy_portal.autopay_mail_table", {"rows": rows}, lang=client.lang)
