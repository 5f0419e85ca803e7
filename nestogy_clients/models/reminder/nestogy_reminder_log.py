from odoo import api, fields, models
from odoo.fields import Domain

NOTE_LIMIT = 500  # characters
DONE = ("sent", "skipped")  # what makes a level of an invoice done


class NestogyReminderLog(models.Model):
    """What became of reminders: one row for each invoice that was reminded, left out, or skipped, and why."""

    _name = "nestogy.reminder.log"
    _description = "Reminder"
    _order = "date desc, id desc"
    _rec_name = "move_id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade", index=True)
    client_id = fields.Many2one("res.partner", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    plan_id = fields.Many2one("nestogy.reminder.plan", ondelete="set null")
    level_id = fields.Many2one("nestogy.reminder.level", ondelete="set null", index="btree_not_null")
    level_days = fields.Integer(help="Days of the level, kept when the level changes or goes.", aggregator=None)
    outcome = fields.Selection(
        [("sent", "Sent"), ("manual", "Sent by hand"), ("held", "Held"), ("skipped", "Skipped"), ("failed", "Failed")],
        required=True,
    )
    reason = fields.Selection(selection="_selection_reason")
    note = fields.Char()
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="By", required=True, default=lambda self: self.env.uid)
    days_late = fields.Integer(aggregator="avg")
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(string="Open then")
    fee_move_id = fields.Many2one("account.move", string="Fee", ondelete="set null", index="btree_not_null")
    mail_message_id = fields.Many2one("mail.message", string="Mail", ondelete="set null")

    _once_a_level = models.UniqueIndex(
        "(move_id, level_id) WHERE level_id IS NOT NULL AND outcome IN ('sent', 'skipped')",
        "The invoice was reminded on this level already.",
    )
    _newest_idx = models.Index("(move_id, id DESC)")
    _client_date_idx = models.Index("(client_id, date DESC, id DESC) WHERE outcome IN ('sent', 'manual')")

    @api.model
    def _selection_reason(self):
        """Why an invoice is not reminded; addons add theirs."""
        return [
            ("dispute", "Disputed"),
            ("payment", "Payment under way"),
            ("promise", "Promised to pay"),
            ("status", "Status of the client"),
            ("excluded", "Left out by hand"),
            ("address", "Nobody can be mailed"),
            ("recent", "Reminded lately"),
        ]

    @api.model
    def _write_log(self, moves, outcome, level=None, reason=False, note=""):
        """Write one row for each invoice.

        :return: rows in sudo
        :raise UniqueViolation: one of the invoices was done on this level already
        """
        today = fields.Date.context_today(self)
        rows_sudo = self.sudo().create(  # nobody writes into the log by hand
            [
                {
                    "move_id": move.id,
                    "client_id": move.commercial_partner_id.id,
                    "company_id": move.company_id.id,
                    "plan_id": level.plan_id.id if level else False,
                    "level_id": level.id if level else False,
                    "level_days": level.days if level else 0,
                    "outcome": outcome,
                    "reason": reason,
                    "note": (note or "")[:NOTE_LIMIT],
                    "user_id": self.env.uid,
                    "days_late": (today - move.invoice_date_due).days if move.invoice_date_due else 0,
                    "currency_id": move.currency_id.id,
                    "amount": move.amount_residual,
                }
                for move in moves
            ]
        )
        rows_sudo.flush_recordset()
        return rows_sudo

    @api.model
    def _write_holds(self, holds):
        """Note why invoices are not reminded, unless the newest row of an invoice says so already.

        :param holds: tuples of invoice, level, reason and note
        """
        moves = self.env["account.move"].browse(move.id for move, *_rest in holds)
        newest = self._newest(moves)
        for move, level, reason, note in holds:
            row_sudo = newest.get(move.id)
            if not row_sudo or (row_sudo.outcome, row_sudo.reason) != ("held", reason):
                self._write_log(move, "held", level=level, reason=reason, note=note)

    @api.model
    def _newest(self, moves):
        """:return: dict of the id of an invoice to its newest row, in sudo"""
        newest = {}
        rows_sudo = self.sudo().search(Domain("move_id", "in", moves.ids), order="move_id, id")  # asked by the plan
        for row_sudo in rows_sudo:
            newest[row_sudo.move_id.id] = row_sudo
        return newest
