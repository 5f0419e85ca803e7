from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 100  # people reminded between two looks at the clock
SHOWN = 10  # clients named in a reminder


class ResUsers(models.Model):
    """Account managers are told, once a week or month, which of their clients need cleanup."""

    _inherit = "res.users"

    quality_reminded_on = fields.Date(
        string="Reminded of Cleanup On", readonly=True, copy=False, groups="base.group_system"
    )

    @api.model
    def _quality_reminder_domain(self):
        """Find the people whose company reminds, and who were not looked at in this week or month."""
        today = fields.Date.context_today(self)
        begins = {"weekly": fields.Date.start_of(today, "week"), "monthly": fields.Date.start_of(today, "month")}
        return Domain("share", "=", False) & Domain.OR(
            Domain("company_id.quality_reminder", "=", period)
            & (Domain("quality_reminded_on", "=", False) | Domain("quality_reminded_on", "<", begin))
            for period, begin in begins.items()
        )

    @api.model
    def _cron_remind_quality(self):
        """Tell each account manager once a period; whoever has nothing to clean up hears nothing."""
        cron = self.env["ir.cron"]
        due = self._quality_reminder_domain()
        cron._commit_progress(remaining=self.search_count(due))
        while users := self.search(due, limit=BATCH):
            users._remind_quality()
            users.quality_reminded_on = fields.Date.context_today(self)
            if not cron._commit_progress(len(users)):
                break

    def _remind_quality(self):
        """Send the people their lists; one query finds how many clients each has, one the worst of them."""
        clients = self.env["res.partner"]
        domain = Domain("is_client", "=", True) & Domain("quality_score", "<", 100)
        counts = clients._read_group(domain & Domain("user_id", "in", self.ids), ["user_id"], ["__count"])
        for user, count in counts:
            mine = clients.with_user(user).with_context(lang=user.lang)  # in words and with rights of the reader
            worst = mine.search(domain & Domain("user_id", "=", user.id), order="quality_score, name", limit=SHOWN)
            if not worst:
                continue
            body = (
                self.env["ir.qweb"]
                .with_context(lang=user.lang)
                ._render(
                    "nestogy_clients.quality_reminder",
                    {
                        "user": user,
                        "count": count,
                        "clients": worst,
                        "url": f"{user.get_base_url()}/odoo/my-client-cleanup",
                    },
                )
            )
            self.env["mail.thread"].with_context(lang=user.lang).message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.with_context(lang=user.lang).env._("Clients that need cleanup: %s", count),
                body=body,
            )
