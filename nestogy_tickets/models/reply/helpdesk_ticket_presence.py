from odoo import models

STATES = ("here", "viewing", "writing", "left")
CHANNEL = "nestogy_ticket_%s"
NOTICE = "nestogy_ticket/presence"


class HelpdeskTicket(models.Model):
    """Who else looks at a ticket now, and who is writing.

    Nothing of it is stored: a form that is opened says so on the bus to the forms of the same ticket, and they answer.
    Who is alone says nothing more; who is not says every while that he is still there, and is forgotten without that.
    """

    _inherit = "helpdesk.ticket"

    def announce_presence(self, state):
        """Tell the other open forms of this ticket that the user is here.

        :param str state: ``viewing`` or ``writing``, ``here`` to answer somebody who came, ``left`` to go
        """
        self.ensure_one()
        self.check_access("read")
        user = self.env.user
        if state not in STATES or not user._is_internal():
            return
        payload = {"ticket_id": self.id, "user_id": user.id, "name": user.name, "state": state}
        self._presence_send(payload)

    def _presence_send(self, payload):
        self.env["bus.bus"]._sendone((self, "presence"), NOTICE, payload)

    def get_newest_reply(self):
        """The latest answer that the client can read, to warn somebody who answers as well.

        :return: dict with ``id`` (0 when there is none), ``author`` and ``is_own``
        """
        self.ensure_one()
        self.check_access("read")
        newest = self.env["mail.message"].search(self._answer_domain(), order="id desc", limit=1)
        author_sudo = newest.author_id.sudo()  # names of authors are shown in the thread as well
        return {
            "id": newest.id or 0,
            "author": author_sudo.name or "",
            "is_own": author_sudo == self.env.user.partner_id,
        }

    def _answer_domain(self):
        return [
            ("model", "=", self._name),
            ("res_id", "in", self.ids),
            ("message_type", "in", ("comment", "email", "email_outgoing")),
            ("subtype_id", "=", self.env.ref("mail.mt_comment").id),
            ("is_internal", "=", False),
        ]
