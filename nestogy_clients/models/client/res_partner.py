from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """What makes a partner a client: a status, on the top-level partner."""

    _inherit = "res.partner"

    client_status_id = fields.Many2one(
        "nestogy.client.status",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        default=lambda self: self._default_client_status(),
        group_expand="_group_expand_client_status",
        groups="base.group_user",
    )
    client_status_color = fields.Integer(related="client_status_id.color", groups="base.group_user")
    is_client = fields.Boolean(
        string="Client",
        compute="_compute_is_client",
        store=True,
        groups="base.group_user",
    )
    client_number = fields.Char(
        string="Client ID", copy=False, index="trigram", groups="base.group_user", help="Given by the sequence."
    )
    client_group_id = fields.Many2one(
        "nestogy.client.group",
        company_dependent=True,
        domain="[('company_id', '=', allowed_company_ids[0])]",
        groups="base.group_user",
        help="Clients of a group share settings. Empty means the company's default group.",
    )

    _client_number_unique = models.UniqueIndex(
        "(client_number, COALESCE(company_id, 0)) WHERE client_number IS NOT NULL",
        "Another client of the company has this Client ID.",
    )
    # the list in its order, its count and its groups by status, without a look at the rows themselves
    _is_client_idx = models.Index(
        "(name, id) INCLUDE (client_status_id, active, company_id, partner_share) WHERE is_client IS TRUE"
    )

    @api.model
    def _default_client_status(self):
        """Partners that are made in the Clients app are clients; elsewhere nobody becomes one unasked."""
        if self.env.context.get("nestogy_new_client"):
            return self.env["nestogy.client.status"]._get_default()
        return False

    @api.depends("client_status_id", "parent_id")
    def _compute_is_client(self):
        for partner in self:
            partner.is_client = bool(partner.client_status_id and not partner.parent_id)

    @api.model
    def _group_expand_client_status(self, statuses, domain):
        """Show every active status as a column in its place, those without clients too."""
        return (statuses | statuses.search([])).sorted()

    @api.constrains("client_number")
    def _check_client_number(self):
        for partner in self:
            number = partner.client_number
            if number and (len(number) > 32 or number != number.strip() or not number.isprintable()):
                raise ValidationError(
                    self.env._("A Client ID has at most 32 printable characters and no blanks around it: “%s”", number)
                )

    @api.constrains("parent_id", "client_status_id")
    def _check_client_is_top_level(self):
        for partner in self:
            if partner.client_status_id and partner.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s belongs to %(parent)s and cannot be a client of its own; take it out of there first.",
                        name=partner.name,
                        parent=partner.parent_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("parent_id") and self.env.context.get("nestogy_new_client"):
                # the defaults of a new client are not those of the contacts that are saved with it
                vals.setdefault("client_status_id", False)
                vals.setdefault("is_company", False)
        partners = super().create(vals_list)
        partners._assign_client_numbers()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if vals.get("client_status_id"):
            self._assign_client_numbers()
        return result

    def _assign_client_numbers(self):
        """Give a Client ID to each client that has none."""
        # whoever may make a client may take the next number
        for partner_sudo in self.sudo():
            if partner_sudo.is_client and not partner_sudo.client_number:
                sequence_sudo = partner_sudo.env["ir.sequence"].with_company(
                    partner_sudo.company_id or self.env.company
                )
                partner_sudo.client_number = sequence_sudo.next_by_code("nestogy.client")

    @api.model
    def _next_client_numbers(self, count):
        """The next Client IDs of the company, for many clients that are made together."""
        # as in _assign_client_numbers
        sequences_sudo = self.env["ir.sequence"].sudo()
        sequence_sudo = sequences_sudo.search(
            [("code", "=", "nestogy.client"), ("company_id", "in", [self.env.company.id, False])],
            order="company_id",
            limit=1,
        )
        if sequence_sudo.implementation != "standard" or sequence_sudo.use_date_range:
            return [sequences_sudo.next_by_code("nestogy.client") for _number in range(count)]
        rows = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"ir_sequence_{sequence_sudo.id:03d}", count)
        )
        # as get_next_char, which asks for the day each time
        prefix, suffix = sequence_sudo._get_prefix_suffix()
        return [f"{prefix}{number:0{sequence_sudo.padding}d}{suffix}" for (number,) in rows]

    @api.model
    def _search_display_name(self, operator, value):
        """Find clients by their Client ID wherever staff picks a partner."""
        domain = super()._search_display_name(operator, value)
        if value and operator in ("=", "ilike", "like", "=ilike", "=like", "in") and self.env.user._is_internal():
            domain = Domain(domain) | Domain("client_number", operator, value)
        return domain

    def _get_client(self):
        """The clients to whom these partners belong: the partners at the top of their families that have a status.

        A branch that is a company of its own below a client belongs to that client.

        :return: partners, without those that are no clients
        """
        clients = self.browse()
        # a portal user may know whom he belongs to
        for partner_sudo in self.sudo():
            while partner_sudo.parent_id:
                partner_sudo = partner_sudo.parent_id
            if partner_sudo.is_client:
                clients |= self.browse(partner_sudo.id)
        return clients

    def _client_may_log_in(self):
        """Say whether people of this partner may enter the portal; only a client's status can forbid it."""
        self.ensure_one()
        status_sudo = self._get_client().sudo().client_status_id  # asked before anybody is logged in
        return not status_sudo or status_sudo.may_log_in

    def _check_client_may_order(self):
        """Refuse new orders and invoices for clients whose status forbids them.

        :raise UserError: names the clients and their status
        """
        # whoever makes documents, a portal user or a cron among them, is held to it
        refused = self._get_client().sudo().filtered(lambda client: not client.client_status_id.may_order)
        if refused:
            raise UserError(
                self.env._(
                    "%(clients)s: no new orders or invoices in the status %(status)s. Change the status first.",
                    clients=", ".join(refused.mapped("name")),
                    status=", ".join(refused.client_status_id.mapped("name")),
                )
            )

    def action_open_client(self):
        """Open the profile of the client to whom this partner belongs."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        action["views"] = [(self.env.ref("nestogy_clients.res_partner_view_form_client").id, "form")]
        return action | {"res_id": self.commercial_partner_id.id, "view_mode": "form"}
