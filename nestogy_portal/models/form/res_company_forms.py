from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_DAYS = 365


class ResCompany(models.Model):
    _inherit = "res.company"

    form_spam_days = fields.Integer(
        string="Keep Spam of Website Forms", default=30, help="Days after which entries that are spam are deleted."
    )

    @api.constrains("form_spam_days")
    def _check_form_spam_days(self):
        for company in self:
            if not 1 <= company.form_spam_days <= MOST_DAYS:
                raise ValidationError(self.env._("Spam of website forms is kept for 1 to %s days.", MOST_DAYS))
