from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

MARKS = {"invoice_line_id", "is_invoiced"}


class NestogyBilledMixin(models.AbstractModel):
    """Work that stands once on an invoice: time, materials of jobs, charges of tickets.

    A draft counts; an invoice that is cancelled or deleted sets it free again.
    """

    _name = "nestogy.billed.mixin"
    _description = "Work That Is Billed Once"

    invoice_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    is_invoiced = fields.Boolean(
        string="Invoiced",
        compute="_compute_is_invoiced",
        store=True,
        groups="base.group_user",
        help="It stands on an invoice, drafts included; a cancelled or deleted invoice sets it free again.",
    )

    @api.depends("invoice_line_id.parent_state")
    def _compute_is_invoiced(self):
        for record in self:
            line_sudo = record.sudo().invoice_line_id  # whoever works need not read invoices
            record.is_invoiced = bool(line_sudo) and line_sudo.parent_state != "cancel"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_billed_marks(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_billed_marks(vals)
        if self._billed_fields() & vals.keys():
            self._check_not_invoiced()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        self._check_not_invoiced()

    @api.model
    def _billed_fields(self):
        """What cannot change once it is invoiced.

        :return: set of field names
        """
        return set()

    def _billed_title(self):
        """How a refusal calls it."""
        self.ensure_one()
        return self.display_name

    @api.model
    def _check_billed_marks(self, *vals_list):
        """What is invoiced is said by the invoicing alone."""
        if not self.env.su and any(MARKS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._(
                    "What is invoiced is marked by the invoicing alone: with Put on Invoice on a ticket, or Invoice on"
                    " a job."
                )
            )

    def _check_not_invoiced(self):
        # whoever works need not read invoices, and is told which one it is
        invoiced_sudo = self.sudo().filtered("is_invoiced")[:1]
        if invoiced_sudo:
            raise UserError(
                self.env._(
                    "%(what)s stands on the invoice %(invoice)s; take it off there, or cancel that, first.",
                    what=invoiced_sudo._billed_title(),
                    invoice=invoiced_sudo.invoice_line_id.move_id.display_name,
                )
            )

    def _lock_to_bill(self):
        """Two who invoice at the same moment do not invoice the same work: the second one is told."""
        if self.try_lock_for_update() != self:
            raise UserError(self.env._("A colleague is invoicing this at this moment; look again in a minute."))

    def _prepare_billed_line(self, subject, client, company, service, agreed):
        """An ``account.move.line`` for these records, with its price in the company's currency: here for one of them
        that says product, quantity and price itself.

        :param subject: the ticket or job to which they belong
        :param service: the product as which time of the client is invoiced
        :param dict agreed: its price in a contract, see ``_agreed_lines`` of the client
        """
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "name": self.name,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
        }
