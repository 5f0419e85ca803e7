from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.mail import email_normalize, email_split_tuples

from odoo.addons.nestogy_clients.tools import mail_domains

WEBSITE_DOMAIN = r"regexp_replace(lower(website), '^(https?://)?(www\.)?([^/:?#]+).*$', '\3')"


class ResPartner(models.Model):
    """From which domains people of a client write."""

    _inherit = "res.partner"

    client_domain_ids = fields.One2many(
        "nestogy.client.domain",
        "client_id",
        string="Mail Domains",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    _mail_domain_idx = models.Index("(split_part(email_normalized, '@', 2)) WHERE email_normalized IS NOT NULL")
    _website_domain_idx = models.Index(f"(({WEBSITE_DOMAIN})) WHERE website IS NOT NULL")

    @api.model
    def _client_of_domain(self, address):
        """The one client from whose domain an address is: as staff wrote down, else as its people and website show.

        :return: empty when there is none, or more than one
        """
        domain = mail_domains.own(address)
        if not domain:
            return self.browse()
        confirmed = self.env["nestogy.client.domain"].search([("name", "=", domain)], limit=1)
        if confirmed:
            return confirmed.client_id
        self.flush_model(["email_normalized", "website", "commercial_partner_id", "active", "is_client"])
        # two expressions with an index each, which the ORM cannot search by
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT client.id
                  FROM (
                        SELECT commercial_partner_id FROM res_partner
                         WHERE split_part(email_normalized, '@', 2) = %(domain)s
                           AND email_normalized IS NOT NULL AND active
                         UNION ALL
                        SELECT commercial_partner_id FROM res_partner
                         WHERE %(website)s = %(domain)s AND website IS NOT NULL AND active
                       ) people
                  JOIN res_partner client ON client.id = people.commercial_partner_id
                 WHERE client.is_client AND client.active
                 LIMIT 2
                """,
                domain=domain,
                website=SQL(WEBSITE_DOMAIN),
            )
        )
        found = [client_id for (client_id,) in self.env.cr.fetchall()]
        return self.browse(found if len(found) == 1 else [])

    def _make_mail_contact(self, email_from):
        """Make a contact of this client of who wrote a mail.

        :param str email_from: address with or without a name
        """
        self.ensure_one()
        name, address = (email_split_tuples(email_from or "") or [("", email_from or "")])[0]
        address = email_normalize(address) or address
        known = self.search([("email_normalized", "=", address), ("commercial_partner_id", "=", self.id)], limit=1)
        return known or self.create(
            {"name": " ".join(name.split())[:100] or address, "email": address, "parent_id": self.id, "type": "contact"}
        )
