import logging
from contextlib import suppress

from odoo import api, models

_logger = logging.getLogger(__name__)


class ResPartner(models.Model):
    """What jobs do for each client by itself."""

    _inherit = "res.partner"

    @api.model
    def _run_for_clients(self, find, step, note_failure):
        """Do something for clients, in each company and a client at a time, each committed by itself.

        One that fails stops no other; one that another worker has locked is left to that worker. The step itself
        sees to it that it does nothing twice.

        :param str find: method that returns the ids of the clients that might have something to do in a company
        :param str step: method of one client
        :param str note_failure: method of one client that keeps the exception where people look
        """
        cron = self.env["ir.cron"]
        work = [
            (company, client_id)
            for company in self.env["res.company"].search([])
            for client_id in getattr(self.with_company(company), find)()
        ]
        cron._commit_progress(remaining=len(work))
        for company, client_id in work:
            client = self.with_company(company).with_context(allowed_company_ids=company.ids).browse(client_id)
            client = client.try_lock_for_update(allow_referencing=True)
            if client:
                try:
                    with self.env.cr.savepoint():
                        getattr(client, step)()
                except Exception as error:
                    _logger.exception("%s failed for client %s of company %s", step, client_id, company.id)
                    with suppress(Exception), self.env.cr.savepoint():
                        getattr(client, note_failure)(error)
            if not cron._commit_progress(1):
                break
