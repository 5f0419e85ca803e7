from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ...tools.contract_periods import lies_inside

STATES = [
    ("draft", "Draft"),
    ("active", "Active"),
    ("to_renew", "To Renew"),
    ("paused", "Paused"),
    ("ended", "Ended"),
    ("cancelled", "Cancelled"),
]
TONES = {
    "draft": "secondary",
    "active": "success",
    "to_renew": "warning",
    "paused": "info",
    "ended": "secondary",
    "cancelled": "secondary",
}
REASON_LIMIT = 500  # characters


class ContractContract(models.Model):
    """Where a service stands. What was decided is stored; the rest is said by dates, in :meth:`_service_domains`."""

    _inherit = "contract.contract"

    service_phase = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("cancelled", "Cancelled")],
        string="Decided",
        required=True,
        default="running",
        copy=False,
        tracking=True,
        groups="base.group_user",
    )
    service_state = fields.Selection(
        STATES,
        string="State",
        compute="_compute_service_state",
        compute_sudo=True,
        search="_search_service_state",
    )
    pause_ids = fields.One2many("nestogy.contract.pause", "contract_id", string="Pauses", groups="base.group_user")
    paused_time = fields.Selection(
        [("skip", "Not invoiced"), ("invoice", "Invoiced when it goes on")],
        required=True,
        default=lambda self: self.env.company.contract_paused_time or "skip",
        groups="base.group_user",
        help="What becomes of the time in which the contract, or its client, is paused. Not invoiced are periods that "
        "lie wholly in the pause; one that is partly in it is invoiced.",
    )
    cancelled_on = fields.Date(readonly=True, copy=False, groups="base.group_user")
    cancel_reason = fields.Char(readonly=True, copy=False, groups="base.group_user")
    price_text = fields.Char(string="Price", compute="_compute_price_text", compute_sudo=True, groups="base.group_user")
    document_ids = fields.One2many(
        "nestogy.client.document", "contract_id", string="Documents", groups="base.group_user"
    )
    document_count = fields.Integer(compute="_compute_document_count", groups="base.group_user")

    # what people with few rights see of a contract is worked out without asking for their rights on journals
    currency_id = fields.Many2one(compute_sudo=True)
    pricelist_id_domain = fields.Binary(compute_sudo=True)

    # ------------------------------------------------------------------
    # State
    # ------------------------------------------------------------------

    @api.model
    def _service_domains(self, today):
        """What each state means, as domains that shut each other out; the one place that says so.

        :return: dict of state to Domain
        """
        decided = {phase: Domain("service_phase", "=", phase) for phase in ("draft", "running", "cancelled")}
        over = Domain("date_end", "<", today)
        paused = Domain("pause_ids", "any!", [("date_to", "=", False)])
        renewal = decided["running"] & Domain("renewal_type", "!=", "none")
        renewal &= Domain("renewal_reminder_date", "<=", today)
        cancelled = decided["cancelled"] & (over | Domain("date_end", "=", False))
        lives = (decided["running"] | decided["cancelled"]) & ~over & ~cancelled
        return {
            "draft": decided["draft"],
            "active": lives & ~paused & ~renewal,
            "to_renew": lives & ~paused & renewal,
            "paused": lives & paused,
            "ended": decided["running"] & over,
            "cancelled": cancelled,
        }

    @api.depends("service_phase", "date_end", "pause_ids.date_to", "renewal_type", "renewal_reminder_date")
    def _compute_service_state(self):
        domains = self._service_domains(fields.Date.context_today(self))
        for contract in self:
            contract.service_state = next(
                (state for state, domain in domains.items() if contract.filtered_domain(domain)), "active"
            )

    def _search_service_state(self, operator, value):
        self._check_field_access(self._fields["service_state"], "read")
        if operator != "in":
            return NotImplemented
        domains = self._service_domains(fields.Date.context_today(self))
        return Domain.OR(domains[state] for state in value if state in domains)

    def _client_state(self):
        """The state as lists and cards show it: label and tone."""
        self.ensure_one()
        labels = dict(self._fields["service_state"]._description_selection(self.env))
        return labels[self.service_state], TONES[self.service_state]

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _price_parts(self):
        """What the services cost, before tax, by the rhythm in which they are invoiced.

        :return: list of pairs of amount and rhythm as text
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        services = self.contract_line_ids.filtered(lambda line: line._is_service())
        # what an ended contract cost is what its last lines cost
        current = services.filtered(lambda line: not line.date_end or line.date_end >= today) or services
        parts = {}
        for line in current:
            key = line.recurring_rule_type, line.recurring_interval
            parts[key] = parts.get(key, 0.0) + line.price_subtotal
        return [(self.currency_id.round(amount), self._rhythm_text(*key)) for key, amount in parts.items()]

    @api.model
    def _rhythm_text(self, rule, interval):
        """Say how often is invoiced."""
        if rule == "daily":
            return self.env._("a day") if interval == 1 else self.env._("every %s days", interval)
        if rule == "weekly":
            return self.env._("a week") if interval == 1 else self.env._("every %s weeks", interval)
        if rule == "yearly":
            return self.env._("a year") if interval == 1 else self.env._("every %s years", interval)
        months = {"quarterly": 3, "semesterly": 6}.get(rule, 1) * interval
        return {1: self.env._("a month"), 3: self.env._("a quarter"), 12: self.env._("a year")}.get(
            months, self.env._("every %s months", months)
        )

    @api.depends(
        "currency_id",
        "contract_line_ids.price_subtotal",
        "contract_line_ids.recurring_rule_type",
        "contract_line_ids.recurring_interval",
        "contract_line_ids.is_canceled",
        "contract_line_ids.date_end",
    )
    @api.depends_context("lang")
    def _compute_price_text(self):
        for contract in self:
            contract.price_text = ", ".join(
                f"{format_amount(self.env, amount, contract.currency_id)} {rhythm}"
                for amount, rhythm in contract._price_parts()
            )

    @api.depends("document_ids")
    def _compute_document_count(self):
        counts = dict(
            self.env["nestogy.client.document"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.document_count = counts.get(contract, 0)

    def _compute_invoice_count(self):
        """Count with one query, and nothing for those who may not read invoices."""
        counts = {}
        lines = self.env["account.move.line"]
        if lines.has_access("read"):
            moves = {}
            for contract_line, move in lines._read_group(
                [("contract_line_id.contract_id", "in", self.ids)], ["contract_line_id", "move_id"]
            ):
                moves.setdefault(contract_line.contract_id.id, set()).add(move.id)
            counts = {number: len(found) for number, found in moves.items()}
        for contract in self:
            contract.invoice_count = counts.get(contract.id, 0)

    def _compute_recurring_next_date(self):
        """A contract whose lines are all invoiced to their end has no next invoice."""
        result = super()._compute_recurring_next_date()
        for contract in self:
            services = contract.contract_line_ids.filtered(lambda line: not line.display_type)
            if services and not any(line.next_period_date_start and not line.is_canceled for line in services):
                contract.recurring_next_date = False
        return result

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        for contract in contracts.filtered("date_end"):
            contract._spread_end(contract.date_end, False)
        contracts._sync_client_pauses()
        return contracts

    def write(self, vals):
        ends = {contract: contract.date_end for contract in self} if "date_end" in vals else {}
        result = super().write(vals)
        for contract, former in ends.items():
            if contract.date_end and contract.date_end != former:
                contract._spread_end(contract.date_end, former)
        if {"partner_id", "service_phase", "contract_type"} & set(vals):
            self._sync_client_pauses()
        return result

    def _spread_end(self, end, former):
        """Let the lines end with the contract: those without an end, and those that ended with it before."""
        self.ensure_one()
        lines = self.contract_line_ids.filtered(
            lambda line: not line.is_canceled and (not line.date_end or line.date_end == former or line.date_end > end)
        )
        late = lines.filtered(lambda line: line.last_date_invoiced and line.last_date_invoiced > end)
        if late:
            raise UserError(
                self.env._(
                    "“%(name)s” is invoiced up to %(day)s; end it on that day or later, or credit the invoice first.",
                    name=self.display_name,
                    day=format_date(self.env, max(late.mapped("last_date_invoiced"))),
                )
            )
        begun = lines.filtered(lambda line: not line.date_start or line.date_start <= end)
        begun.filtered(lambda line: line.date_end != end).date_end = end
        (lines - begun).is_canceled = True  # what would begin after the end

    @api.constrains("cancel_reason")
    def _check_cancel_reason(self):
        for contract in self:
            if len(contract.cancel_reason or "") > REASON_LIMIT:
                raise ValidationError(self.env._("A reason has at most %s characters; shorten it.", REASON_LIMIT))

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_service_start(self):
        """Let drafts run: from now on they are invoiced."""
        for contract in self:
            if contract.service_phase != "draft":
                raise UserError(self.env._("“%s” was started before.", contract.display_name))
            if not any(line._is_service() for line in contract.contract_line_ids):
                raise UserError(
                    self.env._("“%s” has no services; add what the client pays for.", contract.display_name)
                )
        self.service_phase = "running"
        return True

    def action_service_cancel(self):
        """Ask when it ends and why."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel Contract"),
            "res_model": "nestogy.contract.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _cancel_service(self, end, reason):
        """Let the contract end for good.

        :param date end: last day of the service; of a draft it does not matter
        """
        self.ensure_one()
        if self.service_phase == "cancelled":
            raise UserError(self.env._("“%s” was cancelled before.", self.display_name))
        values = {
            "service_phase": "cancelled",
            "renewal_type": "none",
            "cancelled_on": fields.Date.context_today(self),
            "cancel_reason": (reason or "").strip() or False,
        }
        if self.service_phase == "draft":
            self.contract_line_ids.is_canceled = True
        else:
            former = self.date_end
            self._spread_end(end, former)
            if self.date_end != end:
                values["date_end"] = end
        self.write(values)
        self._note_change(end, self.env._("The contract was cancelled and ends."), tells_client=False)

    def action_service_pause(self):
        """Let the contract rest until somebody lets it go on."""
        self.check_access("write")
        for contract in self:
            if contract.service_state not in ("active", "to_renew"):
                raise UserError(self.env._("“%s” cannot be paused: it is not running now.", contract.display_name))
        self._pause("contract")
        return True

    def action_service_resume(self):
        """Let the contract go on. While the client itself is paused, so is the contract."""
        self.check_access("write")
        self._resume()
        self._sync_client_pauses()
        for contract in self:
            if contract._open_pauses():
                raise UserError(
                    self.env._(
                        "%s has a status in which nothing is invoiced; change the status of the client first.",
                        contract.commercial_partner_id.display_name,
                    )
                )
        return True

    def action_documents(self):
        """Open the documents of this contract."""
        self.ensure_one()
        client = self.commercial_partner_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents: %s", self.display_name),
            "res_model": "nestogy.client.document",
            "views": [(False, "list"), (False, "form")],
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id, "default_client_id": client.id},
        }

    # ------------------------------------------------------------------
    # Pauses
    # ------------------------------------------------------------------

    def _open_pauses(self):
        # whether a contract rests is no secret to whoever handles it
        return self.sudo().pause_ids.filtered(lambda pause: not pause.date_to)

    def _pause(self, origin):
        # pauses are written here alone; callers have asked for the right, or follow the client's status
        pauses_sudo = self.env["nestogy.contract.pause"].sudo()
        pauses_sudo.create([{"contract_id": contract.id, "origin": origin} for contract in self])
        if self:
            self._message_log_batch({contract.id: self.env._("Paused") for contract in self})

    def _resume(self):
        today = fields.Date.context_today(self)
        for pause_sudo in self._open_pauses():
            if pause_sudo.date_from >= today:
                pause_sudo.unlink()  # not a day was paused
            else:
                pause_sudo.date_to = today - timedelta(days=1)
        if self:
            self._message_log_batch({contract.id: self.env._("Goes on") for contract in self})

    @api.model
    def _client_pause_domains(self):
        """Which contracts rest with their client and have no pause yet, and which have one and should go on."""
        rests = Domain("commercial_partner_id.client_status_id.is_invoiced", "=", False)
        rests &= Domain("commercial_partner_id.client_status_id", "!=", False)
        rests &= Domain("service_phase", "!=", "draft") & Domain("contract_type", "=", "sale")
        lasts = Domain("pause_ids", "any!", [("date_to", "=", False)])
        by_client = Domain("pause_ids", "any!", [("date_to", "=", False), ("origin", "=", "client")])
        return rests & ~lasts, by_client & ~rests

    def _sync_client_pauses(self):
        """Let these contracts rest and go on with the status of their clients."""
        # who changes a client's status need not be allowed to change its contracts
        contracts_sudo = self.sudo()
        to_pause, to_resume = self._client_pause_domains()
        of_these = Domain("id", "in", contracts_sudo.ids)
        contracts_sudo.search(of_these & to_resume)._resume()
        contracts_sudo.search(of_these & to_pause)._pause("client")

    def _skip_paused_periods(self):
        """Pass over periods that lie wholly in a pause that is over, where they are not to be invoiced."""
        self.ensure_one()
        if self.paused_time != "skip":
            return
        # the caller makes invoices; pauses are read by staff alone
        spans = [(pause.date_from, pause.date_to) for pause in self.sudo().pause_ids]
        if not spans:
            return
        skipped = []
        for line in self.contract_line_ids.filtered(lambda each: not each.is_canceled):
            while line.next_period_date_start and lies_inside(
                line.next_period_date_start, line.next_period_date_end, spans
            ):
                if not line.display_type:
                    skipped.append((line.next_period_date_start, line.next_period_date_end))
                line._update_last_date_invoiced()
        if skipped:
            self._message_log(
                body=self.env._(
                    "Not invoiced, because it was paused: %(first)s – %(last)s",
                    first=format_date(self.env, min(skipped)[0]),
                    last=format_date(self.env, max(last for _first, last in skipped)),
                )
            )

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def _note_change(self, date, text, tells_client):
        """Keep a change of the contract, which the client reads in the portal, and mail it if wished."""
        self.ensure_one()
        values = {"modification_ids": [Command.create({"date": date, "description": text})]}
        # whoever may change the contract may write its history
        self.sudo().with_context(skip_modification_mail=not tells_client).write(values)
