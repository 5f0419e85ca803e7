from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, consteq, email_normalize

from ...tools.link_tokens import new_token, normal_code, typed_code

TRIES, CODE_HOURS = 5, 1
VALUE_LENGTH, NOTE_LENGTH = 254, 1000
ACTIVITY = "nestogy_portal.mail_activity_type_change_request"
ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
# The only fields that a request can change, by kind.
TARGETS = {
    "email": ("email",),
    "client_name": ("name",),
    "vat": ("vat",),
    "address": ADDRESS,
    "colleague_name": ("name",),
    "colleague_email": ("email",),
    "colleague_phone": ("phone",),
    "colleague_function": ("function",),
}
COLLEAGUE = [kind for kind in TARGETS if kind.startswith("colleague_")]
OPEN = ("confirming", "asked")


class NestogyChangeRequest(models.Model):
    """Somebody asks in the portal for a change that he may not make himself; staff says yes or no.

    A new e-mail address is asked for in two steps, for whoever reads that mailbox can sign in: first a code that was
    sent to the new address is typed in, then the old address is told, and only then staff decides.
    """

    _name = "nestogy.change.request"
    _description = "Change Asked for in the Portal"
    _order = "id desc"
    _rec_name = "new_text"

    kind = fields.Selection(
        [
            ("email", "E-mail address"),
            ("client_name", "Company name"),
            ("vat", "Tax ID"),
            ("address", "Billing address"),
            ("colleague_name", "Name of a colleague"),
            ("colleague_email", "E-mail address of a colleague"),
            ("colleague_phone", "Phone of a colleague"),
            ("colleague_function", "Job title of a colleague"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Asked by", required=True, readonly=True, index=True, ondelete="cascade"
    )
    client_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="cascade")
    subject_id = fields.Many2one(
        "res.partner", string="Of", required=True, readonly=True, index=True, ondelete="cascade"
    )
    old_text = fields.Text(string="Today", readonly=True)
    new_text = fields.Text(string="Wanted", required=True, readonly=True)
    new_values = fields.Json(readonly=True)
    note = fields.Text(string="Their Note", readonly=True)
    state = fields.Selection(
        [
            ("confirming", "New address not confirmed"),
            ("asked", "Asked"),
            ("done", "Done"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="asked",
    )
    answer = fields.Text(help="The client reads it in the mail and in the portal.")
    user_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="set null")
    decided_at = fields.Datetime(string="Decided", readonly=True)
    confirmed_at = fields.Datetime(string="New Address Confirmed", readonly=True)
    code_key = fields.Char(groups=NO_ACCESS)
    expires_at = fields.Datetime(readonly=True, help="Until when the code for a new address is good.")
    tries = fields.Integer(readonly=True)

    _one_open = models.UniqueIndex(
        "(subject_id, kind) WHERE state IN ('confirming', 'asked')", "This change has been asked for already."
    )

    def write(self, vals):
        if not self.env.su and set(vals) - {"answer"}:
            raise AccessError(self.env._("What a client asked for is not changed; approve or refuse it."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _portal_subject(self, kind, contact_id=None):
        """Whose detail the visitor asks to change, in sudo; empty when he may not ask for it.

        :param str kind: one of the selection
        :param int contact_id: the colleague, where a kind is about one
        """
        me = self.env.user.partner_id
        client = me._get_client()
        nobody_sudo = self.env["res.partner"].sudo()  # what is handed out is checked here
        if not client or kind not in TARGETS:
            return nobody_sudo
        if kind == "email":
            return me.sudo()  # himself
        if not self.env.user._portal_may_act():
            return nobody_sudo
        client_sudo = client.sudo()  # his own
        if kind in COLLEAGUE:
            if self.env.user._portal_scope("people") != "company" or not isinstance(contact_id, int):
                return nobody_sudo
            return client_sudo.portal_contact_ids.filtered(
                lambda each: each.id == contact_id and each not in (me, client)
            )
        if kind == "address":
            return client_sudo.browse(client_sudo.address_get(["invoice"])["invoice"])
        if kind == "client_name" and not client_sudo.is_company:
            return nobody_sudo  # a person says himself how he is called
        return client_sudo

    @api.model
    def _portal_ask(self, kind, value, contact_id=None, note=""):
        """Take the wish of the visitor.

        :param str kind: one of the selection
        :param value: text; for an address a dict of texts and ids
        :return: the request in sudo
        :raise UserError: what is wrong with it
        """
        subject_sudo = self._portal_subject(kind, contact_id)
        if not subject_sudo:
            raise UserError(self.env._("You cannot ask for this change here; please write to us."))
        values = self._clean_values(kind, subject_sudo, value)
        old, new = self._values_text(kind, self._current_values(kind, subject_sudo)), self._values_text(kind, values)
        if old == new:
            raise UserError(self.env._("This is what we have already: %s", new))
        if len(note or "") > NOTE_LENGTH:
            raise UserError(self.env._("Write at most %s characters as a note.", NOTE_LENGTH))
        # visitors have no rights on requests
        open_sudo = self.sudo().search(
            [("subject_id", "=", subject_sudo.id), ("kind", "=", kind), ("state", "in", OPEN)]
        )
        if open_sudo.filtered(lambda each: each.state == "asked"):
            raise UserError(self.env._("This change has been asked for already. We will answer soon."))
        open_sudo.state = "withdrawn"  # a new code for whoever mistyped his address
        open_sudo.flush_recordset()
        request_sudo = open_sudo.create(
            {
                "kind": kind,
                "partner_id": self.env.user.partner_id.id,
                "client_id": self.env.user.partner_id._get_client().id,
                "subject_id": subject_sudo.id,
                "old_text": old,
                "new_text": new,
                "new_values": values,
                "note": (note or "").strip(),
                "state": "confirming" if kind == "email" else "asked",
            }
        )
        if kind == "email":
            request_sudo._send_code()
        else:
            request_sudo._tell_staff()
        return request_sudo

    @api.model
    def _clean_values(self, kind, subject, value):
        """The values to be written, out of what was typed.

        :raise UserError: what is wrong with it
        """
        if kind == "address":
            return self._clean_address(value)
        text = " ".join(str(value or "").replace("\x00", "").split())
        if not text and kind != "vat":
            raise UserError(self.env._("Write what it should be."))
        if len(text) > VALUE_LENGTH:
            raise UserError(self.env._("Write at most %s characters.", VALUE_LENGTH))
        (name,) = TARGETS[kind]
        if name == "email":
            text = email_normalize(text)
            if not text:
                raise UserError(self.env._("Type one e-mail address, such as name@company.com."))
        elif name == "vat" and (len(text) > 32 or not text.replace(" ", "").isascii()):
            raise UserError(self.env._("A tax ID has at most 32 letters and digits."))
        return {name: text}

    @api.model
    def _clean_address(self, value):
        texts = {
            name: " ".join(str(value.get(name) or "").replace("\x00", "").split())
            for name in ("street", "street2", "zip", "city", "state", "country_id")
        }
        if not texts["street"] or not texts["city"]:
            raise UserError(self.env._("Write street and city."))
        if any(len(text) > VALUE_LENGTH for text in texts.values()):
            raise UserError(self.env._("Write at most %s characters.", VALUE_LENGTH))
        digits = texts.pop("country_id")
        country = (
            self.env["res.country"]
            .browse(int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else 0)
            .exists()
        )
        if not country:
            raise UserError(self.env._("Choose the country."))
        word = texts.pop("state").lower()
        state = country.state_ids.filtered(lambda each: word in (each.code.lower(), each.name.lower()))[:1]
        if word and country.state_ids and not state:
            raise UserError(
                self.env._("We know no state of %s that is called so; write its name or code.", country.name)
            )
        return texts | {"state_id": state.id, "country_id": country.id}

    @api.model
    def _current_values(self, kind, subject):
        return {
            name: subject[name].id if isinstance(subject[name], models.BaseModel) else subject[name] or ""
            for name in TARGETS[kind]
        }

    @api.model
    def _values_text(self, kind, values):
        """Values as people read them."""
        if kind != "address":
            return next(iter(values.values())) or ""
        state = self.env["res.country.state"].browse(values["state_id"] or [])
        country = self.env["res.country"].browse(values["country_id"] or [])
        town = " ".join(filter(None, (values["city"], state.code, values["zip"])))
        return "\n".join(filter(None, (values["street"], values["street2"], town, country.name)))

    # ------------------------------------------------------------------
    # A new address is confirmed
    # ------------------------------------------------------------------

    def _code(self):
        self.ensure_one()
        # the server's own secret, which no role may read
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return typed_code(secret, f"change {self.id} {self.code_key}")

    def _send_code(self):
        """Mail the code to the new address, called in sudo."""
        self.write(
            {
                "code_key": new_token(),
                "tries": 0,
                "expires_at": fields.Datetime.add(fields.Datetime.now(), hours=CODE_HOURS),
            }
        )
        code = self._code()
        subject = self._contact_env()._("Your code to confirm this e-mail address")
        self._mail("code", subject, self.new_text, code=f"{code[:4]}-{code[4:]}")

    @api.model
    def _portal_confirming(self):
        """The visitor's own request that waits for its code, in sudo."""
        # visitors have no rights on requests
        return self.sudo().search(self._portal_confirming_domain(), limit=1)

    @api.model
    def _portal_confirming_domain(self):
        return (
            Domain("partner_id", "=", self.env.user.partner_id.id)
            & Domain("state", "=", "confirming")
            & Domain("tries", "<", TRIES)
            & Domain("expires_at", ">", fields.Datetime.now())
        )

    def _portal_confirm(self, typed):
        """Take the code of the new address; called in sudo on a request of the visitor.

        :return: whether it was right
        """
        self.ensure_one()
        # SQL: counting a try and looking whether it is one too many must be one step
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE nestogy_change_request SET tries = COALESCE(tries, 0) + 1
                    WHERE id = %s AND state = 'confirming' AND expires_at > %s AND COALESCE(tries, 0) < %s""",
                self.id,
                fields.Datetime.now(),
                TRIES,
            )
        )
        counted = self.env.cr.rowcount
        self.invalidate_recordset()
        typed = normal_code(typed)
        if not counted or not typed.isascii() or not consteq(typed, self._code()):
            return False
        self.write({"state": "asked", "confirmed_at": fields.Datetime.now()})
        old = self.old_text
        if email_normalize(old):
            self._mail("notice", self._contact_env()._("Your e-mail address is about to change"), old)
        company = self.client_id.company_id or self.env.company
        if company.portal_email_automatic and not self._email_problem():
            self._apply()
            self._finish("done")
        else:
            self._tell_staff()
        return True

    def _email_problem(self):
        """What keeps the new address from becoming the login; empty when nothing does."""
        (login,) = self.new_values.values()
        return self.subject_id._login_problem(login, is_own=False)

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _check_may_decide(self):
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise AccessError(self.env._("Agents of the Clients app decide about changes that clients ask for."))
        self.check_access("read")
        if any(request.state != "asked" for request in self):
            raise UserError(self.env._("Only a change that waits for our answer can be approved or refused."))

    def action_approve(self):
        """Write the wanted values, with the rights of whoever approves."""
        self._check_may_decide()
        for request in self:
            request._apply()
            request.sudo()._finish("done")  # the fields of a request are nobody's to write

    def action_refuse(self):
        self._check_may_decide()
        for request in self:
            if not (request.answer or "").strip():
                raise UserError(self.env._("Write the answer first: why is it refused? The client will read it."))
            request.sudo()._finish("refused")  # as above

    def _apply(self):
        self.ensure_one()
        subject = self.subject_id
        values = {name: value for name, value in self.new_values.items() if name in TARGETS[self.kind]}
        old = email_normalize(subject.email)
        subject.write(values)
        if "email" in values:
            subject._follow_new_email(old)

    def _finish(self, state):
        """Close the request and tell who asked; called in sudo."""
        self.ensure_one()
        self.write({"state": state, "user_id": self.env.uid, "decided_at": fields.Datetime.now(), "code_key": False})
        done = state == "done"
        env = self._contact_env()
        subject = (
            env._("We made the change that you asked for") if done else env._("About the change that you asked for")
        )
        self._mail(state, subject, None)
        label = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        texts = {"what": label, "who": self.partner_id.name, "old": self.old_text or "–", "new": self.new_text}
        self.client_id._message_log(
            body=self.env._("%(what)s changed from %(old)s to %(new)s, as %(who)s asked in the portal.", **texts)
            if done
            else self.env._("%(what)s stays %(old)s: what %(who)s asked for in the portal was refused.", **texts)
        )
        self._clear_activity()

    def _clear_activity(self):
        if not self.search_count([("client_id", "=", self.client_id.id), ("state", "=", "asked")], limit=1):
            self.client_id.activity_feedback([ACTIVITY])

    def _portal_withdraw(self):
        """Take a wish back; called in sudo on an open request of the visitor."""
        self.ensure_one()
        self.write({"state": "withdrawn", "decided_at": fields.Datetime.now(), "code_key": False})
        self._clear_activity()

    def action_open_client(self):
        self.ensure_one()
        form = self.env.ref("nestogy_clients.res_partner_view_form_client").id
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.client_id.id,
            "views": [(form, "form")],
        }

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    def _contact_env(self):
        contact = self.partner_id
        return contact.with_context(lang=contact.lang or self.env.lang).env

    def _mail(self, page, subject, address, code=""):
        """Mail who asked, or an address of his; called in sudo."""
        contact = self.partner_id.with_env(self._contact_env())
        company = self.client_id.company_id or self.env.company
        request = self.with_env(contact.env)
        values = {
            "page": page,
            "change": request,
            "what": dict(request._fields["kind"]._description_selection(contact.env))[request.kind],
            "company": company,
            "code": code,
            "url": f"{self.env['nestogy.portal.link']._base_url()}/my/profile",
        }
        recipient = {"email_to": address, "recipient_ids": []} if address else {}
        contact._mail_from_portal(subject, "nestogy_portal.change_mail", values, company, **recipient)

    def _tell_staff(self):
        """Give the account manager one thing to do for all that a client asks for; without one, note it."""
        self.ensure_one()
        client, label = self.client_id, dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        text = self.env._(
            "%(who)s asks for a change – %(what)s: %(new)s", who=self.partner_id.name, what=label, new=self.new_text
        )
        manager = client.user_id
        if not manager.active or manager.share:
            client._message_log(body=text)
            return
        waiting = client.activity_search([ACTIVITY], user_id=manager.id)[:1]
        if waiting:
            waiting.note = Markup("%s<p>%s</p>") % (waiting.note or "", text)
        else:
            client.activity_schedule(
                ACTIVITY, summary=self.env._("Changes that %s asked for", client.name), note=text, user_id=manager.id
            )
