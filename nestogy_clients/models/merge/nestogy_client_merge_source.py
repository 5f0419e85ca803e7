from odoo import api, fields, models


class NestogyClientMergeSource(models.Model):
    """A record that was merged into another one: its name, and by which number and address it still is found."""

    _name = "nestogy.client.merge.source"
    _description = "Merged Record"
    _order = "merge_id desc, id"

    merge_id = fields.Many2one("nestogy.client.merge", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(related="merge_id.state", store=True)
    partner_id = fields.Many2one(
        "res.partner", string="Earlier Record", readonly=True, ondelete="set null", index="btree_not_null"
    )
    # moves on when the kept one is merged into a third
    kept_id = fields.Many2one("res.partner", readonly=True, ondelete="set null", index="btree_not_null")
    partner_number = fields.Integer(string="Database ID", readonly=True)
    name = fields.Char(readonly=True)
    client_number = fields.Char(string="Client ID", readonly=True, index="btree_not_null")
    email = fields.Char(string="E-mail", readonly=True)
    email_normalized = fields.Char(readonly=True, index="btree_not_null")

    @api.model
    def _kept_by_address(self, addresses):
        """Whom addresses belong to now that were those of merged records; called in sudo.

        :param addresses: normalized
        :return: dict of address to ``res.partner``
        """
        addresses = [address for address in addresses if address]
        if not addresses:
            return {}
        rows = self.search_fetch(
            [("email_normalized", "in", addresses), ("state", "=", "done"), ("kept_id.active", "=", True)],
            ["email_normalized", "kept_id"],
            order="id",
        )
        return {row.email_normalized: row.kept_id for row in rows}
