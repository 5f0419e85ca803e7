from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyTicketMacroRun(models.TransientModel):
    """Asks which macro is to run, and shows what it will do before and what was refused after."""

    _name = "nestogy.ticket.macro.run"
    _description = "Run a Macro on Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    ticket_count = fields.Integer(compute="_compute_usable")
    usable_macro_ids = fields.Many2many("nestogy.ticket.macro", compute="_compute_usable")
    macro_id = fields.Many2one("nestogy.ticket.macro", domain="[('id', 'in', usable_macro_ids)]")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    state = fields.Selection([("ask", "Ask"), ("done", "Done")], default="ask", readonly=True)
    result = fields.Html(readonly=True, sanitize=False)

    @api.depends("ticket_ids")
    def _compute_usable(self):
        macros = self.env["nestogy.ticket.macro"]
        for wizard in self:
            wizard.ticket_count = len(wizard.ticket_ids)
            wizard.usable_macro_ids = macros.search(macros._usable_domain(wizard.ticket_ids))

    @api.depends("macro_id", "ticket_ids")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard.macro_id and self.env["ir.qweb"]._render(
                "nestogy_tickets.macro_preview",
                wizard.macro_id._preview(wizard.ticket_ids._origin) | {"ticket": wizard.ticket_ids._origin[:1]},
            )

    def action_run(self):
        """Run the macro; when some tickets were refused, say which and why."""
        self.ensure_one()
        if not self.macro_id:
            raise UserError(self.env._("Choose a macro."))
        done, refused = self.macro_id._run(self.ticket_ids)
        if not refused:
            return {"type": "ir.actions.act_window_close"}
        values = {"done": done, "refused": refused}
        self.write({"state": "done", "result": self.env["ir.qweb"]._render("nestogy_tickets.macro_result", values)})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Macro"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
