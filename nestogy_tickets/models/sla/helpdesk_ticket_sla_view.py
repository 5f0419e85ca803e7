from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_datetime, format_time


class HelpdeskTicket(models.Model):
    """What the client is told about the SLA of its ticket, and who of ours."""

    _inherit = "helpdesk.ticket"

    def _sla_leaders(self):
        return self.team_id.user_id

    def _portal_sla(self):
        """What we promised and how it stands, in plain words; staff decide by the policy whether it is shown.

        Call it on a ticket that the visitor may read.

        :return: dict of ``lines`` and ``note``, or None when there is nothing to say
        """
        self.ensure_one()
        ticket_sudo = self.sudo()  # the fields of the clocks are for staff; what is said of them is decided here
        policy_sudo = ticket_sudo.sla_policy_id
        status = ticket_sudo._sla_status().get(self.id)
        if not policy_sudo.is_shown_to_clients or not status or not status["targets"]:
            return None
        visitor = self.env["res.users"]._get_portal_visitor()
        own_zone = not visitor._is_public() and visitor.tz
        zone = own_zone or policy_sudo.calendar_id.tz or "UTC"
        lines = [ticket_sudo._portal_sla_line(target, policy_sudo, zone) for target in status["targets"]]
        note = ""
        is_running = any(target["state"] == "running" for target in status["targets"])
        if is_running and not status["open_now"] and status["next_open"]:
            note = self.env._(
                "We are open again %(moment)s (%(zone)s).",
                moment=self._portal_sla_moment(status["next_open"], zone),
                zone=self.env._("your time") if own_zone else zone,
            )
        return {"lines": [line for line in lines if line], "note": note}

    def _portal_sla_line(self, target, policy_sudo, zone):
        """One promise in one sentence."""
        moment = self._portal_sla_moment(target["deadline"], zone)
        goal = policy_sudo._hours_text(target["goal_seconds"] / 3600)
        seconds = target["consumed_seconds"]
        used = policy_sudo._hours_text(seconds / 3600) if seconds >= 60 else self.env._("less than a minute")
        is_response = target["target"] == "response"
        state = target["state"]
        if state in ("met", "missed"):
            text = (
                self.env._("We answered after %(used)s; we promised %(goal)s.", used=used, goal=goal)
                if is_response
                else self.env._("We solved it after %(used)s; we promised %(goal)s.", used=used, goal=goal)
            )
            return {"icon": "fa-check text-success" if state == "met" else "fa-clock-o text-muted", "text": text}
        if state == "paused":
            text = (
                self.env._("We wait for your answer; our time goes on when we have it.")
                if self.sla_pause_reason == "waiting_client"
                else self.env._("The time for our work stands still for now.")
            )
            return (
                None if is_response and len(self.sla_clock_ids) > 1 else {"icon": "fa-pause text-muted", "text": text}
            )
        if state != "running" or not moment:
            return None
        if target["breached"]:
            text = (
                self.env._("You should have had our first answer by %s. We are sorry and are on it.", moment)
                if is_response
                else self.env._("This should have been solved by %s. We are sorry and are on it.", moment)
            )
            return {"icon": "fa-exclamation-circle text-danger", "text": text}
        text = (
            self.env._("You get our first answer by %s.", moment)
            if is_response
            else self.env._("We want to have it solved by %s.", moment)
        )
        return {"icon": "fa-clock-o text-primary", "text": text}

    def _portal_sla_moment(self, moment, zone):
        """A moment near now by its day of the week, others by date."""
        if not moment:
            return ""
        if abs(moment - fields.Datetime.now()) < timedelta(days=6):
            day = format_datetime(self.env, moment, tz=zone, dt_format="EEEE")
            return self.env._(
                "%(day)s %(time)s", day=day, time=format_time(self.env, moment, tz=zone, time_format="short")
            )
        return format_datetime(self.env, moment, tz=zone, dt_format="short")
