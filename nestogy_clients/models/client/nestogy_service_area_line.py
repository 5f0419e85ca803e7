import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.postal import interval

PREFIX_LIMIT = 500  # codes in one line


class NestogyServiceAreaLine(models.Model):
    """A place of a service area: a country, or some of its states, or some of its postal codes, or both."""

    _name = "nestogy.service.area.line"
    _description = "Place of a Service Area"
    _order = "area_id, sequence, id"

    area_id = fields.Many2one("nestogy.service.area", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        "res.country", required=True, index=True, default=lambda self: self.env.company.country_id
    )
    state_ids = fields.Many2many("res.country.state", string="States", domain="[('country_id', '=', country_id)]")
    zip_from = fields.Char(string="Postal Code From", help="As it is written on a letter, with leading zeros.")
    zip_to = fields.Char(string="Postal Code To", help="This code, and all that begin with it, are in the area.")
    zip_prefixes = fields.Char(
        string="Codes That Begin With", help="Postal codes or their beginnings, with commas between: 040, 041, 042."
    )

    @api.depends("country_id.name", "state_ids.name", "zip_from", "zip_to", "zip_prefixes")
    def _compute_display_name(self):
        for line in self:
            parts = [line.country_id.name or ""]
            if line.state_ids:
                parts = [", ".join(line.state_ids.mapped("name"))]
            if line.zip_from:
                parts.append(f"{line.zip_from}–{line.zip_to}")
            elif line.zip_prefixes:
                parts.append(", ".join(f"{prefix}…" for prefix in line._prefixes()))
            line.display_name = " ".join(parts)

    @api.constrains("country_id", "state_ids", "zip_from", "zip_to", "zip_prefixes")
    def _check_codes(self):
        for line in self:
            foreign = line.state_ids.filtered(lambda state, line=line: state.country_id != line.country_id)
            if foreign:
                raise ValidationError(
                    self.env._("%(state)s is not in %(country)s.", state=foreign[0].name, country=line.country_id.name)
                )
            if bool(line.zip_from) != bool(line.zip_to):
                raise ValidationError(self.env._("A range of postal codes has a first and a last code; write both."))
            if line.zip_from and line.zip_prefixes:
                raise ValidationError(
                    self.env._("Write either a range of postal codes or their beginnings; add a line for the other.")
                )
            prefixes = line._prefixes()
            if len(prefixes) > PREFIX_LIMIT:
                raise ValidationError(self.env._("A line takes at most %s postal codes.", PREFIX_LIMIT))
            for text in (*prefixes, *filter(None, (line.zip_from, line.zip_to))):
                if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{0,11}", text):
                    raise ValidationError(
                        self.env._("“%s” is no postal code: letters, digits, blanks and dashes only, 12 at most.", text)
                    )
            for low, high in line._intervals():
                if low > high:
                    raise ValidationError(
                        self.env._(
                            "The range %(first)s to %(last)s is empty; the lower code comes first.",
                            first=line.zip_from,
                            last=line.zip_to,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.area_id._refresh_clients()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self.area_id._refresh_clients()
        return result

    def unlink(self):
        areas = self.area_id
        result = super().unlink()
        areas._refresh_clients()
        return result

    def _prefixes(self):
        return [part.strip() for part in (self.zip_prefixes or "").split(",") if part.strip()]

    def _intervals(self):
        """The postal codes of the line, see :func:`..tools.postal.interval`; none: all codes."""
        code = self.country_id.code
        if self.zip_from and self.zip_to:
            return [interval(self.zip_from, self.zip_to, code)]
        return [interval(prefix, prefix, code) for prefix in self._prefixes()]
