from odoo import models
from odoo.fields import Domain


class NestogyClientDuplicate(models.Model):
    """The decisions about records that are merged."""

    _inherit = "nestogy.client.duplicate"

    def _client_merge_prepare(self, merge, kept, sources):
        """Hand the decisions about the others on to the one that is kept; the pairs of the merged ones are closed."""
        both = kept | sources
        pairs = self.search(Domain("left_id", "in", both.ids) | Domain("right_id", "in", both.ids))
        if not pairs:
            return
        merge._remember(self._table, pairs.ids)
        standing = {}
        # the kept one's own pairs first, then decisions
        for pair in pairs.sorted(lambda one: (kept not in one.left_id | one.right_id, one.state != "ignored", one.id)):
            other = (pair.left_id | pair.right_id) - both
            if not other:
                pair.state = "merged"
            elif other not in standing:
                standing[other] = pair
                left, right = sorted((other.id, kept.id))
                pair.write({"left_id": left, "right_id": right})
            else:
                if pair.state == "ignored" and standing[other].state == "open":
                    standing[other].write(
                        {"state": "ignored", "decided_by_id": pair.decided_by_id.id, "decided_at": pair.decided_at}
                    )
                pair.state = "merged"
        self.flush_model()
