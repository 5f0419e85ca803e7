from odoo import api, fields, models
from odoo.exceptions import ValidationError


class NestogyClientMailRoute(models.Model):
    """Who gets one kind of mail instead of the primary contact."""

    _name = "nestogy.client.mail.route"
    _description = "Client Mail Route"
    _order = "client_id, kind, id"

    client_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        selection=lambda self: self.env["nestogy.client.mail.template"]._selection_routed_kind(),
        string="Kind of Mail",
        required=True,
        default="invoice",
    )
    contact_ids = fields.Many2many(
        "res.partner",
        "nestogy_client_mail_route_contact_rel",
        "route_id",
        "contact_id",
        string="Recipients",
        required=True,
        domain="[('id', 'child_of', client_id)]",
    )

    _one_for_kind = models.UniqueIndex(
        "(client_id, kind)", "The recipients of this kind of mail are chosen already; change them there."
    )

    @api.constrains("client_id", "contact_ids")
    def _check_contacts(self):
        for route in self:
            strangers = route.contact_ids.filtered(
                lambda contact, route=route: contact.commercial_partner_id != route.client_id.commercial_partner_id
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(strangers)s: mail for %(client)s goes to its own contacts only.",
                        strangers=", ".join(strangers.mapped("display_name")),
                        client=route.client_id.display_name,
                    )
                )
            if not route.contact_ids:
                raise ValidationError(self.env._("Choose who gets the mail, or remove the line."))
