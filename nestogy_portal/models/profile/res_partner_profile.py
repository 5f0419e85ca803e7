from pytz import all_timezones_set

from odoo import models
from odoo.exceptions import UserError

LENGTHS = {"name": 128, "function": 128, "phone": 40}


class ResPartner(models.Model):
    """The page on which a contact sees and changes what concerns himself."""

    _inherit = "res.partner"

    def _portal_profile(self):
        """What the visitor's profile shows; called on his own partner in sudo.

        :return: dict ready to print
        """
        self.ensure_one()
        client = self._get_client()
        billing = self.browse(client.address_get(["invoice"])["invoice"]) if client else self.browse()
        changes = self.env["nestogy.change.request"]
        may_ask = bool(client) and self.env.user._portal_may_act()
        return {
            "me": self,
            "own_client": client,
            "is_company": client.is_company,
            "billing_text": changes._values_text("address", changes._current_values("address", billing))
            if client
            else "",
            "may_ask": may_ask,
            "requests": changes.search([("partner_id", "=", self.id)], order="id desc", limit=5),
            "timezones": sorted(all_timezones_set),
            "languages": self.env["res.lang"].get_installed(),
            "login": self.env.user.login,
        }

    def _portal_save_profile(self, values):
        """Take what the visitor wrote about himself; called on his own partner in sudo.

        :param dict values: texts by name; other names than those of the page are not looked at
        :raise UserError: what is wrong with them
        """
        self.ensure_one()
        changes = {}
        for name, length in LENGTHS.items():
            if name in values:
                text = " ".join(str(values[name] or "").replace("\x00", "").split())
                if len(text) > length:
                    raise UserError(
                        self.env._(
                            "%(field)s: write at most %(length)s characters.",
                            field=self._fields[name]._description_string(self.env),
                            length=length,
                        )
                    )
                changes[name] = text
        if "name" in changes and not changes["name"]:
            raise UserError(self.env._("Write your name."))
        if self.is_company and self._get_client():
            changes.pop("name", None)  # the firm's name is asked for
        if values.get("lang"):
            if values["lang"] not in dict(self.env["res.lang"].get_installed()):
                raise UserError(self.env._("Choose one of the languages that are offered."))
            changes["lang"] = values["lang"]
        if values.get("tz"):
            if values["tz"] not in all_timezones_set:
                raise UserError(self.env._("Choose one of the time zones that are offered."))
            changes["tz"] = values["tz"]
        changes = {name: value for name, value in changes.items() if value != (self[name] or "")}
        # through the user, whose cached language and time zone are then forgotten
        own = {name: changes.pop(name) for name in ("lang", "tz") if name in changes}
        if own:
            self.env.user.sudo().write(own)  # the visitor himself
        if changes:
            self.write(changes)
