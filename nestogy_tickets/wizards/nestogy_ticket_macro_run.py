import time

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

SLICE = 20  # tickets between two looks at the clock
TURN_SECONDS = 30  # far below what a server or a proxy lets a request take


class NestogyTicketMacroRun(models.TransientModel):
    """Asks which macro is to run, and shows what it will do before and what was refused after.

    Many tickets are done by turns, each one transaction, so that what is done stays done.
    """

    _name = "nestogy.ticket.macro.run"
    _description = "Run a Macro on Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    ticket_count = fields.Integer(compute="_compute_usable")
    usable_macro_ids = fields.Many2many("nestogy.ticket.macro", compute="_compute_usable")
    macro_id = fields.Many2one("nestogy.ticket.macro", domain="[('id', 'in', usable_macro_ids)]")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    state = fields.Selection([("ask", "Ask"), ("going", "Under Way"), ("done", "Done")], default="ask", readonly=True)
    position = fields.Integer(readonly=True, help="How many tickets have had their turn.")
    done_count = fields.Integer(readonly=True)
    progress = fields.Char(compute="_compute_progress")
    result = fields.Html(readonly=True, sanitize=False)

    @api.depends("ticket_ids")
    def _compute_usable(self):
        macros = self.env["nestogy.ticket.macro"]
        for wizard in self:
            wizard.ticket_count = len(wizard.with_context(active_test=False).ticket_ids)
            wizard.usable_macro_ids = macros.search(macros._usable_domain(wizard.ticket_ids))

    @api.depends("macro_id", "ticket_ids")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard.macro_id and self.env["ir.qweb"]._render(
                "nestogy_tickets.macro_preview",
                wizard.macro_id._preview(wizard.ticket_ids._origin) | {"ticket": wizard.ticket_ids._origin[:1]},
            )

    @api.depends("position", "ticket_ids")
    def _compute_progress(self):
        for wizard in self:
            wizard.progress = self.env._(
                "%(done)s of %(all)s tickets have had their turn.", done=wizard.position, all=wizard.ticket_count
            )

    def action_run(self):
        """Run the macro on the next tickets; say what is left, and which were refused and why."""
        self.ensure_one()
        if not self.macro_id:
            raise UserError(self.env._("Choose a macro."))
        # those that the macro itself archives keep their place
        tickets = self.with_context(active_test=False).ticket_ids.sorted("id")
        tickets = tickets.with_context(**self.env.context)
        end, position, done_count, refused = time.monotonic() + TURN_SECONDS, self.position, self.done_count, {}
        for ids in split_every(SLICE, tickets.ids[position:]):
            done, refused_now = self.macro_id._run(tickets.browse(ids))
            position, done_count = position + len(ids), done_count + len(done)
            refused |= refused_now
            if time.monotonic() >= end:
                break
        is_over = position >= len(tickets)
        self.position, self.done_count = position, done_count
        if refused:
            words = self.env["ir.qweb"]._render("nestogy_tickets.macro_refused", {"refused": refused})
            self.result = (self.result or Markup()) + words
        if is_over and not self.result:
            return {"type": "ir.actions.act_window_close"}
        self.state = "done" if is_over else "going"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Macro"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
