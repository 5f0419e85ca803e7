from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

MOVE_TYPE = "out_invoice"


class AccountMove(models.Model):
    """Draft invoices on which the work of tickets and jobs is put."""

    _inherit = "account.move"

    is_work_billed_again = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="It is cancelled, and work that stood on it was put on another invoice since.",
    )

    @api.constrains("state")
    def _check_work_billed_again(self):
        """A cancelled invoice does not come back when its work stands on another one: it would be paid twice."""
        # whoever resets it
        for move in self.sudo():
            if move.state != "cancel" and move.is_work_billed_again:
                raise ValidationError(
                    self.env._(
                        "The work on %s was put on another invoice after this one was cancelled, so the client would"
                        " pay it twice. Leave this one cancelled; put what is still open on a new invoice.",
                        move.display_name,
                    )
                )

    @api.model
    def _bill_work(self, client, company, subjects, link, time_sudo, others_sudo, move=None):
        """Put work on a draft: a heading for each ticket or job, its lines below, each tied to what it bills.

        :param subjects: tickets or jobs of the client
        :param str link: the field in which their work holds them
        :param time_sudo: their open time, which becomes one line for each
        :param others_sudo: their open charges or materials, which become a line each
        :param account.move move: a draft of the client; empty: a new one
        :return: the draft
        :raise UserError: the client may not be invoiced, the draft is not its, or time has no price
        """
        client._check_client_may_order()
        if move:
            move._check_takes_work(client, company)
        currency = move.currency_id if move else client.with_company(company)._billing_currency(company)
        date = move and move.invoice_date or fields.Date.context_today(self)
        lang = client.lang or self.env.lang
        lines, sources = [], []
        time_sudo = time_sudo.filtered(lambda line: line[link] in subjects)
        service = time_sudo and client.with_company(company)._time_product()
        agreed = client._agreed_lines(service, company) if service else {}
        time, others = time_sudo.grouped(link), others_sudo.grouped(link)
        for subject in subjects:
            lines.append({"display_type": "line_section", "name": subject.display_name})
            sources.append(None)
            for source_sudo in [*filter(None, [time.get(subject)]), *others.get(subject, ())]:
                source_sudo = source_sudo.with_context(lang=lang).with_company(company)
                values = source_sudo._prepare_billed_line(subject, client, company, service, agreed)
                price = company.currency_id._convert(values["price_unit"], currency, company, date, round=False)
                lines.append(values | {"price_unit": price})
                sources.append(source_sudo)
        if not move:
            move = self.with_company(company).create(
                {
                    "move_type": MOVE_TYPE,
                    "partner_id": client.id,
                    "currency_id": currency.id,
                    "company_id": company.id,
                }
            )
        first = max(move.invoice_line_ids.mapped("sequence"), default=0) + 1
        made = move.invoice_line_ids.create(
            [values | {"move_id": move.id, "sequence": number} for number, values in enumerate(lines, first)]
        )
        # where it stood before, it must not count again; those invoices are cancelled, and not only of this client
        former_sudo = self.env["account.move.line"].sudo()
        for line, source_sudo in zip(made, sources, strict=True):
            if source_sudo is not None:
                former_sudo |= source_sudo.invoice_line_id
                source_sudo.invoice_line_id = line
        former_sudo.move_id.is_work_billed_again = True
        body = self.env._("Put on the invoice %s.", move._get_html_link())
        subjects.sudo()._message_log_batch(  # a note, whoever invoices
            dict.fromkeys(subjects.ids, body), author_id=self.env.user.partner_id.id
        )
        return move

    def _check_takes_work(self, client, company):
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft" or self.move_type != MOVE_TYPE:
            raise UserError(self.env._("%s is no draft invoice; choose another one.", self.display_name))
        if self.commercial_partner_id != client or self.company_id != company:
            raise UserError(
                self.env._(
                    "%(invoice)s is not for %(client)s; choose one of this client, or a new one.",
                    invoice=self.display_name,
                    client=client.display_name,
                )
            )

    def _billed_action(self):
        """Open these invoices, or the only one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        if len(self) == 1:
            return action | {"res_id": self.id, "view_mode": "form", "views": [(False, "form")], "domain": []}
        return action | {"domain": [("id", "in", self.ids)], "context": {"default_move_type": MOVE_TYPE}}
