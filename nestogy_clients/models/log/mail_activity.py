from odoo import fields, models
from odoo.tools import plaintext2html

from .nestogy_communication import MOST_NOTES, MOST_TITLE


class MailActivity(models.Model):
    """A planned call that is done becomes a call in the log of the client."""

    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        rows = self._client_call_values(feedback)  # afterwards the activities may be gone
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if rows:
            # whoever was asked to call has called, whether or not he may use the log
            self.env["nestogy.communication"].sudo().create(rows)
        return result

    def _client_call_values(self, feedback):
        """The calls that are logged when these activities are done."""
        rows = []
        calls = self.filtered(lambda activity: activity.activity_type_id.category == "phonecall" and activity.active)
        for activity in calls:
            client = activity.sudo().client_id  # who does the activity knows whose it is
            if not client:
                continue
            person = self.env["res.partner"]
            if activity.res_model == "res.partner" and activity.res_id != client.id:
                person = person.browse(activity.res_id)
            rows.append(
                {
                    "name": (activity.summary or self.env._("Call"))[:MOST_TITLE],
                    "kind": "call",
                    "direction": "out",
                    "date": fields.Datetime.now(),
                    "client_id": client.id,
                    "contact_id": person.id,
                    "user_id": self.env.uid,
                    "body": plaintext2html(feedback[:MOST_NOTES]) if feedback else False,
                    "res_model": activity.res_model if activity.res_model != "res.partner" else False,
                    "res_id": activity.res_id if activity.res_model != "res.partner" else False,
                }
            )
        return rows
