from odoo import api, fields, models
from odoo.tools.mail import formataddr

from odoo.addons.mail.tools.parser import parse_res_ids


class MailComposeMessage(models.TransientModel):
    """Says, before an answer to a ticket leaves, who gets it, and that a colleague answered meanwhile."""

    _inherit = "mail.compose.message"

    ticket_readers = fields.Char(string="Goes to", compute="_compute_ticket_readers")
    ticket_seen_id = fields.Integer(
        default=lambda self: self._newest_ticket_reply()["id"], help="The latest answer when the writing began."
    )
    ticket_newer_author = fields.Char(readonly=True)

    @api.depends("model", "res_ids", "partner_ids", "composition_mode", "subtype_is_log")
    def _compute_ticket_readers(self):
        for composer in self:
            composer.ticket_readers = False
            ids = composer._evaluate_res_ids() if composer.model == "helpdesk.ticket" else []
            if len(ids) == 1 and composer.composition_mode == "comment" and not composer.subtype_is_log:
                ticket = self.env["helpdesk.ticket"].browse(ids)
                ticket.check_access("read")
                composer.ticket_readers = ", ".join(
                    formataddr((reader["name"], reader["email"])) if reader["is_valid"] else reader["name"]
                    for reader in ticket._reply_readers(composer.partner_ids.ids)
                )

    @api.model
    def _newest_ticket_reply(self, ids=None):
        """The latest answer in the one ticket that is written to."""
        context = self.env.context
        if ids is None and context.get("default_model") == "helpdesk.ticket":
            ids = parse_res_ids(context.get("default_res_ids") or [], self.env)
        if not ids or len(ids) != 1:
            return {"id": 0, "author": "", "is_own": False}
        return self.env["helpdesk.ticket"].browse(ids).get_newest_reply()

    def action_send_mail(self):
        """Ask once more when a colleague answered while this was written."""
        if len(self) == 1 and self.model == "helpdesk.ticket" and not self.subtype_is_log:
            newest = self._newest_ticket_reply(self._evaluate_res_ids())
            if newest["id"] > self.ticket_seen_id and not newest["is_own"]:
                self.write({"ticket_seen_id": newest["id"], "ticket_newer_author": newest["author"]})
                return {
                    "type": "ir.actions.act_window",
                    "name": self.env._("A newer reply exists"),
                    "res_model": self._name,
                    "res_id": self.id,
                    "views": [(False, "form")],
                    "target": "new",
                }
        return super().action_send_mail()
