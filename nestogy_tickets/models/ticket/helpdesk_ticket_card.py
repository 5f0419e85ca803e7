from odoo import api, models
from odoo.exceptions import AccessError


class HelpdeskTicket(models.Model):
    """The client's card beside the ticket."""

    _inherit = "helpdesk.ticket"

    @api.model
    def get_client_card(self, partner_id, ticket_id=False):
        """All that the card shows of the client of a contact, ready to print, in one call.

        :param ticket_id: the ticket beside which it stands, false while it is written
        :return: dict of ``id``, ``name``, ``zone`` and ``sections`` (see ``res.partner._client_card``), or of ``note``
            alone, when there is nothing to show
        """
        self._check_staff()
        contact = self.env["res.partner"].browse(partner_id or []).exists()
        if not contact:
            return {"note": self.env._("Choose the contact, and the client's card is shown here.")}
        try:
            contact.check_access("read")
            client = contact._get_client()
            client.check_access("read")
        except AccessError:
            return {"note": self.env._("This client is looked after by another team.")}
        if not client:
            return {"note": self.env._("%s is no client yet.", contact.commercial_partner_id.display_name)}
        client = client.with_context(card_contact_id=contact.id, card_ticket_id=ticket_id or 0)
        sections = sorted(client._client_card(), key=lambda section: section["sequence"])
        return {
            "id": client.id,
            "name": client.name,
            "zone": contact._contact_zone(),
            "sections": [section for section in sections if section["lines"]],
        }
