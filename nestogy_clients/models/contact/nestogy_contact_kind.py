from odoo import fields, models


class NestogyContactKind(models.Model):
    """What a contact is for at the client: billing, technical, emergency ... A contact can be several."""

    _name = "nestogy.contact.kind"
    _description = "Kind of Contact"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    is_emergency = fields.Boolean(
        string="Emergency", help="Contacts of this kind are offered first when something is urgent after hours."
    )
