from odoo import models
from odoo.exceptions import ValidationError


class NestogyLengthMixin(models.AbstractModel):
    """Texts that have a limit, refused with a sentence that names the field."""

    _name = "nestogy.length.mixin"
    _description = "Texts With a Limit"

    def _limit_lengths(self, lengths):
        """Refuse texts that are too long; for a constraint of the model.

        :param dict lengths: characters by the name of a field
        :raise ValidationError: names the field and its limit
        """
        for record in self:
            for name, most in lengths.items():
                if len(record[name] or "") > most:
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(self.env._("%(field)s: at most %(most)s characters.", field=label, most=most))
