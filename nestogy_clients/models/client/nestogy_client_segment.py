import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import mute_logger

from ...tools.domains import literal_domain

_logger = logging.getLogger(__name__)


class NestogyClientSegment(models.Model):
    """A filter of clients that has a name; whoever uses it gets the clients that it matches at that time.

    The filter is data and is never run; ``uid`` may stand for the user who looks, and dates may be written as Odoo
    writes them (``today -30d``).
    """

    _name = "nestogy.client.segment"
    _description = "Client Segment"
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    description = fields.Text()
    domain = fields.Char(string="Filter", required=True, default="[]")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    is_shared = fields.Boolean(string="Shared", default=True, help="Colleagues see and use the segment too.")
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", ondelete="cascade", help="Empty: the segment is for all companies."
    )
    client_count = fields.Integer(string="Clients", compute="_compute_client_count")
    problem = fields.Char(compute="_compute_client_count")

    @api.depends("domain")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_client_count(self):
        """Count the clients now, one query a segment, with the rights of who looks; say why it cannot be counted."""
        clients = self.env["res.partner"]
        for segment in self:
            segment.client_count, segment.problem = 0, False
            try:
                segment.client_count = clients.search_count(segment._clients_domain())
            except UserError as error:
                segment.problem = str(error)

    @api.constrains("domain")
    def _check_domain(self):
        for segment in self:
            try:
                # some values are refused by the database alone
                with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                    self.env["res.partner"].search(segment._clients_domain(), limit=1)
            except UserError as error:
                raise ValidationError(str(error)) from error
            except (psycopg2.Error, ValueError) as error:
                raise ValidationError(
                    self.env._("The filter holds a value that does not fit its field: %s", segment.domain)
                ) from error

    def copy_data(self, default=None):
        return [
            vals | {"name": self.env._("%s (copy)", segment.name), "user_id": self.env.uid} | (default or {})
            for segment, vals in zip(self, super().copy_data(default), strict=True)
        ]

    @api.model
    @api.readonly
    def get_filter_action(self, name, domain, fixed_domain):
        """The form of a new segment with the filter that a person sees in the list.

        :param str domain: the filter as it was put together, with words like ``uid``
        :param list fixed_domain: the same with values in place of words, for filters with other words
        """
        try:
            literal_domain(domain, self._domain_names())
        except ValueError:
            domain = repr(fixed_domain)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Save as Segment"),
            "res_model": self._name,
            "views": [(self.env.ref("nestogy_clients.nestogy_client_segment_view_form_save").id, "form")],
            "target": "new",
            "context": {"default_name": name, "default_domain": domain},
        }

    def action_saved(self):
        """Say that a filter was kept, and where."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s is kept under Clients > Segments.", self.name),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open_clients(self):
        """Open the clients of the segment."""
        self.ensure_one()
        self._clients_domain()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        return action | {
            "display_name": self.name,
            "domain": [("is_client", "=", True), ("client_segment_ids", "in", self.ids)],
            "context": {"default_is_company": True, "nestogy_new_client": True},
        }

    def _clients(self):
        """The clients that are in the segment now and that the user may see."""
        return self.env["res.partner"].search(self._clients_domain())

    def _clients_domain(self):
        """Find the clients of the segment, with the rights of who asks.

        :return: Domain on ``res.partner``
        :raise UserError: the filter cannot be read, or asks for a field that is gone
        """
        self.ensure_one()
        return self.env["res.partner"]._client_domain(self.domain, self._domain_names())

    @api.model
    def _domain_names(self):
        """Words in a filter that stand for a value."""
        return {"uid": self.env.uid}

    def _matching_domain(self):
        """Find the clients of any of these segments; one that cannot be read has none."""
        domains = []
        for segment in self:
            try:
                domains.append(segment._clients_domain())
            except UserError as error:
                _logger.info("segment %s has no clients: %s", segment.id, error)
        return Domain.OR(domains)
