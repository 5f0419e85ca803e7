from odoo import api, models
from odoo.exceptions import AccessError
from odoo.modules.db import FunctionStatus
from odoo.tools import SQL, escape_psql

from ...tools.duplicates import POSSIBLE, compare, make_print
from ...tools.phones import PhoneError, parse_phone
from ..client.res_partner_search import FINDABLE, _haystack

TEXTS = ("name", "email", "phone", "website", "vat", "street", "zip", "city")
LONGEST = 200  # characters of a text that are looked at
LIKENESS = 0.55  # how much of a name's three-letter pieces a misspelled one has, to be compared
LOOKED_AT = 300  # most rows that the index gives for a name
COMPARED = 30  # most of them that are compared
SHOWN = 5


class ResPartner(models.Model):
    """Clients and contacts that are entered a second time."""

    _inherit = "res.partner"

    @api.model
    @api.readonly
    def find_client_duplicates(self, values):
        """Say who may be meant by what is being typed, likeliest first; only whom the user may see.

        :param dict values: texts as in :data:`TEXTS`; ``is_company``; ``country_id``, ``parent_id`` and ``id`` (of a
            saved one) as numbers
        :return: list of ``id``, ``name``, ``number``, ``score``, ``why`` (list of texts), ``is_archived``, ``url``
        """
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_viewer"):
            raise AccessError(self.env._("Only staff with a role in Clients can look for duplicates."))
        typed = self._duplicate_typed(values)
        ids = self._duplicate_candidate_ids(typed)
        if not ids:
            return []
        # the rules say whom the user may see; archived ones are shown, so that they are taken back instead of doubled
        partners = self.with_context(active_test=False).search_fetch(
            [("id", "in", ids)], ["display_name", "active", "client_number", "parent_id"]
        )
        if not partners:
            return []
        found = []
        for each in self._duplicate_prints(SQL("partner.id IN %s", tuple(partners.ids))):
            score, reasons = compare(typed, each)
            if score >= POSSIBLE:
                found.append((score, each.id, reasons))
        found.sort(key=lambda one: (-one[0], one[1]))
        return [
            {
                "id": partner.id,
                "name": partner.display_name,
                "number": partner.client_number or "",
                "score": score,
                "why": self._duplicate_reasons(reasons),
                "is_archived": not partner.active,
                "url": f"/odoo/{'client-contacts' if partner.parent_id else 'clients'}/{partner.id}",
            }
            for score, partner_id, reasons in found[:SHOWN]
            for partner in (self.browse(partner_id).with_prefetch(partners.ids),)
        ]

    def _duplicate_typed(self, values):
        """The print of what somebody typed; anything that is no text or no number counts as empty."""
        values = values if isinstance(values, dict) else {}
        row = {name: value[:LONGEST].strip() if isinstance(value := values.get(name), str) else "" for name in TEXTS}
        numbers = {
            name: value if type(value := values.get(name)) is int and 0 < value < 2**31 else 0
            for name in ("id", "parent_id", "country_id")
        }
        country = self.env["res.country"].browse(numbers["country_id"] or []).exists() or self.env.company.country_id
        try:
            row["phones"] = [parse_phone(row["phone"], country.code)["digits"]]
        except PhoneError:
            row["phones"] = []
        return make_print(
            row
            | {
                "is_company": bool(values.get("is_company")),
                "id": numbers["id"],
                "parent": numbers["parent_id"],
                "family": numbers["parent_id"],
                "vat": "" if numbers["parent_id"] else row["vat"],
            }
        )

    def _duplicate_candidate_ids(self, typed):
        """Who shares a name, an e-mail, a phone or a tax ID with what was typed, by the indexes of the search.

        :param Print typed: see :func:`make_print`
        """
        registry = self.env.registry
        haystack = SQL(_haystack(registry))
        wanted = []
        if len(typed.text) >= 3 and registry.has_trigram:
            self.env.cr.execute("SELECT SET_CONFIG('pg_trgm.word_similarity_threshold', %s, TRUE)", [str(LIKENESS)])
            name = SQL("unaccent(LOWER(name))" if registry.has_unaccent == FunctionStatus.INDEXABLE else "LOWER(name)")
            wanted.append(
                SQL(
                    """
                    SELECT id FROM (
                        SELECT id, SIMILARITY(%(text)s, text) AS likeness
                          FROM (SELECT id, %(name)s AS text FROM res_partner
                                 WHERE %(findable)s AND %(text)s <%% %(haystack)s AND is_company IS %(is_company)s
                                 LIMIT %(looked_at)s) hit
                         ORDER BY likeness DESC, id LIMIT %(compared)s) alike
                    """,
                    text=" ".join(typed.words),
                    name=name,
                    findable=SQL(FINDABLE),
                    haystack=haystack,
                    is_company=SQL("TRUE" if typed.is_company else "NOT TRUE"),
                    looked_at=LOOKED_AT,
                    compared=COMPARED,
                )
            )
        mailboxes = (address.rpartition("@") for address in typed.emails)
        patterns = [f"%{escape_psql(local)}%@{escape_psql(domain)}%" for local, _at, domain in mailboxes]
        if typed.vat[1]:
            patterns.append(f"%{escape_psql(typed.vat[1].lower())}%")
        wanted += [
            SQL(
                "SELECT id FROM (SELECT id FROM res_partner WHERE %s AND %s LIKE %s LIMIT %s) hit",
                SQL(FINDABLE),
                haystack,
                pattern,
                COMPARED,
            )
            for pattern in patterns
        ]
        digits = registry.unaccent(SQL("digits"))  # as in the index on it
        wanted += [
            SQL(
                "SELECT partner_id FROM (SELECT partner_id FROM nestogy_phone_number WHERE %s LIKE %s LIMIT %s) hit",
                digits,
                f"%{phone}",
                COMPARED,
            )
            for phone in typed.phones
        ]
        if not wanted:
            return ()
        self.flush_model()
        self.env["nestogy.phone.number"].flush_model()
        self.env["nestogy.client.duplicate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id
                  FROM res_partner partner
                 WHERE partner.id IN (%s)
                   AND NOT EXISTS (
                        SELECT FROM nestogy_client_duplicate pair
                         WHERE pair.state = 'ignored'
                           AND pair.left_id = LEAST(partner.id, %s) AND pair.right_id = GREATEST(partner.id, %s))
                """,
                SQL(" UNION ALL ").join(wanted),
                typed.id,
                typed.id,
            )
        )
        return tuple(row_id for (row_id,) in rows)

    def _duplicate_prints(self, condition):
        """What of partners is compared, read in one SQL query: a search holds all of them against each other.

        :param SQL condition: on ``partner``; who is neither a client nor a contact of one is left out anyway
        :return: list of :class:`Print` in the order of the ids
        """
        self.flush_model()
        self.env["nestogy.phone.number"].flush_model()
        names = (
            *("id", "is_company", "name", "email", "website", "vat", "street", "zip", "city"),
            *("phones", "family", "parent", "company"),
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, partner.is_company, partner.name, partner.email, partner.website,
                       CASE WHEN partner.commercial_partner_id = partner.id THEN partner.vat END,
                       partner.street, partner.zip, partner.city,
                       (SELECT ARRAY_AGG(phone.digits) FROM nestogy_phone_number phone
                         WHERE phone.partner_id = partner.id AND phone.kind != 'fax'),
                       CASE WHEN partner.parent_id IS NOT NULL THEN partner.commercial_partner_id END,
                       partner.parent_id, partner.company_id
                  FROM res_partner partner
                  LEFT JOIN res_partner above ON above.id = partner.parent_id
                  LEFT JOIN res_partner top ON top.id = above.parent_id
                 WHERE %s
                   AND (partner.is_client OR (partner.type = 'contact' AND (above.is_client OR top.is_client)))
                 ORDER BY partner.id
                """,
                condition,
            )
        )
        return [make_print(dict(zip(names, row, strict=True))) for row in rows]

    @api.model
    def _duplicate_reasons(self, reasons):
        """Say where a score comes from.

        :param reasons: see :func:`compare`
        :return: list of texts
        """
        texts = {
            "vat": self.env._("same tax ID"),
            "email": self.env._("same e-mail"),
            "phone": self.env._("same phone"),
            "domain": self.env._("same domain"),
            "address": self.env._("same address"),
            "street": self.env._("same street"),
            "zip": self.env._("same ZIP"),
            "family": self.env._("same client"),
            "other_vat": self.env._("other tax ID"),
            "other_person": self.env._("other person"),
            "branch": self.env._("towns in the names: branches"),
            "other_number": self.env._("other number in the name"),
            "other_kind": self.env._("a company and a person"),
            "other_domain": self.env._("other domain"),
            "other_zip": self.env._("other ZIP"),
            "other_phone": self.env._("other phone"),
        }
        found = []
        for key, _points, share in reasons:
            if key not in ("name", "person"):
                found.append(texts[key])
            elif share == 100:
                found.append(self.env._("same name"))
            else:
                found.append(self.env._("name %s %% alike", share))
        return found
