import re

from odoo import models

CHANNEL = re.compile(r"nestogy_ticket_(\d{1,9})")
CHANNELS = 20  # forms of one browser


class IrWebsocket(models.AbstractModel):
    """Let colleagues who may read a ticket hear who else looks at it."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        asked = [match for each in channels if isinstance(each, str) and (match := CHANNEL.fullmatch(each))]
        if asked:
            names = {match[0] for match in asked}
            channels = [each for each in channels if each not in names]
            if self.env.user._is_internal():
                ids = [int(match[1]) for match in asked[:CHANNELS]]
                tickets = self.env["helpdesk.ticket"].with_context(active_test=False).search([("id", "in", ids)])
                channels.extend((ticket, "presence") for ticket in tickets)
        return super()._build_bus_channel_list(channels)
