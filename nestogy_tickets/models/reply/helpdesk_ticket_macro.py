from odoo import api, models


class HelpdeskTicket(models.Model):
    """Running macros from the form and the list."""

    _inherit = "helpdesk.ticket"

    @api.model
    def get_ticket_macros(self, ticket_ids):
        """The macros that the user may run on these tickets, for the menu.

        :return: list of dicts ``id``, ``name`` and ``summary``
        """
        tickets = self.browse(ticket_ids)
        tickets.check_access("write")
        macros = self.env["nestogy.ticket.macro"]
        found = macros.search(macros._usable_domain(tickets))
        return [{"id": macro.id, "name": macro.name, "summary": macro.summary} for macro in found]

    def action_run_macro(self, macro_id=False):
        """Open the question which macro is to run on these tickets, with a preview."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Run a Macro"),
            "res_model": "nestogy.ticket.macro.run",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_ids": self.ids, "default_macro_id": macro_id},
        }
