from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount
from odoo.tools.sql import escape_psql

from ..project.project_project import SEARCH_CHARACTERS


class ContractContract(models.Model):
    """A contract as its client sees it."""

    _name = "contract.contract"
    _inherit = ["contract.contract", "nestogy.portal.mail.mixin"]

    # ------------------------------------------------------------------
    # Who sees what
    # ------------------------------------------------------------------

    @api.model
    def _portal_shown_domain(self):
        """Which contracts clients see at all: what was agreed, not what we prepare or buy."""
        return Domain("service_phase", "!=", "draft") & Domain("contract_type", "=", "sale")

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {"link": self._portal_link_marker() if self.id else ""}

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        # what is decided about it, whoever notifies
        contract_sudo = self.sudo()
        is_shown = bool(self) and contract_sudo.contract_type == "sale" and contract_sudo.service_phase != "draft"
        return self._notify_shown_groups(groups, message, msg_vals, is_shown)

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _portal_filters(self):
        today = fields.Date.context_today(self)
        over = Domain("date_end", "<", today)
        return {
            "current": {"label": self.env._("Current"), "domain": ~over},
            "past": {"label": self.env._("Past"), "domain": over},
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
        }

    @api.model
    def _portal_sortings(self):
        return {
            "name": {"label": self.env._("Name"), "order": "name, id"},
            "next": {"label": self.env._("Next invoice first"), "order": "recurring_next_date, name, id"},
            "end": {"label": self.env._("Ends first"), "order": "date_end, name, id"},
        }

    @api.model
    def _portal_search_domain(self, search):
        search = escape_psql(" ".join(str(search or "").replace("\x00", "").split())[:SEARCH_CHARACTERS])
        return Domain("name", "ilike", search) | Domain("code", "ilike", search) if search else Domain.TRUE

    def _portal_rows(self):
        """What list and page print, in as many queries for one contract as for many.

        Call it on contracts that were found with the visitor's rights.
        """
        today = fields.Date.context_today(self)
        # state and terms, which clients read here alone, in these words
        contracts_sudo = self.sudo()
        contracts_sudo.contract_line_ids.fetch(["price_unit", "date_end"])
        rows = []
        for contract in contracts_sudo:
            state, tone = contract._portal_state()
            runs = contract.service_phase == "running" and contract.service_state not in ("ended", "cancelled")
            renews_on = (
                contract.date_end + timedelta(days=1)
                if runs and contract.date_end and contract.renewal_type == "auto"
                else False
            )
            rows.append(
                {
                    "id": contract.id,
                    "name": contract.name or contract.code or self.env._("Contract"),
                    "code": contract.code or "",
                    "url": f"/my/contracts/{contract.id}",
                    "state": state,
                    "tone": tone,
                    "prices": [
                        {"amount": format_amount(self.env, amount, contract.currency_id), "rhythm": rhythm}
                        for amount, rhythm in contract._price_parts()
                    ],
                    "date_start": contract.date_start,
                    "date_end": contract.date_end,
                    "next_date": contract.recurring_next_date if contract.service_state != "paused" else False,
                    "renews_on": renews_on,
                    "renewal_months": contract.renewal_months,
                    "notice_date": contract.notice_date
                    if runs and contract.notice_date and contract.notice_date >= today
                    else False,
                }
            )
        return rows

    def _portal_state(self):
        """The state in a client's words, and its tone."""
        state = self.service_state
        if state == "to_renew":
            if self.renewal_type == "auto":
                return self.env._("Renews soon"), "success"
            return self.env._("Ends soon"), "warning"
        return {
            "active": (self.env._("Active"), "success"),
            "paused": (self.env._("Paused"), "info"),
            "ended": (self.env._("Ended"), "light border"),
            "cancelled": (self.env._("Cancelled"), "light border"),
        }.get(state, ("", "light border"))

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    def _portal_services(self):
        """What the client pays for, with what is planned to change.

        Call it on a contract that was found with the visitor's rights.
        """
        self.ensure_one()
        contract_sudo = self.sudo()  # as for the rows
        today = fields.Date.context_today(self)
        changes = {}
        for change in contract_sudo.price_change_ids.sorted(lambda each: (each.date, each.id)):
            if not change.applied_on:
                changes.setdefault(change.line_id.id, []).append(
                    {"date": change.date, "change": change.change_text.removeprefix("→ ")}
                )
        return [
            {
                # the description is that of invoices: the period's marks and what stands around them are left out
                "name": (line.product_id.name or (line.name or "").split("#")[0]).split("\n")[0].strip(" ,:–-"),
                "quantity": line.quantity,
                "price": format_amount(self.env, line.price_unit, contract_sudo.currency_id),
                "subtotal": format_amount(self.env, line.price_subtotal, contract_sudo.currency_id),
                "rhythm": contract_sudo._rhythm_text(line.recurring_rule_type, line.recurring_interval),
                "is_over": bool(line.date_end and line.date_end < today),
                "changes": changes.get(line.id, []),
            }
            for line in contract_sudo.contract_line_ids
            if line._is_service()
        ]

    def _portal_documents(self):
        """The documents of this contract that the visitor may see."""
        self.ensure_one()
        documents = self.env["nestogy.client.document"]
        if not documents.has_access("read"):
            return documents
        # with which contract a document is filed is the staff's; which of these he sees say his own rights
        filed_sudo = documents.sudo().search([("contract_id", "=", self.id)])
        return documents.search(documents._portal_domain() & Domain("id", "in", filed_sudo.ids), order="name, id")
