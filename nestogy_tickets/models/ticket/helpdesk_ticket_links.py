from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HelpdeskTicket(models.Model):
    """What a ticket is about: a contract, an invoice or one of its lines, an estimate, a project of its client."""

    _inherit = "helpdesk.ticket"

    contract_id = fields.Many2one(
        "contract.contract",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('commercial_partner_id', '=', commercial_partner_id), ('commercial_partner_id', '!=', False)]",
        groups="base.group_user",
    )
    invoice_id = fields.Many2one(
        "account.move",
        compute="_compute_invoice_id",
        store=True,
        readonly=False,
        copy=True,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('commercial_partner_id', '=', commercial_partner_id), ('commercial_partner_id', '!=', False),"
        " ('move_type', 'in', ('out_invoice', 'out_refund', 'out_receipt'))]",
        groups="base.group_user",
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('move_id', '=', invoice_id), ('display_type', '=', 'product')]",
        groups="base.group_user",
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Estimate",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('partner_id.commercial_partner_id', '=', commercial_partner_id),"
        " ('partner_id.commercial_partner_id', '!=', False)]",
        groups="base.group_user",
    )
    project_id = fields.Many2one(
        index="btree_not_null",
        domain="['|', ('partner_id', '=', False), ('partner_id.commercial_partner_id', '=', commercial_partner_id)]",
    )
    linked_text = fields.Char(
        string="About",
        compute="_compute_linked_text",
        compute_sudo=True,
        groups="base.group_user",
        help="Numbers of the documents that the ticket is about, also for those who may not open them.",
    )

    @api.depends("invoice_line_id")
    def _compute_invoice_id(self):
        for ticket in self:
            ticket.invoice_id = ticket.invoice_line_id.move_id or ticket.invoice_id

    @api.depends("contract_id", "invoice_id", "invoice_line_id", "order_id")
    def _compute_linked_text(self):
        for ticket in self:
            names = [
                ticket.invoice_id.name and self.env._("Invoice %s", ticket.invoice_id.name),
                ticket.invoice_line_id.name and ticket.invoice_line_id.name.splitlines()[0],
                ticket.order_id.name and self.env._("Estimate %s", ticket.order_id.name),
                ticket.contract_id.name and self.env._("Contract %s", ticket.contract_id.name),
            ]
            ticket.linked_text = ", ".join(filter(None, names)) or False

    @api.onchange("partner_id")
    def _onchange_partner_links(self):
        """Let go of what belongs to another client."""
        client = self.partner_id.commercial_partner_id
        for name, owner in self._link_owners().items():
            if self[name] and owner(self[name].sudo()) not in (client, False):  # whose it is, whatever one may open
                self[name] = False

    @api.onchange("invoice_id")
    def _onchange_invoice_id(self):
        if self.invoice_line_id.move_id != self.invoice_id:
            self.invoice_line_id = False

    @api.model
    def _link_owners(self):
        """The links to what belongs to a client.

        :return: dict of field name to a function of the linked record to its client, ``False`` when it is nobody's
        """
        return {
            "equipment_id": lambda asset: asset.client_id,
            "contract_id": lambda contract: contract.partner_id.commercial_partner_id,
            "invoice_line_id": lambda line: line.move_id.commercial_partner_id,
            "invoice_id": lambda move: move.commercial_partner_id,
            "order_id": lambda order: order.partner_id.commercial_partner_id,
            "project_id": lambda project: project.partner_id.commercial_partner_id or False,
        }

    @api.constrains(
        "equipment_id",
        "contract_id",
        "invoice_id",
        "invoice_line_id",
        "order_id",
        "project_id",
        "partner_id",
        "commercial_partner_id",
    )
    def _check_links(self):
        for ticket_sudo in self.sudo():  # whose documents they are, whatever the user may open
            client = ticket_sudo.commercial_partner_id
            for name, owner in self._link_owners().items():
                linked = ticket_sudo[name]
                if linked and owner(linked) not in (client, False):
                    raise ValidationError(
                        self.env._(
                            "%(what)s “%(document)s” is not of %(client)s; choose one of this client, or none.",
                            what=self._fields[name]._description_string(self.env),
                            document=linked.display_name,
                            client=client.display_name or self.env._("this contact"),
                        )
                    )
            line = ticket_sudo.invoice_line_id
            if line and line.move_id != ticket_sudo.invoice_id:
                raise ValidationError(
                    self.env._(
                        "The line “%(line)s” is not on invoice %(invoice)s; choose a line of this invoice.",
                        line=line.display_name,
                        invoice=ticket_sudo.invoice_id.display_name or self.env._("(none)"),
                    )
                )
