import logging

from psycopg2 import IntegrityError
from psycopg2.errors import ProgramLimitExceeded

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools.database import is_trouble

_logger = logging.getLogger(__name__)

STATES = [
    ("draft", "Draft"),
    ("waiting", "Waiting"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("undone", "Undone"),
]
BUSY = ("waiting", "running")
CHANNEL = "nestogy.work"


class NestogyWorkMixin(models.AbstractModel):
    """Work on many rows that goes on in the background, in the name of whoever started it.

    Each batch is committed together with the marks of its rows: a kill costs the batch it hits and nothing else, and
    no row is dealt with twice. A model that inherits this one writes :meth:`_work_step`, and :meth:`_work_undo_step`
    where its work can be undone. Users get the right to read it; what changes it goes through its methods.
    """

    _name = "nestogy.work.mixin"
    _description = "Work in the Background"

    state = fields.Selection(STATES, required=True, readonly=True, copy=False, default="draft", index=True)
    is_undo = fields.Boolean(string="Takes Back", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users",
        string="Started by",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.uid,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    work_company_ids = fields.Json(
        string="Companies That Were Switched On", readonly=True, copy=False, default=lambda self: self.env.companies.ids
    )
    total = fields.Integer(readonly=True, copy=False)
    done_count = fields.Integer(string="Done", readonly=True, copy=False)
    refused_count = fields.Integer(string="Refused", readonly=True, copy=False)
    progress = fields.Integer(compute="_compute_progress")
    started_at = fields.Datetime(string="Started", readonly=True, copy=False)
    ended_at = fields.Datetime(string="Ended", readonly=True, copy=False)
    note = fields.Text(readonly=True, copy=False)

    @api.depends("total", "done_count", "refused_count", "state")
    def _compute_progress(self):
        for work in self:
            dealt = work.done_count + work.refused_count
            whole = max(work.total, dealt)
            work.progress = 100 * dealt // whole if whole else 100 * (work.state in ("done", "undone"))

    # ------------------------------------------------------------------
    # What a model of work is made of
    # ------------------------------------------------------------------

    def _work_step(self):
        """Deal with the next batch, as the user who started the work; what is dealt with is marked so.

        :return int: how many rows were dealt with, 0 when nothing is left
        """
        raise NotImplementedError

    def _work_undo_step(self):
        """Take back the next batch, as :meth:`_work_step` does it."""
        raise NotImplementedError

    def _work_ended(self):
        """Called once when the last batch is done, as the user who started the work."""

    def _work_each(self, rows, deal, refuse):
        """Deal with rows at once; when that fails, with ever smaller parts, until those to blame are alone.

        Counts what was done and what was refused.

        :param rows: records
        :param deal: function of many rows; what it wrote before it failed is taken back; may return a dict of row to
            reason for those that it refused itself
        :param refuse: function of one row and the reason, a sentence
        """
        self.ensure_one()
        parts, done, refused = [rows], 0, 0
        while parts:
            part = parts.pop()
            if not part:
                continue
            try:
                with self.env.cr.savepoint():
                    left_out = deal(part) or {}
                    for row, reason in left_out.items():
                        refuse(row, reason)
                    self.env.flush_all()
                refused += len(left_out)
                done += len(part) - len(left_out)
            except Exception as error:
                if is_trouble(error):
                    raise  # no row is to blame: the whole batch begins anew
                self.env.invalidate_all(flush=False)
                if len(part) > 1:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                    continue
                refuse(part, self._work_reason(error))
                refused += 1
        work_sudo = self.sudo()  # the counts are nobody's to write
        work_sudo.write({"done_count": work_sudo.done_count + done, "refused_count": work_sudo.refused_count + refused})

    @api.model
    def _work_reason(self, error):
        """What went wrong, in a sentence for the one who reads the report."""
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, ProgramLimitExceeded):
            return self.env._("A text is longer than the database can hold; shorten it.")
        if isinstance(error, IntegrityError):
            _logger.info("A row was refused by the database: %s", error)
            return self.env._("The database refuses it: another record stands in the way.")
        _logger.exception("A row of %s failed", self._name, exc_info=error)
        return self.env._("An unexpected mistake happened; the administrator finds it in the server's log.")

    # ------------------------------------------------------------------
    # Start, stop
    # ------------------------------------------------------------------

    def _work_start(self, undo=False):
        """Queue the work; callers have checked that the user may do it.

        :param bool undo: take back what was done
        """
        self._work_begin("waiting", undo)
        self._work_trigger()

    def _work_now(self, undo=False):
        """Do all of it within this request, for little work."""
        self.ensure_one()
        self._work_begin("running", undo)
        self._work_in_name()._work_all()

    def _work_all(self):
        while self._work_next_step():
            pass
        self._work_end()

    def _work_begin(self, state, undo):
        works_sudo = self.sudo()  # users may read work, and start and stop it by these methods
        works_sudo.write(
            {
                "state": state,
                "is_undo": undo,
                "done_count": 0,
                "refused_count": 0,
                "started_at": fields.Datetime.now(),
                "ended_at": False,
                "note": False,
            }
        )

    @api.model
    def _work_trigger(self):
        self.env.ref("nestogy_clients.ir_cron_work").sudo()._trigger()  # the clock is nobody's

    def _check_work_mine(self):
        """Only who started work, or a manager who sees it, decides about it.

        :raise AccessError: somebody else asks
        """
        self.check_access("read")
        if self.user_id != self.env.user and not self.env.user.has_group(
            "nestogy_clients.nestogy_clients_group_manager"
        ):
            raise AccessError(self.env._("This was started by %s; ask there.", ", ".join(self.user_id.mapped("name"))))

    def _work_move(self, before, after):
        """Give works another state, those that are not in one of some states any more excepted."""
        self._check_work_mine()
        works_sudo = self.sudo().filtered(lambda work: work.state in before)  # checked above
        works_sudo.write({"state": after})
        works_sudo._work_tell()
        return works_sudo

    def action_pause(self):
        """Stop after the batch that is being dealt with."""
        self._work_move(BUSY, "paused")
        return True

    def action_resume(self):
        """Go on where it stopped."""
        if self._work_move(("paused", "failed"), "waiting"):
            self._work_trigger()
        return True

    def action_cancel(self):
        """Stop for good; what is done stays done."""
        self._work_move((*BUSY, "paused", "failed"), "cancelled").write({"ended_at": fields.Datetime.now()})
        return True

    # ------------------------------------------------------------------
    # The background
    # ------------------------------------------------------------------

    @api.model
    def _cron_work(self):
        """Deal with all work that waits, one after another, as long as there is time."""
        # the job looks after everybody's work; each batch is dealt with in its user's name
        waiting = [self.env[name].sudo() for name in self._work_models()]
        for model_sudo in waiting:
            for work in model_sudo.search([("state", "in", BUSY)], order="started_at, id"):
                if not work._work_run():
                    return
        self.env["ir.cron"]._commit_progress(remaining=0)

    @api.model
    def _work_models(self):
        """Names of the models whose work waits in the background."""
        names = self.env.registry.descendants(["nestogy.work.mixin"], "_inherit")
        return sorted(name for name in names if not self.env[name]._abstract)

    def _work_run(self):
        """Deal with one work, each batch committed, until it ends or is stopped; called in sudo by the job.

        :return bool: whether there is time for more
        """
        cron, failures = self.env["ir.cron"], 0
        # one more than there are rows: else the job takes itself for done when its time is up after the last batch
        left = max(self.total - self.done_count - self.refused_count, 0) + 1
        time_left = cron._commit_progress(remaining=left)
        while time_left:
            self.invalidate_recordset()
            try:
                # the row is held for the time of a batch, so a pause waits for its end instead of spoiling it
                if not self.try_lock_for_update(allow_referencing=True).filtered_domain(Domain("state", "in", BUSY)):
                    return True
                dealt = self._work_run_step()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                failures += 1
                if failures > 3:
                    raise
                continue
            failures = 0
            self._work_tell()
            time_left = cron._commit_progress(dealt)
            if not dealt:
                return bool(time_left)
        return False

    def _work_run_step(self):
        """One batch; a mistake outside of a row stops the work and says why.

        :return int: rows dealt with
        """
        if self.state == "waiting":
            self.state = "running"
        try:
            with self.env.cr.savepoint():
                if not self.user_id.active:
                    raise UserError(self.env._("%s does not work here any more.", self.user_id.name))
                mine = self._work_in_name()
                dealt = mine._work_next_step()
                if not dealt:
                    mine._work_end()
                self.env.flush_all()
                return dealt
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if self.env.cr.closed:
                raise  # the connection is gone, and nothing was kept: the job begins the batch anew
            self.env.invalidate_all(flush=False)
            self.write({"state": "failed", "note": self._work_reason(error), "ended_at": fields.Datetime.now()})
            return 0

    def _work_next_step(self):
        return self._work_undo_step() if self.is_undo else self._work_step()

    def _work_in_name(self):
        """This work with the rights, companies and language of whoever started it."""
        self.ensure_one()
        user_sudo = self.sudo().user_id  # whose companies they are is asked for him
        companies = [each for each in self.sudo().work_company_ids or [] if each in user_sudo.company_ids.ids]  # same
        first = self.company_id.id
        if first not in user_sudo.company_ids.ids:
            raise UserError(self.env._("%s may not work in this company any more.", user_sudo.name))
        return self.with_user(user_sudo).with_context(
            allowed_company_ids=[first, *(each for each in companies if each != first)],
            lang=user_sudo.lang,
            tz=user_sudo.tz,
        )

    def _work_end(self):
        """The last batch is done."""
        self._work_ended()
        work_sudo = self.sudo()  # users may read work only
        work_sudo.write({"state": "undone" if self.is_undo else "done", "ended_at": fields.Datetime.now()})

    def _work_say_ended(self):
        """Tell the user in a word of its own that long work has ended; for :meth:`_work_ended`."""
        self.env.user._bus_send(
            "simple_notification",
            {
                "title": self.name,
                "message": self.env._(
                    "%(done)s done, %(refused)s refused.", done=self.done_count, refused=self.refused_count
                ),
                "type": "warning" if self.refused_count else "success",
                "sticky": True,
            },
        )

    def _work_tell(self):
        """Tell the screens of whoever started it how far it is."""
        for work in self:
            work.user_id._bus_send(
                CHANNEL,
                {
                    "model": work._name,
                    "id": work.id,
                    "state": work.state,
                    "total": work.total,
                    "done": work.done_count,
                    "refused": work.refused_count,
                },
            )
