from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

AT_ONCE = 50  # contacts that are invited while the user waits
PASSWORDS_AT_ONCE = 20  # each costs a third of a second to digest


class NestogyPortalInvite(models.TransientModel):
    """Asks whom to invite to the portal and how, shows the mail, and says what became of each."""

    _name = "nestogy.portal.invite"
    _description = "Invite to the Portal"
    _transient_max_hours = 72  # a long list goes on after a restart

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    mode = fields.Selection(
        [
            ("profile", "As the portal profile of each client says"),
            ("link", "A mail with a link to set a password"),
            ("password_shown", "A temporary password that I hand over"),
            ("password_mailed", "A mail with a temporary password"),
        ],
        string="How",
        required=True,
        default="profile",
    )
    welcome = fields.Text(string="Personal Message")
    line_ids = fields.One2many("nestogy.portal.invite.line", "wizard_id", string="Contacts")
    preview_line_id = fields.Many2one("nestogy.portal.invite.line", string="Mail to", domain="[('wizard_id', '=', id)]")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    has_mailed_password = fields.Boolean(compute="_compute_summary")
    summary = fields.Char(compute="_compute_summary")
    state = fields.Selection(
        [("ask", "Ask"), ("waiting", "In the background"), ("done", "Done")], compute="_compute_state"
    )
    progress = fields.Char(compute="_compute_state")

    @api.model
    def _make_for(self, contacts):
        """A question about these contacts; those who cannot be invited are shown with the reason."""
        wizard = self.create({"line_ids": [fields.Command.create({"partner_id": each.id}) for each in contacts]})
        for line in wizard.line_ids:
            line.is_chosen = not line.problem and line.portal_state in ("none", "invited")
        wizard.preview_line_id = (wizard.line_ids.filtered("is_chosen") or wizard.line_ids)[:1]
        return wizard

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invite to the Portal"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _chosen_mode(self):
        return False if self.mode == "profile" else self.mode

    @api.depends("mode", "line_ids.is_chosen", "line_ids.problem")
    def _compute_summary(self):
        for wizard in self:
            chosen = wizard.line_ids.filtered(lambda line: line.is_chosen and not line.problem)
            modes = chosen.partner_id._portal_invitation_modes(wizard._chosen_mode())
            wizard.has_mailed_password = "password_mailed" in modes.values()
            wizard.summary = self.env._(
                "%(chosen)s of %(all)s will be invited.", chosen=len(chosen), all=len(wizard.line_ids)
            )

    @api.depends("line_ids.state")
    def _compute_state(self):
        for wizard in self:
            states = wizard.line_ids.mapped("state")
            wizard.state = "waiting" if "waiting" in states else "ask" if set(states) <= {"ask"} else "done"
            wizard.progress = self.env._(
                "%(sent)s invited, %(failed)s not, %(waiting)s still to come.",
                sent=states.count("sent"),
                failed=states.count("failed"),
                waiting=states.count("waiting"),
            )

    @api.depends("preview_line_id", "mode", "welcome", "preview_line_id.username")
    def _compute_preview(self):
        for wizard in self:
            line = wizard.preview_line_id
            contact = line.partner_id._origin
            mode = contact._portal_invitation_modes(wizard._chosen_mode())[contact] if contact else "none"
            if mode in ("none", "password_shown") or not email_normalize(contact.email):
                wizard.preview = Markup("<p class='text-muted mb-0'>%s</p>") % self.env._("No mail is sent.")
                continue
            login = contact._portal_login_wanted(line.username, contact._portal_users().get(contact))
            found = contact._portal_invitation_preview(mode, login, wizard.welcome)
            wizard.preview = Markup("<p><strong>%s</strong></p>%s%s") % (
                found["subject"],
                found["body"],
                found["error"],
            )

    def action_invite(self):
        """Invite who was chosen; many of them in the background."""
        self.ensure_one()
        chosen = self.line_ids.filtered(lambda line: line.is_chosen and line.state == "ask")
        if not chosen:
            raise UserError(self.env._("Choose at least one contact who can be invited."))
        chosen.partner_id._check_may_manage_portal()
        for level in chosen.portal_level_id:
            lines = chosen.filtered(lambda line, level=level: line.portal_level_id == level)
            lines.partner_id.filtered(lambda each, level=level: each.portal_level_id != level).portal_level_id = level
        modes = list(chosen.partner_id._portal_invitation_modes(self._chosen_mode()).values())
        if modes.count("password_shown") > PASSWORDS_AT_ONCE:
            raise UserError(
                self.env._("Passwords that are shown are made for at most %s contacts at once.", PASSWORDS_AT_ONCE)
            )
        if len(chosen) > AT_ONCE or modes.count("password_mailed") > PASSWORDS_AT_ONCE:
            chosen.state = "waiting"
            self.env.ref("nestogy_portal.ir_cron_portal_invite").sudo()._trigger()  # the clock is nobody's
            return self._open()
        results = chosen._invite()
        if any(each.get("password") for each in results.values()):
            return self.env["res.partner"]._portal_show_passwords(results, self._open())
        return self._open()

    def action_close(self):
        """Close, and let the page behind show what is new."""
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_refresh(self):
        """Look how far the background is."""
        return self._open()


