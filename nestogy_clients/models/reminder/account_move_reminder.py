from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools.client_settings import BILLING
from .nestogy_reminder_log import DONE

HARD_HOLDS = ("dispute", "payment", "status", "address")  # that nobody passes over by pressing a button


class ReminderStep(NamedTuple):
    """What the plan says about an invoice: remind it on this level, unless ``reason`` (and a note) says why not."""

    move: object
    level: object
    reason: str = ""
    note: str = ""


class AccountMove(models.Model):
    """When an invoice is reminded next, or why it is not."""

    _inherit = "account.move"

    is_reminder_fee = fields.Boolean(
        readonly=True, copy=False, groups="base.group_user", help="Charges for a reminder; no fee comes on top of it."
    )
    reminder_log_ids = fields.One2many(
        "nestogy.reminder.log", "move_id", string="Reminders", groups="nestogy_clients.nestogy_clients_group_billing"
    )
    promise_ids = fields.One2many(
        "nestogy.payment.promise",
        "move_id",
        string="Promises to Pay",
        groups="nestogy_clients.nestogy_clients_group_billing",
    )
    reminder_last = fields.Char(
        string="Reminded", compute="_compute_reminder", groups="nestogy_clients.nestogy_clients_group_billing"
    )
    reminder_next = fields.Char(
        string="Next Reminder", compute="_compute_reminder", groups="nestogy_clients.nestogy_clients_group_billing"
    )
    reminder_hold = fields.Char(
        string="Held Because", compute="_compute_reminder", groups="nestogy_clients.nestogy_clients_group_billing"
    )

    # what the clock looks for each night
    _reminder_idx = models.Index(
        "(company_id, invoice_date_due) WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt')"
        " AND payment_state IN ('not_paid', 'partial')"
    )

    def _compute_reminder(self):
        self.reminder_last = self.reminder_next = self.reminder_hold = False
        for company, moves in self.grouped("company_id").items():
            moves = moves.with_company(company)
            open_moves = moves.filtered_domain(moves._reminder_open_domain())
            histories = open_moves._reminder_histories()
            plans = open_moves._reminder_plans()
            holds = open_moves._reminder_holds(plans)
            for move in open_moves:
                plan, (level, day) = plans.get(move), move._reminder_ahead(plans.get(move), histories[move.id])
                last_sudo = histories[move.id].last_sudo
                move.reminder_last = (
                    self.env._(
                        "%(level)s, %(date)s",
                        level=last_sudo.level_id.name or self.env._("by hand"),
                        date=format_date(self.env, last_sudo.date),
                    )
                    if last_sudo
                    else False
                )
                if not plan:
                    continue
                reason, note = holds.get(move.id, ("", ""))
                move.reminder_hold = self._reminder_reason_text(reason, note)
                if not plan.is_running:
                    move.reminder_next = self.env._("%s is not started yet", plan.name)
                elif level:
                    move.reminder_next = self.env._(
                        "%(level)s, %(date)s", level=level.name, date=format_date(self.env, day)
                    )
                else:
                    move.reminder_next = self.env._("None, all levels are done")

    @api.model
    def _reminder_reason_text(self, reason, note=""):
        label = dict(self.env["nestogy.reminder.log"]._selection_reason()).get(reason, "")
        return f"{label}: {note}" if label and note else label

    # ------------------------------------------------------------------
    # What the plan says
    # ------------------------------------------------------------------

    @api.model
    def _reminder_open_domain(self):
        return (
            Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_receipt"))
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("amount_residual", ">", 0)
            & Domain("invoice_date_due", "!=", False)
        )

    @api.model
    def _reminder_candidates_domain(self, plans):
        """Invoices of the current company on which one of the plans might have something to say today."""
        first = min(plans.level_ids.mapped("days"), default=0)
        # a broken promise lets a later level come early, on an invoice that is late
        latest = fields.Date.subtract(fields.Date.context_today(self), days=min(first, 0))
        return (
            self._reminder_open_domain()
            & Domain("company_id", "=", self.env.company.id)
            & Domain("invoice_date_due", "<=", latest)
        )

    def _reminder_plans(self):
        """:return: dict of invoice to the plan in force for its client, without those that have none"""
        clients = self.commercial_partner_id.with_company(self.env.company)
        found = clients._client_settings_of("reminder_plan")
        plans = {client.id: found[client]["reminder_plan"][0] for client in clients if client._get_client()}
        return {move: plans[move.commercial_partner_id.id] for move in self if plans.get(move.commercial_partner_id.id)}

    def _reminder_histories(self):
        """:return: dict of the id of an invoice to what was done with it so far"""
        rows_sudo = self.env["nestogy.reminder.log"].sudo()  # asked by the plan, and by portal pages
        rows_sudo = rows_sudo.search(
            Domain("move_id", "in", self.ids) & Domain("outcome", "in", (*DONE, "manual")), order="move_id, id"
        )
        promises_sudo = self.env["nestogy.payment.promise"].sudo()  # as above
        broken = dict(
            promises_sudo._read_group(
                Domain("move_id", "in", self.ids) & Domain("state", "=", "broken"), ["move_id"], ["closed_at:max"]
            )
        )
        broken = {move.id: at for move, at in broken.items()}
        by_move = rows_sudo.grouped(lambda row: row.move_id.id)
        histories = {}
        for move in self:
            mine_sudo = by_move.get(move.id, rows_sudo.browse())
            levels_sudo = mine_sudo.filtered(lambda row: row.outcome in DONE)
            sent_sudo = mine_sudo.filtered(lambda row: row.outcome in ("sent", "manual"))
            former = max(levels_sudo.mapped("level_days")) if levels_sudo else None
            since = max(mine_sudo.mapped("date")) if mine_sudo else None
            is_broken = move.id in broken and (since is None or broken[move.id] > since)
            done_ids = frozenset(levels_sudo.level_id.ids)
            histories[move.id] = ReminderHistory(former, done_ids, sent_sudo[-1:], is_broken)
        return histories

    def _reminder_holds(self, plans):
        """Why invoices are not reminded now, whatever their level.

        :param dict plans: see :meth:`_reminder_plans`
        :return: dict of the id of an invoice to a key of the log's reasons, and a note
        """
        holds = {}
        ours = self.browse(move.id for move in plans)
        in_flight = set(self.search(Domain("id", "in", ours.ids) & self._client_in_flight_domain())._ids)
        promises_sudo = self.env["nestogy.payment.promise"].sudo()  # asked by the plan, whoever looks
        promises_sudo = promises_sudo.search(promises_sudo._open_domain() & Domain("move_id", "in", ours.ids))
        promised = {promise.move_id.id: promise for promise in promises_sudo}
        for move_sudo in ours.sudo():  # same
            status_sudo = move_sudo.commercial_partner_id._get_client().client_status_id
            promise_sudo = promised.get(move_sudo.id)
            if not status_sudo.is_invoiced:
                holds[move_sudo.id] = "status", status_sudo.name
            elif move_sudo.no_followup:
                holds[move_sudo.id] = "excluded", ""
            elif move_sudo.is_disputed:
                holds[move_sudo.id] = "dispute", move_sudo.dispute_reason or ""
            elif move_sudo.id in in_flight:
                holds[move_sudo.id] = "payment", ""
            elif promise_sudo:
                holds[move_sudo.id] = (
                    "promise",
                    self.env._(
                        "%(amount)s on %(date)s",
                        amount=promise_sudo.currency_id.format(promise_sudo.amount),
                        date=format_date(self.env, promise_sudo.date),
                    ),
                )
        return holds

    def _reminder_ahead(self, plan, history):
        """The level that is next, and its day: today when its day has come.

        :return: tuple of level, may be empty, and date
        """
        self.ensure_one()
        if not plan:
            return self.env["nestogy.reminder.level"], False
        today = fields.Date.context_today(self)
        days_late = (today - self.invoice_date_due).days
        if level := plan._level_due(days_late, history):
            return level, today
        later = plan._levels_ahead(history).filtered(lambda each: each.days > days_late)[:1]
        return later, later and fields.Date.add(self.invoice_date_due, days=later.days)

    def _reminder_steps(self, plans_shown=None):
        """What is to be done today with these invoices of the current company; as many queries as for one.

        :param plans_shown: plans that count although they are not running, to see what they would do
        :return: list of :class:`ReminderStep`; invoices on which the plan has nothing to say are left out
        """
        today = fields.Date.context_today(self)
        plans = {
            move: plan
            for move, plan in self._reminder_plans().items()
            if plan.is_running or plan in (plans_shown or ())
        }
        moves = self.browse(move.id for move in plans)
        histories, holds = moves._reminder_histories(), moves._reminder_holds(plans)
        steps, readers = [], {}
        for move in moves:
            plan, history = plans[move], histories[move.id]
            level = plan._level_due((today - move.invoice_date_due).days, history)
            if not level:
                continue
            reason, note = holds.get(move.id, ("", ""))
            last_sudo = history.last_sudo
            if not reason and last_sudo and (today - last_sudo.date.date()).days < plan.gap_days:
                reason, note = "recent", format_date(self.env, last_sudo.date)
            if not reason and level.channel == "email":
                client = move.commercial_partner_id
                if client not in readers:
                    readers[client] = client._reminder_readers()
                reason = "" if readers[client] else "address"
            steps.append(ReminderStep(move, level, reason, note))
        return steps

    def _reminder_amount(self):
        """What is open of these invoices, by currency in one line."""
        return " + ".join(
            currency.format(sum(each.mapped("amount_residual")))
            for currency, each in self.grouped("currency_id").items()
        )

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    def _check_reminder_staff(self):
        if not self.env.user.has_group(BILLING):
            raise AccessError(self.env._("Reminders are for those who invoice clients."))
        self.check_access("read")

    def _reminder_ahead_checked(self):
        self.ensure_one()
        self._check_reminder_staff()
        move = self.with_company(self.company_id)
        plan = move._reminder_plans().get(move)
        level, _day = move._reminder_ahead(plan, move._reminder_histories()[move.id])
        if not plan or not level or not move.filtered_domain(move._reminder_open_domain()):
            raise UserError(self.env._("No reminder of %s is ahead: there is no plan, or all is done.", self.name))
        return move, plan, level

    def action_reminder_send(self):
        """Remind of this invoice now, on its next level, whether its day has come or not."""
        move, plan, level = self._reminder_ahead_checked()
        reason, note = move._reminder_holds({move: plan}).get(move.id, ("", ""))
        if not reason and level.channel == "email" and not move.commercial_partner_id._reminder_readers():
            reason = "address"
        if reason in HARD_HOLDS:
            raise UserError(
                self.env._(
                    "%(invoice)s is not reminded. %(why)s",
                    invoice=self.name,
                    why=self._reminder_reason_text(reason, note),
                )
            )
        level._remind(move, self.env._("sent at once"))
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_reminder_skip(self):
        """Leave out the next level of this invoice."""
        move, _plan, level = self._reminder_ahead_checked()
        self.env["nestogy.reminder.log"]._write_log(move, "skipped", level=level)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_note_promise(self):
        """Ask when the client pays."""
        self._check_reminder_staff()
        return self._reminder_question("nestogy.payment.promise.note", self.env._("Promise to Pay"))

    def _reminder_question(self, model, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }


class ReminderHistory(NamedTuple):
    """What was done with an invoice: days of the highest level and ids of all, the newest row of a reminder, in sudo,
    and whether a promise was broken since."""

    former_days: object
    done_ids: frozenset
    last_sudo: object
    is_broken: bool
