from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class NestogyFormTakeover(models.TransientModel):
    """Asks which answers of a website form are right, and writes them on record."""

    _name = "nestogy.form.takeover"
    _description = "Take Over Answers"

    entry_id = fields.Many2one("nestogy.form.entry", required=True, readonly=True, ondelete="cascade")
    line_ids = fields.One2many("nestogy.form.takeover.line", "takeover_id")

    @api.model_create_multi
    def create(self, vals_list):
        takeovers = super().create([{"entry_id": vals.get("entry_id")} for vals in vals_list])
        for takeover in takeovers:
            takeover.line_ids = [Command.create(values) for values in takeover._prepare_lines()]
        return takeovers

    def _prepare_lines(self):
        entry = self.entry_id
        return [
            {
                "key": each.key,
                "label": each.label,
                "owner": each.partner.name,
                "known": each.known,
                "sent": each.sent,
                "warning": self._warning(each),
                # where nothing is on record nothing is lost
                "is_taken": not each.known and each.key != "email",
            }
            for each in entry._differences()
        ]

    def _warning(self, difference):
        """What to think of before taking it."""
        if difference.key == "phone" and difference.known:
            return self.env._("Becomes the first number; the others stay.")
        # who decides need not see users
        if difference.key == "email" and difference.partner.sudo().user_ids:
            return self.env._("Whoever reads this mailbox can sign in as %s.", difference.partner.name)
        if difference.key == "email" and not self.entry_id.confirmed_at:
            return self.env._("Nobody has shown yet that this mailbox is theirs.")
        return False

    def action_take_over(self):
        """Write what is ticked."""
        self.ensure_one()
        keys = set(self.line_ids.filtered("is_taken").mapped("key"))
        if not keys:
            raise UserError(self.env._("Tick what is right, or close this."))
        self.entry_id._take_over(keys)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
