from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date
from odoo.tools.misc import format_duration

BILLING_GROUP = "nestogy_clients.nestogy_clients_group_billing"
MOVES = "out_invoice"


class HelpdeskTicket(models.Model):
    """Billable time and fixed charges of tickets on an invoice of the client, each once."""

    _inherit = "helpdesk.ticket"

    ticket_charge_ids = fields.One2many(
        "nestogy.ticket.charge",
        "ticket_id",
        string="Fixed Charges",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    ticket_invoice_count = fields.Integer(compute="_compute_ticket_invoice_count", groups=BILLING_GROUP)

    def _compute_ticket_invoice_count(self):
        moves = self._ticket_invoices()
        for ticket in self:
            ticket.ticket_invoice_count = len(moves.get(ticket.id, ()))

    def _ticket_invoices(self):
        """The invoices on which each ticket stands.

        :return: dict of ticket id to set of invoice ids
        """
        found = {}
        for model, link in (
            ("account.analytic.line", "ticket_invoice_line_id"),
            ("nestogy.ticket.charge", "invoice_line_id"),
        ):
            rows_sudo = self.env[model].sudo()  # billing need not read whose time it was
            domain = fields.Domain("ticket_id", "in", self.ids) & fields.Domain(link, "!=", False)
            for ticket, line in rows_sudo._read_group(domain, ["ticket_id", link]):
                found.setdefault(ticket.id, set()).add(line.move_id.id)
        return found

    def action_ticket_invoices(self):
        """Open the invoices on which this ticket stands."""
        self.ensure_one()
        self.check_access("read")
        ids = sorted(self._ticket_invoices().get(self.id, ()))
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        if len(ids) == 1:
            return action | {"views": [(False, "form")], "res_id": ids[0]}
        return action | {"domain": [("id", "in", ids)]}

    def action_invoice_tickets(self):
        """Open the question on which invoice the time and charges go."""
        self._check_may_invoice()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invoice Tickets"),
            "res_model": "nestogy.ticket.invoice",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_ids": self.ids},
        }

    def _check_may_invoice(self):
        if not self.env.user.has_group(BILLING_GROUP):
            raise AccessError(self.env._("Tickets are invoiced by the role Client Billing; ask for it."))
        self.check_access("read")
        self.env["account.move"].check_access("create")

    def _open_time(self):
        """Billable time of these tickets that stands on no invoice, in sudo."""
        lines_sudo = self.env["account.analytic.line"].sudo()  # billing need not read whose time it is
        return lines_sudo.search(
            lines_sudo._ticket_billable_domain() & fields.Domain("ticket_id", "in", self.ids), order="date, id"
        )

    def _open_charges(self):
        """Charges of these tickets that stand on no invoice, in sudo."""
        charges_sudo = self.env["nestogy.ticket.charge"].sudo()  # marked by whoever invoices
        return charges_sudo.search(charges_sudo._open_domain() & fields.Domain("ticket_id", "in", self.ids))

    def _invoice(self, move=None):
        """Put what is open on a draft invoice, or on a new one for each client and company.

        :param account.move move: a draft of the tickets' client; empty: new ones
        :return: the invoices
        :raise UserError: nothing is open, the client may not be invoiced, somebody else is at it
        """
        self._check_may_invoice()
        time_sudo, charges_sudo = self._open_time(), self._open_charges()
        if not time_sudo and not charges_sudo:
            raise UserError(self.env._("Nothing to invoice: all billable time and charges stand on invoices already."))
        # two at once: the second one finds the rows locked, or done
        if time_sudo.try_lock_for_update() != time_sudo or charges_sudo.try_lock_for_update() != charges_sudo:
            raise UserError(
                self.env._("A colleague is invoicing these tickets at this moment; look again in a minute.")
            )
        moves = self.env["account.move"]
        billed = (time_sudo.ticket_id | charges_sudo.ticket_id).sudo(False)
        for (client, company), tickets in billed.grouped(
            lambda ticket: (ticket.commercial_partner_id, ticket.company_id)
        ).items():
            moves |= tickets._invoice_for(client, company, move, time_sudo, charges_sudo)
        return moves

    def _invoice_for(self, client, company, move, time_sudo, charges_sudo):
        """Invoice tickets of one client and company."""
        if not client:
            raise UserError(self.env._("%s has no client; give it a contact first.", ", ".join(self.mapped("number"))))
        client._check_client_may_order()
        if move:
            self._check_invoice_fits(move, client, company)
        else:
            move = (
                self.env["account.move"]
                .with_company(company)
                .create({"move_type": MOVES, "partner_id": client.id, "company_id": company.id})
            )
        # the lines are made one beside the other, and each is tied to what it bills
        rows = []
        for ticket in self:
            own_time_sudo = time_sudo.filtered(lambda line, ticket=ticket: line.ticket_id.id == ticket.id)
            if own_time_sudo:
                rows.append((ticket._prepare_time_line(move, own_time_sudo), own_time_sudo, "ticket_invoice_line_id"))
            for charge_sudo in charges_sudo.filtered(lambda each, ticket=ticket: each.ticket_id.id == ticket.id):
                rows.append((ticket._prepare_charge_line(move, charge_sudo), charge_sudo, "invoice_line_id"))
        lines = self.env["account.move.line"].create([values for values, _billed, _link in rows])
        for line, (_values, billed_sudo, link) in zip(lines, rows, strict=True):
            billed_sudo[link] = line.id
        for ticket in self:
            ticket.sudo()._message_log(  # a note, whoever invoices
                body=self.env._("Put on the invoice %s.", move._get_html_link()),
                author_id=self.env.user.partner_id.id,
            )
        return move

    def _check_invoice_fits(self, move, client, company):
        move.check_access("write")
        if move.state != "draft" or move.move_type != MOVES:
            raise UserError(self.env._("%s is no draft invoice; choose another one.", move.display_name))
        if move.commercial_partner_id != client or move.company_id != company:
            raise UserError(
                self.env._(
                    "%(invoice)s is not for %(client)s; choose one of this client, or a new one.",
                    invoice=move.display_name,
                    client=client.display_name,
                )
            )

    def _prepare_time_line(self, move, time_sudo):
        """An ``account.move.line`` for the time of one ticket, with the descriptions that are for the client."""
        self.ensure_one()
        product = move.company_id.ticket_time_product_id
        if not product:
            raise UserError(
                self.env._(
                    "Which product an hour on a ticket is, is not set for %s; set it under Clients, Configuration, "
                    "Settings.",
                    move.company_id.name,
                )
            )
        hour = self.env.ref("uom.product_uom_hour")
        lang = move.partner_id.lang or self.env.lang
        words = [f"{self.number}: {self.name}"]
        words += [
            f"{format_date(self.env, line.date, lang_code=lang)}, {format_duration(line.unit_amount)}: {line.name}"
            for line in time_sudo
            if line.is_for_client
        ]
        return {
            "move_id": move.id,
            "product_id": product.id,
            "product_uom_id": hour.id,
            "quantity": sum(time_sudo.mapped("unit_amount")),
            "price_unit": self._hour_price(move, product, hour),
            "name": "\n".join(words),
        }

    def _prepare_charge_line(self, move, charge_sudo):
        self.ensure_one()
        own = charge_sudo.currency_id
        price = own._convert(charge_sudo.price_unit, move.currency_id, move.company_id, self._invoice_date(move))
        return {
            "move_id": move.id,
            "product_id": charge_sudo.product_id.id,
            "quantity": charge_sudo.quantity,
            "price_unit": price,
            "name": f"{self.number}: {charge_sudo.name}",
        }

    @api.model
    def _invoice_date(self, move):
        return move.invoice_date or fields.Date.context_today(self)

    def _hour_price(self, move, product, hour):
        """What an hour costs: the price in a running contract of the client, else that of its pricelist."""
        client = move.commercial_partner_id
        # what was agreed holds for whoever invoices
        agreed_sudo = (
            self.env["contract.line"]
            .sudo()
            .search(
                [
                    ("contract_id.commercial_partner_id", "=", client.id),
                    ("contract_id.company_id", "=", move.company_id.id),
                    ("contract_id.service_state", "in", ("active", "to_renew")),
                    ("product_id", "=", product.id),
                ],
                order="id desc",
                limit=1,
            )
        )
        if agreed_sudo:
            contract_sudo = agreed_sudo.contract_id
            price = (
                agreed_sudo.uom_id._compute_price(agreed_sudo.price_unit, hour)
                if agreed_sudo.uom_id
                else (agreed_sudo.price_unit)
            )
            return contract_sudo.currency_id._convert(
                price, move.currency_id, move.company_id, self._invoice_date(move)
            )
        pricelist = client.with_company(move.company_id).property_product_pricelist
        return pricelist._get_product_price(
            product, 1.0, currency=move.currency_id, uom=hour, date=fields.Datetime.now()
        )
