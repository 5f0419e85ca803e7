from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """What jobs do for each client by itself."""

    _inherit = "res.partner"

    @api.model
    def _run_for_clients(self, find, step, note_failure):
        """Do something for clients, in each company and a client at a time, each committed by itself.

        The step itself sees to it that it does nothing twice.

        :param str find: method that returns the ids of the clients that might have something to do in a company
        :param str step: method of one client
        :param str note_failure: method of one client that keeps the exception where people look
        """
        due = [
            self.with_company(company).with_context(allowed_company_ids=company.ids).browse(client_id)
            for company in self.env["res.company"].search([])
            for client_id in getattr(self.with_company(company), find)()
        ]
        self.env["ir.cron"]._commit_each(due, Domain.TRUE, step, note_failure)
