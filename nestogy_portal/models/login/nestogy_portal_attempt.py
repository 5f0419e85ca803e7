import logging
import time

import psycopg2

from odoo import api, fields, models

from ...tools.link_tokens import rate_key

_logger = logging.getLogger(__name__)

COUNT_TRIES = 20
# mails that are asked for without a login: of one address and one IP address in ten minutes, of everybody in an hour
ASKS_OF_ADDRESS, ASKS_OF_IP, ASK_SECONDS = 3, 10, 600
ASKS_OF_ALL, ALL_SECONDS = 300, 3600


class NestogyPortalAttempt(models.Model):
    """How often something was tried in a span of time, counted over all workers and never rolled back."""

    _name = "nestogy.portal.attempt"
    _description = "Portal Attempt Counter"
    _log_access = False

    key = fields.Char(required=True, help="What is counted, for whom.")
    bucket = fields.Integer(required=True, help="Number of the span of time since 1970.")
    expires_at = fields.Datetime(required=True, index=True)
    count = fields.Integer(required=True, default=0)

    _key_bucket = models.UniqueIndex("(key, bucket)")

    @api.model
    def _exceeds(self, subject, address, limit, seconds):
        """Count one attempt and say whether it is one too many.

        :param str subject: what is tried
        :param str address: who tries: an IP address, or anything else that names him
        :param int limit: attempts allowed within the span
        :param int seconds: length of the span
        """
        who = rate_key(address)
        key = f"{subject}:{address if who == 'unknown' else who}"
        now = time.time()
        bucket = int(now // seconds)
        for _attempt in range(COUNT_TRIES):
            try:
                return self._count(key, bucket, (bucket + 1) * seconds) > limit
            except psycopg2.errors.SerializationFailure:
                continue  # another request counted at the same moment
        return True  # so many at once are no person

    @api.model
    def _exceeds_asks(self, address, ip):
        """Count that somebody unknown asked for a mail to an address, and say whether it is one too many."""
        if self._exceeds("ask all", "everybody", ASKS_OF_ALL, ALL_SECONDS):
            _logger.error("More than %s mails were asked for by strangers within an hour", ASKS_OF_ALL)
            return True
        if self._exceeds("ask", ip, ASKS_OF_IP, ASK_SECONDS):
            return True
        return self._exceeds("ask address", f"address {address.lower()[:254]}", ASKS_OF_ADDRESS, ASK_SECONDS)

    def _count(self, key, bucket, expires_at):
        """Add one to a counter and give its value; SQL because the ORM has no upsert."""
        # an own cursor: the attempt counts whatever becomes of the request
        with self.env.registry.cursor() as cr:
            cr.execute(
                """
                INSERT INTO nestogy_portal_attempt (key, bucket, expires_at, count)
                VALUES (%s, %s, to_timestamp(%s) AT TIME ZONE 'UTC', 1)
                ON CONFLICT (key, bucket) DO UPDATE SET count = nestogy_portal_attempt.count + 1
                RETURNING count
                """,
                [key, bucket, expires_at],
                log_exceptions=False,
            )
            return cr.fetchone()[0]

    @api.autovacuum
    def _gc_attempts(self):
        self.sudo().search([("expires_at", "<", fields.Datetime.now())]).unlink()  # nobody has rights on counters
