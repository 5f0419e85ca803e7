from odoo import models
from odoo.fields import Command

CHANNELS = ("email", "phone", "text", "visit")


class ResPartner(models.Model):
    """What a client's people see and change of their own preferences in the portal."""

    _inherit = "res.partner"

    def _get_own_preferences(self):
        """The preferences of the visitor, for his page; called on his own partner in sudo.

        :return: dict of ``channels`` (name, label, own value, choices), ``marketing_kinds``, ``other_kinds`` (kind and
            whether it is wanted), ``obligatory_kinds``, ``opt_in``, ``opt_in_note``, ``text``
        """
        self.ensure_one()
        client = self.commercial_partner_id
        wishes = self._fields["channel_email"]._description_selection(self.env)
        channels = []
        for name, label in self._channel_labels().items():
            choices = list(wishes)
            if client != self:
                inherited = dict(wishes)[client[f"channel_{name}"] or "fine"]
                choices.insert(0, ("", self.env._("As %(client)s: %(wish)s", client=client.name, wish=inherited)))
            value = self[f"channel_{name}"] or ("" if client != self else "fine")
            channels.append({"name": name, "label": label, "value": value, "choices": choices})
        unwanted = self._unwanted_kinds()
        kinds = self.env["nestogy.message.kind"].search([])
        optional = [(kind, kind not in unwanted) for kind in kinds if not kind.is_obligatory]
        return {
            "channels": channels,
            "marketing_kinds": [row for row in optional if row[0].is_marketing],
            "other_kinds": [row for row in optional if not row[0].is_marketing],
            "obligatory_kinds": kinds.filtered("is_obligatory"),
            "opt_in": self.marketing_opt_in,
            "opt_in_note": self.marketing_note if self._effective_consents() else "",
            "text": self._own_consent_text(),
        }

    def _own_consent_text(self):
        return (self.company_id or self.env.company)._marketing_consent_text()

    def _set_own_channels(self, wishes):
        """Keep by which channels the visitor likes to be reached; what is no wish is left as it was.

        :param dict wishes: name of a channel to ``preferred``, ``fine``, ``never`` or nothing for as the client
        """
        self.ensure_one()
        known = {value for value, _label in self._fields["channel_email"].selection} | {""}
        values = {
            f"channel_{name}": wishes[name] or False for name in CHANNELS if name in wishes and wishes[name] in known
        }
        if any((self[name] or False) != value for name, value in values.items()):
            self.write(values)

    def _set_own_kinds(self, shown_ids, wanted_ids):
        """Keep which kinds of messages the visitor wants.

        :param set shown_ids: the kinds that stood on the page; others are left as they were
        :param set wanted_ids: those of them that he wants
        """
        self.ensure_one()
        kinds = self.env["nestogy.message.kind"].search([("is_obligatory", "=", False), ("id", "in", list(shown_ids))])
        client = self.commercial_partner_id
        inherited = client.unwanted_kind_ids if client != self else kinds.browse()
        wanted = kinds.filtered(lambda kind: kind.id in wanted_ids)
        unwanted = kinds - wanted
        values = {
            "unwanted_kind_ids": (self.unwanted_kind_ids - wanted) | (unwanted - inherited),
            "wanted_kind_ids": (self.wanted_kind_ids - unwanted) | (wanted & inherited),
        }
        if any(self[name] != value for name, value in values.items()):
            self.write({name: [Command.set(value.ids)] for name, value in values.items()})

    def _set_own_opt_in(self, opts_in, proof):
        """Add what the visitor says about marketing to the ledger, if it is something new.

        :param bool opts_in: whether the box was ticked
        :param str proof: how he was signed in
        """
        self.ensure_one()
        if opts_in != self.marketing_opt_in:
            self._record_consent(
                "given" if opts_in else "withdrawn", "portal", text=self._own_consent_text(), proof=proof
            )
