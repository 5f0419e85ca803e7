from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CODE_LIMIT = 40  # characters


class NestogyMessageKind(models.Model):
    """What a message is about, as far as its reader may say no to it: a newsletter, a survey, an invoice."""

    _name = "nestogy.message.kind"
    _description = "Kind of Message"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(copy=False, help="By this word automation and other modules name the kind.")
    description = fields.Char(translate=True, help="One sentence that clients read in the portal.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_obligatory = fields.Boolean(
        string="Obligatory", help="Belongs to the contract, like invoices: nobody can opt out, no limit holds it back."
    )
    is_marketing = fields.Boolean(string="Marketing", help="Sent only to those who agreed to marketing messages.")

    _code_unique = models.UniqueIndex("(code) WHERE code IS NOT NULL", "Another kind of message has this code.")
    _marketing_is_voluntary = models.Constraint(
        "CHECK (NOT (is_marketing AND is_obligatory))", "Marketing is never obligatory."
    )

    @api.constrains("code")
    def _check_code(self):
        for kind in self:
            if kind.code and (len(kind.code) > CODE_LIMIT or not kind.code.isidentifier() or not kind.code.isascii()):
                raise ValidationError(
                    self.env._(
                        "A code has at most %(limit)s letters, digits or underscores, a letter first: “%(code)s”",
                        limit=CODE_LIMIT,
                        code=kind.code,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Keep what people said about a kind."""
        # whether anybody anywhere opted out is asked, not who
        used_sudo = (
            self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            .search_count(["|", ("unwanted_kind_ids", "in", self.ids), ("wanted_kind_ids", "in", self.ids)], limit=1)
        )
        if used_sudo:
            raise UserError(self.env._("Clients have said whether they want this kind of message; archive it instead."))

    @api.model
    def _of(self, purpose):
        """The kind that is meant.

        :param purpose: a kind, or the code of one
        :raise ValueError: no kind has this code
        """
        if not isinstance(purpose, str):
            purpose.ensure_one()
            return purpose.sudo()  # senders without rights on kinds ask too
        kind_sudo = self.sudo().with_context(active_test=False).search([("code", "=", purpose)])  # as above
        if not kind_sudo:
            raise ValueError(f"no kind of message has the code {purpose!r}")
        return kind_sudo
