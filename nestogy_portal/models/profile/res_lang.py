from odoo import models


class ResLang(models.Model):
    _inherit = "res.lang"

    def _html_attributes(self):
        """What the root of a page says of the language of the environment, for browsers and screen readers.

        Odoo tells a browser the direction by its style sheet alone, which only a server with ``rtlcss`` can turn.
        """
        code = self.env.lang or "en_US"
        return {
            "lang": code.split("@")[0].replace("_", "-"),
            "dir": self._get_data(code=code).direction or "ltr",
        }
