import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 10_000  # clients whose score is refreshed in one statement


class ResPartner(models.Model):
    """How complete and right the data of a client is, by the rules that the firm has set.

    The score is refreshed when the client changes, and every night for all clients, because time and other records
    change it too.
    """

    _inherit = "res.partner"

    quality_score = fields.Integer(
        string="Data Quality",
        compute="_compute_quality",
        store=True,
        copy=False,
        aggregator="avg",
        groups="base.group_user",
        help="How much of what is asked of a client is there, in percent by weight; 100 when nothing is missing.",
    )
    quality_gap_ids = fields.Many2many(
        "nestogy.quality.rule",
        "nestogy_quality_gap_rel",
        "client_id",
        "rule_id",
        string="Missing",
        compute="_compute_quality",
        store=True,
        copy=False,
        groups="base.group_user",
    )
    client_quality = fields.Json(compute="_compute_client_quality", groups="base.group_user")

    _quality_score_idx = models.Index("(quality_score, id) WHERE is_client")

    @api.depends(
        *("is_client", "is_company", "active", "client_status_id", "company_id", "industry_id", "vat"),
        *("email", "message_bounce", "phone", "phone_number_ids.is_valid", "phone_number_ids.kind"),
        *("street", "city", "zip", "state_id", "country_id"),
        *(f"client_address_ids.{name}" for name in ("type", "street", "city", "zip", "state_id", "country_id")),
        *("primary_contact_id.email", "primary_contact_id.message_bounce"),
        *("primary_contact_id.phone_number_ids.is_valid", "primary_contact_id.phone_number_ids.kind"),
    )
    def _compute_quality(self):
        for partner in self.filtered(lambda each: not each.id):  # on a form that is not saved yet
            partner.quality_score = partner._origin.quality_score
            partner.quality_gap_ids = partner._origin.quality_gap_ids
        saved = self.filtered("id")
        clients = saved.filtered("is_client")
        for partner in (saved - clients).filtered("client_number"):  # a client once; others keep their nothing
            partner.quality_score = 0
            partner.quality_gap_ids = False
        rows = clients._quality_rows(Domain("id", "in", clients.ids)) if clients else {}
        alike = {}  # written together: many clients have few sets of gaps
        for client in clients:
            client.quality_score, gaps = rows.get(client.id, (100, []))
            alike.setdefault(tuple(gaps), []).append(client.id)
        for gaps, ids in alike.items():
            clients.browse(ids).quality_gap_ids = [fields.Command.set(gaps)]

    @api.depends("quality_score", "quality_gap_ids")
    @api.depends_context("lang")
    def _compute_client_quality(self):
        """What the profile shows: the score, and for each gap its words and the place to fill it."""
        for client in self:
            client.client_quality = client.is_client and {
                "score": client.quality_score,
                "gaps": [
                    {"id": rule.id, "name": rule.missing, **rule._place()} for rule in client.quality_gap_ids.sorted()
                ],
            }

    def write(self, vals):
        if vals.get("email"):
            # a new address has not bounced yet
            bounced = self.filtered(lambda each: each.message_bounce and each.email != vals["email"])
            if bounced:
                super(ResPartner, bounced).write({"message_bounce": 0})
        result = super().write(vals)
        self._quality_again(vals)
        return result

    def _quality_again(self, names):
        """Judge these clients anew when rules ask for one of these fields."""
        if set(names) & self.env["nestogy.quality.rule"]._watched_fields():
            clients = self.filtered("is_client")
            self.env.add_to_compute(self._fields["quality_score"], clients)
            self.env.add_to_compute(self._fields["quality_gap_ids"], clients)

    @api.model
    def _client_activity_sql(self, client, since):
        """Conditions of which one holds for a client with whom something happened; addons add theirs.

        :param SQL client: the id of the client
        :param date since: the first day that counts
        :return: list of SQL
        """
        self.env["account.move"].flush_model(["commercial_partner_id", "state", "invoice_date", "move_type"])
        self.env["sale.order"].flush_model(["partner_id", "date_order"])
        self.env["mail.message"].flush_model(["model", "res_id", "date", "message_type"])
        return [
            SQL("(SELECT self.create_date >= %s FROM res_partner self WHERE self.id = %s)", since, client),
            SQL(
                """EXISTS (SELECT 1 FROM account_move move
                            WHERE move.commercial_partner_id = %s AND move.state = 'posted'
                              AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                              AND move.invoice_date >= %s)""",
                client,
                since,
            ),
            SQL(
                """EXISTS (SELECT 1 FROM sale_order estimate
                             JOIN res_partner contact ON contact.id = estimate.partner_id
                            WHERE contact.commercial_partner_id = %s AND estimate.date_order >= %s)""",
                client,
                since,
            ),
            SQL(
                """EXISTS (SELECT 1 FROM mail_message message
                            WHERE message.model = 'res.partner' AND message.res_id = %s AND message.date >= %s
                              AND message.message_type IN ('comment', 'email', 'email_outgoing'))""",
                client,
                since,
            ),
        ]

    @api.model
    def _quality_sql(self, scope):
        """The score of each client in the scope that a rule asks something of: one part for each rule, none a client.

        :param scope: Domain on clients
        :return: SQL of rows ``client_id``, ``score``, ``gaps`` (ids of rules); ``None`` without rules
        """
        # the same score whoever looks: all rules, all clients in scope
        partners_sudo = self.env["res.partner"].sudo()
        parts = []
        for rule_sudo in partners_sudo.env["nestogy.quality.rule"].search([]):
            try:
                passed = rule_sudo._passed_domain(scope)
            except UserError as error:
                _logger.warning("quality rule %s is left out: %s", rule_sudo.id, error)
                continue
            asked = rule_sudo._applies_domain() & scope
            parts.append(
                SQL(
                    "SELECT asked.id, %s AS rule_id, %s AS weight, asked.id IN %s AS met FROM %s AS asked",
                    rule_sudo.id,
                    rule_sudo.weight,
                    partners_sudo._search(asked & passed).subselect(),
                    partners_sudo._search(asked).subselect(),
                )
            )
        if not parts:
            return None
        return SQL(
            """
            SELECT id AS client_id,
                   floor(100.0 * COALESCE(sum(weight) FILTER (WHERE met), 0) / sum(weight))::int AS score,
                   array_remove(array_agg(CASE WHEN met THEN NULL ELSE rule_id END), NULL) AS gaps
              FROM (%s) answer
             GROUP BY id
            """,
            SQL(" UNION ALL ").join(parts),
        )

    @api.model
    def _quality_rows(self, scope):
        """:return: dict of client id to its score and the ids of the rules it does not meet"""
        query = self._quality_sql(scope)
        return {client: (score, gaps) for client, score, gaps in self.env.execute_query(query)} if query else {}

    @api.model
    def _refresh_quality(self, scope):
        """Write the scores and gaps that have changed, in one statement for all clients in the scope.

        SQL, because the ORM would load each client.
        """
        self.env.flush_all()
        rows = self._quality_sql(scope) or SQL(
            "SELECT NULL::int AS client_id, NULL::int AS score, NULL::int[] AS gaps WHERE FALSE"
        )
        clients = (
            self.env["res.partner"]
            .sudo()
            ._search(  # as above
                Domain("is_client", "=", True) & Domain("active", "in", [True, False]) & scope
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH scored AS MATERIALIZED (%(rows)s),
                fresh AS MATERIALIZED (
                    SELECT client.id, COALESCE(scored.score, 100) AS score, COALESCE(scored.gaps, '{}') AS gaps
                      FROM %(clients)s AS client LEFT JOIN scored ON scored.client_id = client.id
                ),
                gap AS MATERIALIZED (SELECT id AS client_id, unnest(gaps) AS rule_id FROM fresh),
                gone AS (
                    DELETE FROM nestogy_quality_gap_rel rel
                     USING fresh WHERE rel.client_id = fresh.id AND rel.rule_id <> ALL (fresh.gaps)
                ),
                come AS (
                    INSERT INTO nestogy_quality_gap_rel (client_id, rule_id)
                    SELECT client_id, rule_id FROM gap ON CONFLICT DO NOTHING
                )
                UPDATE res_partner SET quality_score = fresh.score
                  FROM fresh WHERE fresh.id = res_partner.id AND res_partner.quality_score IS DISTINCT FROM fresh.score
                """,
                rows=rows,
                clients=clients.subselect(),
            )
        )
        self.env["res.partner"].invalidate_model(["quality_score", "quality_gap_ids"])

    @api.model
    def _cron_refresh_quality(self):
        """Score all clients, in batches of neighbours; a run that is out of time goes on where it stopped."""
        cron = self.env["ir.cron"]
        parameters = self.env["ir.config_parameter"]
        cursor = int(parameters.get_param("nestogy_clients.quality_cursor") or 0)
        everybody = Domain("is_client", "=", True) & Domain("active", "in", [True, False])
        cron._commit_progress(remaining=self.search_count(everybody & Domain("id", ">", cursor)))
        while batch := self.search(everybody & Domain("id", ">", cursor), order="id", limit=BATCH).ids:
            self._refresh_quality(Domain("id", ">=", batch[0]) & Domain("id", "<=", batch[-1]))
            cursor = batch[-1]
            if not cron._commit_progress(len(batch)):
                break
        else:
            cursor = 0
        parameters.set_param("nestogy_clients.quality_cursor", cursor)
