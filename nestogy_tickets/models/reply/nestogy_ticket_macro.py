from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, MissingError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import split_every

NAME_CHARACTERS = 80
STEPS = 20
BATCH = 50  # tickets that are read together
TICKETS = 500  # in one run; it is one transaction
REFUSALS = (UserError, AccessError, MissingError, ValidationError, LockError)


class NestogyTicketMacro(models.Model):
    """A named sequence of deeds on tickets."""

    _name = "nestogy.ticket.macro"
    _description = "Ticket Macro"
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        index="btree_not_null",
        ondelete="cascade",
        help="Only the owner sees and runs it; empty: shared with everybody.",
    )
    team_id = fields.Many2one(
        "helpdesk.ticket.team",
        index="btree_not_null",
        ondelete="cascade",
        help="Offered for tickets of this team alone; empty: for all.",
    )
    company_id = fields.Many2one("res.company", index="btree_not_null", ondelete="cascade")
    step_ids = fields.One2many("nestogy.ticket.macro.step", "macro_id", string="Steps", copy=True)
    summary = fields.Char(string="What It Does", compute="_compute_summary")

    @api.depends_context("lang")
    @api.depends("step_ids.summary")
    def _compute_summary(self):
        for macro in self:
            macro.summary = "; ".join(macro.step_ids.mapped("summary"))

    @api.constrains("name")
    def _check_name(self):
        for macro in self:
            if not macro.name.strip() or len(macro.name) > NAME_CHARACTERS:
                raise ValidationError(self.env._("Give the macro a name of at most %s characters.", NAME_CHARACTERS))

    @api.constrains("step_ids")
    def _check_steps(self):
        for macro in self:
            if not 1 <= len(macro.step_ids) <= STEPS:
                raise ValidationError(
                    self.env._(
                        "The macro “%(macro)s” needs between 1 and %(limit)s steps.", macro=macro.name, limit=STEPS
                    )
                )

    @api.constrains("user_id", "step_ids")
    def _check_shared_replies(self):
        """A shared macro must work for everybody."""
        for macro in self:
            private = macro.step_ids.reply_id.filtered(lambda reply, macro=macro: reply.user_id - macro.user_id)
            if private:
                raise ValidationError(
                    self.env._(
                        "“%(reply)s” is somebody's own canned reply; share it before “%(macro)s” uses it.",
                        reply=private[0].name,
                        macro=macro.name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "company_id"} & set(vals):
            self.check_access("write")  # nobody gives away what he could not write there
        return result

    @api.model
    def _usable_domain(self, tickets):
        """The macros that fit all these tickets."""
        teams = tickets.team_id.ids if len(tickets.team_id) == 1 and all(each.team_id for each in tickets) else []
        return Domain("team_id", "in", [False, *teams]) & Domain("company_id", "in", [False, *tickets.company_id.ids])

    def _run(self, tickets):
        """Do the steps on each ticket, wholly or not at all; a ticket that is refused does not stop the others.

        The mails leave by Odoo's queue, so a step that is refused after an answer takes the answer back as well.

        :param helpdesk.ticket tickets: at most 500
        :return: tuple of the tickets that were done and a dict of the others to the sentence why not
        :raise UserError: too many tickets
        """
        self.ensure_one()
        self.check_access("read")
        if len(tickets) > TICKETS:
            raise UserError(
                self.env._("A macro runs on at most %s tickets at once; choose fewer, and run it again.", TICKETS)
            )
        done, refused = tickets.browse(), {}
        ready = tickets.with_context(mail_notify_force_send=False)
        for ids in split_every(BATCH, ready.ids):
            for ticket in ready.browse(ids):
                try:
                    with self.env.cr.savepoint():
                        ticket.check_access("write")
                        if not self.filtered_domain(self._usable_domain(ticket)):
                            raise UserError(self.env._("The macro is for another team or company."))
                        for step in self.step_ids:
                            step._apply(ticket)
                        self.env.flush_all()
                        # the ticket's history says it once; a note, whoever may post
                        ticket.sudo()._message_log(
                            body=self.env._("Macro “%(macro)s”: %(steps)s.", macro=self.name, steps=self.summary),
                            author_id=self.env.user.partner_id.id,
                        )
                    done |= ticket
                except REFUSALS as error:
                    refused[tickets.browse(ticket.id)] = str(error)
        if done and any(step.kind == "reply" for step in self.step_ids):
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # Odoo's own job
        return tickets.browse(done.ids), refused

    def _preview(self, tickets):
        """Say what the macro would do.

        :return: dict with ``steps`` (sentences) and ``replies`` (list of dicts ``title``, ``is_note``, ``html``,
            ``readers``), filled for the first ticket
        """
        self.ensure_one()
        ticket = tickets[:1]
        replies = []
        for step in self.step_ids.filtered("reply_id"):
            is_note = step.kind == "note"
            replies.append(
                {
                    "title": step.reply_id.name,
                    "is_note": is_note,
                    "html": step.reply_id._render_for(ticket)[step.reply_id] if ticket else step.reply_id.body,
                    "readers": [] if is_note or not ticket else ticket._reply_readers(),
                }
            )
        return {"steps": self.step_ids.mapped("summary"), "replies": replies}
