from datetime import UTC, datetime

from odoo import api, fields, models
from odoo.tools import SQL

LATEST = 253402300799  # seconds at the end of the year 9999

KEPT_DAYS = 180


class NestogyPaymentEvent(models.Model):
    """What a provider told us, each thing once: it may tell it twice, late, and in any order."""

    _name = "nestogy.payment.event"
    _description = "Event of a Payment Provider"
    _order = "id desc"
    _rec_name = "event_reference"

    provider_id = fields.Many2one("payment.provider", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", related="provider_id.company_id", store=True, index=True)
    transaction_id = fields.Many2one(
        "payment.transaction", string="Payment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    event_reference = fields.Char(string="Event", required=True, readonly=True)
    object_reference = fields.Char(string="About", readonly=True)
    kind = fields.Char(required=True, readonly=True)
    happened_at = fields.Datetime(readonly=True)
    outcome = fields.Selection(
        [("taken", "Listened to"), ("older", "Older than what was known")], required=True, readonly=True
    )

    _once = models.UniqueIndex("(provider_id, event_reference)", "This event is known already.")
    _object_idx = models.Index("(object_reference, happened_at)")

    @api.model
    def _take(self, provider, event, transaction):
        """Write an event down.

        :return: the event, empty when it was told before
        """
        described = event["data"]["object"]
        created = event.get("created")
        is_time = isinstance(created, int) and not isinstance(created, bool) and 0 < created < LATEST
        values = {
            "provider_id": provider.id,
            "company_id": provider.company_id.id,
            "transaction_id": transaction.id or None,
            "event_reference": event["id"],
            "object_reference": described.get("id") if isinstance(described.get("id"), str) else None,
            "kind": event["type"],
            "happened_at": datetime.fromtimestamp(created, UTC).replace(tzinfo=None) if is_time else None,
            "outcome": "taken",
            "create_date": fields.Datetime.now(),
        }
        # SQL: an event that is told twice at the same moment has to wait for the first, and is no error
        self.env.cr.execute(
            SQL(
                "INSERT INTO nestogy_payment_event (%s) VALUES %s ON CONFLICT DO NOTHING RETURNING id",
                SQL(", ").join(map(SQL.identifier, values)),
                tuple(values.values()),
            )
        )
        return self.browse(number for (number,) in self.env.cr.fetchall())

    @api.autovacuum
    def _gc_events(self):
        """Forget what no provider tells again."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("create_date", "<", before)], limit=10000).unlink()

    def _is_overtaken(self):
        """Say whether something that happened later is known, so that this changes nothing any more."""
        self.ensure_one()
        if not self.happened_at or self.kind == "payment_intent.succeeded":  # which is final
            return False
        if self.kind.startswith("payment_intent."):
            known = self.transaction_id.provider_event_at
            # of two things in one second, "processing" is the earlier
            is_older = known and (
                self.happened_at < known or (self.happened_at == known and self.kind == "payment_intent.processing")
            )
        else:
            is_older = self.kind.startswith("charge.dispute.") and self.search_count(
                [
                    ("provider_id", "=", self.provider_id.id),
                    ("object_reference", "=", self.object_reference),
                    ("happened_at", ">", self.happened_at),
                ],
                limit=1,
            )
        if is_older:
            self.outcome = "older"
        return bool(is_older)
