from typing import NamedTuple

import stdnum.exceptions
from stdnum.util import get_cc_module

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class QualityCheck(NamedTuple):
    """A check that is built in: ``page`` and ``field`` say where on the profile the gap is filled."""

    label: str
    method: str  # of the rule, gives the domain of clients that meet it
    page: str = ""
    field: str = ""


class NestogyQualityRule(models.Model):
    """Something that is to be known of a client; the share of rules it meets, by weight, is the quality of its data."""

    _name = "nestogy.quality.rule"
    _description = "Data Quality Rule"
    _order = "sequence, id"
    _rec_name = "missing"
    _rec_names_search = ["missing", "name"]

    name = fields.Char(string="What Is Asked", required=True, translate=True)
    missing = fields.Char(string="Said When It Is Missing", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    weight = fields.Integer(default=10, required=True, help="1 to 100; the score is the share of weights that are met.")
    check = fields.Selection(selection="_selection_check", required=True, default="domain")
    domain = fields.Char(string="Clients That Meet It", default="[]")
    stale_days = fields.Integer(string="Days Without Activity", default=180)
    applies_to = fields.Selection(
        [("all", "Companies and persons"), ("company", "Companies"), ("person", "Persons")],
        required=True,
        default="all",
    )
    only_open = fields.Boolean(
        string="Open Relations Only", default=True, help="Ask it only of clients whose status is open."
    )
    status_ids = fields.Many2many("nestogy.client.status", string="Statuses", help="Empty: all statuses.")
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        ondelete="cascade",
        help="Ask it only of clients that belong to this company. Empty: of all clients.",
    )
    gap_count = fields.Integer(string="Clients Without", compute="_compute_gap_count")

    @api.model
    def _selection_check(self):
        checks = [(key, check.label) for key, check in self._checks().items()]
        return [*checks, ("domain", self.env._("Own filter"))]

    def _compute_gap_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                domain=[("is_client", "=", True), ("quality_gap_ids", "in", self.ids)],
                groupby=["quality_gap_ids"],
                aggregates=["__count"],
            )
        )
        for rule in self:
            rule.gap_count = counts.get(rule, 0)

    @api.constrains("weight", "stale_days")
    def _check_numbers(self):
        for rule in self:
            if not 1 <= rule.weight <= 100:
                raise ValidationError(self.env._("The weight of a rule is a number from 1 to 100."))
            if rule.check == "stale" and not 1 <= rule.stale_days <= 3650:
                raise ValidationError(self.env._("Say after how many days, 1 to 3650, a client counts as forgotten."))

    @api.constrains("check", "domain")
    def _check_domain(self):
        for rule in self.filtered(lambda each: each.check == "domain"):
            if not rule.domain or rule.domain.strip() == "[]":
                raise ValidationError(self.env._("Say which clients meet the rule: add a condition to its filter."))
            if "quality_" in rule.domain:
                raise ValidationError(self.env._("A rule cannot ask for the data quality that follows from it."))
            try:
                self.env["res.partner"].search(self.env["res.partner"]._client_domain(rule.domain), limit=1)
            except UserError as error:
                raise ValidationError(str(error)) from error

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._after_change()
        return rules

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() - {"name", "missing", "sequence"}:
            self._after_change()
        return result

    def unlink(self):
        result = super().unlink()
        self._after_change()
        return result

    def _after_change(self):
        """Score all clients anew, soon; they are too many to wait for."""
        self.env.registry.clear_cache()
        cron = self.env.ref("nestogy_clients.ir_cron_quality", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()  # whoever may change rules may have them applied

    def action_open_gaps(self):
        """Open the clients that do not meet the rule."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_cleanup")
        return action | {
            "display_name": self.missing,
            "domain": [("is_client", "=", True), ("quality_gap_ids", "in", self.ids)],
            "context": {},
        }

    @api.model
    def _checks(self):
        """The checks that are built in; addons add theirs with ``super()``.

        :return: dict of key to :class:`QualityCheck`
        """
        return {
            "email": QualityCheck(
                self.env._("E-mail address of the client or its primary contact"), "_email_domain", "", "email"
            ),
            "bounce": QualityCheck(self.env._("Mails do not bounce"), "_bounce_domain", "", "email"),
            "primary": QualityCheck(self.env._("Primary contact"), "_primary_domain", "contacts", "client_contact_ids"),
            "phone": QualityCheck(
                self.env._("Valid phone number of the client or its primary contact"), "_phone_domain", "", "phone"
            ),
            "address": QualityCheck(self.env._("Complete billing address"), "_address_domain", "details", "street"),
            "vat": QualityCheck(self.env._("Tax ID, when there is one, is valid"), "_vat_domain", "billing", "vat"),
            "industry": QualityCheck(self.env._("Industry"), "_industry_domain", "details", "industry_id"),
            "stale": QualityCheck(self.env._("Activity in the last days"), "_activity_domain"),
        }

    def _place(self):
        """:return: dict of ``page`` and ``field`` of the profile where the gap is filled, empty when nowhere"""
        check = self._checks().get(self.check)
        if check:
            return {"page": check.page, "field": check.field}
        names = self._domain_fields()
        return {"page": "", "field": names[0] if names else ""}

    def _applies_domain(self):
        """Find the clients of whom the rule asks something."""
        self.ensure_one()
        domain = Domain("is_client", "=", True) & Domain("active", "in", [True, False])
        if self.applies_to != "all":
            domain &= Domain("is_company", "=", self.applies_to == "company")
        if self.only_open:
            domain &= Domain("client_status_id.is_open", "=", True)
        if self.status_ids:
            domain &= Domain("client_status_id", "in", self.status_ids.ids)
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        return domain

    def _passed_domain(self, scope):
        """Find the clients that meet the rule.

        :param scope: Domain of the clients in question, for checks that have to look at each of them
        :raise UserError: the filter of the rule cannot be used any more
        """
        self.ensure_one()
        if self.check == "domain":
            return self.env["res.partner"]._client_domain(self.domain)
        return getattr(self, self._checks()[self.check].method)(scope)

    def _email_domain(self, _scope):
        return Domain("email", "!=", False) | Domain("primary_contact_id.email", "!=", False)

    def _bounce_domain(self, _scope):
        return ~(Domain("message_bounce", ">", 0) | Domain("primary_contact_id.message_bounce", ">", 0))

    def _primary_domain(self, _scope):
        return Domain("primary_contact_id", "!=", False)

    def _phone_domain(self, _scope):
        valid = Domain("is_valid", "=", True) & Domain("kind", "!=", "fax")
        return Domain("phone_number_ids", "any", valid) | Domain(
            "primary_contact_id", "any", Domain("phone_number_ids", "any", valid)
        )

    def _address_domain(self, _scope):
        complete = Domain.AND(
            [
                Domain("street", "!=", False),
                Domain("city", "!=", False),
                Domain("country_id", "!=", False),
                Domain("zip", "!=", False) | Domain("country_id.zip_required", "=", False),
                Domain("state_id", "!=", False) | Domain("country_id.state_required", "=", False),
            ]
        )
        return complete | Domain("client_address_ids", "any", Domain("type", "=", "invoice") & complete)

    def _industry_domain(self, _scope):
        return Domain("industry_id", "!=", False)

    def _activity_domain(self, _scope):
        since = fields.Date.subtract(fields.Date.context_today(self), days=self.stale_days)
        return Domain.custom(
            to_sql=lambda partners, alias, _query: SQL(
                "(%s)", SQL(" OR ").join(partners._client_activity_sql(SQL.identifier(alias, "id"), since))
            )
        )

    def _vat_domain(self, scope):
        """Tax IDs are checked one by one, each spelling in a country once; only what is wrong goes into the query."""
        partners = self.env["res.partner"]
        rows = partners._read_group(
            Domain("is_client", "=", True) & Domain("vat", "not in", [False, "/"]) & scope,
            groupby=["country_id", "vat"],
        )
        wrong = [(country.id, vat) for country, vat in rows if country and not self._is_valid_vat(country.code, vat)]
        return ~Domain.OR(Domain("country_id", "=", country) & Domain("vat", "=", vat) for country, vat in wrong)

    @api.model
    def _is_valid_vat(self, country_code, vat):
        """Ask Odoo's ``base_vat`` when it is there, else stdnum; a country without a check takes any."""
        partners = self.env["res.partner"]
        if hasattr(partners, "_check_vat_number"):
            code, number = partners._split_vat(vat)
            return partners._check_vat_number(country_code, vat) or partners._check_vat_number(code.upper(), number)
        module = get_cc_module(country_code.lower(), "vat")
        if not module:
            return True
        try:
            module.validate(vat)
        except stdnum.exceptions.ValidationError:
            return False
        return True

    def _domain_fields(self):
        try:
            domain = self.env["res.partner"]._client_domain(self.domain)
        except UserError:
            return []
        names = [condition.field_expr.split(".")[0] for condition in domain.iter_conditions()]
        return [name for name in names if name != "is_client"]

    @api.model
    @tools.ormcache()
    def _watched_fields(self):
        """Fields of a client that rules with a filter ask for; a change of them changes the score."""
        rules_sudo = self.sudo().search([("check", "=", "domain")])  # whoever writes a client is held to all rules
        return frozenset(name for rule_sudo in rules_sudo for name in rule_sudo._domain_fields())
