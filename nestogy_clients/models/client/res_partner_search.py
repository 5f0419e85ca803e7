import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.modules.db import FunctionStatus
from odoo.tools import SQL, escape_psql

from ...tools.phones import search_digits

TEXT_LIMIT = 128  # characters of a search that are looked at
# How much of a word must be there, in three-letter pieces, for a misspelling of it: the first that finds something.
LIKENESS = (0.6, 0.38)
LIKENESS_SPREAD = 0.1  # how much worse than the best one a misspelling may be to be shown with it
LIKE_ROWS = 1000  # most rows that are compared for misspellings
PHONE = re.compile(r"[\d\s()+./\-–]+")
SUGGESTIONS = 8

# Who can be found by this search; the index covers nobody else, so other partners pay nothing for it.
FINDABLE = "(is_client OR parent_id IS NOT NULL)"


def _haystack(registry):
    """SQL of the text in which a partner is found: its own row, and the name of its client in front of its own.

    One expression for the index and for each search; it begins with a blank, so that ``% ab%`` finds beginnings.
    """
    columns = ("complete_name", "client_number", "email", "ref", "vat")
    pieces = " || ' ' || ".join(f"COALESCE({column}, '')" for column in columns)
    text = f"LOWER(' ' || {pieces} || ' ' || REGEXP_REPLACE(COALESCE(vat, ''), '\\W', '', 'g'))"
    return f"unaccent({text})" if registry.has_unaccent == FunctionStatus.INDEXABLE else text


