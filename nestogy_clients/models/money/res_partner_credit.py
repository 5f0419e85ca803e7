from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount

CREDIT_STATUSES = [("good", "Good"), ("watch", "Watch"), ("hold", "Hold")]
CREDIT_REASON_LIMIT = 500  # characters
HOLD_ADVICE_DAYS = 60  # an invoice that is overdue for longer is a reason for a hold
WATCH_ADVICE_SHARE = 0.8  # of the credit limit


class ResPartner(models.Model):
    """How much a client may owe, and whether its new orders go through: Odoo's credit limit, and our credit status.

    The limit is Odoo's own (``credit_limit``, switched on in the accounting settings); what it only warns about, an
    order of a client on hold or above the limit, waits here for a manager (see ``sale.order``).
    """

    _inherit = "res.partner"

    credit_status = fields.Selection(
        CREDIT_STATUSES,
        company_dependent=True,
        copy=False,
        groups="base.group_user",
        help="On Hold, orders wait for a manager. Invoices are still made: what was delivered is charged.",
    )
    credit_status_reason = fields.Char(company_dependent=True, copy=False, groups="base.group_user")
    credit_used = fields.Monetary(
        compute="_compute_credit_used",
        currency_field="client_currency_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="What the client owes, and what was ordered and is not invoiced yet.",
    )
    credit_advice = fields.Selection(
        CREDIT_STATUSES, compute="_compute_credit_advice", groups="nestogy_clients.nestogy_clients_group_viewer"
    )
    credit_advice_reason = fields.Char(
        compute="_compute_credit_advice", groups="nestogy_clients.nestogy_clients_group_viewer"
    )

    @api.depends_context("company")
    def _compute_credit_used(self):
        for partner in self:
            partner.credit_used = partner.credit + partner.credit_to_invoice

    @api.depends_context("company")
    @api.depends("credit_limit")
    def _compute_credit_advice(self):
        """Say from the open invoices and the limit which credit status fits, and why."""
        company = self.env.company
        today = fields.Date.context_today(self)
        # the advice is for those who see a client's figures, whether or not they may open its invoices
        partners_sudo = self.sudo()
        overdue = {
            client.id: (count, (today - oldest).days)
            for client, count, oldest in partners_sudo.env["account.move"]._read_group(
                domain=[
                    ("commercial_partner_id", "in", self.ids),
                    ("company_id", "=", company.id),
                    ("move_type", "in", ("out_invoice", "out_receipt")),
                    ("state", "=", "posted"),
                    ("payment_state", "in", ("not_paid", "partial")),
                    ("invoice_date_due", "<", today),
                ],
                groupby=["commercial_partner_id"],
                aggregates=["__count", "invoice_date_due:min"],
            )
        }
        for partner_sudo, partner in zip(partners_sudo, self, strict=True):
            count, days = overdue.get(partner.id, (0, 0))
            limit = partner_sudo.credit_limit if company.account_use_credit_limit else 0.0
            used = partner_sudo.credit_used if limit else 0.0
            reasons, advice = [], "good"
            if count == 1:
                reasons.append(self.env._("1 invoice is overdue for %s days", days))
            elif count:
                reasons.append(
                    self.env._("%(count)s invoices are overdue, the oldest for %(days)s days", count=count, days=days)
                )
            if limit and used > limit * WATCH_ADVICE_SHARE:
                reasons.append(
                    self.env._(
                        "%(used)s of the limit of %(limit)s are used",
                        used=format_amount(self.env, used, company.currency_id),
                        limit=format_amount(self.env, limit, company.currency_id),
                    )
                )
            if days > HOLD_ADVICE_DAYS or (limit and company.currency_id.compare_amounts(used, limit) > 0):
                advice = "hold"
            elif reasons:
                advice = "watch"
            partner.credit_advice = advice
            partner.credit_advice_reason = "; ".join(reasons) or self.env._("nothing is overdue")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("credit_status", "good") != "good":
                self._check_credit_status_change(vals)
        return super().create(vals_list)

    def write(self, vals):
        if not {"credit_status", "credit_status_reason"} & vals.keys():
            return super().write(vals)
        self._check_credit_status_change(vals)
        before = {partner: partner.credit_status for partner in self}
        result = super().write(vals)
        names = dict(self._fields["credit_status"]._description_selection(self.env))
        bodies = {
            partner.id: self.env._(
                "Credit status in %(company)s: %(old)s → %(new)s. %(reason)s",
                company=self.env.company.name,
                old=names.get(old, ""),
                new=names.get(partner.credit_status, ""),
                reason=partner.credit_status_reason or "",
            )
            for partner, old in before.items()
            if partner.credit_status != old
        }
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)
        return result

    def _check_credit_status_change(self, vals):
        """Only those who look after the money change the credit status, and a hold says why.

        :raise AccessError: the user has no such role
        :raise UserError: the reason is missing or too long
        """
        if not self.env.su and not self.env.user.has_group("nestogy_clients.nestogy_clients_group_billing"):
            raise AccessError(self.env._("The credit status is changed by the billing staff. Ask one of them."))
        reason = (vals.get("credit_status_reason") or "").strip()
        if vals.get("credit_status") == "hold" and not reason:
            raise UserError(self.env._("Say why the client is on hold: those whose orders wait will ask."))
        if len(reason) > CREDIT_REASON_LIMIT:
            raise UserError(self.env._("A reason has at most %s characters.", CREDIT_REASON_LIMIT))

    def action_change_credit_status(self):
        """Ask for the credit status and the reason."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Credit Status"),
            "res_model": "nestogy.client.credit.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_client_ids": self.ids,
                "default_credit_status": self[:1].credit_advice if self[:1].credit_status == "good" else "good",
            },
        }

    def _credit_question(self, amount, covered=0.0):
        """Ask whether the client may owe more, in the current company.

        Whoever asks is one of a queue: another order of the same debtor, confirmed at the same time, begins anew and
        counts this one.

        :param float amount: what an order would add, in the company's currency
        :param float covered: the part of it that counts as ordered already; negative for what is ordered besides
        :return: a sentence that says why a manager has to be asked, empty when nobody has to
        """
        self.ensure_one()
        company = self.env.company
        debtor_sudo = self.commercial_partner_id.sudo()  # money is asked for whoever confirms, a portal user too
        client_sudo = self._get_client().sudo()  # same
        if client_sudo.credit_status == "hold":
            return self.env._(
                "%(client)s is on credit hold: %(reason)s",
                client=client_sudo.name,
                reason=client_sudo.credit_status_reason or "",
            )
        limit = debtor_sudo.credit_limit
        if not client_sudo or not limit or not company.account_use_credit_limit:
            return ""
        # SQL: a lock would not show the second of two orders what the first one did; an update makes it begin anew
        self.env.cr.execute(SQL("UPDATE res_partner SET write_date = write_date WHERE id = %s", debtor_sudo.id))
        debtor_sudo.invalidate_recordset(["credit", "credit_to_invoice", "credit_used"])
        used = debtor_sudo.credit_used - covered
        if company.currency_id.compare_amounts(used + amount, limit) <= 0:
            return ""
        return self.env._(
            "%(client)s has a credit limit of %(limit)s, %(used)s are used; this order needs %(amount)s",
            client=debtor_sudo.name,
            limit=format_amount(self.env, limit, company.currency_id),
            used=format_amount(self.env, used, company.currency_id),
            amount=format_amount(self.env, amount, company.currency_id),
        )

    @api.model
    def _client_managers(self, company):
        """The people who decide about clients in a company; the system itself is none of them."""
        # who they are is no secret before whoever asks them, a portal user too
        group_sudo = self.env.ref("nestogy_clients.nestogy_clients_group_manager").sudo()
        return group_sudo.all_user_ids.filtered(
            lambda user: user.active and user.id != SUPERUSER_ID and company in user.company_ids
        ).with_env(self.env)
