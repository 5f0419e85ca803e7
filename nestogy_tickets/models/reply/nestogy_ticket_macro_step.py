from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

DAYS = 365
# what each kind of step needs, apart from those that stand for themselves
NEEDED = {
    "stage": "stage_id",
    "priority": "priority",
    "assign": "user_id",
    "team": "team_id",
    "tag_add": "tag_ids",
    "tag_remove": "tag_ids",
    "category": "category_id",
    "reply": "reply_id",
    "note": "reply_id",
    "activity": "activity_type_id",
}


class NestogyTicketMacroStep(models.Model):
    """One deed of a macro."""

    _name = "nestogy.ticket.macro.step"
    _description = "Step of a Ticket Macro"
    _order = "sequence, id"
    _rec_name = "summary"

    macro_id = fields.Many2one("nestogy.ticket.macro", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("stage", "Set the stage"),
            ("priority", "Set the priority"),
            ("assign", "Assign to somebody"),
            ("assign_me", "Assign to whoever runs it"),
            ("team", "Set the team"),
            ("category", "Set the category"),
            ("tag_add", "Add tags"),
            ("tag_remove", "Remove tags"),
            ("reply", "Answer the client"),
            ("note", "Add an internal note"),
            ("activity", "Plan an activity"),
        ],
        required=True,
        default="stage",
    )
    stage_id = fields.Many2one("helpdesk.ticket.stage", index="btree_not_null", ondelete="cascade")
    priority = fields.Selection(selection=lambda self: self.env["helpdesk.ticket"]._fields["priority"].selection)
    user_id = fields.Many2one(
        "res.users", string="Assignee", index="btree_not_null", ondelete="cascade", domain="[('share', '=', False)]"
    )
    team_id = fields.Many2one("helpdesk.ticket.team", index="btree_not_null", ondelete="cascade")
    tag_ids = fields.Many2many("helpdesk.ticket.tag")
    category_id = fields.Many2one("helpdesk.ticket.category", index="btree_not_null", ondelete="cascade")
    reply_id = fields.Many2one(
        "nestogy.ticket.reply",
        string="Canned Reply",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('origin_id', '=', False)]",
    )
    activity_type_id = fields.Many2one("mail.activity.type", index="btree_not_null", ondelete="cascade")
    activity_days = fields.Integer(string="In Days", default=1)
    activity_summary = fields.Char()
    summary = fields.Char(compute="_compute_summary")

    @api.depends_context("lang")
    @api.depends(
        "kind",
        "stage_id",
        "priority",
        "user_id",
        "team_id",
        "tag_ids",
        "category_id",
        "reply_id",
        "activity_type_id",
        "activity_days",
        "activity_summary",
    )
    def _compute_summary(self):
        for step in self:
            step.summary = step._describe()

    def _describe(self):
        tags = ", ".join(self.tag_ids.mapped("name"))
        # what a step sets is named to whoever may run the macro
        assignee_sudo = self.user_id.sudo()
        return {
            "stage": lambda: self.env._("set the stage to %s", self.stage_id.name or ""),
            "priority": lambda: self.env._(
                "set the priority to %s",
                dict(self._fields["priority"]._description_selection(self.env)).get(self.priority, ""),
            ),
            "assign": lambda: self.env._("assign to %s", assignee_sudo.name or ""),
            "assign_me": lambda: self.env._("assign to whoever runs it"),
            "team": lambda: self.env._("set the team to %s", self.team_id.name or ""),
            "category": lambda: self.env._("set the category to %s", self.category_id.name or ""),
            "tag_add": lambda: self.env._("add the tags %s", tags),
            "tag_remove": lambda: self.env._("remove the tags %s", tags),
            "reply": lambda: self.env._("answer the client with “%s”", self.reply_id.name or ""),
            "note": lambda: self.env._("add the note “%s”", self.reply_id.name or ""),
            "activity": lambda: self.env._(
                "plan %(what)s in %(days)s days",
                what=self.activity_summary or self.activity_type_id.name or "",
                days=self.activity_days,
            ),
        }.get(self.kind, str)()

    @api.constrains("kind", "activity_days", *sorted(set(NEEDED.values())))
    def _check_complete(self):
        for step in self:
            if step.kind in NEEDED and not step[NEEDED[step.kind]]:
                label = dict(self._fields["kind"]._description_selection(self.env))[step.kind]
                raise ValidationError(self.env._("The step “%s” is not complete; choose its value.", label))
            if step.kind == "activity" and not 0 <= step.activity_days <= DAYS:
                raise ValidationError(self.env._("An activity is planned between 0 and %s days ahead.", DAYS))

    def write(self, vals):
        result = super().write(vals)
        if {"macro_id"} & set(vals):
            self.check_access("write")  # nobody gives away what he could not write there
        return result

    def _apply(self, ticket):
        """Do this step on a ticket, with the rights of the user."""
        self.ensure_one()
        getattr(self, f"_apply_{self.kind}")(ticket)

    def _apply_stage(self, ticket):
        if self.stage_id.team_ids and ticket.team_id not in self.stage_id.team_ids:
            raise UserError(
                self.env._("The stage %s is not one of this ticket's team; choose another.", self.stage_id.name)
            )
        ticket.stage_id = self.stage_id

    def _apply_priority(self, ticket):
        ticket.priority = self.priority

    def _apply_assign(self, ticket):
        self._assign(ticket, self.user_id)

    def _apply_assign_me(self, ticket):
        self._assign(ticket, self.env.user)

    def _assign(self, ticket, user):
        members = ticket.team_id.user_ids
        if members and user not in members:
            raise UserError(
                self.env._(
                    "%(user)s is not in the team %(team)s; assign somebody of the team.",
                    user=user.sudo().name,  # names of colleagues are no secret
                    team=ticket.team_id.name,
                )
            )
        ticket.user_id = user

    def _apply_team(self, ticket):
        ticket.team_id = self.team_id

    def _apply_category(self, ticket):
        ticket.category_id = self.category_id

    def _apply_tag_add(self, ticket):
        ticket.tag_ids = [Command.link(tag.id) for tag in self.tag_ids]

    def _apply_tag_remove(self, ticket):
        ticket.tag_ids = [Command.unlink(tag.id) for tag in self.tag_ids]

    def _apply_reply(self, ticket):
        if not ticket._reply_readers():
            raise UserError(
                self.env._("Nobody would get the answer; give the ticket a contact with an e-mail address.")
            )
        self._post(ticket, "mail.mt_comment")

    def _apply_note(self, ticket):
        self._post(ticket, "mail.mt_note")

    def _post(self, ticket, subtype):
        reply = self.reply_id
        ticket.message_post(
            body=Markup(reply._render_for(ticket)[reply]),
            message_type="comment",
            subtype_xmlid=subtype,
        )
        reply._count_use()

    def _apply_activity(self, ticket):
        ticket.activity_schedule(
            activity_type_id=self.activity_type_id.id,
            date_deadline=fields.Date.context_today(ticket) + timedelta(days=self.activity_days),
            summary=self.activity_summary or False,
            user_id=(ticket.user_id or self.env.user).id,
        )
