from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

ESTIMATES_SHOWN = 3


class ResUsers(models.Model):
    """What the first page of the portal tells its visitor."""

    _inherit = "res.users"

    def _portal_counted(self):
        """What is counted for the home's rows and cards; addons add theirs. One statement counts it all.

        Called on the visitor with the visitor's own rights.

        :return: dict of a name to the :class:`Query` of the records to count; none where the visitor has not the area
        """
        self.ensure_one()
        client = self.partner_id.commercial_partner_id.sudo(False)
        counted = {}
        orders, documents = self.env["sale.order"], self.env["nestogy.client.document"]
        if self._portal_scope("estimates") != "none" and orders.has_access("read"):
            mine = Domain("partner_id.commercial_partner_id", "=", client.id)
            counted["estimates"] = orders._search(mine & self._portal_waiting_estimates())
            counted["orders"] = orders._search(mine & Domain("state", "=", "sale"))
        if self._portal_scope("documents") != "none" and documents.has_access("read"):
            counted["documents"] = documents._search(documents._portal_domain())
            counted["documents_unseen"] = documents._search(documents._portal_domain() & Domain("is_unseen", "=", True))
        if self._portal_scope("pay") != "none":
            counted |= self._portal_counted_cards()
        if self._portal_scope("people") == "company" and client._get_client():
            # colleagues of the visitor, who manages them
            users_sudo = self.sudo().browse()
            mine = Domain("share", "=", True) & Domain("id", "!=", self.id) & Domain("active", "=", True)
            mine &= Domain("partner_id.commercial_partner_id", "=", client.id)
            counted["people"] = users_sudo._search(mine)
            counted["people_invited"] = users_sudo._search(mine & Domain("log_ids", "=", False))
        projects, jobs = self.env["project.project"], self.env["project.task"]
        if self._portal_scope("projects") != "none" and client._get_client():
            if projects.has_access("read"):
                counted["projects"] = projects._search([])
            if jobs.has_access("read"):
                counted["jobs"] = jobs._search(jobs._portal_filters()["open"]["domain"])
        conversations = self.env["nestogy.conversation"]
        if self._portal_scope("messages") != "none" and client._get_client() and conversations.has_access("read"):
            counted["messages"] = conversations._portal_unread()
        if client._get_client():
            # the visitor's own, on which he has no rights
            changes_sudo = self.env["nestogy.change.request"].sudo()
            copies_sudo = self.env["nestogy.privacy.request"].sudo()  # as above
            counted["changes"] = changes_sudo._search(changes_sudo._portal_confirming_domain())
            counted["copies"] = copies_sudo._search(copies_sudo._portal_downloadable_domain())
        return counted

    def _portal_counted_cards(self):
        """The visitor's saved cards, and the ways of paying that keep one."""
        partners = self.partner_id | self.partner_id.commercial_partner_id
        # clients may not read providers, and see their own methods on the page behind the card
        tokens_sudo = self.env["payment.token"].sudo()
        providers_sudo = self.env["payment.provider"].sudo()  # as above
        return {
            "cards": tokens_sudo._search([("partner_id", "in", partners.ids)]),
            "card_providers": providers_sudo._search(
                [
                    ("state", "in", ("enabled", "test")),
                    ("is_published", "=", True),
                    ("allow_tokenization", "=", True),
                    ("company_id", "=", self.env.company.id),
                ]
            ),
        }

    def _portal_counts(self):
        """Count what :meth:`_portal_counted` names.

        :return: dict of the same names to numbers
        """
        counted = self._portal_counted()
        if not counted:
            return {}
        # each with the rights under which it was searched
        columns = [SQL("(SELECT COUNT(*) FROM (%s) counted)", query.select("1")) for query in counted.values()]
        [row] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(columns)))
        return dict(zip(counted, row, strict=True))

    def _portal_figures(self, counts):
        """The figures behind the home's rows and cards; addons add theirs.

        Called on the visitor with the visitor's own rights.

        :param dict counts: as :meth:`_portal_counts` gives them, so that nothing is counted twice
        :return: dict; a key is missing where the visitor has not the area
        """
        self.ensure_one()
        figures = {}
        client = self.partner_id.commercial_partner_id.sudo(False)
        if self._portal_scope("money") != "none":
            figures["statement"] = [
                total
                for total in client._get_statement_totals()
                if not total["currency"].is_zero(total["outstanding"]) or total["is_overdue"]
            ]
        if "estimates" in counts:
            figures["estimates"] = {
                "waiting": counts["estimates"],
                "orders": counts["orders"],
                "first": self._portal_first_estimates(client) if counts["estimates"] else (),
            }
        if "documents" in counts:
            figures["documents"] = {"total": counts["documents"], "unseen": counts["documents_unseen"]}
        if "people" in counts:
            figures["people"] = {"total": counts["people"], "invited": counts["people_invited"]}
        if "changes" in counts:
            figures["details"] = self._portal_missing_details()
            figures["email"] = counts["changes"] and self.env["nestogy.change.request"]._portal_confirming().new_text
            figures["copy"] = bool(counts["copies"])
        return figures

    def _portal_waiting_estimates(self):
        """Domain of the estimates that can be answered today."""
        today = fields.Date.context_today(self)
        return Domain("state", "=", "sent") & (
            Domain("validity_date", "=", False) | Domain("validity_date", ">=", today)
        )

    def _portal_first_estimates(self, client):
        return self.env["sale.order"].search_fetch(
            Domain("partner_id.commercial_partner_id", "=", client.id) & self._portal_waiting_estimates(),
            ["name", "amount_total", "currency_id", "validity_date"],
            order="validity_date, id",
            limit=ESTIMATES_SHOWN,
        )

    def _portal_missing_details(self):
        """How many details the visitor may give, must give, and has not given."""
        return sum(
            row["field"].required and row["is_editable"] and row["value"] in ("", [])
            for part in self.partner_id.sudo(False)._portal_custom_fields()
            for _heading, rows in part["sections"]
            for row in rows
        )

    # ------------------------------------------------------------------
    # What needs doing
    # ------------------------------------------------------------------

    def _portal_todos(self, figures):
        """What waits for this visitor; addons add theirs.

        :param dict figures: as :meth:`_portal_figures` gives them, so that nothing is counted twice
        :return: list of dicts ``key``, ``sequence`` (the least comes first), ``tone`` (of Bootstrap), ``icon``,
            ``title``, ``detail``, ``url``, ``action`` (what its button says)
        """
        self.ensure_one()
        return [
            *self._portal_money_todos(figures.get("statement", ())),
            *self._portal_estimate_todos(figures.get("estimates")),
            *self._portal_own_todos(figures),
            *self._portal_document_todos(figures.get("documents")),
            *self._portal_people_todos(figures.get("people")),
        ]

    def _portal_money_todos(self, totals):
        may_pay = self._portal_scope("pay") != "none" and self._portal_may_act()
        if may_pay:
            # a setting of the firm, which visitors may not read
            parameters_sudo = self.env["ir.config_parameter"].sudo()
            may_pay = parameters_sudo.get_param("account_payment.enable_portal_payment") == "True"
        todos = []
        for total in totals:
            if total["outstanding"] <= 0 and not total["is_overdue"]:
                continue
            outstanding = format_amount(self.env, total["outstanding"], total["currency"])
            overdue = format_amount(self.env, total["overdue"], total["currency"])
            is_late = total["is_overdue"]
            todos.append(
                {
                    "key": "overdue" if is_late else "pay",
                    "sequence": 10 if is_late else 20,
                    "tone": "danger" if is_late else "primary",
                    "icon": "fa-credit-card",
                    "title": self.env._("%s overdue", overdue) if is_late else self.env._("%s to pay", outstanding),
                    "detail": self.env._("%s to pay in all", outstanding) if is_late else self.env._("Open invoices"),
                    # all that is late in one go; what is not yet due is chosen on the statement
                    "url": "/my/invoices/overdue" if is_late and may_pay and len(totals) == 1 else "/my/statement",
                    "action": self.env._("Pay") if may_pay else self.env._("See"),
                }
            )
        return todos

    def _portal_estimate_todos(self, figures):
        if not figures or not figures["waiting"]:
            return []
        may_act = self._portal_may_act()
        action = self.env._("See and answer") if may_act else self.env._("See")
        base = {"sequence": 30, "tone": "primary", "icon": "fa-pencil-square-o", "action": action}
        if figures["waiting"] > len(figures["first"]):
            title = self.env._("%s estimates wait for your answer", figures["waiting"])
            return [base | {"key": "estimates", "title": title, "detail": "", "url": "/my/quotes"}]
        todos = []
        for order in figures["first"]:
            amount = format_amount(self.env, order.amount_total, order.currency_id)
            until = order.validity_date and format_date(self.env, order.validity_date)
            todos.append(
                base
                | {
                    "key": f"estimate_{order.id}",
                    "title": self.env._("Estimate %(number)s: %(amount)s", number=order.name, amount=amount),
                    "detail": self.env._("Valid until %s", until) if until else self.env._("Waits for your answer"),
                    "url": f"/my/orders/{order.id}",
                }
            )
        return todos

    def _portal_document_todos(self, counts):
        if not counts or not counts["unseen"]:
            return []
        number = counts["unseen"]
        return [
            {
                "key": "documents",
                "sequence": 60,
                "tone": "info",
                "icon": "fa-file-text-o",
                "title": self.env._("1 new document") if number == 1 else self.env._("%s new documents", number),
                "detail": self.env._("Shared with you"),
                "url": "/my/documents?folder=new",
                "action": self.env._("Read"),
            }
        ]

    def _portal_people_todos(self, figures):
        if not figures or not figures["invited"] or not self._portal_may_act():
            return []
        number = figures["invited"]
        return [
            {
                "key": "people",
                "sequence": 80,
                "tone": "secondary",
                "icon": "fa-users",
                "title": self.env._("1 colleague has not accepted the invitation yet")
                if number == 1
                else self.env._("%s colleagues have not accepted the invitation yet", number),
                "detail": "",
                "url": "/my/people",
                "action": self.env._("See"),
            }
        ]

    def _portal_own_todos(self, figures):
        """What is asked of the visitor about himself."""
        todos = []
        if figures.get("email"):
            todos.append(
                {
                    "key": "email",
                    "sequence": 40,
                    "tone": "warning",
                    "icon": "fa-envelope-o",
                    "title": self.env._("Confirm your new e-mail address"),
                    "detail": figures["email"],
                    "url": "/my/change/email",
                    "action": self.env._("Type the code"),
                }
            )
        if number := figures.get("details"):
            todos.append(
                {
                    "key": "details",
                    "sequence": 50,
                    "tone": "warning",
                    "icon": "fa-list-ul",
                    "title": self.env._("1 detail is missing")
                    if number == 1
                    else self.env._("%s details are missing", number),
                    "detail": self.env._("We need it to serve you well"),
                    "url": "/my/profile#details",
                    "action": self.env._("Fill in"),
                }
            )
        if figures.get("copy"):
            todos.append(
                {
                    "key": "copy",
                    "sequence": 70,
                    "tone": "info",
                    "icon": "fa-download",
                    "title": self.env._("The copy of your data is ready"),
                    "detail": "",
                    "url": "/my/privacy",
                    "action": self.env._("Download"),
                }
            )
        return todos
