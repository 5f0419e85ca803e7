from odoo import api, models


class MailAliasDomain(models.Model):
    _inherit = "mail.alias.domain"

    @api.model
    def _find_aliases(self, email_list):
        """Look the same addresses up once while a mail is taken in: the core asks for them six times."""
        inbox_id = self.env.context.get("nestogy_inbox_id")
        if not inbox_id:
            return super()._find_aliases(email_list)
        key = "nestogy_find_aliases", inbox_id, tuple(email_list)
        found = self.env.cr.cache.get(key)
        if found is None:
            found = self.env.cr.cache[key] = tuple(super()._find_aliases(email_list))
        return list(found)
