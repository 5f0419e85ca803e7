from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from .nestogy_form_entry import ADDRESS

BATCH = 50
TRIES = 5
FIRST_PAUSE = 5  # minutes until it is tried again; twice as long each time
MOST_PEOPLE = 50
ACTIVITY = "nestogy_portal.mail_activity_type_form"
KEPT = 300  # characters of a problem


class NestogyFormEntry(models.Model):
    """What becomes of an entry: by a cron, a moment after it was sent. All of it is called in sudo."""

    _inherit = "nestogy.form.entry"

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _waiting_domain(self):
        return Domain("result", "=", "waiting") & Domain("try_at", "<=", fields.Datetime.now())

    @api.model
    def _cron_process(self):
        """Make clients out of what waits. One bad entry does not stop the others; it is tried again later."""
        domain = self._waiting_domain()
        entries = self.search(domain, order="id", limit=BATCH)
        remaining = self.search_count(domain)
        self.env["ir.cron"]._commit_each(entries, domain, "_process", "_postpone", remaining=remaining)

    def _postpone(self, error):
        tries = self.tries + 1
        self.write(
            {
                "tries": tries,
                "try_at": fields.Datetime.add(fields.Datetime.now(), minutes=FIRST_PAUSE * 2 ** (tries - 1)),
                "problem": str(error.args[0] if error.args else error)[:KEPT],
                **({"result": "held", "reason": "failed"} if tries >= TRIES else {}),
            }
        )

    # ------------------------------------------------------------------
    # One entry
    # ------------------------------------------------------------------

    def _process(self, chosen=None, is_decided=False):
        """Find out who it is, and do what the form does with such.

        :param res.partner chosen: the client, where somebody said so
        :param bool is_decided: somebody of us has looked at it: nothing holds it
        :raise UserError: it has been looked at, and it is still not clear whose it is
        """
        self.ensure_one()
        if self.result in ("created", "added"):
            return  # once is enough
        self = self.with_company(self.company_id)
        people = self._find_people()
        if chosen:
            people = people.filtered(lambda each: each._get_client() == chosen) or chosen
        clients = people._get_client()
        if reason := self._reason_to_hold(people, clients):
            if not is_decided:
                client_id = clients.id if len(clients) == 1 else False
                self.write({"result": "held", "reason": reason, "client_id": client_id})
                self._confirm()  # or who is blocked could tell
                return
            if reason == "several":
                raise UserError(
                    self.env._(
                        "%(sender)s can be of several clients: %(clients)s. Choose one first.",
                        sender=self.sender,
                        clients=", ".join(clients.mapped("name")),
                    )
                )
        if clients:
            contact = people.filtered("parent_id")[:1] or people[:1]
            result = "added"
        else:
            clients, contact = self._make_client()
            result = "created"
        self.write(
            {
                "result": result,
                "client_id": clients.id,
                "contact_id": contact.id,
                "processed_at": fields.Datetime.now(),
                "problem": False,
            }
        )
        self._record_consents()
        self._tell_staff()
        clients._note_touches()
        self._confirm()

    def _reason_to_hold(self, people, clients):
        if len(clients) > 1:
            return "several"
        if clients and not (clients.client_status_id.may_order or clients.client_status_id.may_log_in):
            return "blocked"
        if clients and not (clients.active and people.filtered("active")):
            return "archived"
        return False

    def _find_people(self):
        """Clients and contacts of the company who have this e-mail address, else this number.

        Those who are archived are found where nobody else is.
        """
        partners = self.env["res.partner"].with_context(active_test=False)
        company = Domain("company_id", "in", (False, self.company_id.id))
        domains = []
        if self.email:
            domains.append(Domain("email_normalized", "=", self.email))
        if digits := self.phone and self._digits(self.phone, self.company_id):
            domains.append(
                Domain("phone_number_ids", "any", Domain("digits", "=", digits) & Domain("kind", "!=", "fax"))
            )
        for domain in domains:
            found = partners.search(domain & company, order="active desc, id", limit=MOST_PEOPLE)
            found = found.filtered(lambda each: each._get_client())
            if found:
                return found.filtered(lambda each: each.active and each._get_client().active) or found
        return partners.browse()

    # ------------------------------------------------------------------
    # A new client
    # ------------------------------------------------------------------

    def _make_client(self):
        """Make a client of the status that the form gives, with a contact if it is a company.

        :return: tuple of client and contact
        """
        form, values = self.form_id, self.values
        partners = self.env["res.partner"].with_context(mail_create_nosubscribe=True)
        common = {"lang": self.lang if self.lang in dict(self.env["res.lang"].get_installed()) else self.env.lang}
        user = form.user_id if form.user_id.active else form.user_id.browse()
        first = {
            "client_status_id": form.client_status_id.id,
            "user_id": user.id,
            "client_team_id": form.client_team_id.id,
            "category_id": [Command.set(form.category_ids.ids)],
            "country_id": values.get("country", False),
            "industry_id": values.get("industry", False),
            **{name: values.get(name, False) for name in ("website", "company_size", *ADDRESS[:-1])},
        }
        if form.client_group_id:
            first["client_group_id"] = form.client_group_id.id
        person = {name: values.get(name, False) for name in ("first_name", "last_name", "email", "phone", "function")}
        name = " ".join(filter(None, (values.get("first_name"), values.get("last_name")))) or values.get("name")
        person["name"] = name or self.email or self.phone
        company_name = values.get("company")
        if not company_name:
            client = contact = partners.create(
                common | first | person | {"is_company": False, "client_fields": self._custom_values("clients")}
            )
        else:
            client = partners.create(
                common
                | first
                | {"name": company_name, "is_company": True, "client_fields": self._custom_values("clients")}
            )
            contact = partners.create(
                common
                | person
                | {"parent_id": client.id, "type": "contact", "client_fields": self._custom_values("contacts")}
            )
        where = self.origin or self.env._("its own page")
        client._message_log(
            body=self.env._("Came through the website form %(form)s on %(where)s.", form=form.name, where=where)
        )
        return client, contact

    def _custom_values(self, scope):
        """The answers for custom fields of clients or contacts; a person who is a client gets the former alone."""
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        return {
            field.key: self.values[f"custom_{field.key}"]
            for field in catalogue
            if f"custom_{field.key}" in self.values
            and (field.applies_to in (scope, "both") or (scope == "clients" and not self.values.get("company")))
        }

    # ------------------------------------------------------------------
    # Consents
    # ------------------------------------------------------------------

    def _record_consents(self):
        """Write down to what somebody agreed."""
        person, proof = self.contact_id or self.client_id, self._proof()
        if self.consent_text:
            person._record_consent("given", "form", self.consent_text, proof, purpose="data", date=self.date)
        if self.marketing_text and self._may_agree_to_marketing():
            person._record_consent("given", "form", self.marketing_text, proof, date=self.date)

    def _proof(self):
        """How we know of a consent, for the ledger."""
        return self.env._(
            "Website form %(form)s on %(where)s, entry %(entry)s, sender's mark %(mark)s",
            form=self.form_id.name,
            where=self.origin or self.env._("its own page"),
            entry=self.id,
            mark=self.ip_digest,
        )

    def _may_agree_to_marketing(self):
        """Say whether the tick counts.

        Nobody has shown that the address is his own. So somebody known does not come on a list of ours by a form: his
        wish stands in the entry, and his account manager is told.
        """
        return self.result == "created"

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    def _staff(self):
        """Who is told: the client's account manager, else whom the form names, else the leader of the team."""
        client, form = self.client_id, self.form_id
        for user in (client.user_id, form.user_id, client.client_team_id.user_id, form.client_team_id.user_id):
            if user.active and not user.share and self.company_id in user.company_ids:
                return user
        return self.env["res.users"]

    def _tell_staff(self):
        """Give somebody one thing to do for this client, however often its people write."""
        user, client = self._staff(), self.client_id
        entry = self.with_context(lang=user.lang or self.env.lang)
        if self.result == "created":
            summary = entry.env._("New through %(form)s: %(name)s", form=self.form_id.name, name=client.name)
        else:
            summary = entry.env._("%(name)s sent %(form)s", name=self.sender, form=self.form_id.name)
        parts = [Markup("<p>%s</p>") % self.message] if self.message else []
        if rows := entry._different_rows():
            lines = Markup("").join(
                Markup("<li>%s</li>")
                % entry.env._("%(label)s: %(sent)s (on record: %(known)s)", label=label, sent=sent, known=known or "–")
                for label, sent, known in rows
            )
            parts.append(Markup("<p>%s</p><ul>%s</ul>") % (entry.env._("Different from what we have:"), lines))
        if self.marketing_text and not self._may_agree_to_marketing():
            parts.append(Markup("<p>%s</p>") % entry.env._("Wants marketing messages; ask, and record the consent."))
        note = Markup("").join(parts)
        if not user:
            client._message_log(body=Markup("<p>%s</p>%s") % (summary, note))
            return
        waiting = client.activity_search([ACTIVITY], user_id=user.id)[:1]
        if waiting:
            waiting.note = Markup("%s<p><b>%s</b></p>%s") % (waiting.note or "", summary, note)
        else:
            client.activity_schedule(ACTIVITY, summary=summary, note=note, user_id=user.id)

    def _confirm(self):
        """Mail whoever sent it that it has come; at most one a day and address, whatever somebody types there."""
        form = self.form_id
        if not (form.sends_mail and self.email and form.mail_template_id) or self.mailed_at:
            return
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        if self.search_count([("email", "=", self.email), ("mailed_at", ">", since)], limit=1):
            return
        self.mailed_at = fields.Datetime.now()
        self._mail_sender(form.mail_template_id)

    def _mail_sender(self, template):
        """Mail whoever sent it, and nobody else, once this transaction is over."""
        mail_id = template.send_mail(self.id, email_values={"email_to": self.email, "recipient_ids": []})
        self.env["mail.mail"].browse(mail_id).send_after_commit()
