import calendar
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

FIRST_YEAR = 1880


class ResPartner(models.Model):
    """Days that come back every year: the birthday of a person, and the day since which a client is one."""

    _inherit = "res.partner"

    birthday = fields.Date(
        copy=False, groups="base.group_user", help="Of a person; the dashboard tells of it when it comes near."
    )
    client_since = fields.Date(
        compute="_compute_client_since",
        store=True,
        readonly=False,
        copy=False,
        groups="base.group_user",
        help="The day of the first status, unless another one is set here; its years are told of on the dashboard.",
    )

    # days are looked for in any year
    _birthday_idx = models.Index(
        "(date_part('month', birthday), date_part('day', birthday)) WHERE birthday IS NOT NULL"
    )
    _client_since_idx = models.Index(
        "(date_part('month', client_since), date_part('day', client_since)) WHERE client_since IS NOT NULL"
    )

    @api.depends("client_status_id")
    def _compute_client_since(self):
        """The day of the first status; a day that is there stays."""
        today = fields.Date.context_today(self)
        clients = self.filtered(lambda each: each.client_status_id and not each.client_since)
        old = clients.filtered(lambda each: each.create_date and each.create_date.date() < today)
        first = {}
        if old:
            # the history is looked into for a day that everybody may know who sees the client
            changes_sudo = self.env["nestogy.client.status.change"].sudo()
            domain = Domain("client_id", "in", old.ids)
            first = dict(changes_sudo._read_group(domain, ["client_id"], ["date:min"]))
        for partner in self:
            partner.client_since = partner.client_since
        for client in clients:
            moment = first.get(client._origin)
            client.client_since = moment.date() if moment else today

    @api.constrains("birthday")
    def _check_birthday(self):
        for partner in self:
            if partner.birthday and not (
                date(FIRST_YEAR, 1, 1) <= partner.birthday <= fields.Date.context_today(partner)
            ):
                raise ValidationError(
                    self.env._(
                        "A birthday lies between %(year)s and today; correct that of %(name)s.",
                        year=FIRST_YEAR,
                        name=partner.display_name,
                    )
                )

    @api.constrains("client_since")
    def _check_client_since(self):
        for partner in self:
            # in the evening of one side of the world it is tomorrow on the other
            latest = fields.Date.add(max(fields.Date.today(), partner.create_date.date()), days=1)
            if partner.client_since and not date(FIRST_YEAR, 1, 1) <= partner.client_since <= latest:
                raise ValidationError(
                    self.env._(
                        "The day since which %(name)s is a client lies between %(year)s and today.",
                        year=FIRST_YEAR,
                        name=partner.display_name,
                    )
                )

    @api.model
    def _yearly_domain(self, name, first, last):
        """Partners of whom a day comes back in these days, whatever its year.

        The 29th of February counts as the 28th where that is the last day of the month.

        :param str name: of the field
        :param date first: the first day
        :param date last: the last day, less than a year later
        :return: Domain
        """
        months, day = [], first
        while day <= last:
            month_end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
            part = Domain(f"{name}.month_number", "=", day.month)
            if day.day > 1:
                part &= Domain(f"{name}.day_of_month", ">=", day.day)
            if last < month_end:
                part &= Domain(f"{name}.day_of_month", "<=", last.day)
            months.append(part)
            day = fields.Date.add(month_end, days=1)
        return Domain.OR(months)

    @api.model
    def _yearly_order(self, name, first):
        """SQL that sorts by the day that comes next, from a day on."""
        column = SQL.identifier(self._table, name)
        day = SQL("(date_part('month', %s) * 100 + date_part('day', %s))::int", column, column)
        return SQL("MOD(%s - %s + 1300, 1300), id", day, first.month * 100 + first.day)

    @api.model
    def _yearly_next(self, day, first):
        """The day in the year in which it comes back, from a day on."""
        for year in (first.year, first.year + 1):
            last = calendar.monthrange(year, day.month)[1]
            found = date(year, day.month, min(day.day, last))
            if found >= first:
                return found
        return found

    def _export_details(self):
        """The copy of a person's data has the birthday."""
        part = super()._export_details()
        for row in part["rows"]:
            row[self._export_label("birthday")] = self.birthday or ""
        return part
