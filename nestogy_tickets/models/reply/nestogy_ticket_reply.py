import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import html2plaintext, is_html_empty
from odoo.tools.sql import escape_psql

from odoo.addons.nestogy_clients.tools.placeholders import SampleValues, TemplateError, compile_body

from .helpdesk_ticket_reply import REPLY_KIND

TITLE_CHARACTERS = 120
BODY_CHARACTERS = 20_000
SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
FOUND = 40  # replies that the picker shows at once


class NestogyTicketReply(models.Model):
    """An answer that is written again and again, with placeholders that are filled for the ticket at hand.

    What a person typed stays text: the placeholders are compiled by ``nestogy_clients.tools.placeholders``, like those
    of e-mail templates.
    """

    _name = "nestogy.ticket.reply"
    _description = "Canned Reply"
    _order = "use_count desc, name, id"

    name = fields.Char(string="Title", required=True)
    shortcut = fields.Char(
        index=True, help="Type :: and these letters in an answer to get this text: small letters, digits, - and _."
    )
    body = fields.Html(required=True, sanitize=True, sanitize_overridable=False, sanitize_form=True)
    folder = fields.Char(help="Replies of a folder stand together in the list.")
    category_id = fields.Many2one(
        "helpdesk.ticket.category",
        string="Ticket Category",
        index="btree_not_null",
        ondelete="set null",
        help="Offered first for tickets of this category.",
    )
    team_id = fields.Many2one(
        "helpdesk.ticket.team",
        index="btree_not_null",
        ondelete="cascade",
        help="Offered for tickets of this team alone; empty: for all.",
    )
    lang = fields.Selection(selection=lambda self: self.env["res.lang"].get_installed(), string="Language")
    origin_id = fields.Many2one(
        "nestogy.ticket.reply",
        string="Translation of",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('origin_id', '=', False), ('id', '!=', id)]",
        help="Used in its place for contacts of this reply's language.",
    )
    variant_ids = fields.One2many("nestogy.ticket.reply", "origin_id", string="Translations")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        index="btree_not_null",
        ondelete="cascade",
        help="Only the owner sees and uses it; empty: shared with everybody.",
    )
    company_id = fields.Many2one("res.company", index="btree_not_null", ondelete="cascade")
    active = fields.Boolean(default=True)
    use_count = fields.Integer(string="Used", default=0, readonly=True, copy=False, index=True)
    last_used_at = fields.Datetime(string="Last Used", readonly=True, copy=False)
    placeholder_help = fields.Char(compute="_compute_placeholder_help")

    _one_variant = models.UniqueIndex(
        "(origin_id, lang) WHERE origin_id IS NOT NULL AND active",
        "The reply has a translation into this language already; edit that one.",
    )
    _variant_has_lang = models.Constraint(
        "CHECK (origin_id IS NULL OR lang IS NOT NULL)", "A translation needs a language; choose it."
    )
    _shared_shortcut = models.UniqueIndex(
        "(shortcut, COALESCE(user_id, 0), COALESCE(company_id, 0))"
        " WHERE shortcut IS NOT NULL AND origin_id IS NULL AND active",
        "Another reply has this shortcut; choose another one.",
    )

    @api.depends_context("lang")
    def _compute_placeholder_help(self):
        names = self.env["helpdesk.ticket"]._canned_reply_placeholders()
        self.placeholder_help = ", ".join(f"{{{name}}} {label}" for name, label in names.items())

    @api.constrains("name", "shortcut", "body")
    def _check_texts(self):
        for reply in self:
            if not reply.name.strip() or len(reply.name) > TITLE_CHARACTERS:
                raise ValidationError(
                    self.env._("Give the canned reply a title of at most %s characters.", TITLE_CHARACTERS)
                )
            if reply.shortcut and not SHORTCUT.fullmatch(reply.shortcut):
                raise ValidationError(
                    self.env._(
                        "“%s” is no shortcut: use up to 30 small letters, digits, - and _, beginning with a letter or "
                        "digit.",
                        reply.shortcut,
                    )
                )
            if is_html_empty(reply.body):
                raise ValidationError(self.env._("The canned reply “%s” has no text; write one.", reply.name))
            reply._compiled_body()

    @api.constrains("origin_id")
    def _check_origin(self):
        if self.origin_id.origin_id or self.filtered(lambda reply: reply.origin_id and reply.variant_ids):
            raise ValidationError(self.env._("A translation cannot have translations; choose the first text instead."))

    @api.constrains("origin_id", "user_id", "company_id", "team_id")
    def _check_variant_owner(self):
        """Whoever may use a reply may use its translations, and nobody else."""
        for reply in self | self.variant_ids:
            origin = reply.origin_id
            if origin and (origin.user_id != reply.user_id or origin.company_id != reply.company_id):
                raise ValidationError(
                    self.env._("A translation belongs to the owner and company of “%s”; set both alike.", origin.name)
                )

    def _compiled_body(self):
        """The text as QWeb, in which only placeholders of the list are expressions.

        :raise ValidationError: when it is too long or names an unknown placeholder
        """
        self.ensure_one()
        known = self.env["helpdesk.ticket"]._canned_reply_placeholders()
        try:
            if len(self.body or "") > BODY_CHARACTERS:
                raise TemplateError("long")
            return compile_body(self.body, known, REPLY_KIND)
        except TemplateError as error:
            if error.kind == "unknown":
                raise ValidationError(
                    self.env._(
                        "%(unknown)s cannot be filled in a canned reply. Placeholders: %(known)s.",
                        unknown=", ".join(f"{{{name}}}" for name in error.names),
                        known=", ".join(f"{{{name}}}" for name in known),
                    )
                ) from error
            raise ValidationError(
                self.env._("The text of a canned reply has at most %s characters; shorten it.", BODY_CHARACTERS)
            ) from error

    @api.depends("name", "shortcut")
    def _compute_display_name(self):
        for reply in self:
            reply.display_name = f"{reply.name} (::{reply.shortcut})" if reply.shortcut else reply.name

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "company_id", "origin_id"} & set(vals):
            self.check_access("write")  # nobody gives away what he could not write there
        return result

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    @api.model
    def _usable_domain(self, tickets):
        """The replies that fit all these tickets; translations stand behind their first text."""
        teams = tickets.team_id.ids if len(tickets.team_id) == 1 and all(each.team_id for each in tickets) else []
        return (
            Domain("origin_id", "=", False)
            & Domain("team_id", "in", [False, *teams])
            & Domain("company_id", "in", [False, *tickets.company_id.ids])
        )

    @api.model
    def get_ticket_replies(self, ticket_id, query=""):
        """What the picker shows: the replies for a ticket, those of its category first, each filled for it.

        :param int ticket_id: a ticket that the user may read
        :param str query: words of title, shortcut, folder or text; all of them must be found
        :return: list of dicts: ``id``, ``name``, ``shortcut``, ``folder``, ``is_own``, ``html`` and ``text``
        """
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        ticket.check_access("read")
        self.check_access("read")
        domain = self._usable_domain(ticket)
        for word in (query or "").split()[:8]:
            like = f"%{escape_psql(word)}%"
            domain &= Domain.OR(
                [Domain(name, "=ilike", like) for name in ("name", "shortcut", "folder", "body", "variant_ids.name")]
            )
        found = self.search(domain, limit=FOUND)
        found = found.sorted(lambda reply: reply.category_id != ticket.category_id or not ticket.category_id)
        texts = found._render_for(ticket)
        return [
            {
                "id": reply.id,
                "name": reply.name,
                "shortcut": reply.shortcut or "",
                "folder": reply.folder or "",
                "is_own": bool(reply.user_id),
                "html": texts[reply],
                "text": html2plaintext(texts[reply]).strip(),
            }
            for reply in found
        ]

    def _in_language(self, lang):
        """The translation of this reply for readers of a language, else the reply itself."""
        self.ensure_one()
        variants = self.variant_ids
        exact = variants.filtered(lambda each: each.lang == lang)
        if exact or not lang or self.lang == lang:
            return exact[:1] or self
        near = variants.filtered(lambda each: each.lang.split("_")[0] == lang.split("_")[0])
        if self.lang and self.lang.split("_")[0] == lang.split("_")[0]:
            return self
        return near[:1] or self

    def _render_for(self, ticket):
        """Fill the replies for a ticket, in the language of whoever asked.

        :return: dict of reply to HTML
        """
        lang = ticket._client_mail_lang()
        # looked up once for all replies, not once for each placeholder
        words = ticket.with_context(lang=lang, client_mail_lang=lang)._client_mail_values(REPLY_KIND)
        # the renderer of templates takes expressions; those in here are ours, the person's text holds none
        renderer = self.env["mail.template"].with_context(lang=lang, client_mail_sample=SampleValues(words))
        sources = {reply: reply._in_language(lang)._compiled_body() for reply in self}
        return {
            reply: renderer._render_template(source, ticket._name, ticket.ids, engine="qweb")[ticket.id]
            for reply, source in sources.items()
        }

    def use_for_ticket(self, ticket_id):
        """Note that a reply was put into an answer; the picker shows the popular ones first.

        :return: dict with ``html`` and ``text`` for this ticket
        """
        self.ensure_one()
        self.check_access("read")
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        ticket.check_access("read")
        html = self._render_for(ticket)[self]
        self._count_use()
        return {"html": html, "text": html2plaintext(html).strip()}

    def _count_use(self, times=1):
        reply_sudo = self.sudo()  # agents may not write shared replies; a count is no text
        if reply_sudo.try_lock_for_update():  # two at once: one count less does no harm
            for each_sudo in reply_sudo:
                each_sudo.write({"use_count": each_sudo.use_count + times, "last_used_at": fields.Datetime.now()})
