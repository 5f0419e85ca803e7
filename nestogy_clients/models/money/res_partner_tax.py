from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

CERTIFICATE_NOTICE_DAYS = 30  # days before a certificate ends


class ResPartner(models.Model):
    """Tax exemption with its reason and certificate; it holds in every invoice until the certificate ends."""

    _inherit = "res.partner"

    tax_exempt = fields.Boolean(company_dependent=True, groups="base.group_user")
    tax_exempt_reason = fields.Char(company_dependent=True, groups="base.group_user")
    tax_exempt_until = fields.Date(
        string="Certificate Ends", company_dependent=True, groups="base.group_user", help="Empty: without end."
    )
    tax_certificate = fields.Binary(string="Certificate", attachment=True, groups="base.group_user")
    tax_certificate_name = fields.Char(groups="base.group_user")
    tax_exempt_warning = fields.Char(compute="_compute_tax_exempt_warning", groups="base.group_user")

    @api.depends_context("company")
    @api.depends("tax_exempt", "tax_exempt_until", "tax_certificate")
    def _compute_tax_exempt_warning(self):
        """Say that a certificate has ended or ends soon."""
        today = fields.Date.context_today(self)
        for partner in self:
            until, warning = partner.tax_exempt_until, False
            if partner.tax_exempt and until and until < today:
                warning = self.env._(
                    "The certificate ended on %s; invoices of later days are with tax.", format_date(self.env, until)
                )
            elif partner.tax_exempt and until and until <= fields.Date.add(today, days=CERTIFICATE_NOTICE_DAYS):
                warning = self.env._("The certificate ends on %s; ask for a new one.", format_date(self.env, until))
            partner.tax_exempt_warning = warning

    @api.constrains("tax_exempt", "tax_exempt_reason")
    def _check_tax_exempt_reason(self):
        for partner in self:
            if partner.tax_exempt and not (partner.tax_exempt_reason or "").strip():
                raise ValidationError(self.env._("Say why %s is exempt from tax; auditors ask.", partner.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if any(vals.get("tax_exempt_until") for vals in vals_list):
            partners.filtered(lambda each: each.is_client and each.tax_exempt_until)._schedule_certificate_end()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if {"tax_exempt", "tax_exempt_until", "user_id"} & set(vals):
            self.filtered("is_client")._schedule_certificate_end()
        return result

    def _is_tax_exempt(self, date=None):
        """Say whether no tax is charged on a day, in the current company.

        :param date date: day of the document, today when empty
        """
        self.ensure_one()
        client_sudo = self.commercial_partner_id.sudo()  # documents are made by whoever, a cron too
        until = client_sudo.tax_exempt_until
        return client_sudo.tax_exempt and (not until or (date or fields.Date.context_today(self)) <= until)

    def _schedule_certificate_end(self):
        """Remind the account manager, else a manager, a month before the certificate ends; earlier reminders go.

        The exemption needs no job to end: each document asks with its own day (:meth:`_is_tax_exempt`).
        """
        kind = "nestogy_clients.mail_activity_type_certificate"
        self.activity_unlink([kind])
        for client in self.filtered(lambda each: each.tax_exempt and each.tax_exempt_until):
            client.activity_schedule(
                kind,
                fields.Date.subtract(client.tax_exempt_until, days=CERTIFICATE_NOTICE_DAYS),
                summary=self.env._(
                    "The tax exemption certificate ends on %s", format_date(self.env, client.tax_exempt_until)
                ),
                user_id=(client.user_id or self._client_managers(self.env.company)[:1] or self.env.user).id,
            )
