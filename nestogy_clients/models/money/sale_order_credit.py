from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_datetime

CREDIT_FIELDS = {
    "credit_approval",
    "credit_question",
    "credit_requested_by_id",
    "credit_requested_at",
    "credit_decided_by_id",
    "credit_client_id",
    "credit_currency_id",
    "credit_cleared_amount",
}
ACTIVITY = "nestogy_clients.mail_activity_type_credit"


class SaleOrder(models.Model):
    """Orders of clients on credit hold or above their credit limit wait until a manager has approved them.

    An approval holds for this client, this currency and at most this amount. What the client did, a signature or a
    payment in the portal, is kept meanwhile; the approval then confirms the order.
    """

    _inherit = "sale.order"

    credit_approval = fields.Selection(
        [("waiting", "Waiting for Approval"), ("approved", "Approved"), ("refused", "Refused")],
        copy=False,
        readonly=True,
        groups="base.group_user",
        index="btree_not_null",
    )
    credit_question = fields.Char(string="Why It Waits", copy=False, readonly=True, groups="base.group_user")
    credit_requested_by_id = fields.Many2one(
        "res.users", string="Asked By", copy=False, readonly=True, groups="base.group_user"
    )
    credit_requested_at = fields.Datetime(string="Asked On", copy=False, readonly=True, groups="base.group_user")
    credit_decided_by_id = fields.Many2one(
        "res.users", string="Decided By", copy=False, readonly=True, groups="base.group_user"
    )
    credit_client_id = fields.Many2one("res.partner", copy=False, readonly=True, groups="base.group_user")
    credit_currency_id = fields.Many2one("res.currency", copy=False, readonly=True, groups="base.group_user")
    credit_cleared_amount = fields.Monetary(
        string="Cleared up to",
        currency_field="credit_currency_id",
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="Up to this total the order may grow without asking again.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_credit_fields(vals)
        orders = super().create(vals_list)
        orders.filtered(lambda order: order.state == "sale")._check_credit_before_sale()
        return orders

    def write(self, vals):
        self._check_credit_fields(vals)
        if vals.get("state") == "sale":
            self.filtered(lambda order: order.state != "sale")._check_credit_before_sale()
        return super().write(vals)

    def _check_credit_fields(self, vals):
        if not self.env.su and CREDIT_FIELDS & vals.keys():
            raise AccessError(self.env._("Approvals are given with the buttons of the order."))

    def _check_credit_before_sale(self):
        self.partner_id._check_client_may_order()
        questions = self._credit_questions()
        if questions:
            raise UserError(
                self.env._("%s. Confirm the order, then a manager is asked.", ". ".join(questions.values()))
            )

    def action_confirm(self):
        """Confirm what may go through; what may not asks a manager and waits."""
        self.partner_id._check_client_may_order()
        questions = self._credit_questions()
        if questions and self._may_clear_credit():
            for order, question in questions.items():
                order._decide_credit("approved", question)
            questions = {}
        waiting = self.browse([order.id for order in questions])
        passing = self - waiting
        result = True
        if passing or not self:
            passing._clear_credit()
            result = super(SaleOrder, passing).action_confirm()
        if waiting:
            waiting._request_credit_approval(questions)
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "title": self.env._("Waiting for Approval"),
                    "message": ". ".join(dict.fromkeys(questions.values())),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        # whoever cancels, the client in the portal too, withdraws the question
        asked_sudo = self.filtered("credit_approval").sudo()
        asked_sudo.write({"credit_approval": False, "credit_cleared_amount": 0.0})
        asked_sudo.activity_unlink([ACTIVITY])
        return result

    @api.model
    def _may_clear_credit(self):
        """Managers may; a job that runs as the system, and the portal, may not."""
        return self.env.uid != SUPERUSER_ID and self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager")

    def _credit_questions(self):
        """Those of the orders that a manager has to approve before they are confirmed.

        :return: dict of order to the sentence that says why
        """
        questions, taken = {}, {}
        for order in self:
            if order._is_credit_cleared() or not order.partner_id._get_client():
                continue
            client = order.partner_id.with_company(order.company_id)
            before = taken.get((order.company_id, client.commercial_partner_id), 0.0)
            amount, covered = order._credit_amounts()
            question = client._credit_question(amount, covered - before)
            if question:
                questions[order] = question
            else:
                taken[order.company_id, client.commercial_partner_id] = before + amount
        return questions

    def _credit_amounts(self):
        """What the order adds to what its client owes, in the company's currency.

        :return: tuple of the amount that is not invoiced, and its part that Odoo counts among the ordered already
        """
        self.ensure_one()
        order_sudo = self.sudo()  # what was invoiced and paid counts for whoever confirms
        if order_sudo.state != "sale":
            is_paid = order_sudo.currency_id.compare_amounts(order_sudo.amount_paid, order_sudo.amount_total) >= 0
            return 0.0 if is_paid else order_sudo.amount_total / order_sudo.currency_rate, 0.0
        counted = any(line.untaxed_amount_to_invoice > 0 for line in order_sudo.order_line)
        return (
            (order_sudo.amount_total - order_sudo.amount_invoiced) / order_sudo.currency_rate,
            order_sudo.amount_to_invoice / order_sudo.currency_rate if counted else 0.0,
        )

    def _is_credit_cleared(self):
        """Say whether an approval was given that covers the order as it is now."""
        self.ensure_one()
        return (
            self.credit_approval == "approved"
            and self.credit_client_id == self.partner_id.commercial_partner_id
            and self.credit_currency_id == self.currency_id
            and self.currency_id.compare_amounts(self.amount_total, self.credit_cleared_amount) <= 0
        )

    def _clear_credit(self):
        """Remember up to which amounts the orders went through."""
        for order_sudo in self.sudo():  # these fields have no other door
            order_sudo.write(
                {
                    "credit_client_id": order_sudo.partner_id.commercial_partner_id.id,
                    "credit_currency_id": order_sudo.currency_id.id,
                    "credit_cleared_amount": order_sudo.amount_total,
                }
            )

    def _request_credit_approval(self, questions):
        """Let the orders wait, and ask the account manager if he is a manager, else all managers.

        :param dict questions: the reason by order
        """
        for order_sudo in self.sudo():  # asked by whoever confirms, the client in the portal too
            question = questions[order_sudo.with_env(self.env)]
            if order_sudo.credit_approval == "waiting" and order_sudo.credit_question == question:
                continue
            order_sudo.write(
                {
                    "credit_approval": "waiting",
                    "credit_question": question,
                    "credit_requested_by_id": self.env.uid,
                    "credit_requested_at": fields.Datetime.now(),
                    "credit_decided_by_id": False,
                    "credit_cleared_amount": 0.0,
                }
            )
            order_sudo._message_log(body=self.env._("Waits for a manager's approval. %s", question))
            order_sudo.activity_unlink([ACTIVITY])
            managers = order_sudo.partner_id._client_managers(order_sudo.company_id)
            for user in order_sudo.partner_id._get_client().user_id & managers or managers:
                order_sudo.activity_schedule(
                    ACTIVITY,
                    summary=self.env._("Approve or refuse %s", order_sudo.name),
                    note=question,
                    user_id=user.id,
                )

    def _client_alerts(self):
        """Say first what became of the question to a manager; that replaces the alert which says why he is asked."""
        alerts = super()._client_alerts()
        order_sudo = self.sudo()  # who asked and who decided is no secret among colleagues
        if len(self) == 1 and order_sudo.credit_approval == "waiting":
            message = self.env._(
                "Waits for a manager's approval, asked by %(user)s on %(date)s. %(question)s",
                user=order_sudo.credit_requested_by_id.name,
                date=format_datetime(self.env, order_sudo.credit_requested_at, dt_format="short"),
                question=order_sudo.credit_question,
            )
        elif len(self) == 1 and order_sudo.credit_approval == "refused":
            message = self.env._(
                "%s refused the approval; the notes of this estimate say why. Confirm asks again.",
                order_sudo.credit_decided_by_id.name,
            )
        elif len(self) == 1 and self._is_credit_cleared():
            message = self.env._(
                "Approved by %(user)s up to %(amount)s.",
                user=order_sudo.credit_decided_by_id.name,
                amount=order_sudo.credit_currency_id.format(order_sudo.credit_cleared_amount),
            )
        else:
            return alerts
        alerts.pop("client_hold", None)
        level = {"waiting": "warning", "refused": "danger", "approved": "info"}[order_sudo.credit_approval]
        return {"client_credit": {"level": level, "message": message}} | alerts

    def action_credit_approve(self):
        """Ask a manager for a note, then approve."""
        return self._credit_decision_action("approve", self.env._("Approve the Order"))

    def action_credit_refuse(self):
        """Ask a manager why, then refuse."""
        return self._credit_decision_action("refuse", self.env._("Refuse the Order"))

    def _credit_decision_action(self, decision, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "nestogy.order.decision",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_order_ids": self.ids, "default_decision": decision},
        }

    def _decide_credit(self, decision, note=""):
        """Approve or refuse, once; an order that the client accepted already is confirmed by the approval.

        :param str decision: ``approved`` or ``refused``
        :raise AccessError: the user is no manager
        """
        self.ensure_one()
        if not self._may_clear_credit():
            raise AccessError(self.env._("Only client managers approve orders of clients on hold."))
        self.check_access("write")
        accepted = self.credit_approval == "waiting" and self._is_accepted_by_client()
        order_sudo = self.sudo()  # these fields have no other door
        if decision == "approved":
            order_sudo._clear_credit()
        requester_sudo = order_sudo.credit_requested_by_id
        was_waiting = order_sudo.credit_approval == "waiting"
        order_sudo.write({"credit_approval": decision, "credit_decided_by_id": self.env.uid})
        order_sudo.activity_unlink([ACTIVITY])
        body = (
            self.env._(
                "Approved up to %(amount)s. %(note)s", amount=self._client_mail_amount(self.amount_total), note=note
            )
            if decision == "approved"
            else self.env._("Approval refused. %s", note)
        )
        told = requester_sudo.partner_id if was_waiting and requester_sudo._is_internal() else self.env["res.partner"]
        self.message_post(body=body, partner_ids=told.ids, subtype_xmlid="mail.mt_note")
        if decision == "approved" and accepted:
            order_sudo._validate_order()  # what the portal does when the client accepts; its user has fewer rights yet

    def _is_accepted_by_client(self):
        """Say whether the client has done all that confirms an estimate: signed it, or paid for it."""
        self.ensure_one()
        order_sudo = self.sudo()  # payments are not everybody's to read
        done = order_sudo.signature or (order_sudo.require_payment and order_sudo.amount_paid)
        return bool(done) and not order_sudo._has_to_be_signed() and not order_sudo._has_to_be_paid()

    def _check_credit_growth(self):
        """Refuse that a running order grows past what went through, if a manager would have to be asked for it.

        What the system adds by itself, such as costs that are charged on, is not held up.
        """
        if self.env.su:
            return
        for order in self.filtered(lambda each: each.state == "sale" and each.credit_cleared_amount):
            if order.currency_id.compare_amounts(order.amount_total, order.credit_cleared_amount) <= 0:
                continue
            client = order.partner_id.with_company(order.company_id)
            question = "" if self._may_clear_credit() else client._credit_question(*order._credit_amounts())
            if question:
                raise ValidationError(
                    self.env._(
                        "%(question)s. A manager has to make the change to %(order)s.",
                        question=question,
                        order=order.name,
                    )
                )
            order._clear_credit()
