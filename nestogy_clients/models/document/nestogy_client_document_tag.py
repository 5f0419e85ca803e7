from random import randint

from odoo import fields, models


class NestogyClientDocumentTag(models.Model):
    _name = "nestogy.client.document.tag"
    _description = "Document Tag"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer(default=lambda self: randint(1, 11))

    _name_unique = models.UniqueIndex("(name)", "There is a tag with this name already.")