class NestogyPortalInviteLine(models.TransientModel):
    _name = "nestogy.portal.invite.line"
    _description = "Contact to Invite to the Portal"
    _order = "id"
    _rec_name = "partner_id"
    _transient_max_hours = 72

    wizard_id = fields.Many2one("nestogy.portal.invite", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Contact", required=True, readonly=True, ondelete="cascade")
    client_id = fields.Many2one("res.partner", compute="_compute_client_id")
    email = fields.Char(related="partner_id.email", string="E-mail")
    portal_state = fields.Selection(related="partner_id.portal_state", string="Access")
    is_chosen = fields.Boolean(string="Invite")
    username = fields.Char(
        string="User Name", compute="_compute_username", store=True, readonly=False, help="E-mail or one of its own."
    )
    portal_level_id = fields.Many2one(
        "nestogy.portal.level", string="Other Level", compute="_compute_portal_level_id", store=True, readonly=False
    )
    level_text = fields.Char(related="partner_id.portal_level_text", string="Level")
    problem = fields.Char(string="In the Way", compute="_compute_problem")
    state = fields.Selection(
        [("ask", "To invite"), ("waiting", "Waiting"), ("sent", "Done"), ("failed", "Failed")],
        string="Result",
        required=True,
        readonly=True,
        default="ask",
    )
    message = fields.Char(string="What Happened", readonly=True)

    @api.depends("partner_id")
    def _compute_client_id(self):
        for line in self:
            line.client_id = line.partner_id._get_client()

    @api.depends("partner_id")
    def _compute_username(self):
        users = self.partner_id._portal_users()
        for line in self:
            line.username = line.partner_id._portal_login_wanted("", users.get(line.partner_id))

    @api.depends("partner_id")
    def _compute_portal_level_id(self):
        for line in self:
            line.portal_level_id = line.partner_id.portal_level_id

    @api.depends("username", "partner_id", "wizard_id.mode", "wizard_id.line_ids.username")
    def _compute_problem(self):
        for wizard in self.wizard_id:
            lines = wizard.line_ids.filtered("partner_id")
            problems, contacts = {}, lines.partner_id._origin
            usernames = {line.partner_id._origin: line.username for line in lines}
            modes = contacts._portal_invitation_modes(wizard._chosen_mode())
            for mode in set(modes.values()):
                some = contacts.filtered(lambda each, modes=modes, mode=mode: modes[each] == mode)
                problems |= some._portal_invite_problems(usernames, mode)
            for line in lines:
                line.problem = problems[line.partner_id._origin]
        self.filtered(lambda line: not line.wizard_id).problem = False

    def _invite(self):
        """Invite these contacts and keep what became of each.

        :return: as of ``res.partner._portal_invite``
        """
        [wizard] = self.wizard_id
        contacts = self.partner_id
        results = contacts._portal_invite(
            wizard._chosen_mode(),
            {line.partner_id: line.username for line in self},
            wizard.welcome or "",
        )
        for line in self:
            result = results[line.partner_id]
            line.write({"state": "sent" if result["ok"] else "failed", "message": result["message"]})
        return results

    @api.model
    def _cron_invite(self):
        """Invite those of long lists, some at a time, in the name of whoever asked."""
        cron = self.env["ir.cron"]
        waiting = [("state", "=", "waiting")]
        cron._commit_progress(remaining=self.search_count(waiting))
        while lines := self.search(waiting, limit=AT_ONCE):
            lines = lines.filtered(lambda line, wizard=lines[0].wizard_id: line.wizard_id == wizard)
            lines = lines.try_lock_for_update().filtered_domain(waiting)
            if not lines:
                break  # another worker has them
            wizard = lines.wizard_id
            agent = wizard.create_uid
            mine = lines.with_user(agent).with_company(wizard.company_id)
            try:
                with self.env.cr.savepoint():
                    mine.partner_id._check_may_manage_portal()
                    mine.with_context(lang=agent.lang)._invite()
            except UserError as error:  # the agent may not any more
                lines.write({"state": "failed", "message": str(error)})
            if not cron._commit_progress(len(lines)):
                break
            if wizard.state == "done":
                agent._bus_send(
                    "simple_notification",
                    {"title": wizard.env._("Invitations to the portal"), "message": wizard.progress},
                )
