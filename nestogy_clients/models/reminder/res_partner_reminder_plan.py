from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ...tools.client_settings import BILLING, ClientSetting
from .nestogy_client_mail_template import REMINDER_KINDS


class ResPartner(models.Model):
    """Reminders that go out by themselves, after the plan that holds for the client."""

    _inherit = "res.partner"

    reminder_plan_id = fields.Many2one("nestogy.reminder.plan", company_dependent=True, groups="base.group_user")
    reminder_log_ids = fields.One2many(
        "nestogy.reminder.log", "client_id", string="Reminders", groups="nestogy_clients.nestogy_clients_group_billing"
    )
    reminder_plan_text = fields.Char(
        string="Plan in Force",
        compute="_compute_reminder_plan_text",
        groups="nestogy_clients.nestogy_clients_group_billing",
    )
    reminder_move_ids = fields.Many2many(
        "account.move",
        string="Open Invoices to Remind",
        compute="_compute_reminder_move_ids",
        groups="nestogy_clients.nestogy_clients_group_billing",
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "reminder_plan": ClientSetting(
                self.env._("Reminder plan"),
                "reminder_plan_id",
                "reminder_plan_id",
                "reminder_plan_id",
                subject="money",
                role=BILLING,
                none_label=self.env._("No reminders"),
                default_label=self.env._("No reminders"),
            )
        }

    @api.depends_context("company", "lang")
    def _compute_reminder_plan_text(self):
        found = self._client_settings_of("reminder_plan")
        setting = self._client_settings()["reminder_plan"]
        for client in self:
            plan, level = found[client]["reminder_plan"]
            client.reminder_plan_text = self.env._(
                "%(plan)s (%(level)s)",
                plan=client._setting_text(setting, plan, level),
                level=client._setting_level_label(level, plan),
            )
            if plan and not plan.is_running:
                client.reminder_plan_text = self.env._("%s, not started yet", client.reminder_plan_text)

    @api.depends_context("company")
    def _compute_reminder_move_ids(self):
        moves = self.env["account.move"]
        found = moves.search(
            moves._reminder_open_domain()
            & Domain("company_id", "=", self.env.company.id)
            & Domain("commercial_partner_id", "in", self.commercial_partner_id.ids),
            order="invoice_date_due, id",
        ).grouped("commercial_partner_id")
        for client in self:
            client.reminder_move_ids = found.get(client.commercial_partner_id, moves)

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _cron_send_reminders(self):
        """Remind the clients whose plan says so today, a client at a time. One bad client does not stop the others.

        Running again does no harm: what was done is in the log, which takes each level of an invoice once, and is
        kept together with the mail.
        """
        promises = self.env["nestogy.payment.promise"]
        promises.search(promises._open_domain())._settle()
        self._run_for_clients("_reminder_client_ids", "_send_reminders", "_note_failed_reminder")

    @api.model
    def _reminder_client_ids(self):
        """Ids of those who have an invoice on which a running plan might have something to say."""
        plans = self.env["nestogy.reminder.plan"].search(
            [("is_running", "=", True), ("company_id", "in", (False, self.env.company.id))]
        )
        if not plans:
            return []
        moves = self.env["account.move"]
        rows = moves._read_group(moves._reminder_candidates_domain(plans), ["commercial_partner_id"])
        return sorted(client.id for (client,) in rows)

    def _reminder_moves(self, plans):
        moves = self.env["account.move"]
        return moves.search(
            moves._reminder_candidates_domain(plans) & Domain("commercial_partner_id", "in", self.ids),
            order="invoice_date_due, id",
        )

    def _send_reminders(self):
        """Do for this client what its plan says today: one mail for each level."""
        self.ensure_one()
        plan, _level = self._client_setting("reminder_plan")
        if not plan or not plan.is_running:
            return
        steps = self._reminder_moves(plan)._reminder_steps()
        self.env["nestogy.reminder.log"]._write_holds([step for step in steps if step.reason])
        due = {}
        for step in steps:
            if not step.reason:
                due[step.level] = due.get(step.level, self.env["account.move"]) | step.move
        for level, moves in sorted(due.items(), key=lambda item: -item[0].days):
            level._remind(moves)

    def _note_failed_reminder(self, error):
        """Keep in the log that and why it failed, once for each reason."""
        plan, _level = self._client_setting("reminder_plan")
        note = str(error)
        logs = self.env["nestogy.reminder.log"]
        steps = [step for step in self._reminder_moves(plan)._reminder_steps() if not step.reason]
        newest = logs._newest(self.env["account.move"].browse(step.move.id for step in steps))
        for step in steps:
            row_sudo = newest.get(step.move.id)
            if not row_sudo or row_sudo.outcome != "failed":
                logs._write_log(step.move, "failed", level=step.level, note=note)

    # ------------------------------------------------------------------
    # The mail
    # ------------------------------------------------------------------

    def _reminder_readers(self):
        """Who gets reminders of this client, without those who cannot be mailed."""
        self.ensure_one()
        readers = self._client_mail_recipients("reminder")
        answers = readers._client_contact_answers("email", "billing")
        return readers.filtered(lambda reader: answers[reader.id].allowed)

    def _reminder_statement_attachments(self):
        """The client's open items as PDF, to go along with a reminder.

        :return: ``ir.attachment``
        """
        self.ensure_one()
        client = self.commercial_partner_id.with_context(
            lang=self._client_mail_lang(), allowed_company_ids=self.env.company.ids
        )
        name, mimetype, content = client._client_statement_file("pdf", client._client_statement("open"))
        return self.env["ir.attachment"].create(
            {"name": name, "raw": content, "mimetype": mimetype, "res_model": "mail.compose.message", "res_id": 0}
        )

    def _mail_reminder(self, level, moves, fees):
        """Mail one reminder in the words and to the people that hold for this client.

        :return: the ``mail.message``
        :raise UserError: nobody can be mailed
        """
        self.ensure_one()
        readers = self._reminder_readers()
        if not readers:
            raise UserError(self.env._("Nobody at %s can be mailed; add an e-mail address.", self.display_name))
        context = self._client_mail_composer(level.mail_kind, "")["context"] | {
            "client_mail_kind": "reminder",
            "client_reminder_move_ids": moves.ids,
            "client_reminder_fee": [(fee.currency_id.id, fee.amount_total) for fee in fees],
            # the mail is written together with the log and leaves after that, so it cannot leave twice
            "mail_notify_force_send": False,
        }
        composer = self.env["mail.compose.message"].with_context(**context).create({})
        sender = level.plan_id.user_id.partner_id or self.env.company.partner_id
        composer.write(
            {
                "partner_ids": [fields.Command.set(readers.ids)],
                "author_id": sender.id,
                "email_from": sender.email_formatted or self.env.company.email_formatted or composer.email_from,
            }
        )
        if level.attach_statement:
            composer.attachment_ids |= self._reminder_statement_attachments()
        _mails, messages = composer._action_send_mail()
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # Odoo's own job
        moves.sudo()._message_log_batch(  # a note, whoever reminds
            dict.fromkeys(
                moves.ids,
                self.env._(
                    "%(level)s mailed to %(who)s.",
                    level=level.name,
                    who=", ".join(readers.mapped("display_name")),
                ),
            )
        )
        return messages

    def _reminder_mailed_invoices(self, kind):
        """The invoices a reminder is about: those it was made for, else all that are overdue, or due soon."""
        moves = self.env["account.move"]
        if ids := self.env.context.get("client_reminder_move_ids"):
            return moves.browse(ids)
        if kind != "reminder_soon":
            return self._client_overdue_invoices()
        today = fields.Date.context_today(self)
        return moves.search(
            moves._reminder_open_domain()
            & Domain("commercial_partner_id", "=", self.commercial_partner_id.id)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("invoice_date_due", ">=", today)
            & Domain("invoice_date_due", "<=", fields.Date.add(today, days=14)),
            order="invoice_date_due, id",
        )

    def _client_mail_values(self, kind=None):
        values = super()._client_mail_values(kind)
        if kind not in REMINDER_KINDS:
            return values
        moves = self._reminder_mailed_invoices(kind)
        first = min(moves.mapped("invoice_date_due"), default=None)
        lang = self._client_mail_lang()
        return values | {
            "amount": self._client_mail_money(
                (currency, sum(each.mapped("amount_residual")))
                for currency, each in moves.grouped("currency_id").items()
            ),
            "count": str(len(moves)),
            "days": str(abs((fields.Date.context_today(self) - first).days)) if first else "",
            "numbers": ", ".join(moves.mapped("name")),
            "invoices": self._client_mail_invoices(moves),
            "fee": " + ".join(
                format_amount(self.env, amount, self.env["res.currency"].browse(currency_id), lang_code=lang)
                for currency_id, amount in self.env.context.get("client_reminder_fee") or ()
            ),
        }
