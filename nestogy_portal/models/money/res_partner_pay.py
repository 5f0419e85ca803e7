from odoo import models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools.allocation import LONGEST_PLAN, Part, read_amount, spread, to_major, to_minor, write_plan


class ResPartner(models.Model):
    """What a client may pay together, and how a sum is spread over it."""

    _inherit = "res.partner"

    def _pay_domain(self):
        """Invoices of this client that can be paid."""
        self.ensure_one()
        return (
            Domain("commercial_partner_id", "=", self.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_receipt"))
            & Domain("payment_state", "in", ("not_paid", "in_payment", "partial"))
            & Domain("amount_residual", ">", 0)
        )

    def _pay_key(self, move_sudo):
        """Invoices with the same key can be paid in one go: one company, currency and receivable account."""
        account = move_sudo.line_ids.filtered(lambda line: line.display_type == "payment_term").account_id[:1]
        return f"{move_sudo.company_id.id}-{move_sudo.currency_id.id}-{account.id}"

    def _get_pay_blocks(self, ids=None, amounts=None, totals=None, credit_keys=()):
        """What the visitor may pay, by currency, with what he chose to pay of it.

        :param ids: the invoices he chose, all when ``None``
        :param dict amounts: what he typed for an invoice, by its id; all of it when missing
        :param dict totals: what he typed for a block as a whole, by its key; spread over the chosen, oldest first
        :param credit_keys: blocks where his credits go before his money
        :return: list of dicts ready to print; ``problem`` is a sentence when a block cannot be paid like this
        """
        self.ensure_one()
        # found with the visitor's rights; whether a payment is on its way is hidden from him
        moves_sudo = (
            self.env["account.move"]
            .search(self._pay_domain(), order="invoice_date_due, invoice_date, id", limit=LONGEST_PLAN)
            .sudo()
        )
        in_flight = moves_sudo._client_in_flight()
        blocks = []
        for key, group in moves_sudo.grouped(self._pay_key).items():
            block = self._get_pay_block(key, group, in_flight, ids, amounts or {}, (totals or {}).get(key))
            self._use_pay_credits(block, key in credit_keys)
            self._finish_pay_block(block)
            blocks.append(block)
        return blocks

    def _get_pay_block(self, key, moves_sudo, in_flight, ids, amounts, total):
        currency = moves_sudo.currency_id
        decimals = currency.decimal_places
        rows = []
        for move_sudo in moves_sudo:
            label, tone = move_sudo._client_state()
            residual = to_minor(move_sudo.amount_residual, decimals)
            row = {
                "id": move_sudo.id,
                "name": move_sudo.name,
                "url": f"/my/invoices/{move_sudo.id}",
                "due": move_sudo.invoice_date_due,
                "state": label,
                "tone": tone,
                "owed": residual,
                "residual": move_sudo.amount_residual,
                "is_in_flight": move_sudo in in_flight,
                "is_chosen": move_sudo not in in_flight and (ids is None or move_sudo.id in ids),
                "part": 0,
                "credit": 0,
                "problem": "",
            }
            if row["is_chosen"]:
                self._read_pay_amount(row, amounts.get(move_sudo.id), currency)
            rows.append(row)
        block = {
            "key": key,
            "moves": moves_sudo,
            "company": moves_sudo.company_id,
            "currency": currency,
            "decimals": decimals,
            "step": str(to_major(1, decimals)) if decimals else "1",
            "rows": rows,
            "total": total or "",
            "problem": "",
        }
        if total:
            self._spread_pay_total(block, total)
        return block

    def _read_pay_amount(self, row, text, currency):
        row["part"] = row["owed"]
        if text in (None, ""):
            return
        try:
            row["part"] = read_amount(text, currency.decimal_places)
        except ValueError:
            row["problem"] = self.env._("This is not an amount in %s.", currency.name)
            return
        if not 0 < row["part"] <= row["owed"]:
            row["problem"] = self.env._("Pay between %(least)s and %(most)s of it.", **self._pay_bounds(row, currency))

    def _pay_bounds(self, row, currency):
        least = to_major(1, currency.decimal_places)
        return {"least": currency.format(least), "most": currency.format(row["residual"])}

    def _spread_pay_total(self, block, total):
        """The oldest chosen invoices first."""
        rows = [row for row in block["rows"] if row["is_chosen"]]
        owed = sum(row["owed"] for row in rows)
        for row in rows:
            row["problem"] = ""
        try:
            minor = read_amount(total, block["decimals"])
        except ValueError:
            block["problem"] = self.env._("The total is not an amount in %s.", block["currency"].name)
            return
        if not 0 < minor <= owed:
            most = block["currency"].format(to_major(owed, block["decimals"]))
            block["problem"] = self.env._("The total must be more than zero and at most %s.", most)
            return
        for row, part in zip(rows, spread(minor, [row["owed"] for row in rows]), strict=True):
            row["part"] = part

    # ------------------------------------------------------------------
    # Credits
    # ------------------------------------------------------------------

    def _get_pay_credit_lines(self, company, currency, account_id):
        """Open credit notes and payments that no invoice got, the oldest first, as far as the visitor may see them."""
        self.ensure_one()
        domain = (
            Domain("move_id.commercial_partner_id", "=", self.id)
            & Domain("company_id", "=", company.id)
            & Domain("currency_id", "=", currency.id)
            & Domain("account_id", "=", account_id)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", "<", 0)
        )
        usable = Domain("move_id.move_type", "=", "out_refund")
        user = self.env["res.users"]._get_portal_visitor()
        if user._portal_scope("money") == "company":
            usable |= Domain("move_id.origin_payment_id", "!=", False)
        # portal users have no rights on entries of payments; the visitor's own client's, and only their sum is shown
        lines_sudo = self.env["account.move.line"].sudo().search(domain & usable, order="date, id")
        if user._portal_scope("money") != "company":
            own = self.env["account.move"].search([("id", "in", lines_sudo.move_id.ids)])
            lines_sudo = lines_sudo.filtered(lambda line: line.move_id.id in own.ids)
        return lines_sudo

    def _use_pay_credits(self, block, is_wished):
        account_id = int(block["key"].rpartition("-")[2] or 0)
        lines_sudo = self._get_pay_credit_lines(block["company"], block["currency"], account_id)
        block["credit_lines"] = lines_sudo
        available = to_minor(-sum(lines_sudo.mapped("amount_residual_currency")), block["decimals"])
        block["available"] = available
        block["credit_available"] = to_major(available, block["decimals"])
        block["uses_credit"] = bool(is_wished and available)
        if block["uses_credit"]:
            rows = [row for row in block["rows"] if row["is_chosen"]]
            for row, credit in zip(rows, spread(available, [row["part"] for row in rows]), strict=True):
                row["credit"] = credit

    def _finish_pay_block(self, block):
        decimals = block["decimals"]
        chosen = [row for row in block["rows"] if row["is_chosen"] and row["part"]]
        money = sum(row["part"] - row["credit"] for row in chosen)
        credit = sum(row["credit"] for row in chosen)
        for row in block["rows"]:
            row["amount"] = to_major(row["part"], decimals)
            row["text"] = f"{row['amount']:.{decimals}f}"
            row["rest"] = to_major(row["owed"] - row["part"], decimals)
            row["is_part"] = row["is_chosen"] and row["part"] < row["owed"]
            row["credit_amount"] = to_major(row["credit"], decimals)
            row["money_amount"] = to_major(row["part"] - row["credit"], decimals)
        block |= {
            "chosen": chosen,
            "money": to_major(money, decimals),
            "credit": to_major(credit, decimals),
            "sum": to_major(money + credit, decimals),
            "has_money": bool(money),
            "has_problem": bool(block["problem"] or any(row["problem"] for row in chosen)),
            "plan": write_plan(Part(row["id"], row["part"] - row["credit"], row["credit"]) for row in chosen),
        }

    # ------------------------------------------------------------------
    # Taking what a browser says for what it is
    # ------------------------------------------------------------------

    def _check_pay_plan(self, plan):
        """Look again at everything that a plan from outside says.

        :param plan: list of ``tools.allocation.Part``
        :return: tuple of the invoices, in sudo and locked, and a list of values for ``nestogy.payment.allocation``
        :raise ValidationError: with a sentence for the visitor
        """
        self.ensure_one()
        refusal = ValidationError(
            self.env._("These invoices cannot be paid like this any more. Please go back and choose again.")
        )
        ids = [part.document_id for part in plan]
        moves = self.env["account.move"]
        if not ids or not moves.has_access("read"):
            raise refusal
        # the visitor's rights decide
        moves = moves.search(self._pay_domain() & Domain("id", "in", ids), order="invoice_date_due, invoice_date, id")
        if len(moves) != len(ids):
            raise refusal
        moves_sudo = moves.sudo()  # just found with the visitor's rights
        if len({self._pay_key(move_sudo) for move_sudo in moves_sudo}) != 1:
            raise refusal
        moves_sudo._lock_for_online_payment()
        currency = moves_sudo.currency_id
        decimals = currency.decimal_places
        parts = {part.document_id: part for part in plan}
        for move_sudo in moves_sudo:
            part = parts[move_sudo.id]
            if part.money + part.credit > to_minor(move_sudo.amount_residual, decimals):
                raise refusal
        values = [
            {"move_id": move_sudo.id, "amount": to_major(parts[move_sudo.id].money, decimals)}
            for move_sudo in moves_sudo
            if parts[move_sudo.id].money
        ]
        return moves_sudo, values + self._share_pay_credits(moves_sudo, parts, decimals)

    def _share_pay_credits(self, moves_sudo, parts, decimals):
        """Say which credit pays which invoice.

        :raise ValidationError: the credits have become less
        """
        wanted = sum(part.credit for part in parts.values())
        if not wanted:
            return []
        account_id = int(self._pay_key(moves_sudo[:1]).rpartition("-")[2])
        lines_sudo = self._get_pay_credit_lines(moves_sudo.company_id, moves_sudo.currency_id, account_id)
        left = {line_sudo: to_minor(-line_sudo.amount_residual_currency, decimals) for line_sudo in lines_sudo}
        if sum(left.values()) < wanted:
            raise ValidationError(
                self.env._("Your credit was used otherwise meanwhile. Please go back and choose again.")
            )
        values = []
        for move_sudo in moves_sudo:
            shares = spread(parts[move_sudo.id].credit, list(left.values()))
            for line_sudo, share in zip(left, shares, strict=True):
                left[line_sudo] -= share
                if share:
                    values.append(
                        {
                            "move_id": move_sudo.id,
                            "amount": to_major(share, decimals),
                            "credit_line_id": line_sudo.id,
                            "is_credit": True,
                        }
                    )
        return values

    def _apply_pay_credits(self, moves_sudo, values):
        """Settle invoices with credits alone, at once.

        :param values: as ``_check_pay_plan`` gives them, credits only
        """
        lines_sudo = moves_sudo.line_ids.browse([each["credit_line_id"] for each in values])
        plan = []
        for each, line_sudo in zip(values, lines_sudo, strict=True):
            move_sudo = moves_sudo.browse(each["move_id"])
            open_lines = move_sudo.line_ids.filtered(
                lambda line, account=line_sudo.account_id: line.account_id == account and not line.reconciled
            )
            plan.append((line_sudo, open_lines, each["amount"]))
        lines_sudo._reconcile_at_most(plan)
        author = self.env["res.users"]._get_portal_visitor().partner_id
        for move_sudo in moves_sudo:
            amount = sum(each["amount"] for each in values if each["move_id"] == move_sudo.id)
            move_sudo._message_log(
                body=self.env._(
                    "%(who)s applied %(amount)s of the client's credit in the portal.",
                    who=author.name,
                    amount=move_sudo.currency_id.format(amount),
                ),
                author_id=author.id,
            )
