from markupsafe import Markup

from odoo import Command, api, fields, models

from ...tools.allocation import Part, spread, to_major, to_minor


class PaymentTransaction(models.Model):
    """What a payment pays: agreed when it is begun, applied to the minor unit when the provider reports it."""

    _inherit = "payment.transaction"

    allocation_ids = fields.One2many("nestogy.payment.allocation", "transaction_id", string="Invoices Paid")
    unapplied_amount = fields.Monetary(
        string="Unapplied",
        readonly=True,
        help="What is left of the payment: a credit of the client, because invoices were paid or cancelled meanwhile.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        for transaction in transactions:
            # staff may have made the payment, and reconcile it, themselves
            is_settled_elsewhere = (
                transaction.allocation_ids or transaction.source_transaction_id or transaction.payment_id
            )
            if transaction.invoice_ids and not is_settled_elsewhere:
                transaction._allocate_by_age()
        return transactions

    # ------------------------------------------------------------------
    # Agreed
    # ------------------------------------------------------------------

    def _allocate_by_age(self):
        """Agree on paying the oldest invoices first, where nobody said otherwise."""
        self.ensure_one()
        decimals = self.currency_id.decimal_places
        moves = self.invoice_ids.filtered(
            lambda move: move.currency_id == self.currency_id and move.move_type in ("out_invoice", "out_receipt")
        ).sorted(lambda move: (move.invoice_date_due or move.date, move.id))
        owed = [to_minor(move.amount_residual, decimals) for move in moves]
        parts = spread(to_minor(self.amount, decimals), owed)
        self.allocation_ids = [
            Command.create({"move_id": move.id, "amount": to_major(part, decimals)})
            for move, part in zip(moves, parts, strict=True)
            if part
        ]

    def _allocation_plan(self):
        """What was agreed on, as the plan of an address: see ``tools.allocation``."""
        self.ensure_one()
        decimals = self.currency_id.decimal_places
        found = {}
        for part in self.allocation_ids:
            money, credit = found.get(part.move_id.id, (0, 0))
            amount = to_minor(part.amount, decimals)
            found[part.move_id.id] = (money, credit + amount) if part.is_credit else (money + amount, credit)
        return sorted(Part(move_id, *amounts) for move_id, amounts in found.items())

    # ------------------------------------------------------------------
    # Applied
    # ------------------------------------------------------------------

    def _create_payment(self, **extra_create_values):
        # the parts of a capture pay what the whole was made for
        is_capture = self.source_transaction_id and self.operation == self.source_transaction_id.operation
        parts = (self.source_transaction_id if is_capture else self).allocation_ids
        if not parts or self.amount <= 0:
            return super()._create_payment(**extra_create_values)
        payment = super(PaymentTransaction, self.with_context(is_allocating=True))._create_payment(
            **extra_create_values
        )
        payment = payment.with_context(is_allocating=False)
        self._apply_allocations(payment, parts)
        return payment

    def _apply_allocations(self, payment, parts):
        """Reconcile a payment with precisely the invoices and amounts that were agreed on.

        What cannot be applied any more stays a credit of the client, and accounting is told.
        """
        account = payment.destination_account_id
        received = payment.move_id.line_ids.filtered(lambda line: line.account_id == account and line.balance < 0)
        # an early-payment discount settles more of the invoice than was paid
        discount = abs(sum(received.mapped("amount_currency"))) - payment.amount
        plan, planned = [], []
        for part in parts:
            credit = part.credit_line_id if part.is_credit else received[:1]
            lines = part.move_id.line_ids.filtered(
                lambda line: line.account_id == account and line.parent_state == "posted" and not line.reconciled
            )
            rest = part.amount - part.applied_amount
            if credit and not credit.reconciled and lines and self.currency_id.compare_amounts(rest, 0) > 0:
                bonus = discount if len(parts) == 1 else 0.0
                plan.append((credit, lines, rest + bonus))
                planned.append((part, bonus))
        applied = self.env["account.move.line"]._reconcile_at_most(plan)
        paid = 0.0
        for (part, bonus), amount in zip(planned, applied, strict=True):
            amount = min(max(amount - bonus, 0.0), part.amount - part.applied_amount)
            part.applied_amount += amount
            if not part.is_credit:
                paid += amount
        self.unapplied_amount = self.currency_id.round(payment.amount - paid)
        if not self.currency_id.is_zero(self.unapplied_amount):
            self._report_unapplied(payment)

    def _report_unapplied(self, payment):
        """Money that found no invoice is a credit of the client; somebody has to know of it."""
        amount = self.currency_id.format(self.unapplied_amount)
        names = ", ".join(self.allocation_ids.move_id.mapped("name"))
        self._remind_accountant(
            payment,
            self.env._("%s of an online payment not applied", amount),
            self.env._(
                "%(amount)s of %(reference)s could not be applied to %(invoices)s, which were paid or changed "
                "meanwhile. It is a credit of the client: apply it to another invoice, or refund it.",
                amount=amount,
                reference=self.reference,
                invoices=names,
            ),
        )

    def _remind_accountant(self, payment, summary, note):
        payment.activity_schedule(
            "nestogy_portal.mail_activity_type_payment",
            summary=summary,
            note=Markup("<p>%s</p>") % note,
            user_id=self._get_accountant().id,
        )

    def _get_accountant(self):
        """Who looks after money that does not fit: who made the invoice, else who does the invoicing."""
        invoicing = self.env.ref("account.group_account_invoice")
        # whose payment it is does not matter here: colleagues are looked up in the firm's name
        candidates_sudo = (self | self.source_transaction_id).sudo().invoice_ids.invoice_user_id
        for user_sudo in candidates_sudo:
            if user_sudo.active and invoicing in user_sudo.all_group_ids:
                return user_sudo
        users_sudo = self.env["res.users"].sudo()  # as above
        return (
            users_sudo.search(
                [("all_group_ids", "in", invoicing.ids), ("company_ids", "in", self.company_id.ids)],
                order="id",
                limit=1,
            )
            or self.env.ref("base.user_admin").sudo()  # as above
        )
