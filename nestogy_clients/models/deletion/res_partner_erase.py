import json
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.erasure import EraseStep
from .res_partner_erase_texts import SWEEP


class ResPartner(models.Model):
    """What goes when a client is deleted or a person erased, what must be done before, and in which order it goes.

    The three hooks are called in sudo on everybody who is erased: a client with all its people, or one person.
    """

    _inherit = "res.partner"

    def _erase_people(self):
        """Everybody who goes with this client or person, archived ones and those merged into them too."""
        partners = self.with_context(active_test=False)
        people = partners.search([("id", "child_of", self.ids)], order="id")
        while more := partners.search([("merged_into_id", "in", people.ids), ("id", "not in", people.ids)]):
            people |= partners.search([("id", "child_of", more.ids)])
        return people.sorted("id")

    def _erase_top(self):
        """The client that stays when one of its people is erased; empty when the client itself goes."""
        return (self._get_client() | self.commercial_partner_id)[:1] - self

    # ------------------------------------------------------------------
    # Hooks
    # ------------------------------------------------------------------

    def _client_erase_steps(self, top):
        """The deeds in their order; addons put theirs before, for what they add points to what goes here.

        :param res.partner top: the client that stays, empty when it goes
        :return: list of :class:`EraseStep`
        """
        ids, wanted = self.ids, self._erase_identity()
        accounts, posted = self._erase_accounts()
        law = self.env._("The law on bookkeeping keeps them, with their PDF and vouchers.")
        begin = [
            EraseStep(
                "invoice_pdf",
                model="account.move",
                domain=accounts
                & Domain("state", "=", "posted")
                & Domain("move_type", "in", ("out_invoice", "out_refund")),
                deal=self._erase_print_invoices,
                batch=20,
            ),
        ]
        whole = [] if top else self._client_erase_business()
        return [
            *begin,
            *whole,
            EraseStep(
                "communications",
                self.env._("Communications"),
                "nestogy.communication",
                Domain("client_id", "in", ids) | Domain("contact_id", "in", ids),
            ),
            EraseStep(
                "meetings",
                self.env._("Meetings with them alone"),
                "calendar.event",
                Domain("partner_ids", "in", ids) & ~Domain("partner_ids", "any!", self._erase_outsiders()),
            ),
            EraseStep(
                "consents",
                self.env._("Consents"),
                "nestogy.client.consent",
                Domain("partner_id", "in", ids) | Domain("client_id", "in", ids),
            ),
            EraseStep(
                "cards",
                self.env._("Saved payment methods"),
                "payment.token",
                [("partner_id", "in", ids)],
                self._erase_tokens,
            ),
            EraseStep(
                "notes",
                self.env._("Messages and notes on their own pages"),
                "mail.message",
                Domain("model", "=", "res.partner") & Domain("res_id", "in", ids),
                batch=1000,
            ),
            EraseStep(
                "kept_notes",
                self.env._("Messages on kept documents"),
                "mail.message",
                self._erase_kept_messages(accounts),
                batch=1000,
            ),
            EraseStep(
                "written",
                self.env._("Messages that they wrote elsewhere, emptied"),
                "mail.message",
                Domain("author_id", "in", ids)
                & ~(Domain("model", "=", "account.move") & Domain("message_type", "=", "notification")),
                self._erase_authored,
                batch=1000,
            ),
            EraseStep(
                "audit_notes",
                model="mail.message",
                domain=[("author_id", "in", ids)],
                deal=self._erase_unsign,
                batch=1000,
            ),
            EraseStep("mails", self.env._("Outgoing mails"), "mail.mail", [("recipient_ids", "in", ids)]),
            EraseStep(
                "activities",
                self.env._("Follow-ups"),
                "mail.activity",
                Domain("res_model", "=", "res.partner") & Domain("res_id", "in", ids),
            ),
            EraseStep(
                "files",
                self.env._("Pictures and other files"),
                "ir.attachment",
                Domain("res_model", "=", "res.partner")
                & Domain("res_id", "in", ids)
                & Domain("res_field", "in", [False, *self._erase_file_fields()]),
                size=self._erase_file_size,
            ),
            EraseStep(
                "imports",
                model="nestogy.client.import.row",
                domain=Domain.TRUE,
                deal=partial(self._erase_imports, wanted),
                batch=SWEEP,
            ),
            EraseStep("lists", deal=partial(self._erase_lists, top)),
            *self._erase_sweeps(wanted),
            EraseStep("columns", deal=partial(self._erase_columns, top)),
            EraseStep(
                "banks", self.env._("Bank accounts"), "res.partner.bank", [("partner_id", "in", ids)], self._erase_banks
            ),
            EraseStep("users", self.env._("Portal users"), "res.users", [("partner_id", "in", ids)], self._erase_users),
            # what stays
            EraseStep(
                "kept_invoices",
                self.env._("Posted invoices, bills and entries"),
                "account.move",
                accounts & posted & Domain("origin_payment_id", "=", False),
                kept=law,
            ),
            EraseStep(
                "kept_payments",
                self.env._("Payments"),
                "account.payment",
                Domain("partner_id", "in", ids)
                & ~(Domain("state", "in", ("draft", "canceled")) & Domain("move_id", "=", False)),
                kept=self.env._("The law on bookkeeping keeps them."),
            ),
            EraseStep(
                "kept_bank",
                self.env._("Lines of bank statements"),
                "account.bank.statement.line",
                [("partner_id", "in", ids)],
                kept=self.env._("The law on bookkeeping keeps them, as the bank wrote them."),
            ),
            EraseStep(
                "kept_online",
                self.env._("Online payments that went through"),
                "payment.transaction",
                [("partner_id", "in", ids), ("state", "=", "done")],
                kept=self.env._("They prove the payment; name and address are taken out."),
            ),
        ]

    def _erase_accounts(self):
        """Which accounting documents are theirs, and which of these the law keeps."""
        theirs = Domain("partner_id", "in", self.ids) | Domain("commercial_partner_id", "in", self.ids)
        return theirs, Domain("state", "=", "posted") | Domain("posted_before", "=", True)

    @api.model
    def _erase_job_owners(self):
        """Fields of a task that say whose it is."""
        return ["partner_id", "project_id.partner_id"]

    def _client_erase_business(self):
        """The steps for the documents of whole clients, which stay when one of their people is erased."""
        ids = self.ids
        owners = self._erase_job_owners()
        jobs = Domain.OR(Domain(name, "in", ids) for name in owners)
        accounts, posted = self._erase_accounts()
        contracts = Domain("partner_id", "in", ids) | Domain("commercial_partner_id", "in", ids)
        return [
            EraseStep(
                "time",
                self.env._("Time entries"),
                "account.analytic.line",
                Domain("project_id", "!=", False)
                & (
                    Domain("partner_id", "in", ids)
                    | Domain("project_id.partner_id", "in", ids)
                    | Domain.OR(Domain(f"task_id.{name}", "in", ids) for name in owners)
                ),
                batch=1000,
            ),
            EraseStep("jobs", self.env._("Jobs and tasks"), "project.task", jobs),
            EraseStep("projects", self.env._("Projects"), "project.project", [("partner_id", "in", ids)]),
            EraseStep("contracts", self.env._("Contracts"), "contract.contract", contracts),
            EraseStep("orders", self.env._("Estimates and orders"), "sale.order", [("partner_id", "in", ids)]),
            EraseStep(
                "draft_invoices",
                self.env._("Draft invoices and bills"),
                "account.move",
                accounts & ~posted,
                self._erase_drafts,
            ),
            EraseStep(
                "draft_payments",
                self.env._("Draft payments"),
                "account.payment",
                Domain("partner_id", "in", ids)
                & Domain("state", "in", ("draft", "canceled"))
                & Domain("move_id", "=", False),
            ),
            EraseStep(
                "foreign_orders",
                model="sale.order",
                domain=Domain("partner_shipping_id", "in", ids) | Domain("partner_invoice_id", "in", ids),
                deal=self._erase_foreign_orders,
            ),
            EraseStep(
                "assets",
                self.env._("Equipment"),
                "maintenance.equipment",
                Domain("client_id", "in", ids),
            ),
            EraseStep(
                "analytic",
                model="account.analytic.account",
                domain=[("partner_id", "in", ids)],
                deal=self._erase_analytic,
            ),
            EraseStep(
                "documents",
                self.env._("Documents"),
                "nestogy.client.document",
                [("client_id", "in", ids)],
                size=self._erase_document_size,
            ),
        ]

    def _client_erase_refusals(self, top):
        """What must be done before.

        :param res.partner top: as in :meth:`_client_erase_steps`
        :return: list of dicts of ``text``, a sentence, and where there is something to look at ``model`` and ``domain``
        """
        ids = self.ids
        found = []

        def refuse(text, model, domain):
            count = self.env[model].with_context(active_test=False).search_count(domain)
            if count:
                found.append(
                    {"text": text, "model": model, "domain": self._erase_plain_domain(model, domain), "count": count}
                )

        whose = Domain("partner_id", "in", ids)
        refuse(
            self.env._("Open invoices: have them paid, or credit or write them off first."),
            "account.move",
            (whose if top else whose | Domain("commercial_partner_id", "in", ids))
            & Domain("state", "=", "posted")
            & Domain("move_type", "!=", "entry")
            & Domain("payment_state", "in", ("not_paid", "partial")),
        )
        refuse(
            self.env._("Payments on their way: wait until it is known how they end."),
            "payment.transaction",
            whose & Domain("state", "in", ("pending", "authorized")),
        )
        refuse(
            self.env._("Colleagues who sign in as one of these people: take them out of the client first."),
            "res.users",
            whose & Domain("share", "=", False),
        )
        for model, name in (("res.company", "partner_id"), ("hr.employee", "work_contact_id")):
            refuse(self.env._("One of your own companies or employees: it is no client."), model, [(name, "in", ids)])
        refuse(
            self.env._("A bulk action that still has to deal with the client: wait for its end or stop it."),
            "nestogy.client.bulk",
            [
                ("state", "in", ("waiting", "running", "paused")),
                ("deed", "!=", "delete"),
                ("line_ids", "any", [("client_id", "in", ids), ("state", "=", "waiting")]),
            ],
        )
        refuse(
            self.env._("The client is being erased already."),
            "nestogy.client.deletion",
            [("state", "in", ("waiting", "running", "paused", "failed")), ("client_id", "in", (self | top).ids)],
        )
        refuse(
            self.env._("An import that deals with the client: wait for its end or stop it."),
            "nestogy.client.import",
            [
                ("state", "in", ("waiting", "running", "paused")),
                ("row_ids", "any", [("client_id", "in", ids)]),
            ],
        )
        if not top:
            today = fields.Date.context_today(self)
            refuse(
                self.env._("Contracts that run: end them first."),
                "contract.contract",
                (whose | Domain("commercial_partner_id", "in", ids))
                & (
                    Domain("service_phase", "=", "running") & Domain("date_end", "=", False)
                    | Domain("service_phase", "!=", "draft") & Domain("date_end", ">=", today)
                ),
            )
            closed = self.env["res.company"].search([("id", "not in", self.env.user.company_ids.ids)])
            for step in self._client_erase_steps(top) if closed else ():
                if step.label and "company_id" in self.env[step.model]._fields:
                    refuse(
                        self.env._(
                            "Records in a company where you may not work, ask somebody who may: %s.", step.label
                        ),
                        step.model,
                        Domain(step.domain) & Domain("company_id", "in", closed.ids),
                    )
            refuse(
                self.env._("Orders with something left to invoice: invoice or cancel them first."),
                "sale.order",
                whose & Domain("state", "=", "sale") & Domain("invoice_status", "=", "to invoice"),
            )
        return found

    def _client_delete_plan(self):
        """What would go, what would stay, and what must be done before; called in sudo on a client or a person.

        :return: dict of ``top``, ``people`` (how many), ``is_kept``, and ``goes``, ``kept`` and ``refusals``: lists of
            dicts of ``key``, ``label``, ``count``, ``size`` (bytes), ``why``, ``model`` and ``domain``
        """
        people, top = self._erase_people(), self._erase_top()
        plan = {"top": top, "people": len(people), "goes": [], "kept": [], "is_kept": bool(people._erase_needed())}
        for step in people._client_erase_steps(top):
            count = step.label and self.env[step.model].with_context(active_test=False).search_count(step.domain)
            if count:
                plan["kept" if step.kept else "goes"].append(
                    {
                        "key": step.key,
                        "label": step.label,
                        "count": count,
                        "size": step.size() if step.size else 0,
                        "why": step.kept,
                        "model": step.model,
                        "domain": self._erase_plain_domain(step.model, step.domain),
                    }
                )
        plan["refusals"] = [
            {"key": "refused", "label": each["text"], "size": 0, "why": "", **each}
            for each in people._client_erase_refusals(top)
        ]
        return plan

    @api.model
    def _erase_plain_domain(self, model, domain):
        """A domain that a list can be opened with and that names nobody."""
        plain = list(Domain(domain))
        try:
            text = json.dumps(plain)
        except TypeError:
            text = "any!"
        if "any!" in text or "@" in text:
            records = self.env[model].with_context(active_test=False).search(domain, order="id", limit=1000)
            return [("id", "in", records.ids)]
        return plain

    # ------------------------------------------------------------------
    # Deeds
    # ------------------------------------------------------------------

    def _erase_outsiders(self):
        """Who keeps a meeting alive: neither erased nor a colleague."""
        return Domain("id", "not in", self.ids) & Domain("partner_share", "=", True)

    def _erase_kept_messages(self, accounts):
        """Messages on accounting documents that go: not the journal of changes where the law on audits keeps it."""
        moves = self.env["account.move"].with_context(active_test=False)._search(accounts)
        payments = self.env["account.payment"]._search([("partner_id", "in", self.ids)])
        strict = self.env["account.move"]._search(accounts & Domain("company_id.restrictive_audit_trail", "=", True))
        return (
            Domain("model", "=", "account.move") & Domain("res_id", "in", moves)
            | Domain("model", "=", "account.payment") & Domain("res_id", "in", payments)
        ) & ~(
            Domain("message_type", "=", "notification")
            & Domain("model", "=", "account.move")
            & Domain("res_id", "in", strict)
        )

    def _erase_print_invoices(self, moves):
        """Print invoices that have no PDF yet while name and address still stand in them."""
        unprinted = moves.filtered(lambda move: not move.invoice_pdf_report_id)
        if unprinted:
            self.env["account.move.send"]._generate_and_send_invoices(unprinted, sending_methods=set())

    def _erase_drafts(self, moves):
        moves.with_context(force_delete=True).unlink()

    def _erase_foreign_orders(self, orders):
        """Orders of others that go to one of these addresses go to the one who ordered."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE sale_order
                      SET partner_shipping_id = CASE WHEN partner_shipping_id = ANY(%(ids)s) THEN partner_id
                                                     ELSE partner_shipping_id END,
                          partner_invoice_id = CASE WHEN partner_invoice_id = ANY(%(ids)s) THEN partner_id
                                                    ELSE partner_invoice_id END
                    WHERE id = ANY(%(orders)s)""",
                ids=self.ids,
                orders=orders.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    def _erase_analytic(self, accounts):
        """Delete analytic accounts that nothing is booked on; the others lose their name."""
        booked = (
            self.env["account.analytic.line"]
            .search([("auto_account_id", "in", accounts.ids)])
            .mapped("auto_account_id")
        )
        for account in accounts & booked:
            account.write({"partner_id": False, "code": False, "name": self.env._("Erased client")})
        self._erase_rows("account_analytic_account", (accounts - booked).ids)

    def _erase_tokens(self, tokens):
        """Delete saved cards; one by which was paid is emptied, for the payment stays."""
        paid = self.env["payment.transaction"].search([("token_id", "in", tokens.ids)]).token_id
        self._erase_rows("payment_token", (tokens - paid).ids)
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE payment_transaction SET token_id = NULL WHERE token_id = ANY(%s)", paid.ids))
        self.env.invalidate_all(flush=False)
        self._erase_rows("payment_token", paid.ids)

    def _erase_unsign(self, messages):
        """Of the journal of changes that the law keeps the author goes."""
        self.env.cr.execute(
            SQL("UPDATE mail_message SET author_id = NULL, email_from = NULL WHERE id = ANY(%s)", messages.ids)
        )
        self.env.invalidate_all(flush=False)

    def _erase_lists(self, top):
        """Take these people out of lists of what was done, and out of payments that are kept."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE nestogy_client_bulk_line SET client_name = %s, before = NULL, after = NULL, reason = NULL
                    WHERE client_id = ANY(%s)""",
                self.env._("erased"),
                self.ids,
            )
        )
        if top:  # what is a draft yet is made out to the client from now on
            drafts = SQL("SELECT id FROM account_move WHERE state = 'draft' AND posted_before IS NOT TRUE")
            self.env.cr.execute(
                SQL(
                    """UPDATE account_move_line SET partner_id = %(to)s
                        WHERE partner_id = ANY(%(ids)s) AND move_id IN (%(drafts)s)""",
                    to=top.id,
                    ids=self.ids,
                    drafts=drafts,
                )
            )
            self.env.cr.execute(
                SQL(
                    """UPDATE account_move SET partner_id = %(to)s, invoice_partner_display_name = %(name)s
                        WHERE partner_id = ANY(%(ids)s) AND id IN (%(drafts)s)""",
                    to=top.id,
                    name=top.display_name,
                    ids=self.ids,
                    drafts=drafts,
                )
            )
        self._erase_merges()
        undone = self.env["payment.transaction"].search(
            [("partner_id", "in", self.ids), ("state", "not in", ("done", "pending", "authorized"))]
        )
        for transaction in undone.sorted("id", reverse=True):  # refunds before what they refund
            self._erase_rows("payment_transaction", transaction.ids)
        self.env.cr.execute(
            SQL(
                """UPDATE payment_transaction
                      SET partner_name = NULL, partner_email = NULL, partner_phone = NULL, partner_address = NULL,
                          partner_zip = NULL, partner_city = NULL
                    WHERE partner_id = ANY(%s)""",
                self.ids,
            )
        )
        self.env.invalidate_all(flush=False)
        self._erase_tracked()

    def _erase_imports(self, wanted, rows):
        """Empty the rows of files from which these people came or that name them, and throw those files away."""
        emptied = self.env.execute_query(
            SQL(
                """UPDATE nestogy_client_import_row
                      SET cells = '[]', problems = NULL, reason = NULL, match_keys = NULL, digest = NULL,
                          before = NULL, after = NULL
                    WHERE id = ANY(%(rows)s)
                      AND (client_id = ANY(%(ids)s) OR id = ANY(%(found)s)
                           OR EXISTS (SELECT 1 FROM unnest(%(ids)s) person(id) WHERE made @> to_jsonb(person.id)))
                RETURNING import_id""",
                rows=rows.ids,
                ids=self.ids,
                found=self._erase_find(rows, ["cells"], wanted.everything),
            )
        )
        imports = sorted({row[0] for row in emptied})
        files = self.env.execute_query(
            SQL("SELECT id FROM ir_attachment WHERE res_model = 'nestogy.client.import' AND res_id = ANY(%s)", imports)
        )
        self._erase_rows("ir_attachment", [row[0] for row in files])
        self.env.invalidate_all(flush=False)

    def _erase_merges(self):
        """Forget merges in which these people took part: their values before and after are kept with them."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM nestogy_client_merge WHERE target_id = ANY(%(ids)s)
                    UNION SELECT merge_id FROM nestogy_client_merge_partner_rel WHERE partner_id = ANY(%(ids)s)
                    UNION SELECT merge_id FROM nestogy_client_merge_source
                           WHERE partner_id = ANY(%(ids)s) OR kept_id = ANY(%(ids)s)""",
                ids=self.ids,
            )
        )
        self._erase_rows("nestogy_client_merge", [row[0] for row in rows])

    # ------------------------------------------------------------------
    # Sizes
    # ------------------------------------------------------------------

    @api.model
    def _erase_file_fields(self):
        return [
            name
            for name, field in self._fields.items()
            if field.type in ("binary", "image") and field.store and field.attachment
        ]

    def _erase_bytes(self, where):
        [(size,)] = self.env.execute_query(
            SQL("SELECT COALESCE(sum(file_size), 0)::bigint FROM ir_attachment WHERE %s", where)
        )
        return size

    def _erase_file_size(self):
        return self._erase_bytes(SQL("res_model = 'res.partner' AND res_id = ANY(%s)", self.ids))

    def _erase_document_size(self):
        return self._erase_bytes(
            SQL(
                """res_model = 'nestogy.client.document.version' AND res_id IN (
                     SELECT v.id FROM nestogy_client_document_version v
                       JOIN nestogy_client_document d ON d.id = v.document_id
                      WHERE d.client_id = ANY(%s))""",
                self.ids,
            )
        )
