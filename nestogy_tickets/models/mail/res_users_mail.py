from odoo import models


class ResUsers(models.Model):
    """Who looks after mails of which nobody knows for which company they are."""

    _inherit = "res.users"

    def _sees_mails_of_no_company(self):
        """Tell whether such mails are this user's business: he works for the main company, or it is gone."""
        self.ensure_one()
        main = self.env.ref("base.main_company", raise_if_not_found=False)
        return not main or main.id in self._get_company_ids()
