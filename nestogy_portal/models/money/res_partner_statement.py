from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import str2bool

from odoo.addons.nestogy_clients.tools import ledger

from ...tools.mail_links import marker
from ..login.nestogy_portal_link import PAGES

STATEMENT_TYPES = ("out_invoice", "out_refund", "out_receipt")


class ResPartner(models.Model):
    """What a client sees of his account."""

    _inherit = "res.partner"

    def _get_account(self, layout="open", **period):
        """The visitor's statement out of the ledger; the caller vouches that this is his client.

        :param period: as in :meth:`_client_statement`
        :return: as there
        """
        # clients read no journal items; what they get of them here is theirs
        return self.sudo()._client_statement(layout, addressee=self._get_account_addressee(), **period)

    def _get_account_addressee(self):
        """To whom something must be addressed that the visitor may see of the account; ``None``: he sees all."""
        user = self.env.user
        scope = user._portal_scope("money")
        if scope == "company":
            return None
        return user.partner_id if scope == "own" else self.browse()  # nothing is addressed to nobody

    def _get_statement_totals(self):
        """What the client owes now, by currency.

        :return: list of dicts ``currency``, ``outstanding``, ``overdue``, ``credit``, ``is_overdue``, ``has_credit``,
            ``is_settled``
        """
        self.ensure_one()
        # as in _get_account
        totals = self.sudo()._client_open_totals(self._get_account_addressee())
        return [
            {
                **{key: total[key] for key in ("currency", "outstanding", "overdue", "credit")},
                "is_overdue": bool(total["overdue"]),
                "has_credit": bool(total["credit"]),
                "is_settled": not total["outstanding"] and not total["credit"],
            }
            for total in totals
        ]

    def _get_account_sections(self, statement, offset, step):
        """What one page of the account shows of each currency, ready to print.

        :param dict statement: of :meth:`_get_account`, with the lines from ``offset`` on, ``step`` at most
        """
        write_day = self._statement_day_writer()
        is_open = statement["layout"] == "open"
        sections, before = [], 0
        is_last_page = statement["line_count"] <= offset + step
        for block in statement["blocks"]:
            after = before + block["line_count"]
            begins = offset <= before and (before < offset + step or is_last_page)
            closes = offset < after <= offset + step or (begins and before == after)
            if begins or closes or before < offset < after:
                write = self._statement_number_writer(block["currency"])
                sections.append(
                    {
                        "currency": block["currency"],
                        "begins": begins,
                        "closes": closes,
                        "figures": self._client_statement_figures(statement, block),
                        "lines": [self._get_account_line(line, is_open, write, write_day) for line in block["lines"]],
                        "brought": write(block["brought"]),
                        "closing": write(block["closing"]),
                        "ageing_heading": self._client_statement_ageing_heading(statement, block),
                        "ageing": self._client_statement_ageing(block, write),
                        "shares": self._get_account_shares(block),
                        "check": self._client_statement_check(block, write),
                        "ties": block["ties"],
                    }
                )
            before = after
        return sections

    def _get_account_line(self, line, is_open, write, write_day):
        change = line["change"]
        is_document = line["move_type"] in ("out_invoice", "out_refund") and line["move_id"]
        return {
            "label": line["label"],
            "name": line["name"] or "",
            "url": f"/my/invoices/{line['move_id']}" if is_document and line["kind"] != "settled" else "",
            "ref": line["ref"] if line["ref"] and line["ref"] != line["name"] else "",
            "date": write_day(line["date"]),
            "due": write_day(line["due"]),
            "days_late": line["days_late"] if is_open else 0,
            "amount": write(line["amount"]),
            "charge": write(change) if is_open or change > 0 else "",
            "payment": write(-change) if change < 0 and not is_open else "",
            "change": write(change),
            "balance": write(line["balance"]),
        }

    def _get_account_shares(self, block):
        """How the outstanding amount is spread over the ages, for a bar: keys and percents of those that have some."""
        whole = block["outstanding"]
        return [
            (key, round(100 * block[key] / whole, 2)) for key, _more_than in ledger.AGES if whole > 0 and block[key] > 0
        ]

    def _statement_ways_to_pay(self):
        """Say where one pays online, if paying is offered."""
        ways = super()._statement_ways_to_pay()
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # a public fact
        if str2bool(parameters_sudo.get_param("account_payment.enable_portal_payment") or "False", False):
            address = self.env["nestogy.portal.link"]._base_url(self) + PAGES["statement"]
            ways.append((self.env._("Online"), address))
        return ways

    def _statement_domain(self, show="all"):
        """The client's documents on the statement.

        :param str show: ``open``, ``paid`` or ``all``
        """
        self.ensure_one()
        domain = (
            Domain("commercial_partner_id", "=", self.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", STATEMENT_TYPES)
        )
        if show == "open":
            domain &= Domain("amount_residual", "!=", 0)
        elif show == "paid":
            domain &= Domain("amount_residual", "=", 0)
        return domain

    def _get_statement_counts(self):
        """How many documents each tab of the statement has, counted with the visitor's rights."""
        moves = self.env["account.move"]
        counts = {show: moves.search_count(self._statement_domain(show)) for show in ("open", "paid")}
        return counts | {"all": counts["open"] + counts["paid"]}

    def _get_statement_rows(self, show, offset=0, limit=None):
        """The documents of one page of the statement, found with the visitor's rights.

        :return: list of dicts ready to print
        """
        order = "invoice_date_due, id" if show == "open" else "invoice_date desc, id desc"
        moves = self.env["account.move"].search(self._statement_domain(show), order=order, offset=offset, limit=limit)
        rows = []
        for move_sudo in moves.sudo():  # the rules have chosen; payments in progress are hidden from clients
            label, tone = move_sudo._client_state()
            sign = -1 if move_sudo.move_type == "out_refund" else 1
            rows.append(
                {
                    "id": move_sudo.id,
                    "name": move_sudo.name,
                    "url": f"/my/invoices/{move_sudo.id}",
                    "date": move_sudo.invoice_date,
                    "due": move_sudo.invoice_date_due if sign > 0 else False,  # a credit is not due
                    "currency": move_sudo.currency_id,
                    "amount": sign * move_sudo.amount_total,
                    "residual": sign * move_sudo.amount_residual,
                    "is_open": not move_sudo.currency_id.is_zero(move_sudo.amount_residual),
                    "state": label,
                    "tone": tone,
                    "can_pay": move_sudo._has_to_be_paid(),
                }
            )
        return rows

    # ------------------------------------------------------------------
    # By e-mail
    # ------------------------------------------------------------------

    def _client_mail_values(self, kind=None):
        values = super()._client_mail_values(kind)
        if kind in ("reminder", "statement"):
            values["link"] = self._statement_marker()
        if kind != "statement":
            return values
        client = self.commercial_partner_id
        moves = self.env["account.move"].search(
            client._statement_domain("open") & Domain("company_id", "=", self.env.company.id),
            order="invoice_date_due, id",
        )
        invoices = moves.filtered(lambda move: move.move_type != "out_refund")
        today = fields.Date.context_today(self)
        late = invoices.filtered(lambda move: move.invoice_date_due and move.invoice_date_due < today)
        return values | {
            "amount": self._statement_money(invoices),
            "overdue": self._statement_money(late),
            "credit": self._statement_money(moves - invoices),
            "count": str(len(invoices)),
            "invoices": self._client_mail_invoices(moves),
        }

    def _statement_money(self, moves):
        """The open amounts of documents by currency in one line."""
        rows = [
            (currency, sum(each.mapped("amount_residual"))) for currency, each in moves.grouped("currency_id").items()
        ]
        return self._client_mail_money(rows or [(self.env.company.currency_id, 0.0)])

    def _statement_marker(self):
        """The address that stands for a reader's own link to the statement."""
        return marker(self.env["nestogy.portal.link"]._base_url(), "statement", 0)

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.env["account.move"].has_access("write"):
            actions.append(
                self._client_quick_action(
                    "statement", 45, self.env._("Send Statement"), "fa-paper-plane-o", "action_client_send_statement"
                )
            )
        return actions

    def action_client_send_statement(self, choice=None):
        """Open the send dialog with the client's statement.

        :param dict choice: ``layout``, ``date_from`` and ``date_to`` of the PDF; what is open today if empty
        """
        self.ensure_one()
        self.env["account.move"].check_access("write")  # as reminding, for who invoices
        action = self.commercial_partner_id._client_mail_composer("statement", self.env._("Send Statement"))
        if isinstance(choice, dict):
            action["context"]["client_statement_choice"] = choice
        return action

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Lead the readers of a reminder or statement to the statement."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        if self.env.context.get("client_mail_kind") not in ("reminder", "statement"):
            return groups
        partners = self.env["res.partner"]
        button = {"url": self._statement_marker(), "title": self.env._("Open statement")}

        def is_client_contact(recipient):
            if not recipient["id"] or recipient["type"] == "user":
                return False
            return bool(partners.browse(recipient["id"])._get_client())

        data = {"active": True, "has_button_access": True, "button_access": button}
        return [("nestogy_client_contact", is_client_contact, data), *groups]
