from odoo import api, fields, models
from odoo.exceptions import UserError

REASON_LIMIT = 2000  # characters
TRIAL_NOTICE_DAYS = 3  # days before the end of a trial


class ResPartner(models.Model):
    """The course of a client's status: its history, the reason that some changes need, the end of a trial."""

    _inherit = "res.partner"

    client_status_change_ids = fields.One2many(
        "nestogy.client.status.change",
        "client_id",
        string="Status History",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    trial_end_date = fields.Date(
        copy=False, groups="base.group_user", help="The account manager is reminded before it and on it."
    )
    client_is_trial = fields.Boolean(related="client_status_id.is_trial", groups="base.group_user")

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        clients = partners.filtered("client_status_id")
        if clients:
            clients._log_client_status({})
            clients.filtered("trial_end_date")._schedule_trial_end()
        return partners

    def write(self, vals):
        before = {}
        if "client_status_id" in vals:
            status = self.env["nestogy.client.status"].browse(vals["client_status_id"] or 0)
            before = {partner: partner.client_status_id for partner in self if partner.client_status_id != status}
            if before and status.needs_reason and not self.env.context.get("client_status_reason"):
                raise UserError(
                    self.env._(
                        "Say why a client becomes %s: use Change Status on the profile or in the list.", status.name
                    )
                )
        result = super().write(vals)
        if before:
            self.browse([partner.id for partner in before])._log_client_status(before)
        if before or "trial_end_date" in vals or "user_id" in vals:
            self.filtered("is_client")._schedule_trial_end()
        return result

    def _log_client_status(self, before):
        """Add to the history of these clients, in one batch.

        :param dict before: the former status by client
        """
        reason = (self.env.context.get("client_status_reason") or "")[:REASON_LIMIT]
        # the history is written here and nowhere else, whoever changes the status
        self.env["nestogy.client.status.change"].sudo().create(
            [
                {
                    "client_id": client.id,
                    "user_id": self.env.uid,
                    "old_status_id": before[client].id if client in before else False,
                    "new_status_id": client.client_status_id.id,
                    "reason": reason or False,
                }
                for client in self
            ]
        )

    def _set_client_status(self, status, reason="", trial_end_date=False):
        """Change the status with a reason.

        :param nestogy.client.status status: the new one
        :param str reason: required where the status asks for one
        :param date trial_end_date: only for a trial
        :raise UserError: a reason or a date is missing or too long
        """
        reason = (reason or "").strip()
        if status.needs_reason and not reason:
            raise UserError(self.env._("Say why, in a few words."))
        if len(reason) > REASON_LIMIT:
            raise UserError(self.env._("A reason has at most %s characters.", REASON_LIMIT))
        values = {"client_status_id": status.id}
        if status.is_trial:
            if trial_end_date and trial_end_date < fields.Date.context_today(self):
                raise UserError(self.env._("The end of the trial is in the past."))
            values["trial_end_date"] = trial_end_date
        self.with_context(client_status_reason=reason).write(values)

    def _schedule_trial_end(self):
        """Remind the account manager before the end of a trial and on it; earlier reminders go."""
        kind = "nestogy_clients.mail_activity_type_trial"
        self.activity_unlink([kind])
        today = fields.Date.context_today(self)
        for client in self.filtered(lambda each: each.client_is_trial and each.trial_end_date):
            notice = fields.Date.subtract(client.trial_end_date, days=TRIAL_NOTICE_DAYS)
            responsible = client.user_id.id or self.env.uid
            if notice > today:
                client.activity_schedule(
                    kind,
                    notice,
                    summary=self.env._("The trial ends in %s days", TRIAL_NOTICE_DAYS),
                    user_id=responsible,
                )
            client.activity_schedule(
                kind, client.trial_end_date, summary=self.env._("The trial ends today"), user_id=responsible
            )

    def action_change_status(self):
        """Ask for the new status and the reason, for one client or the selected ones."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Status"),
            "res_model": "nestogy.client.status.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_client_ids": self.ids},
        }
