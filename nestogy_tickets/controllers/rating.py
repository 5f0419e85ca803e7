from werkzeug.exceptions import NotFound

from odoo.addons.rating.controllers.main import Rating


class TicketsAreRatedElsewhere(Rating):
    """Odoo's page takes any number of answers for ever, and everybody's; tickets have a page of their own."""

    def _get_rating_and_record(self, token):
        rating_sudo, record_sudo = super()._get_rating_and_record(token)
        if rating_sudo.res_model == "helpdesk.ticket":
            raise NotFound
        return rating_sudo, record_sudo
