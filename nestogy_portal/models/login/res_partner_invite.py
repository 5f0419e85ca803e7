import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, email_normalize

from odoo.addons.nestogy_clients.tools.placeholders import SampleValues

_logger = logging.getLogger(__name__)


class ResPartner(models.Model):
    """Inviting contacts to the portal, taking access away, giving it back: one door, whoever opens it.

    The methods with an underscore trust their callers, who check who asks; they work on many contacts at once.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # What is in the way
    # ------------------------------------------------------------------

    def _portal_users(self):
        """The one user of each contact that counts for the portal, in sudo: an active one before an archived one.

        :return: dict of contact to user, without contacts who have none
        """
        # staff may see who has access without any right on users
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        found = {}
        for user_sudo in users_sudo.search([("partner_id", "in", self._origin.ids)]).sorted("active", reverse=True):
            found.setdefault(user_sudo.partner_id.id, user_sudo)
        return {contact: found[contact._origin.id] for contact in self if contact._origin.id in found}

    def _portal_invitation_modes(self, chosen=None):
        """How each of these contacts is invited: as was chosen for this time, else as the profile of its client says.

        :param str chosen: a value of ``invitation_mode``, empty for what the profiles say
        :return: dict of contact to mode
        """
        if chosen:
            return dict.fromkeys(self, chosen)
        by_client = {}
        modes = {}
        for contact in self:
            client = contact._get_client() or contact.browse()
            if client not in by_client:
                by_client[client] = contact._get_portal_profile()[0].invitation_mode
            modes[contact] = by_client[client]
        return modes

    @api.model
    def _logins_taken(self, logins, but=()):
        """Which of these user names other people have, without regard to capitals.

        :param logins: small letters
        :param but: ids of users who may have them
        :return: set
        """
        if not logins:
            return set()
        self.env["res.users"].flush_model(["login"])
        # SQL: the ORM compares many texts at once only with their capitals
        rows = self.env.execute_query(
            SQL(
                "SELECT lower(login) FROM res_users WHERE lower(login) IN %s AND id NOT IN %s",
                tuple(logins),
                tuple(but) or (0,),
            )
        )
        return {login for (login,) in rows}

    def _portal_invite_problems(self, usernames=None, mode=None):
        """What keeps each of these contacts from being invited, and what to do about it.

        :param dict usernames: of contact to the user name it shall get
        :return: dict of contact to a sentence, empty where nothing is in the way
        """
        usernames = usernames or {}
        users = self._portal_users()
        modes = self._portal_invitation_modes(mode)
        logins = {contact: contact._portal_login_wanted(usernames.get(contact), users.get(contact)) for contact in self}
        changed = {
            login for contact, login in logins.items() if contact not in users or users[contact].login.lower() != login
        }
        taken = self._logins_taken({login for login in changed if login})
        problems, given = {}, set()
        for contact in self:
            user_sudo, login = users.get(contact), logins[contact]
            is_new = not user_sudo or user_sudo.login.lower() != login
            problem = contact._portal_invite_problem(user_sudo, modes[contact])
            if not problem and is_new and login != email_normalize(contact.email):
                problem = self._username_rule(login)
            if not problem and is_new and (login in taken or login in given):
                problem = self._username_taken(login)
            problems[contact] = problem
            if not problem:
                given.add(login)
        return problems

    def _portal_login_wanted(self, username, user_sudo):
        username = (username or "").strip().lower()
        return username or (user_sudo.login.lower() if user_sudo else email_normalize(self.email) or "")

    def _portal_invite_problem(self, user_sudo, mode):
        """What is in the way of inviting this contact, whatever its user name.

        :param res.users user_sudo: its user, ``None`` if there is none
        """
        self.ensure_one()
        if user_sudo and not user_sudo.share:
            return self.env._("%s works here and needs no portal access.", self.display_name)
        if not self.active:
            return self.env._("%s is archived; bring the contact back first.", self.display_name)
        if not email_normalize(self.email):
            return self.env._("%s has no valid e-mail address; add one before inviting.", self.display_name)
        if not self._client_may_log_in():
            return self.env._("The status of the client does not allow signing in; change the status before inviting.")
        if mode == "none":
            return self.env._(
                "The portal profile of this client sends no invitations: its people come in by the links in mails."
            )
        return ""

    @api.model
    def _username_rule(self, login):
        return self._login_problem(login, is_own=True, among_all=False)

    @api.model
    def _username_taken(self, login):
        if "@" in login:
            return self.env._("%s is the user name of somebody else; choose a user name of its own.", login)
        return self.env._("The user name %s is taken; choose another.", login)

    # ------------------------------------------------------------------
    # The door
    # ------------------------------------------------------------------

    def _portal_invite(self, mode=None, usernames=None, welcome="", may_send_link=False, queued=False):
        """Give these contacts access, and invite those who never signed in.

        One who cannot be invited, or whose mail does not leave, does not stop the others.

        :param str mode: how, empty for what the profiles of the clients say
        :param dict usernames: of contact to user name, where it is not the one it has or its e-mail address
        :param str welcome: plain text for the mail
        :param bool may_send_link: where a profile sends no invitations, a link is sent all the same
        :param bool queued: the mails leave after all is kept, by Odoo's queue; one that does not is noted in the log
        :return: dict of contact to a dict of ``ok``, ``message``, and ``password`` where one is to be shown once
        """
        usernames = {contact: name.strip().lower() for contact, name in (usernames or {}).items() if name}
        modes = self._portal_invitation_modes(mode)
        if may_send_link:
            modes = {contact: "link" if each == "none" else each for contact, each in modes.items()}
        problems = {}
        for kind in set(modes.values()):
            problems |= self.filtered(lambda contact, kind=kind: modes[contact] == kind)._portal_invite_problems(
                usernames, kind
            )
        results = {contact: {"ok": False, "message": problems[contact]} for contact in self if problems[contact]}
        batch = self - self.browse([contact.id for contact in results])
        try:
            with self.env.cr.savepoint():
                mails_sudo, done = batch._portal_invite_batch(modes, usernames, welcome)
        except (UserError, ValueError, psycopg2.Error):
            # one of them is not as he should be: each alone, so that the others get in
            mails_sudo, done = self.env["mail.mail"].sudo(), {}
            for contact in batch:
                try:
                    with self.env.cr.savepoint():
                        mail_sudo, one = contact._portal_invite_batch(modes, usernames, welcome)
                    mails_sudo |= mail_sudo
                    done |= one
                except (UserError, ValueError, psycopg2.Error) as error:
                    _logger.info("Portal: contact %s could not be invited: %s", contact.id, error)
                    message = str(error) if isinstance(error, UserError) else self.env._("Could not be invited.")
                    done[contact] = {"ok": False, "message": message}
        results |= done
        if queued:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # Odoo's own job
            return {contact: results[contact] for contact in self}
        # mails leave last, when nothing can go wrong any more
        addressed = {mail_sudo: mail_sudo.res_id for mail_sudo in mails_sudo}
        mails_sudo.send()
        failed = {
            addressed[mail_sudo]: mail_sudo for mail_sudo in mails_sudo.exists() if mail_sudo.state == "exception"
        }
        for contact, user_sudo in self._portal_users().items():
            if user_sudo.id in failed and results[contact]["ok"]:
                results[contact] = {
                    "ok": False,
                    "message": self.env._(
                        "The access is there, but the mail did not leave: %s",
                        failed[user_sudo.id].failure_reason or self.env._("unknown reason"),
                    ),
                }
        return {contact: results[contact] for contact in self}

    def _portal_invite_batch(self, modes, usernames, welcome):
        """Make users, open what was closed, and make the mails.

        :return: tuple of mails in sudo and results as of :meth:`_portal_invite`
        """
        mails_sudo = self.env["mail.mail"].sudo()  # agents make no mails of their own
        if not self:
            return mails_sudo, {}
        log = self.env["nestogy.portal.access.log"]
        users = self._portal_users()
        known = self.filtered(lambda contact: contact in users)
        renamed = known.filtered(lambda each: usernames.get(each) and users[each].login.lower() != usernames[each])
        for contact in renamed:
            users[contact].login = usernames[contact]
        closed = known.filtered(lambda contact: not users[contact].active)
        closed._portal_open(users)
        users |= (self - known)._portal_make_users(modes, usernames)
        by_hand = {contact for contact in closed if users[contact].login_date}  # they know their way in
        invited = self.filtered(lambda contact: contact not in by_hand)
        again = invited.filtered(lambda contact: contact in known and users[contact].nestogy_invited_at)
        users_sudo = self.env["res.users"].sudo().union(*(users[contact] for contact in invited))  # as the others
        # SQL through the ORM in one write each: who was asked when, and that the key of the mail opens
        users_sudo.nestogy_invited_at = fields.Datetime.now()
        users_sudo.partner_id.filtered(lambda each: each.signup_type != "signup").signup_type = "signup"
        results = {contact: {"ok": True, "message": self.env._("Access restored.")} for contact in by_hand}
        by_words, known_words = {}, {}
        for contact in invited:
            user_sudo, mode = users[contact], modes[contact]
            if mode != "link" and not user_sudo._may_get_temporary_password():
                mode = "link"  # he has a password of his own, which nobody takes from him
            if mode == "password_shown":
                password = user_sudo._set_temporary_password()
                results[contact] = {
                    "ok": True,
                    "message": self.env._("Password made; hand it over."),
                    "login": user_sudo.login,
                    "password": password,
                }
                continue
            kind = "invitation"
            if mode == "password_mailed":
                kind = "invitation_password"
                user_sudo.nestogy_must_change_password = True  # the password itself is made when the mail leaves
            results[contact] = {"ok": True, "message": self.env._("Invitation sent to %s.", contact.email)}
            by_words.setdefault((kind, *contact._portal_words(kind, known_words)), []).append(user_sudo)
        for (kind, template_sudo, lang), each_sudo in by_words.items():
            mails_sudo |= self._portal_make_mails(kind, template_sudo, lang, each_sudo, welcome)
        who = self.env.user.name
        log._log_many("invited", invited - again, who)
        log._log_many("invited_again", again, who)
        return mails_sudo, results

    def _portal_make_users(self, modes, usernames):
        """Make the portal users of contacts who have none.

        :return: dict of contact to user in sudo
        """
        by_company = {}
        for contact in self:
            company = contact.company_id or self.env.company
            by_company.setdefault(company, self.browse())
            by_company[company] |= contact
        made = {}
        # agents make the users of contacts and no others; core's note of it in the chatter is in the access log instead
        users_sudo = (
            self.env["res.users"]
            .sudo()
            .with_context(
                no_reset_password=True, mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
            )
        )
        for company, contacts in by_company.items():
            created = users_sudo.with_company(company).create(
                [
                    {
                        "login": usernames.get(contact) or email_normalize(contact.email),
                        "partner_id": contact.id,
                        "company_id": company.id,
                        "company_ids": [fields.Command.set(company.ids)],
                        "group_ids": [fields.Command.set(self.env.ref("base.group_portal").ids)],
                    }
                    for contact in contacts
                ]
            )
            # out of the context in which they were made, and still users
            made |= dict(zip(contacts, created.with_env(self.env).sudo(), strict=True))
        return made

    def _portal_open(self, users):
        """Give access back to contacts from whom it was taken.

        :param dict users: of contact to user in sudo
        """
        users_sudo = self.env["res.users"].sudo().union(*(users[contact] for contact in self))  # as when making them
        if users_sudo:
            users_sudo.with_context(mail_notrack=True).write(
                {
                    "active": True,
                    "group_ids": [
                        fields.Command.link(self.env.ref("base.group_portal").id),
                        fields.Command.unlink(self.env.ref("base.group_public").id),
                    ],
                }
            )

    def _portal_close(self, reason=""):
        """Take the access of these contacts away: sessions, links, invitations and passwords that were given.

        :raise UserError: one of them has no access
        """
        users = self._portal_users()
        for contact in self:
            if contact not in users or not users[contact].share or not users[contact].active:
                raise UserError(self.env._("%s has no access to the portal.", contact.display_name))
        users_sudo = self.env["res.users"].sudo().union(*users.values())  # users are an administrator's
        users_sudo.partner_id.signup_type = False
        users_sudo.with_context(mail_notrack=True, portal_reason=reason).write(
            {
                "active": False,
                "group_ids": [
                    fields.Command.unlink(self.env.ref("base.group_portal").id),
                    fields.Command.link(self.env.ref("base.group_public").id),
                ],
            }
        )

    def _portal_withdraw(self):
        """Take back invitations that nobody accepted: their links and temporary passwords open nothing any more.

        Sign-in links in mails go on working; that is what blocking is for.
        """
        users = self._portal_users()
        for contact in self:
            user_sudo = users.get(contact)
            if not user_sudo or not user_sudo.active or user_sudo.login_date or not user_sudo.nestogy_invited_at:
                raise UserError(self.env._("%s has no open invitation.", contact.display_name))
        users_sudo = self.env["res.users"].sudo().union(*users.values())  # as above
        users_sudo.partner_id.signup_type = False
        users_sudo._forget_temporary_password()
        for user_sudo in users_sudo:
            user_sudo.nestogy_session_epoch += 1  # part of what the link was made from
        users_sudo.nestogy_invited_at = False
        self.env["nestogy.portal.access.log"]._log_many("withdrawn", self, self.env.user.name)

    def _portal_set_username(self, username):
        """Give the contact's user another name; its sessions end, and Odoo tells it by mail.

        :raise UserError: says what is wrong with the name
        """
        self.ensure_one()
        user_sudo = self._portal_users().get(self)
        if not user_sudo or not user_sudo.share:
            raise UserError(self.env._("%s has no access to the portal.", self.display_name))
        login = (username or "").strip().lower()
        if login == user_sudo.login.lower():
            return
        if login != email_normalize(self.email):
            problem = self._username_rule(login)
            if problem:
                raise UserError(problem)
        if self._logins_taken({login}, user_sudo.ids):
            raise UserError(self._username_taken(login))
        user_sudo.login = login

    def _get_login_date(self):
        """What the key of an invitation is made from.

        It dies with the first sign-in, as ever, and here with everything that ends sessions for good: a key that was
        taken back does not open again with the next invitation.
        """
        moment = super()._get_login_date()
        epoch = max(self.sudo().user_ids.mapped("nestogy_session_epoch"), default=0)  # whoever asks
        return f"{moment}/{epoch}" if epoch else moment

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _portal_words(self, kind, known=None):
        """The mail template that holds for an invitation of this contact, in sudo, and its language.

        :param dict known: what was found for others, so that many contacts ask once for each group and language
        :return: tuple
        """
        self.ensure_one()
        known = {} if known is None else known
        client = self._get_client()
        lang = self.lang or client.lang or self.env.lang
        words_sudo = self.env["nestogy.client.mail.template"].sudo()  # whoever invites uses these words
        if "clients" not in known:
            known["clients"] = set(words_sudo.search([("kind", "=like", "invitation%")]).client_id.ids)
        key = kind, client.id if client.id in known["clients"] else 0, client.client_group_id.id, lang
        if key not in known:
            template = client._client_mail_template(kind, lang) if client else None
            ordinary = self.env.ref(words_sudo._mail_kinds()[kind]["template_xmlid"])
            known[key] = (template or ordinary).sudo()  # as above
        return known[key], lang

    def _portal_make_mails(self, kind, template_sudo, lang, users_sudo, welcome):
        """The invitations of users who are written to in the same words."""
        wizard = self.env["nestogy.portal.invite"].new({"welcome": welcome or False})
        ids = [user_sudo.id for user_sudo in users_sudo]
        # mails are the system's; these are looked at until they have left
        return (
            template_sudo.with_context(lang=lang, client_mail_invitation=wizard, medium="portalinvite")
            .send_mail_batch(
                ids,
                force_send=False,
                email_values={
                    "auto_delete": True,
                    "is_notification": False,
                    "is_portal_invitation": True,
                    "sends_temporary_password": kind == "invitation_password",
                },
            )
            .sudo()
        )

    def _portal_invitation_preview(self, mode, login, welcome=""):
        """Subject and body as this contact would get them; the key in it is none.

        :return: dict of ``subject``, ``body`` and ``error``
        """
        self.ensure_one()
        kind = "invitation_password" if mode == "password_mailed" else "invitation"
        template_sudo, lang = self._portal_words(kind)
        base = self.env["nestogy.portal.link"]._base_url()
        values = self._portal_invitation_values(login, welcome)
        samples = SampleValues(values | {"link": f"{base}/my", "password": "••••••••••"})
        renderer_sudo = self.env["mail.template"].sudo().with_context(lang=lang, client_mail_sample=samples)  # as above
        template_sudo = template_sudo.with_context(lang=lang)
        parts = {}
        try:
            for name, engine in (("subject", "inline_template"), ("body_html", "qweb")):
                parts[name] = renderer_sudo._render_template(template_sudo[name], self._name, self.ids, engine=engine)[
                    self.id
                ]
        except UserError:
            return {
                "subject": "",
                "body": "",
                "error": self.env._("The template %s cannot be shown before the mail is made.", template_sudo.name),
            }
        return {"subject": parts["subject"], "body": parts["body_html"], "error": ""}

    def _portal_invitation_values(self, login, welcome=""):
        """What the placeholders of an invitation stand for, apart from keys."""
        self.ensure_one()
        client = self.commercial_partner_id
        days = self._get_portal_profile()[0].password_days
        return {
            "client": client.name or "",
            "contact": self.name or self.email or "",
            "company": (self.company_id or self.env.company).name,
            "login": login,
            "welcome": welcome or "",
            "days": str(days),
        }

    # ------------------------------------------------------------------
    # What is kept about levels
    # ------------------------------------------------------------------

    def write(self, vals):
        if "portal_level_id" not in vals:
            return super().write(vals)
        before = {contact: contact.sudo().portal_level_id for contact in self}  # names of levels are no secret
        result = super().write(vals)
        log, none = self.env["nestogy.portal.access.log"], self.env._("as the profile says")
        changed = self.filtered(lambda contact: contact.sudo().portal_level_id != before[contact])  # as above
        details = {
            contact: self.env._(
                "%(who)s: %(old)s → %(new)s",
                who=self.env.user.name,
                old=before[contact].name or none,
                new=contact.sudo().portal_level_id.name or none,  # as above
            )
            for contact in changed
        }
        log._log_many("level", changed, details)
        return result

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_portal_invite(self):
        """Invite this contact, or once more, or give its access back."""
        self.ensure_one()
        self._check_may_manage_portal()
        result = self._portal_invite(may_send_link=bool(self.portal_state in ("active", "blocked")))[self]
        if not result["ok"]:
            raise UserError(result["message"])
        if result.get("password"):
            return self._portal_show_passwords({self: result}, {"type": "ir.actions.client", "tag": "soft_reload"})
        return self._portal_notice(result["message"])

    def action_portal_invite_dialog(self):
        """Ask how these contacts are to be invited, and show the mail.

        Called on clients, it is about the primary contact of each.
        """
        self._check_may_manage_portal()
        if not self:
            raise UserError(self.env._("Choose at least one contact."))
        wizard = self.env["nestogy.portal.invite"]._make_for(self._portal_people_to_invite())
        return wizard._open()

    def action_portal_invite_all(self):
        """The same for everybody of this client who may be invited."""
        self.ensure_one()
        self._check_may_manage_portal()
        people = self.portal_contact_ids.filtered(lambda each: each.portal_state in ("none", "no_email", "invited"))
        if not people:
            raise UserError(self.env._("Everybody here has access already, or had it taken away."))
        return self.env["nestogy.portal.invite"]._make_for(people)._open()

    def action_portal_block_dialog(self):
        """Ask why, then take access away."""
        self._check_may_manage_portal()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take Portal Access Away"),
            "res_model": "nestogy.portal.block",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_ids": self.ids},
        }

    def action_portal_revoke(self):
        """Take the contact's access away; his sessions and links end at once."""
        self.ensure_one()
        self._check_may_manage_portal()
        self._portal_close()
        return self._portal_notice(self.env._("%s cannot enter the portal any more.", self.display_name))

    def action_portal_withdraw(self):
        """Take an invitation back that was not accepted."""
        self.ensure_one()
        self._check_may_manage_portal()
        self._portal_withdraw()
        return self._portal_notice(self.env._("The invitation of %s is taken back.", self.display_name))

    def action_portal_person(self):
        """User name and level of this contact."""
        self.ensure_one()
        self._check_may_manage_portal()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Access of %s", self.name or self.email or ""),
            "res_model": "nestogy.portal.person",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    def _portal_people_to_invite(self):
        """Contacts as they are; for a firm its primary contact, else itself if it has nobody."""
        people = self.browse()
        for partner in self:
            people |= partner.primary_contact_id if partner.is_company and partner.primary_contact_id else partner
        return people

    @api.model
    def _portal_show_passwords(self, results, next_action):
        """Show passwords that were made just now; they travel in this answer and are kept nowhere."""
        return {
            "type": "ir.actions.client",
            "tag": "nestogy_portal.show_password",
            "params": {
                "people": [
                    {"name": contact.name or contact.email, "login": each["login"], "password": each["password"]}
                    for contact, each in results.items()
                    if each.get("password")
                ],
                "button": self.env._("Done"),
                "next": next_action,
            },
        }

    def _check_may_manage_portal(self):
        self.check_access("write")
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise AccessError(self.env._("Only agents can invite people to the portal or take their access away."))
