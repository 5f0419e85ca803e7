from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, formatLang, html2plaintext

from ...tools.mail_excerpt import items_apart
from ...tools.timeline import TimelineSource

INVOICES = ("out_invoice", "out_refund", "out_receipt")
PAID = ("paid", "in_payment")


class ResPartner(models.Model):
    """What the timeline of a client unites."""

    _inherit = "res.partner"

    def _client_timeline_sources(self):
        sources = super()._client_timeline_sources()
        return sources + self._timeline_readable(
            self._timeline_communications(),
            *self._timeline_invoices(),
            self._timeline_payments(),
            *self._timeline_estimates(),
            *self._timeline_contracts(),
            self._timeline_documents(),
            *self._timeline_reminders(),
            self._timeline_consents(),
            *self._timeline_follow_ups(),
            self._timeline_status_changes(),
        )

    def _timeline_told_elsewhere(self):
        """Models whose messages have a source of their own, so that the log's rows about them would tell them twice."""
        return []

    def _timeline_communications(self):
        communications = self.env["nestogy.communication"]
        labels = dict(communications._fields["kind"]._description_selection(self.env))
        icons = {
            "call": "fa-phone",
            "email": "fa-envelope-o",
            "meeting": "fa-calendar",
            "note": "fa-sticky-note-o",
            "text": "fa-comment-o",
        }
        outcomes = dict(communications._fields["outcome"]._description_selection(self.env))

        directions = {
            ("call", "in"): self.env._("Call from the client"),
            ("call", "out"): self.env._("Call to the client"),
            ("email", "in"): self.env._("E-mail from the client"),
            ("email", "out"): self.env._("E-mail to the client"),
            ("text", "in"): self.env._("Text message from the client"),
            ("text", "out"): self.env._("Text message to the client"),
        }

        def draw(row):
            what = directions.get((row["kind"], row["direction"])) or labels.get(row["kind"], "")
            outcome = outcomes.get(row["outcome"], "")
            if row["bounced"]:
                outcome = self.env._("Could not be delivered")
            tone = "danger" if row["bounced"] else "warning" if row["outcome"] in ("no_answer", "busy") else ""
            return {
                "title": row["name"],
                "what": " · ".join(part for part in (what, outcome) if part),
                "text": row["preview"],
                "tone": tone,
                "is_private": row["private"],
                "is_pinned": row["pinned"],
            }

        return TimelineSource(
            key="communication",
            model=communications._name,
            date="date",
            owner="client_id",
            domain=[("res_model", "not in", self._timeline_told_elsewhere())],
            kinds={kind: (label, icons.get(kind, "fa-comments-o")) for kind, label in labels.items()},
            kind="kind",
            person="contact_id",
            user="user_id",
            facts={
                "name": "name",
                "preview": "preview",
                "direction": "direction",
                "outcome": "outcome",
                "bounced": "is_bounced",
                "private": SQL(
                    "COALESCE(%s, FALSE)", communications._field_to_sql(communications._table, "is_private")
                ),
                "pinned": SQL("COALESCE(%s, FALSE)", communications._field_to_sql(communications._table, "is_pinned")),
            },
            found_by=("name", "preview"),
            pin="is_pinned",
            draw=draw,
        )

    def _timeline_status_changes(self):
        model = "nestogy.client.status.change"
        old, new = (self._timeline_name(model, name) for name in ("old_status_id", "new_status_id"))

        def draw(row):
            title = self.env._("Status: %s", row["new"])
            if row["old"]:
                title = self.env._("Status: %(new)s, was %(old)s", new=row["new"], old=row["old"])
            return {"title": title, "text": row["reason"], "model": False, "id": False}

        return TimelineSource(
            key="status",
            model=model,
            date="date",
            owner="client_id",
            kinds={"status": (self.env._("Status"), "fa-flag-o")},
            user="user_id",
            facts={"old": old, "new": new, "reason": "reason"},
            found_by=(old, new, "reason"),
            draw=draw,
        )

    def _timeline_invoices(self):
        kinds = {
            "invoice": (self.env._("Invoices"), "fa-file-text-o"),
        }
        domain = [("state", "=", "posted"), ("move_type", "in", INVOICES)]

        def draw(row):
            is_credit = row["type"] == "out_refund"
            if is_credit:
                title = self.env._("Credit note %s", row["name"])
            else:
                title = self.env._("Invoice %s", row["name"])
            state, tone = "", ""
            if row["payment_state"] in PAID:
                state, tone = (self.env._("Applied") if is_credit else self.env._("Paid")), "success"
            elif row["payment_state"] == "reversed":
                state = self.env._("Reversed")
            elif row["payment_state"] == "partial":
                state, tone = self.env._("Partly paid"), "info"
            elif row["sent"]:
                state = self.env._("Sent")
            return {"title": title, "what": state, "text": row["ref"], "tone": tone}

        def draw_paid(row):
            if row["type"] == "out_refund":
                title = self.env._("Credit note %s was applied", row["name"])
            else:
                title = self.env._("Invoice %s was paid in full", row["name"])
            return {"title": title, "text": row["ref"], "tone": "success", "icon": "fa-check-square-o"}

        columns = {
            "model": "account.move",
            "owner": "commercial_partner_id",
            "scope": "entity",
            "person": "partner_id",
            "user": "invoice_user_id",
            "amount": "amount_total",
            "currency": "currency_id",
            "kinds": kinds,
            "facts": {
                "name": "name",
                "type": "move_type",
                "payment_state": "payment_state",
                "sent": "is_move_sent",
                "ref": "ref",
            },
            "found_by": ("name", "ref"),
        }
        paid = [*domain, ("payment_state", "in", PAID)]
        return [
            TimelineSource(key="invoice", date="invoice_date", is_day=True, domain=domain, draw=draw, **columns),
            TimelineSource(
                key="invoice_paid", date="client_paid_on", is_day=True, domain=paid, draw=draw_paid, **columns
            ),
        ]

    def _timeline_payments(self):
        def draw(row):
            is_refund = row["type"] == "outbound"
            title = self.env._("Refund %s", row["name"]) if is_refund else self.env._("Payment %s", row["name"])
            return {"title": title, "text": row["memo"], "tone": "" if is_refund else "success"}

        return TimelineSource(
            key="payment",
            model="account.payment",
            date="date",
            is_day=True,
            owner="partner_id",
            scope="person",
            domain=[("partner_type", "=", "customer"), ("state", "in", ("in_process", "paid"))],
            person="partner_id",
            amount="amount",
            currency="currency_id",
            kinds={"payment": (self.env._("Payments"), "fa-money")},
            facts={"name": "name", "type": "payment_type", "memo": "memo"},
            found_by=("name", "memo"),
            draw=draw,
        )

    def _timeline_estimates(self):
        columns = {
            "model": "sale.order",
            "owner": "partner_id",
            "scope": "person",
            "person": "partner_id",
            "user": "user_id",
            "amount": "amount_total",
            "currency": "currency_id",
            "kinds": {"estimate": (self.env._("Estimates"), "fa-file-o")},
            "found_by": ("name", "client_order_ref", "client_reject_reason"),
        }
        facts = {"name": "name", "ref": "client_order_ref"}

        def titled(title, text, tone=""):
            return lambda row: {"title": title(row["name"]), "text": row[text], "tone": tone}

        return [
            TimelineSource(
                key="estimate_sent",
                date="client_sent_at",
                facts=facts,
                draw=titled(lambda name: self.env._("Estimate %s was sent", name), "ref"),
                **columns,
            ),
            TimelineSource(
                key="estimate_accepted",
                date="date_order",
                domain=[("state", "=", "sale")],
                facts=facts,
                draw=titled(lambda name: self.env._("Estimate %s was accepted", name), "ref", "success"),
                **columns,
            ),
            TimelineSource(
                key="estimate_rejected",
                date="client_rejected_at",
                facts={"name": "name", "reason": "client_reject_reason"},
                draw=titled(lambda name: self.env._("Estimate %s was rejected", name), "reason", "danger"),
                **columns,
            ),
        ]

    def _timeline_contracts(self):
        kinds = {"contract": (self.env._("Contracts"), "fa-refresh")}
        changes = "nestogy.contract.price.change"
        contract = self._timeline_name(changes, "contract_id")

        def draw_end(row):
            if row["cancelled_on"]:
                return {"title": self.env._("Contract %s ends, cancelled", row["name"]), "text": row["reason"]}
            return {"title": self.env._("Contract %s ends", row["name"]), "tone": "warning"}

        def draw_change(row):
            if row["change"] == "percent":
                what = self.env._("%s %% from this day on", formatLang(self.env, row["percent"], digits=2))
            else:
                what = self.env._("%s from this day on", formatLang(self.env, row["price"], dp="Product Price"))
            title = self.env._("New price in contract %s", row["contract"])
            return {"title": title, "what": what, "text": row["reason"], "model": "contract.contract", "id": row["of"]}

        columns = {
            "model": "contract.contract",
            "owner": "commercial_partner_id",
            "scope": "entity",
            "is_day": True,
            "domain": [("contract_type", "=", "sale")],
            "person": "partner_id",
            "user": "user_id",
            "kinds": kinds,
            "found_by": ("name", "code"),
        }
        return [
            TimelineSource(
                key="contract_start",
                date="date_start",
                facts={"name": "name"},
                draw=lambda row: {"title": self.env._("Contract %s begins", row["name"])},
                **columns,
            ),
            TimelineSource(
                key="contract_end",
                date="date_end",
                facts={"name": "name", "cancelled_on": "cancelled_on", "reason": "cancel_reason"},
                draw=draw_end,
                **columns,
            ),
            TimelineSource(
                key="price_change",
                model=changes,
                date="date",
                is_day=True,
                scope="any",
                where=SQL(
                    "%s IN (SELECT id FROM contract_contract WHERE commercial_partner_id IN (SELECT id FROM entity))",
                    self.env[changes]._field_to_sql(self.env[changes]._table, "contract_id"),
                ),
                user="user_id",
                kinds=kinds,
                facts={
                    "contract": contract,
                    "of": "contract_id",
                    "change": "kind",
                    "percent": "percent",
                    "price": "price",
                    "reason": "reason",
                },
                found_by=(contract, "reason"),
                draw=draw_change,
            ),
        ]

    def _timeline_documents(self):
        model = "nestogy.client.document.version"
        document = self._timeline_name(model, "document_id")

        def draw(row):
            if row["number"] == 1:
                title = self.env._("Document %s", row["document"])
            else:
                title = self.env._("Document %(name)s, version %(number)s", name=row["document"], number=row["number"])
            opens = {"model": "nestogy.client.document", "id": row["document_id"]}
            return {"title": title, "what": row["name"], "text": row["note"]} | opens

        return TimelineSource(
            key="document",
            model=model,
            date="uploaded_at",
            owner="client_id",
            person=self._timeline_name(model, "document_id", "contact_id"),
            user="user_id",
            kinds={"document": (self.env._("Documents"), "fa-folder-open-o")},
            facts={
                "document": document,
                "document_id": "document_id",
                "number": "number",
                "name": "name",
                "note": "note",
            },
            found_by=(document, "name", "note"),
            draw=draw,
        )

    def _timeline_reminders(self):
        kinds = {"reminder": (self.env._("Reminders"), "fa-bell-o")}
        log, promise = "nestogy.reminder.log", "nestogy.payment.promise"
        reminded, promised = self._timeline_name(log, "move_id"), self._timeline_name(promise, "move_id")
        states = dict(self.env[promise]._fields["state"]._description_selection(self.env))

        def draw(row):
            title = self.env._("Reminder of invoice %s", row["invoice"])
            what = self.env._("%s days late", row["days"]) if row["days"] else ""
            return {"title": title, "what": what, "text": row["note"], "model": "account.move", "id": row["move"]}

        def draw_promise(row):
            title = self.env._(
                "Promised to pay invoice %(number)s by %(date)s",
                number=row["invoice"],
                date=format_date(self.env, row["day"]),
            )
            tone = {"kept": "success", "broken": "danger"}.get(row["state"], "")
            opens = {"model": "account.move", "id": row["move"]}
            return {"title": title, "what": states[row["state"]], "text": row["note"], "tone": tone} | opens

        return [
            TimelineSource(
                key="reminder",
                model=log,
                date="date",
                owner="client_id",
                scope="entity",
                domain=[("outcome", "in", ("sent", "manual"))],
                user="user_id",
                amount="amount",
                currency="currency_id",
                kinds=kinds,
                facts={"invoice": reminded, "move": "move_id", "days": "days_late", "note": "note"},
                found_by=(reminded, "note"),
                draw=draw,
            ),
            TimelineSource(
                key="promise",
                model=promise,
                date="create_date",
                owner="client_id",
                scope="entity",
                person="promised_by_id",
                user="create_uid",
                amount="amount",
                currency="currency_id",
                kinds=kinds,
                facts={"invoice": promised, "move": "move_id", "day": "date", "state": "state", "note": "note"},
                found_by=(promised, "note"),
                draw=draw_promise,
            ),
        ]

    def _timeline_consents(self):
        consents = self.env["nestogy.client.consent"]
        purposes = dict(consents._fields["purpose"]._description_selection(self.env))

        def draw(row):
            purpose = purposes.get(row["purpose"], "")
            if row["decision"] == "given":
                return {"title": self.env._("Consent given: %s", purpose), "text": row["proof"], "tone": "success"}
            return {"title": self.env._("Consent withdrawn: %s", purpose), "text": row["proof"], "tone": "warning"}

        return TimelineSource(
            key="consent",
            model=consents._name,
            date="date",
            owner="client_id",
            scope="entity",
            person="partner_id",
            user="user_id",
            kinds={"consent": (self.env._("Consents"), "fa-check-circle-o")},
            facts={"purpose": "purpose", "decision": "decision", "proof": "proof"},
            found_by=("text", "proof"),
            draw=draw,
        )

    def _timeline_follow_ups(self):
        """Activities, open ones on the day they are due and others on the day they were done.

        Who sees one is who may write to what it is about, as in Odoo, and who has to do it.
        """
        activity = self.env["mail.activity"]
        table = activity._table
        kind = self._timeline_name(activity._name, "activity_type_id")
        column = {name: activity._field_to_sql(table, name) for name in ("user_id", "date_done", "date_deadline")}

        def draw(row):
            is_late = row["active"] and row["deadline"] < today
            title = row["summary"] or row["type"] or self.env._("Follow-up")
            if not row["active"]:
                what, tone = self.env._("Done"), "success"
            else:
                day = format_date(self.env, row["deadline"])
                what = self.env._("Overdue since %s", day) if is_late else self.env._("To do by %s", day)
                tone = "danger" if is_late else "info"
            text = html2plaintext(items_apart(row["feedback"] or row["note"]), include_references=False)
            return {"title": title, "what": what, "text": text, "tone": tone, "model": row["of"], "id": row["of_id"]}

        today = fields.Date.to_string(fields.Date.context_today(self))
        return [
            TimelineSource(
                key="follow_up",
                model=activity._name,
                date=SQL("COALESCE(%(date_done)s, %(date_deadline)s)", **column),
                is_day=True,
                scope="any",
                is_trusted=True,
                join=self._timeline_follow_up_places,
                where=SQL("(joined.is_for_all OR %s = %s)", column["user_id"], self.env.uid),
                user="user_id",
                kinds={"follow_up": (self.env._("Follow-ups"), "fa-clock-o")},
                facts={
                    "summary": "summary",
                    "type": kind,
                    "active": "active",
                    "deadline": "date_deadline",
                    "feedback": "feedback",
                    "note": "note",
                    "of": "res_model",
                    "of_id": "res_id",
                },
                found_by=("summary", kind, "note", "feedback"),
                draw=draw,
            )
        ]

    def _timeline_follow_up_places(self):
        """What activities may be about, as far as the user sees it.

        :return: SQL of a table of ``model``, ``id`` and ``is_for_all`` (or only for whoever has to do it), and SQL of
            the condition that joins it; ``None`` if the user sees nothing
        """
        activity = self.env["mail.activity"]
        places = []
        for name, path in activity._client_activity_paths().items():
            model = self.env[name].with_context(active_test=False)
            if not model.has_access("read"):
                continue
            needed = getattr(model, "_mail_post_access", "read")
            is_for_all = model.has_access(needed)
            rules = self.env["ir.rule"]._compute_domain(name, needed if is_for_all else "read")
            query = model.sudo()._search(Domain(rules))  # with the rules that hold for the user
            if query.is_empty():
                continue
            owner = model.sudo()._field_to_sql(query.table, path or "id", query)  # as above
            query.add_where(SQL("%s IN (SELECT id FROM family)", owner))
            identifier = SQL.identifier(query.table, "id")
            places.append(query.select(SQL("%s AS model", name), identifier, SQL("%s AS is_for_all", is_for_all)))
        if not places:
            return None
        condition = SQL(
            "%s = joined.model AND %s = joined.id",
            activity._field_to_sql(activity._table, "res_model"),
            activity._field_to_sql(activity._table, "res_id"),
        )
        return SQL("(%s)", SQL(" UNION ALL ").join(places)), condition