class ResPartner(models.Model):
    """Finding clients and their people by whatever one knows of them, in any order and with spelling mistakes."""

    _inherit = "res.partner"

    client_search = fields.Char(
        string="Client or Contact",
        compute="_compute_client_search",
        search="_search_client_search",
        groups="base.group_user",
        help="Finds clients by name, Client ID, e-mail, phone, tax ID, reference and by their contacts; when nothing "
        "is spelled like that, by what is spelled alike.",
    )
    contact_search = fields.Char(
        string="Person",
        compute="_compute_client_search",
        search="_search_contact_search",
        groups="base.group_user",
        help="The same for contacts and addresses themselves.",
    )

    _client_search_idx = models.Index(
        lambda registry: (
            f"USING gin (({_haystack(registry)}) gin_trgm_ops) WHERE {FINDABLE}" if registry.has_trigram else ""
        )
    )

    def _compute_client_search(self):
        self.client_search = self.contact_search = False

    def _search_client_search(self, operator, value):
        """Clients that are found themselves or through one of their people and places."""
        return self._client_texts_domain(operator, value, is_family=True)

    def _search_contact_search(self, operator, value):
        """Partners that are found by their own row or the name of their client."""
        return self._client_texts_domain(operator, value, is_family=False)

    def _client_texts_domain(self, operator, value, is_family):
        # the ORM asks for no right on a field that is searched by a method, and below is SQL
        self._check_field_access(self._fields["client_search"], "read")
        if operator not in ("ilike", "like", "=", "in"):
            return NotImplemented
        texts = [value] if isinstance(value, str) else value
        return Domain.OR(
            self._client_text_domain(text, is_family) if text and text.strip() else Domain.TRUE for text in texts
        )

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Suggest what is spelled alike, or has the words in another order, to staff who would find nothing."""
        found = super().name_search(name, domain, operator, limit)
        if found or operator != "ilike" or len((name or "").strip()) < 3 or not self.env.user._is_internal():
            return found
        alike = Domain(domain or Domain.TRUE) & Domain("contact_search", "ilike", name)
        partners = self.search_fetch(alike, ["display_name"], limit=min(limit or SUGGESTIONS, SUGGESTIONS))
        return [(partner.id, partner.display_name) for partner in partners]

    @api.model
    def _client_search_domains(self, text):
        """Further ways by which a client is found; facets and addons add theirs with ``super()``.

        :param str text: what somebody typed
        :return: list of domains on partners of the client's family; a client is found if one of them holds
        """
        return []

    def _client_text_domain(self, text, is_family):
        """Domain of those that a text finds; misspellings are looked for only when there is nothing else.

        :param bool is_family: find clients, through their contacts too; otherwise only the rows themselves
        """
        text = " ".join(text[:TEXT_LIMIT].lower().split())
        self.flush_model(
            ["active", "client_number", "commercial_partner_id", "company_id", "complete_name", "email", "is_client"]
            + ["parent_id", "ref", "vat"]
        )
        self.env["nestogy.phone.number"].flush_model(["digits", "partner_id"])
        conditions = self._client_text_conditions(text)
        if not self._client_is_hit(conditions):
            alike = self._client_alike_ids(text)
            if alike:  # what is spelled like that may still be archived, and be looked for
                conditions.append(SQL("hit.id IN %s", alike))
        if is_family:
            return Domain("is_client", "=", True) & Domain("id", "in", self._client_family_sql(conditions))
        hits = SQL(" UNION ALL ").join(SQL("SELECT hit.id FROM res_partner hit WHERE %s", each) for each in conditions)
        return Domain("id", "in", SQL("(%s)", hits))

    def _client_text_conditions(self, text):
        """SQL conditions on ``hit``, a partner: all words of the text, or its digits in a phone number, or a hook's.

        Each is a query of its own later, so that each has its index.
        """
        words = self._client_words_sql(text)
        compact = re.sub(r"\W", "", text)
        if compact != text and sum(letter.isdigit() for letter in compact) >= 4:  # a tax ID in another spelling
            words = SQL("(%s OR %s)", words, self._client_like_sql(compact))
        conditions = [SQL("%s AND %s", SQL(FINDABLE), words)]
        digits = PHONE.fullmatch(text) and search_digits(text)
        if digits:
            number = self.env.registry.unaccent(SQL("digits"))  # as in the index on it
            phones = SQL("SELECT partner_id FROM nestogy_phone_number WHERE %s LIKE %s", number, f"%{digits}%")
            conditions.append(SQL("hit.id IN (%s)", phones))
        for domain in self._client_search_domains(text):
            # whom one may see is decided where the clients are read
            query = self.with_context(active_test=False)._search(domain, bypass_access=True)
            conditions.append(SQL("hit.id IN %s", query.subselect()))
        return conditions

    def _client_is_hit(self, conditions):
        """Say whether a condition holds for a client or contact who is not archived."""
        hits = SQL(" UNION ALL ").join(
            SQL(
                """
                (SELECT 1 FROM res_partner hit
                  WHERE %s AND hit.active AND (hit.company_id IS NULL OR hit.company_id IN %s)
                    AND EXISTS (SELECT FROM res_partner WHERE id = hit.commercial_partner_id AND is_client)
                  LIMIT 1)
                """,
                condition,
                tuple(self.env.companies.ids),
            )
            for condition in conditions
        )
        [(found,)] = self.env.execute_query(SQL("SELECT EXISTS (%s)", hits))
        return found

    def _client_family_sql(self, conditions):
        """SQL that climbs from hits to their clients, past branches; former contacts lead nowhere."""
        hits = SQL(" UNION ").join(
            SQL(
                """
                SELECT COALESCE(hit.parent_id, hit.id) FROM res_partner hit
                 WHERE %s AND (hit.active OR hit.parent_id IS NULL)
                """,
                condition,
            )
            for condition in conditions
        )
        return SQL(
            """
            (WITH RECURSIVE hits(id) AS (SELECT * FROM (%s) found), family(id) AS (
                SELECT id FROM hits
                 UNION
                SELECT up.parent_id FROM family JOIN res_partner up ON up.id = family.id
                 WHERE up.parent_id IS NOT NULL
            ) SELECT id FROM family)
            """,
            hits,
        )

    def _client_like_sql(self, word):
        """SQL of a word that is somewhere in the text; of one or two letters, words begin with it."""
        pattern = escape_psql(word)
        pattern = f"%{pattern}%" if len(word) > 2 else f"% {pattern}%"
        return SQL("%s LIKE %s", SQL(_haystack(self.env.registry)), self._client_folded_sql(pattern))

    def _client_words_sql(self, text):
        return SQL(" AND ").join(self._client_like_sql(word) for word in text.split())

    def _client_folded_sql(self, text):
        """SQL of a text without accents, if the index is without them."""
        is_folded = self.env.registry.has_unaccent == FunctionStatus.INDEXABLE
        return SQL("unaccent(%s)", text) if is_folded else SQL("%s", text)

    def _client_alike_ids(self, text):
        """Partners whose words are spelled alike, those that come closest.

        Words with digits and very short ones must be there as they are: no Client ID stands for another one.

        :return: tuple of ids, empty without PostgreSQL's extension pg_trgm
        """
        words = text.split()
        loose = [word for word in words if len(word) > 2 and not re.search(r"\d", word) and re.search(r"\w{3}", word)]
        if not loose or not self.env.registry.has_trigram:
            return ()
        haystack = SQL(_haystack(self.env.registry))
        folded = [self._client_folded_sql(word) for word in loose]
        conditions = [SQL("%s <%% %s", word, haystack) for word in folded]
        conditions += [self._client_like_sql(word) for word in words if word not in loose]
        likeness = SQL(" + ").join(SQL("WORD_SIMILARITY(%s, text)", word) for word in folded)
        query = SQL(
            """
            SELECT id, (%s) / %s AS likeness
              FROM (SELECT id, %s AS text FROM res_partner WHERE %s AND active AND %s LIMIT %s) hit
             ORDER BY likeness DESC, id
            """,
            likeness,
            len(loose),
            haystack,
            SQL(FINDABLE),
            SQL(" AND ").join(conditions),
            LIKE_ROWS,
        )
        for least in LIKENESS:
            # the operator that the index knows takes its threshold from there, for this transaction
            self.env.cr.execute("SELECT SET_CONFIG('pg_trgm.word_similarity_threshold', %s, TRUE)", [str(least)])
            rows = self.env.execute_query(query)
            if rows:
                return tuple(row_id for row_id, likeness in rows if likeness >= rows[0][1] - LIKENESS_SPREAD)
        return ()
