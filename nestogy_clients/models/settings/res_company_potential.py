from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

LEAST_CLIENTS = 5  # with figures; below that there is nothing to compare with


class ResCompany(models.Model):
    """From which yearly amount on a client of the company is suggested as one of high or low revenue potential."""

    _inherit = "res.company"

    potential_high_share = fields.Integer(
        string="High Potential (%)",
        default=20,
        help="The share of clients with figures, from the top, whose revenue potential is suggested as High.",
    )
    potential_low_share = fields.Integer(
        string="Low Potential (%)",
        default=40,
        help="The share of clients with figures, from the bottom, whose revenue potential is suggested as Low.",
    )
    # these follow from the figures of all clients, every night
    potential_high_from = fields.Monetary(readonly=True, groups="base.group_system")
    potential_low_below = fields.Monetary(readonly=True, groups="base.group_system")
    potential_client_count = fields.Integer(readonly=True, groups="base.group_system")

    @api.constrains("potential_high_share", "potential_low_share")
    def _check_potential_shares(self):
        for company in self:
            high, low = company.potential_high_share, company.potential_low_share
            if high < 1 or low < 1 or high + low > 99:
                raise ValidationError(
                    self.env._(
                        "The shares of clients with high and low potential are at least 1 % each and together at most"
                        " 99 %."
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"potential_high_share", "potential_low_share"}:
            self._refresh_potential()
        return result

    @api.model
    def _cron_refresh_potential(self):
        """Compare the clients of each company by their figures, every night."""
        self.search([])._refresh_potential()

    def _refresh_potential(self):
        """Find the amounts that part high, medium and low; one query for all companies.

        SQL, because the ORM has no percentiles.
        """
        self.flush_model(["potential_high_share", "potential_low_share"])
        figures = self.env["res.partner"]._potential_figures_sql(self)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id, count(figure.partner_id),
                       percentile_disc(company.potential_high_share / 100.0)
                           WITHIN GROUP (ORDER BY figure.total DESC),
                       percentile_disc(company.potential_low_share / 100.0) WITHIN GROUP (ORDER BY figure.total)
                  FROM res_company company
                  JOIN (SELECT company_id, partner_id, sum(invoiced) + sum(estimated) AS total
                          FROM (%s) document GROUP BY company_id, partner_id) figure
                    ON figure.company_id = company.id AND figure.total > 0
                  JOIN res_partner client ON client.id = figure.partner_id AND client.is_client AND client.active
                 GROUP BY company.id
                """,
                figures,
            )
        )
        found = {company: values for company, *values in rows}
        for company_sudo in self.sudo():  # figures of the company that nobody types
            count, high, low = found.get(company_sudo.id, (0, 0.0, 0.0))
            company_sudo.write(
                {"potential_client_count": count, "potential_high_from": high, "potential_low_below": low}
            )
