from odoo import fields, models


class ResPartner(models.Model):
    """An address to which our mails cannot be delivered, and who gets them instead."""

    _inherit = "res.partner"

    bounced_at = fields.Datetime("Undeliverable Since", readonly=True, copy=False, groups="base.group_user")
    bounce_reason = fields.Char("Why Undeliverable", readonly=True, copy=False, groups="base.group_user")

    def write(self, vals):
        if vals.get("message_bounce") == 0 or "email" in vals:
            # another address, or a mail that came from it: it is good until the next report
            # whoever may change an address may not see all about it, visitors for example
            marked_sudo = self.sudo().filtered(
                lambda each: each.bounced_at and ("email" not in vals or vals["email"] != each.email)
            )
            if marked_sudo:
                super(ResPartner, marked_sudo).write({"bounced_at": False, "bounce_reason": False})
        return super().write(vals)

    def _mark_bounced(self, reason):
        """Remember that the address is not there any more."""
        self.write({"bounced_at": fields.Datetime.now(), "bounce_reason": " ".join((reason or "").split())[:250]})

    def _client_mail_route(self, kind):
        """Leave out addresses that do not exist, as long as the client has another one."""
        recipients, origin = super()._client_mail_route(kind)
        client_sudo = self.sudo()  # routing is the firm's business: the same for whoever sends
        good = recipients.with_env(client_sudo.env).filtered(lambda each: not each.bounced_at)
        if recipients and not good:
            others = client_sudo.primary_contact_id | client_sudo | client_sudo.child_ids.sorted("id")
            good = others.filtered(
                lambda each: each.active and each.email and not each.bounced_at and each.type in ("contact", "other")
            )[:1]
        return good.with_env(self.env) or recipients, origin
