from markupsafe import Markup

from odoo import models


class NestogySlaMixin(models.AbstractModel):
    """Who is told about the targets of a ticket or a job, and in what words."""

    _inherit = "nestogy.sla.mixin"

    def _sla_event(self, clocks, event):
        result = super()._sla_event(clocks, event)
        # levels and notices are the policy's business, not of whoever's answer or change made it happen
        clocks_sudo = clocks.sudo()
        told = [(clock, clock.policy_id.escalation_ids._levels_for(clock, event)) for clock in clocks_sudo]
        self.env["nestogy.sla.notice"].sudo()._enqueue(told)  # as above
        return result

    def _sla_assignees(self):
        """Who works on it."""
        return self.user_id

    def _sla_leaders(self):
        """Who answers for those who work on it."""
        return self.env["res.users"]

    def _sla_people(self, level):
        """Whom a level tells about this record: active colleagues who may read it.

        :return: users; empty if there is nobody
        """
        self.ensure_one()
        users = level.user_ids
        if level.to_assignee:
            users |= self._sla_assignees() or self._sla_leaders()
        if level.to_leader:
            users |= self._sla_leaders()
        if level.to_manager:
            users |= self._sla_client().user_id
        return users.filtered(
            lambda user: user.active and not user.share and self.with_user(user).sudo(False).has_access("read")
        )

    def _sla_client(self):
        """The client whose record it is."""
        return self._sla_clients()[self]

    def _sla_notice_text(self, clock, level):
        """:return: tuple of subject and body, in the language and zone of the context"""
        self.ensure_one()
        targets = dict(clock._fields["target"]._description_selection(self.env))
        values = {"target": targets[clock.target], "time": self._sla_moment(clock.deadline_at)}
        if level.event == "warning":
            subject = self.env._("%s is at risk", values["target"])
            text = self.env._("%(target)s is due %(time)s.", **values)
        else:
            subject = self.env._("%s is late", values["target"])
            text = self.env._("%(target)s was due %(time)s.", **values)
        client = self._sla_client()
        body = Markup("<p>%s</p>") % text
        if client:
            body += Markup("<p>%s</p>") % self.env._("Client: %s", client.display_name)
        return subject, body
