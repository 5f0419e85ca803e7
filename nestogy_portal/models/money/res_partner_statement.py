from odoo import fields, models
from odoo.fields import Domain

from ...tools.mail_links import marker

STATEMENT_TYPES = ("out_invoice", "out_refund", "out_receipt")


class ResPartner(models.Model):
    """What a client sees of his account."""

    _inherit = "res.partner"

    def _get_statement_totals(self):
        """What the client owes, by currency.

        :return: list of dicts ``currency``, ``outstanding``, ``overdue``, ``credit``, ``is_settled``
        """
        self.ensure_one()
        if self.env.user._portal_scope("money") != "company":
            return self._get_own_statement_totals()
        # figures of the visitor's own client, for which the caller vouches
        rows = self.sudo()._client_balances().get(self.id, [])
        totals = []
        for row in rows:
            zero = row["currency"].is_zero
            totals.append(
                {
                    **{key: row[key] for key in ("currency", "outstanding", "overdue", "credit")},
                    "is_overdue": not zero(row["overdue"]),
                    "has_credit": not zero(row["credit"]),
                    "is_settled": zero(row["outstanding"]) and zero(row["credit"]),
                }
            )
        return totals

    def _get_own_statement_totals(self):
        """The same for a visitor who sees only what was made out to him: from the documents his rules leave."""
        today = fields.Date.context_today(self)
        rows = {}
        for currency, move_type, due, residual in self.env["account.move"]._read_group(
            self._statement_domain("open"),
            ["currency_id", "move_type", "invoice_date_due:day"],
            ["amount_residual:sum"],
        ):
            row = rows.setdefault(currency, {"currency": currency, "outstanding": 0.0, "overdue": 0.0, "credit": 0.0})
            if move_type == "out_refund":
                row["credit"] += residual
                row["outstanding"] -= residual
            else:
                row["outstanding"] += residual
                row["overdue"] += residual if due and due < today else 0.0
        return [
            row
            | {
                "is_overdue": not row["currency"].is_zero(row["overdue"]),
                "has_credit": not row["currency"].is_zero(row["credit"]),
                "is_settled": row["currency"].is_zero(row["outstanding"]) and row["currency"].is_zero(row["credit"]),
            }
            for row in rows.values()
        ]

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
                    "statement", 45, self.env._("Send Statement"), "fa-list-alt", "action_client_send_statement"
                )
            )
        return actions

    def action_client_send_statement(self):
        """Open the send dialog with the client's statement."""
        self.ensure_one()
        self.env["account.move"].check_access("write")  # as reminding, for who invoices
        return self.commercial_partner_id._client_mail_composer("statement", self.env._("Send Statement"))

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
