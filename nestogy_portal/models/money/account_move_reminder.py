from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class AccountMove(models.Model):
    """What a client says about an invoice in the portal: it is wrong, or it is paid on a day."""

    _inherit = "account.move"

    def _portal_promise_until(self):
        """The last day for which the client may promise to pay this invoice, once; called in sudo.

        :return: a date, ``False`` when the client cannot promise
        """
        self.ensure_one()
        plan = self._reminder_plans().get(self)
        if (
            not plan
            or not plan.is_running
            or not plan.promise_days
            or self.is_disputed
            or not self.filtered_domain(self._reminder_open_domain())
            or self.promise_ids.filtered(lambda promise: promise.how == "portal" or promise.state == "open")
        ):
            return False
        return fields.Date.add(fields.Date.context_today(self), days=plan.promise_days)

    def _portal_promise(self, date, partner):
        """Note that a client pays what is open on a day; called in sudo, the caller vouches for the visitor.

        :raise UserError: it may not promise that
        """
        self.ensure_one()
        until = self._portal_promise_until()
        if not until:
            raise UserError(self.env._("A day for %s cannot be noted here any more; please write to us.", self.name))
        if not date or not fields.Date.context_today(self) <= date <= until:
            raise UserError(self.env._("Choose a day from today to %s, or write to us.", format_date(self.env, until)))
        return self.env["nestogy.payment.promise"].create(
            {
                "move_id": self.id,
                "date": date,
                "amount": self.amount_residual,
                "promised_by_id": partner.id,
                "how": "portal",
            }
        )

    def _portal_withdraw_dispute(self, partner):
        """Take back that the invoice is wrong; called in sudo, the caller vouches for the visitor.

        :param res.partner partner: only who said so may take it back
        :raise UserError: there is nothing of this person to take back
        """
        self.ensure_one()
        if not self.is_disputed:
            raise UserError(self.env._("%s is not in dispute any more.", self.name))
        if self.dispute_by_id != partner:
            raise UserError(
                self.env._(
                    "%s said that this invoice is wrong; only that person can take it back. Please write to us.",
                    self.dispute_by_id.name,
                )
            )
        self._end_dispute(self.env._("%s has taken the dispute back.", partner.name))

    def _portal_words(self, visitor):
        """What the page of the invoice says about disputes and promises; called in sudo.

        :param res.users visitor: who looks
        """
        self.ensure_one()
        promise = self.promise_ids.filtered(lambda each: each.state == "open")
        return {
            "is_disputed": self.is_disputed,
            "may_withdraw": self.is_disputed and self.dispute_by_id == visitor.partner_id,
            "dispute_reason": self.dispute_reason if self.is_disputed else "",
            "may_dispute": not self.is_disputed and bool(self.filtered_domain(self._reminder_open_domain())),
            "promised_for": promise.date,
            "promise_until": self._portal_promise_until(),
            "today": fields.Date.context_today(self),
        }
