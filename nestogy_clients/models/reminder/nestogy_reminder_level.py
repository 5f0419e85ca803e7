from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .nestogy_client_mail_template import REMINDER_KINDS

FEE_PERCENT_MAX = 25


class NestogyReminderLevel(models.Model):
    """One step of a reminder plan: on which day, in which words, by mail or call, with a fee or not."""

    _name = "nestogy.reminder.level"
    _description = "Reminder Level"
    _order = "plan_id, days, id"

    plan_id = fields.Many2one("nestogy.reminder.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id")
    name = fields.Char(required=True, translate=True)
    days = fields.Integer(
        string="Days after Due", required=True, help="Negative: so many days before the invoice is due."
    )
    mail_kind = fields.Selection(
        selection="_selection_mail_kind",
        string="Words",
        required=True,
        default="reminder",
        help="The e-mail template of this kind: the client's own, its group's, the company's, else the ordinary one.",
    )
    channel = fields.Selection(
        [("email", "E-mail"), ("call", "Call"), ("both", "E-mail and call")],
        required=True,
        default="email",
        help="A call is an activity for whoever is responsible.",
    )
    attach_statement = fields.Boolean(string="With Statement", help="The client's statement goes along as a PDF.")
    fee_kind = fields.Selection(
        [("none", "No fee"), ("amount", "Amount"), ("percent", "Percent")], string="Fee", required=True, default="none"
    )
    fee_product_id = fields.Many2one(
        "product.product",
        domain=[("type", "=", "service"), ("sale_ok", "=", True)],
        help="Gives the fee its account, taxes and name.",
    )
    fee_amount = fields.Float(
        string="Amount of the Fee", digits="Product Price", help="In the company's currency, before taxes."
    )
    fee_percent = fields.Float(
        string="Percent of the Fee", digits=(5, 2), help="Of what is open of the reminded invoices."
    )

    _one_for_days = models.Constraint("UNIQUE (plan_id, days)", "Two levels of a plan cannot fall on the same day.")
    _days_in_range = models.Constraint(
        "CHECK (days BETWEEN -60 AND 730)", "A level is between 60 days before the due date and 730 days after it."
    )
    _fee_in_range = models.Constraint(
        f"CHECK (fee_amount >= 0 AND fee_percent BETWEEN 0 AND {FEE_PERCENT_MAX})",
        f"A fee is not negative, and at most {FEE_PERCENT_MAX} percent.",
    )

    @api.model
    def _selection_mail_kind(self):
        kinds = self.env["nestogy.client.mail.template"]._mail_kinds()
        return [(kind, kinds[kind]["label"]) for kind in REMINDER_KINDS]

    @api.constrains("fee_kind", "fee_product_id", "fee_amount", "fee_percent", "days", "mail_kind")
    def _check_fee(self):
        for level in self:
            size = {"amount": level.fee_amount, "percent": level.fee_percent}.get(level.fee_kind)
            if size is not None and not (level.fee_product_id and size > 0):
                raise ValidationError(self.env._("Give the fee of “%s” a product and a size above zero.", level.name))
            if size is not None and level.days <= 0:
                raise ValidationError(self.env._("“%s” comes before the invoice is late: it has no fee.", level.name))
            if (level.mail_kind == "reminder_soon") != (level.days <= 0):
                raise ValidationError(
                    self.env._(
                        "“%s”: the words of a friendly notice are for levels up to the due date, the others for later.",
                        level.name,
                    )
                )

    # ------------------------------------------------------------------
    # What a level does
    # ------------------------------------------------------------------

    def _remind(self, moves, user_note=""):
        """Remind one client of these invoices on this level: once, now, in one mail.

        The log is written first: whoever does the same at the same time fails on its unique index, and sends nothing.

        :param account.move moves: open invoices of one client and one company
        :param str user_note: what is kept in the log
        :return: the rows of the log, in sudo
        """
        self.ensure_one()
        company = moves.company_id
        client = moves.commercial_partner_id.with_company(company).with_context(allowed_company_ids=company.ids)
        logs_sudo = self.env["nestogy.reminder.log"]._write_log(moves, "sent", level=self, note=user_note)
        fee_sudo = self._book_fee(client, moves)
        message = client._mail_reminder(self, moves, fee_sudo) if self.channel in ("email", "both") else None
        if self.channel in ("call", "both"):
            self._plan_call(client, moves)
        logs_sudo.write({"fee_move_id": fee_sudo.id, "mail_message_id": message.id if message else False})
        return logs_sudo

    def _plan_call(self, client, moves):
        user = self.plan_id.user_id or client._get_client().user_id or moves.invoice_user_id[:1] or self.env.user
        client_sudo = client.sudo()  # whoever reminds need not be allowed to change the client
        client_sudo.activity_schedule(
            "mail.mail_activity_data_call",
            user_id=user.id,
            summary=self.env._("%(level)s: call about %(amount)s", level=self.name, amount=moves._reminder_amount()),
            note=client_sudo._client_mail_invoices(moves),
        )

    def _book_fee(self, client, moves):
        """Make the invoice of the fee, one for each currency when the fee is a share of what is open.

        There is no fee on a fee, and none for clients whose status forbids new invoices.

        :return: ``account.move`` in sudo, empty when there is none
        """
        fees_sudo = self.env["account.move"].sudo()  # booked by the plan, as whoever runs it
        moves = moves.filtered(lambda move: not move.is_reminder_fee)
        if self.fee_kind == "none" or not moves or not client._get_client().sudo().client_status_id.may_order:  # same
            return fees_sudo
        company, today = moves.company_id, fields.Date.context_today(self)
        if self.fee_kind == "amount":
            currency = moves.sorted("invoice_date_due")[0].currency_id
            amount = company.currency_id._convert(self.fee_amount, currency, company, today)
            amounts = {currency: (amount, moves)}
        else:
            amounts = {
                currency: (sum(each.mapped("amount_residual")) * self.fee_percent / 100, each)
                for currency, each in moves.grouped("currency_id").items()
            }
        fees_sudo = fees_sudo.with_company(company).create(
            [
                {
                    "move_type": "out_invoice",
                    "company_id": company.id,
                    "partner_id": client.id,
                    "currency_id": currency.id,
                    "invoice_date": today,
                    "is_reminder_fee": True,
                    "invoice_line_ids": [
                        fields.Command.create(
                            {
                                "product_id": self.fee_product_id.id,
                                "name": self.env._(
                                    "%(fee)s for %(numbers)s",
                                    fee=self.fee_product_id.display_name,
                                    numbers=", ".join(each.mapped("name")),
                                ),
                                "quantity": 1,
                                "price_unit": currency.round(amount),
                            }
                        )
                    ],
                }
                for currency, (amount, each) in amounts.items()
                if not currency.is_zero(amount)
            ]
        )
        if self.plan_id.fee_state == "posted" and fees_sudo:
            fees_sudo.action_post()
        return fees_sudo
