from collections import defaultdict

from odoo import api, models

ADDRESS_FIELDS = ("street", "city", "country_id")


class ResPartner(models.Model):
    """What is missing at a client when a document is sent to it; said before sending, never in its way."""

    _inherit = "res.partner"

    @api.model
    def _client_alerts(self, documents):
        """Alerts in Odoo's form (level, message, action_text, action) for documents that are made or sent.

        :param list documents: tuples of the partner of a document, its billing address, its company and its kind of
            mail (``False``: it is not mailed)
        :return: dict of key to alert, one for each kind of problem; empty when nothing is missing
        """
        found = defaultdict(self.browse)
        details = {}
        for partner, address, company, kind in documents:
            client = partner._get_client()
            if not client:
                continue
            missing = [name for name in ADDRESS_FIELDS if not address[name]]
            if missing:
                found["client_address"] |= client
                details["client_address", client] = self._client_field_labels(missing)
            # figures and settings that hold for whoever sends
            client_sudo = client.sudo().with_company(company)
            warned = company.sudo().client_warn_tax_id  # same
            if warned and client_sudo.is_company and not client_sudo.vat:
                found["client_tax_id"] |= client
            if kind and not address.email and not partner.email and not client._client_mail_recipients(kind):
                found["client_mail"] |= client
            if client_sudo.credit_status == "hold":
                found["client_hold"] |= client
                details["client_hold", client] = client_sudo.credit_status_reason or ""
        return {
            key: {
                "level": "warning",
                "message": self._client_alert_message(key, clients, details.get((key, clients[:1]), "")),
                "action_text": self.env._("Open the Client") if len(clients) == 1 else self.env._("Open the Clients"),
                "action": self._client_alert_action(clients),
            }
            for key, clients in found.items()
        }

    @api.model
    def _client_field_labels(self, names):
        return ", ".join(self._fields[name]._description_string(self.env).lower() for name in names)

    @api.model
    def _client_alert_message(self, key, clients, detail):
        names = ", ".join(clients.mapped("name"))
        if key == "client_address":
            if len(clients) == 1:
                return self.env._(
                    "The billing address of %(client)s is incomplete, missing: %(fields)s.", client=names, fields=detail
                )
            return self.env._("The billing addresses of these clients are incomplete: %s.", names)
        if key == "client_tax_id":
            return self.env._("No tax ID is known of %s.", names)
        if key == "client_mail":
            return self.env._("Nobody at %s has an e-mail address to which this could be sent.", names)
        if len(clients) == 1:
            return self.env._("%(client)s is on credit hold: %(reason)s", client=names, reason=detail)
        return self.env._("These clients are on credit hold: %s.", names)

    @api.model
    def _client_alert_action(self, clients):
        form = self.env.ref("nestogy_clients.res_partner_view_form_client").id
        action = {"type": "ir.actions.act_window", "res_model": "res.partner", "name": self.env._("Clients")}
        if len(clients) == 1:
            return action | {"name": clients.name, "res_id": clients.id, "views": [[form, "form"]]}
        listed = self.env.ref("nestogy_clients.res_partner_view_list_client").id
        return action | {"domain": [["id", "in", clients.ids]], "views": [[listed, "list"], [form, "form"]]}
