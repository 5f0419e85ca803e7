from odoo import api, models

# from the mildest to the last; recipients of all are those of "reminder"
REMINDER_KINDS = ("reminder_soon", "reminder", "reminder_second", "reminder_final")


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """A reminder speaks in other words before the invoice is late, the second time and the last time."""
        kinds = super()._mail_kinds()
        plain = kinds["reminder"]["placeholders"]
        late = plain | {"fee": self.env._("fee for this reminder, empty without one")}
        kinds["reminder"] |= {"placeholders": late}
        greeting = self.env._("<p>Kind regards,<br/>{company}</p>")
        for kind, label, placeholders, subject, body in (
            (
                "reminder_soon",
                self.env._("Reminder: due soon"),
                plain
                | {
                    "amount": self.env._("total that is due soon"),
                    "count": self.env._("number of these invoices"),
                    "days": self.env._("days until the first is due"),
                    "numbers": self.env._("numbers of the invoices"),
                    "invoices": self.env._("table of the invoices"),
                },
                self.env._("{company}: {amount} due soon"),
                self.env._(
                    "<p>Dear {contact},</p><p>these invoices are due soon, {amount} in all:</p><div>{invoices}</div>"
                ),
            ),
            (
                "reminder_second",
                self.env._("Reminder: second"),
                late,
                self.env._("{company}: second reminder, {amount} overdue"),
                self.env._(
                    "<p>Dear {contact},</p><p>we have reminded you before: {amount} is still open, and {days} days "
                    "late. Please pay within a week, or tell us what keeps you from it.</p><div>{invoices}</div>"
                ),
            ),
            (
                "reminder_final",
                self.env._("Reminder: last"),
                late,
                self.env._("{company}: last reminder, {amount} overdue"),
                self.env._(
                    "<p>Dear {contact},</p><p>this is our last reminder: {amount} is still open, and {days} days "
                    "late. Please pay at once, or call us today.</p><div>{invoices}</div>"
                ),
            ),
        ):
            kinds[kind] = kinds["reminder"] | {
                "label": label,
                "template_xmlid": f"nestogy_clients.mail_template_client_{kind}",
                "placeholders": placeholders,
                "is_led": True,
                "subject": subject,
                "body": body + greeting,
            }
        return kinds

    @api.model
    def _mail_leaders(self):
        return super()._mail_leaders() | {kind: "reminder" for kind in REMINDER_KINDS if kind != "reminder"}

    @api.model
    def _mail_samples(self, kind):
        if kind not in REMINDER_KINDS:
            return super()._mail_samples(kind)
        return super()._mail_samples("reminder") | {"fee": ""}
