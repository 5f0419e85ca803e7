from odoo import Command, api, fields, models
from odoo.exceptions import UserError

SHOWN = 500  # lines


class NestogyReminderPreview(models.TransientModel):
    """Shows what a plan would do today, before it is started and after."""

    _name = "nestogy.reminder.preview"
    _description = "Preview of Reminders"

    plan_id = fields.Many2one("nestogy.reminder.plan", required=True, ondelete="cascade")
    is_running = fields.Boolean(related="plan_id.is_running")
    line_ids = fields.One2many("nestogy.reminder.preview.line", "preview_id")
    summary = fields.Char(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        previews = super().create(vals_list)
        for preview in previews:
            preview._fill()
        return previews

    def _fill(self):
        """Write a line for each invoice of the current company on which the plan has something to say today."""
        moves = self.env["account.move"]
        moves = moves.search(moves._reminder_candidates_domain(self.plan_id), order="commercial_partner_id, id")
        steps = [step for step in moves._reminder_steps(self.plan_id) if step.level.plan_id == self.plan_id]
        readers = {}
        for client in self.env["res.partner"].union(*(step.move.commercial_partner_id for step in steps)):
            readers[client] = ", ".join(client._reminder_readers().mapped("name"))
        steps.sort(key=lambda step: (bool(step.reason), -step.level.days, step.move.commercial_partner_id.name or ""))
        self.line_ids = [
            Command.create(
                {
                    "move_id": step.move.id,
                    "level_id": step.level.id,
                    "reason": step.reason,
                    "note": step.note,
                    "recipients": readers[step.move.commercial_partner_id] if step.level.channel != "call" else "",
                }
            )
            for step in steps[:SHOWN]
        ]
        sent = [step for step in steps if not step.reason]
        mails = {(step.move.commercial_partner_id, step.level) for step in sent}
        self.summary = self.env._(
            "Reminders today: %(mails)s. Invoices in them: %(invoices)s. Invoices held: %(held)s.",
            mails=len(mails),
            invoices=len(sent),
            held=len(steps) - len(sent),
        )

    def action_start(self):
        """Let the plan run from now on; the first reminders leave with the next nightly run."""
        self.plan_id._start()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class NestogyReminderPreviewLine(models.TransientModel):
    """One invoice, what happens to it today, and why."""

    _name = "nestogy.reminder.preview.line"
    _description = "Line of a Preview of Reminders"

    preview_id = fields.Many2one("nestogy.reminder.preview", required=True, ondelete="cascade", index=True)
    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade")
    client_id = fields.Many2one(related="move_id.commercial_partner_id", string="Client")
    level_id = fields.Many2one("nestogy.reminder.level", required=True, ondelete="cascade")
    channel = fields.Selection(related="level_id.channel")
    due = fields.Date(related="move_id.invoice_date_due")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount = fields.Monetary(related="move_id.amount_residual", string="Open")
    recipients = fields.Char(string="Goes to")
    reason = fields.Selection(
        selection=lambda self: self.env["nestogy.reminder.log"]._selection_reason(), string="Held"
    )
    note = fields.Char(string="Because")
    is_skipped = fields.Boolean()

    def action_skip(self):
        """Leave this level of the invoice out."""
        for line in self:
            line.move_id._check_reminder_staff()
            if line.is_skipped:
                raise UserError(self.env._("%s is skipped already.", line.move_id.name))
            self.env["nestogy.reminder.log"]._write_log(line.move_id, "skipped", level=line.level_id)
            line.is_skipped = True
        return self._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What %s Does Today", self.preview_id.plan_id.name),
            "res_model": "nestogy.reminder.preview",
            "res_id": self.preview_id.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
