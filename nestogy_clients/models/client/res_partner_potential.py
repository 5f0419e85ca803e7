from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount

from ..settings.res_company_potential import LEAST_CLIENTS

BY_SIZE = {"enterprise": "high", "mid": "medium", "small": "low"}


class ResPartner(models.Model):
    """A suggestion for the revenue potential of a client, from figures alone, and with the reason.

    The figure is what was invoiced to the client in the last twelve months, less credit notes, with what its open
    estimates offer, both untaxed and in the company's currency. It is compared with the clients of the company that
    have a figure; a client without one is judged by its size.
    """

    _inherit = "res.partner"

    revenue_potential_suggestion = fields.Selection(
        selection=lambda self: self._fields["revenue_potential"]._description_selection(self.env),
        string="Suggested Potential",
        compute="_compute_revenue_potential_suggestion",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    revenue_potential_reason = fields.Char(
        string="Because",
        compute="_compute_revenue_potential_suggestion",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    @api.depends("is_client", "company_size")
    @api.depends_context("company", "lang")
    def _compute_revenue_potential_suggestion(self):
        """One query for the figures of all clients."""
        clients = self.filtered("is_client")
        figures = clients._potential_figures()
        company_sudo = self.env.company.sudo()  # amounts that everybody may be told who sees the suggestion
        for partner in self:
            invoiced, estimated = figures.get(partner._origin.id, (0.0, 0.0))
            level, reason = (
                partner._suggest_potential(company_sudo, invoiced, estimated) if partner in clients else (False, False)
            )
            partner.revenue_potential_suggestion, partner.revenue_potential_reason = level, reason

    def _suggest_potential(self, company_sudo, invoiced, estimated):
        """Judge one client.

        :return: tuple of the level or ``False`` and a sentence
        """
        total, currency = invoiced + estimated, company_sudo.currency_id
        if currency.compare_amounts(total, 0) <= 0:
            size = dict(self._fields["company_size"]._description_selection(self.env)).get(self.company_size)
            if size:
                return BY_SIZE[self.company_size], self.env._(
                    "Nothing invoiced in 12 months and no open estimate; judged by its size: %s.", size
                )
            return False, self.env._("Nothing invoiced in 12 months, no open estimate, and the size is not known.")
        figures = {
            "invoiced": format_amount(self.env, invoiced, currency),
            "estimated": format_amount(self.env, estimated, currency),
            "count": company_sudo.potential_client_count,
            "high": format_amount(self.env, company_sudo.potential_high_from, currency),
            "low": format_amount(self.env, company_sudo.potential_low_below, currency),
            "least": LEAST_CLIENTS,
        }
        if company_sudo.potential_client_count < LEAST_CLIENTS:
            return False, self.env._(
                "%(invoiced)s invoiced in 12 months, %(estimated)s in open estimates; %(least)s clients with figures"
                " are needed to compare, there are %(count)s.",
                **figures,
            )
        if currency.compare_amounts(total, company_sudo.potential_high_from) >= 0:
            return "high", self.env._(
                "%(invoiced)s invoiced in 12 months, %(estimated)s in open estimates; of %(count)s clients with figures"
                " those from %(high)s on are high.",
                **figures,
            )
        if currency.compare_amounts(total, company_sudo.potential_low_below) <= 0:
            return "low", self.env._(
                "%(invoiced)s invoiced in 12 months, %(estimated)s in open estimates; of %(count)s clients with figures"
                " those up to %(low)s are low.",
                **figures,
            )
        return "medium", self.env._(
            "%(invoiced)s invoiced in 12 months, %(estimated)s in open estimates; of %(count)s clients with figures"
            " those above %(low)s and below %(high)s are medium.",
            **figures,
        )

    def _potential_figures(self):
        """:return: dict of client id to the amounts invoiced and estimated in the current company"""
        if not self.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, sum(invoiced), sum(estimated) FROM (%s) document GROUP BY partner_id",
                self._potential_figures_sql(self.env.company, self.ids),
            )
        )
        return {partner: (float(invoiced), float(estimated)) for partner, invoiced, estimated in rows}

    @api.model
    def _potential_figures_sql(self, companies, client_ids=None):
        """Rows of ``company_id``, ``partner_id`` (the client), ``invoiced`` and ``estimated``, one a document.

        SQL, because two models are summed as one; the clients' figures are shown to whoever sees the client.
        """
        self.env["account.move"].flush_model()
        self.env["sale.order"].flush_model()
        self.flush_model(["commercial_partner_id", "is_client"])
        today = fields.Date.context_today(self)
        of_moves = SQL("AND move.commercial_partner_id = ANY(%s)", client_ids) if client_ids else SQL()
        of_orders = SQL("AND contact.commercial_partner_id = ANY(%s)", client_ids) if client_ids else SQL()
        return SQL(
            """
            SELECT move.company_id, move.commercial_partner_id AS partner_id,
                   move.amount_untaxed_signed AS invoiced, 0.0 AS estimated
              FROM account_move move
             WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.invoice_date > %(since)s AND move.company_id = ANY(%(companies)s) %(of_moves)s
            UNION ALL
            SELECT estimate.company_id, contact.commercial_partner_id, 0.0,
                   estimate.amount_untaxed / COALESCE(NULLIF(estimate.currency_rate, 0), 1)
              FROM sale_order estimate
              JOIN res_partner contact ON contact.id = estimate.partner_id
             WHERE estimate.state IN ('draft', 'sent') AND estimate.company_id = ANY(%(companies)s)
               AND (estimate.validity_date IS NULL OR estimate.validity_date >= %(today)s) %(of_orders)s
            """,
            today=today,
            since=fields.Date.subtract(today, years=1),
            companies=companies.ids,
            of_moves=of_moves,
            of_orders=of_orders,
        )

    def action_apply_potential(self):
        """Take over the suggestion for these clients, where there is one."""
        self.check_access("write")
        clients = self.filtered("is_client")
        for level, each in clients.grouped("revenue_potential_suggestion").items():
            if level:
                each.revenue_potential = level
        if not any(clients.mapped("revenue_potential_suggestion")):
            raise UserError(self.env._("There is no suggestion for these clients."))
