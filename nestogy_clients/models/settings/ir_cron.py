import logging
from contextlib import suppress

from odoo import api, models

_logger = logging.getLogger(__name__)


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _commit_each(self, due, domain, step, note_failure=None, remaining=None):
        """Deal with records one at a time, each committed by itself.

        One that fails stops no other; one that another worker has locked or dealt with is left alone. After a kill
        what was done is done, so the step sees to it that the record is no longer due.

        :param due: records, or a list of records
        :param domain: what a record still has to be when its turn comes
        :param str step: method of one record
        :param str note_failure: method of one record that keeps the exception where people look
        :param int remaining: how many are due in all, when these are only the first of them
        """
        self._commit_progress(remaining=len(due) if remaining is None else remaining)
        for record in due:
            record = record.browse(record.id)  # the others are not fetched again after each commit
            record = record.try_lock_for_update(allow_referencing=True).filtered_domain(domain)
            if record:
                try:
                    with self.env.cr.savepoint():
                        getattr(record, step)()
                except Exception as error:
                    _logger.exception("%s of %s failed in company %s", step, record, record.env.company.id)
                    if note_failure:
                        with suppress(Exception), self.env.cr.savepoint():
                            getattr(record, note_failure)(error)
            if not self._commit_progress(1):
                break
