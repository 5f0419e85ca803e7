from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    project_portal_show = fields.Boolean(
        string="Show New Projects to Clients", help="New projects are shown in the portal of their client at once."
    )
    project_portal_show_hours = fields.Boolean(
        string="Show Hours of New Projects", help="Clients see the hours planned and spent in their new projects."
    )
