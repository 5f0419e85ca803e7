import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

KEY = re.compile(r"[a-z0-9_.]{1,64}")
ENTRY = {"key": str, "is_open": bool, "is_hidden": bool}
MOST_ENTRIES = 100


class NestogyDashboardLayout(models.Model):
    """How a user has arranged his widgets: one arrangement a company of the profile, the same for all clients, and one
    of the dashboard.

    Rows are written by :meth:`save_layout` and :meth:`reset_layout` alone, each on the row of whoever calls.
    """

    _name = "nestogy.dashboard.layout"
    _description = "Layout of Widgets"
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", index=True)
    place = fields.Selection(
        [("profile", "Profile of a client"), ("home", "Dashboard")], required=True, default="profile"
    )
    layout = fields.Json(
        required=True,
        help="List of key, is_open and is_hidden in the user's order. Keys of widgets that are not there now are kept.",
    )

    _user_company_unique = models.Constraint(
        "UNIQUE (user_id, company_id, place)", "A user has one layout of each place in a company."
    )

    @api.constrains("layout")
    def _check_layout(self):
        for row in self:
            keys = self._layout_keys(row.layout)
            if keys is None or len(keys) != len(set(keys)):
                raise ValidationError(
                    self.env._("This is no layout of widgets; reload the page and arrange them again.")
                )
            if len(keys) > MOST_ENTRIES:
                raise ValidationError(
                    self.env._("A layout has at most %s widgets; reset it to begin again.", MOST_ENTRIES)
                )

    @api.model
    def save_layout(self, layout, place="profile"):
        """Keep the arrangement of the user in the current company, for the profiles of all clients or the dashboard.

        What was kept of widgets that the layout does not name (their addon or the right to see them is gone for now)
        stays behind the widget that they stood behind.

        :param list layout: dicts of ``key``, ``is_open`` and ``is_hidden`` in the user's order
        :param str place: ``profile`` or ``home``
        :raise ValidationError: it is anything else
        """
        if place not in dict(self._fields["place"].selection):
            raise ValidationError(self.env._("Widgets are arranged on the profile and on the dashboard only."))
        row_sudo = self._current(place).sudo()  # nobody may write rows; this one is the user's own
        keys = self._layout_keys(layout)
        if keys is not None:
            layout = self._weave(layout, row_sudo.layout or [])
        if row_sudo:
            row_sudo.layout = layout
        else:
            row_sudo.create(
                {"user_id": self.env.uid, "company_id": self.env.company.id, "place": place, "layout": layout}
            )

    @api.model
    def reset_layout(self, place="profile"):
        """Forget the arrangement of the user in the current company."""
        self._current(place).sudo().unlink()  # nobody may delete rows; this one is the user's own

    @api.model
    def _current(self, place="profile"):
        """The row of the user in the current company, empty when he has arranged nothing yet."""
        mine = [("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id), ("place", "=", place)]
        return self.search_fetch(mine, ["layout"])

    def _arrange(self, widgets):
        """Put widgets in the order of this layout and mark them.

        Widgets that the layout does not know stand, open, behind the one that precedes them by sequence.

        :param list widgets: dicts with ``key`` and ``sequence``
        :return: new dicts, each with ``is_open`` and ``is_hidden``
        """
        by_key = {widget["key"]: widget for widget in sorted(widgets, key=lambda each: each["sequence"])}
        default = [{"key": key, "is_open": True, "is_hidden": False} for key in by_key]
        known = [entry for entry in self.layout or [] if entry["key"] in by_key]
        return [by_key[entry["key"]] | entry for entry in self._weave(known, default)]

    @api.model
    def _weave(self, entries, others):
        """Add to a list of entries those of another list that it lacks, each behind its predecessor there."""
        result = list(entries)
        keys = [entry["key"] for entry in result]
        place = 0
        for entry in others:
            if entry["key"] in keys:
                place = keys.index(entry["key"]) + 1
                continue
            result.insert(place, entry)
            keys.insert(place, entry["key"])
            place += 1
        return result

    @api.model
    def _layout_keys(self, layout):
        """The keys of a layout, ``None`` when it is not made like one."""
        if not isinstance(layout, list):
            return None
        for entry in layout:
            if not isinstance(entry, dict) or entry.keys() != ENTRY.keys():
                return None
            if any(not isinstance(entry[name], kind) for name, kind in ENTRY.items()):
                return None
            if not KEY.fullmatch(entry["key"]):
                return None
        return [entry["key"] for entry in layout]
