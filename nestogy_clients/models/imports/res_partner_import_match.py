from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    """The clients that rows of a file may mean, found for many rows by one query a rule."""

    _inherit = "res.partner"

    @api.model
    def _import_find(self, wanted):
        """Find clients by what they are known by, archived ones too: they are better taken back than doubled.

        :param dict wanted: by rule, the texts that are looked for, as of :meth:`_import_keys`
        :return: dict of ``seen`` (by ``rule:text`` the ids of clients whom the user sees) and ``all`` (the same for
            those whom he does not see, of Client IDs only)
        """
        self.flush_model(["name", "email", "email_normalized", "vat", "website", "client_number", "is_client"])
        self.env["nestogy.phone.number"].flush_model()
        found = {}
        for rule, texts in wanted.items():
            query = getattr(self, f"_import_find_{rule}")(sorted(texts))
            for text, client_id in self.env.execute_query(query):
                found.setdefault(f"{rule}:{text}", set()).add(client_id)
        seen = self._import_seen(set().union(*found.values()))
        return {
            "seen": {key: mine for key, ids in found.items() if (mine := ids & seen)},
            "all": {key: ids for key, ids in found.items() if key.startswith("number:")},
        }

    @api.model
    def _import_seen(self, ids):
        """:return: set of the ids of those clients among some whom the user sees and may change in this company"""
        if not ids:
            return set()
        clients = self.with_context(active_test=False).search(
            [
                ("id", "in", list(ids)),
                ("is_client", "=", True),
                ("company_id", "in", [False, self.env.company.id]),
            ]
        )
        return set(clients._filtered_access("write")._ids)

    @api.model
    def _import_find_number(self, texts):
        return SQL(
            "SELECT client_number, id FROM res_partner WHERE is_client AND client_number = ANY(%s) AND "
            "(company_id IS NULL OR company_id = %s)",
            texts,
            self.env.company.id,
        )

    @api.model
    def _import_find_email(self, texts):
        return SQL("SELECT email_normalized, id FROM res_partner WHERE is_client AND email_normalized = ANY(%s)", texts)

    @api.model
    def _import_find_vat(self, texts):
        return SQL(
            r"""SELECT number.text, number.id
                  FROM (SELECT UPPER(REGEXP_REPLACE(vat, '[\W_]', '', 'g')) AS text, id
                          FROM res_partner WHERE is_client AND vat IS NOT NULL) number
                 WHERE number.text = ANY(%s)""",
            texts,
        )

    @api.model
    def _import_find_domain(self, texts):
        return SQL(
            r"""SELECT domain.text, domain.id
                  FROM (SELECT REGEXP_REPLACE(SPLIT_PART(email_normalized, '@', 2), '^www\.', '') AS text, id
                          FROM res_partner WHERE is_client AND email_normalized IS NOT NULL
                         UNION
                        SELECT REGEXP_REPLACE(LOWER(website), '^\s*([a-z]+://)?(www\.)?([^/:?#\s]+).*$', '\3'), id
                          FROM res_partner WHERE is_client AND website IS NOT NULL) domain
                 WHERE domain.text = ANY(%s)""",
            texts,
        )

    @api.model
    def _import_find_phone(self, texts):
        return SQL(
            """SELECT phone.digits, client.id
                 FROM nestogy_phone_number phone
                 JOIN res_partner client ON client.id = phone.partner_id
                WHERE client.is_client AND phone.kind != 'fax' AND phone.digits = ANY(%s)""",
            texts,
        )

    @api.model
    def _import_find_name(self, texts):
        return SQL(
            r"""SELECT wanted.text, client.id
                  FROM res_partner client
                  JOIN unnest(%s::text[]) wanted(text)
                    ON LOWER(REGEXP_REPLACE(BTRIM(client.name), '\s+', ' ', 'g')) = LOWER(wanted.text)
                 WHERE client.is_client""",
            texts,
        )
