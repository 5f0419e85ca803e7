from odoo import api, models


class ResPartner(models.Model):
    """What merging means for feedback on tickets, and for mail from addresses of merged records."""

    _inherit = "res.partner"

    @api.model
    def _client_merge_steps(self):
        say = self.env._
        return [
            *super()._client_merge_steps(),
            {"model": "nestogy.nps.answer", "stay": say("One answer a person and survey: the kept one's counts.")},
            {
                "model": "nestogy.satisfaction.request",
                "stay": say("One question a person and ticket: the kept one's counts."),
            },
        ]

    @api.model
    def _mail_people(self, address):
        """Everybody who has an address, or had it before he was merged into another record.

        :param str address: normalized
        """
        people = self.search([("email_normalized", "=", address)])
        if people:
            return people
        merged_sudo = self.env["nestogy.client.merge.source"].sudo()  # the gateway may not read merges
        return self.browse(merged_sudo._kept_by_address([address]).get(address, self).ids)
