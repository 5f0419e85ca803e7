from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientStatusChange(models.Model):
    """One change of a client's status: who, when, from what to what and why. Never edited."""

    _name = "nestogy.client.status.change"
    _description = "Client Status Change"
    _order = "date desc, id desc"
    _rec_name = "new_status_id"

    client_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="Changed by", readonly=True, default=lambda self: self.env.uid)
    old_status_id = fields.Many2one("nestogy.client.status", string="From", readonly=True, ondelete="restrict")
    new_status_id = fields.Many2one("nestogy.client.status", string="To", readonly=True, ondelete="restrict")
    reason = fields.Text(readonly=True)

    _client_date_idx = models.Index("(client_id, date DESC, id DESC)")

    def write(self, vals):
        if set(vals) - {"client_id"} or not self.env.su:
            raise UserError(self.env._("The history of a status cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of a status cannot be deleted."))
