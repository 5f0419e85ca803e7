from odoo import api, models
from odoo.tools import SQL

NUMBERS = "helpdesk.ticket.sequence"


class HelpdeskTicket(models.Model):
    """Many tickets opened at once: what helpdesk_mgmt asks the database for each of them is asked once."""

    _inherit = "helpdesk.ticket"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(self._take_numbers(vals_list))

    @api.model
    def _take_numbers(self, vals_list):
        """Give numbers to tickets that have none, with two queries for each company.

        Sequences without gaps or by year are left to helpdesk_mgmt.
        """
        vals_list = [dict(vals) for vals in vals_list]
        by_company = {}
        for vals in vals_list:
            if vals.get("number", "/") == "/":
                company_id = vals["company_id"] if "company_id" in vals else self.env.company.id
                by_company.setdefault(company_id or self.env.company.id, []).append(vals)
        sequences = self.env["ir.sequence"]
        for company_id, unnumbered in by_company.items():
            sequence = sequences.with_company(company_id).search_fetch(
                [("code", "=", NUMBERS), ("company_id", "in", [company_id, False])],
                ["implementation", "use_date_range", "prefix", "suffix", "padding"],
                order="company_id",
                limit=1,
            )
            if not sequence or sequence.implementation != "standard" or sequence.use_date_range:
                continue
            numbers = self.env.execute_query(
                SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"ir_sequence_{sequence.id:03d}", len(unnumbered))
            )
            prefix, suffix = sequence.prefix or "", sequence.suffix or ""
            if "%" in prefix + suffix:
                prefix, suffix = sequence._get_prefix_suffix()  # for all at once: it works out dates of all kinds
            for vals, (number,) in zip(unnumbered, numbers, strict=True):
                vals["number"] = f"{prefix}{number:0{sequence.padding}d}{suffix}"
        return vals_list

    @api.depends("team_id")
    def _compute_stage_id(self):
        for team, tickets in self.grouped("team_id").items():
            stages = team._get_applicable_stages()
            for ticket in tickets:
                if ticket.stage_id not in stages:
                    ticket.stage_id = stages[:1]

    @api.depends("rating_ids.rating")
    def _compute_percentage(self):
        unrated = self.filtered(lambda ticket: not ticket.rating_ids)
        unrated.positive_rate_percentage = -1
        return super(HelpdeskTicket, self - unrated)._compute_percentage()

    @api.depends("rating_ids", "rating_ids.rating", "rating_ids.consumed")
    def _compute_rating_last_value(self):
        unrated = self.filtered(lambda ticket: not ticket.rating_ids)
        unrated.rating_last_value = 0
        return super(HelpdeskTicket, self - unrated)._compute_rating_last_value()
