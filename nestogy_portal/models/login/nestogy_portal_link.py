from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, AccessError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL, email_normalize

from ...tools.link_tokens import digest, is_token, local_path, new_token
from ...tools.mail_links import marker

# what administrators may change: default, least and most; kept as nestogy_portal.<name>
SETTINGS = {
    "link_days": (30, 1, 90),
    "requested_minutes": (15, 5, 60),
    "session_hours": (12, 1, 168),
    "idle_hours": (2, 1, 24),
}
FOUND_FIELDS = (
    *("partner_id", "user_id", "company_id", "purpose", "document_model", "document_id", "document_name", "path"),
    *("issued_to_address", "expires_at", "used_at", "revoked_at", "device_digest"),
)
CLIENT_FIELDS = ("parent_id", "is_client")  # by which a contact's client is found
OPEN_MODELS = ("account.move", "sale.order")  # documents that may be shown to whoever holds their mail
DEAD_LINK_DAYS = 365  # for which the story of a dead link is kept
DOCUMENT_BY_LINK = "nestogy_document"  # where the session keeps which document it may see without signing in
PAGES = {"statement": "/my/statement"}  # pages to which mails lead where there is no document


class NestogyPortalLink(models.Model):
    """A link that signs one contact in, and what became of it.

    Only the digest of its token is kept. Rows are written by this model alone: nobody has the right to
    change them, administrators included, so that they can be believed later.
    """

    _name = "nestogy.portal.link"
    _description = "Portal Sign-in Link"
    _order = "id desc"
    _rec_name = "document_name"

    token_digest = fields.Char(required=True, readonly=True, groups=NO_ACCESS)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="cascade")
    purpose = fields.Selection(
        [("mail", "Document by e-mail"), ("request", "Requested by the contact"), ("staff", "Made by staff")],
        required=True,
        readonly=True,
        default="mail",
    )
    document_model = fields.Char(readonly=True)
    document_id = fields.Many2oneReference(string="Document ID", model_field="document_model", readonly=True)
    document_name = fields.Char(string="Document", readonly=True, help="As it was called when the link was made.")
    issued_by_id = fields.Many2one("res.users", string="Sent by", readonly=True, ondelete="set null")
    issued_to_address = fields.Char(string="Sent to", required=True, readonly=True)
    issued_at = fields.Datetime(string="Sent on", required=True, readonly=True, default=fields.Datetime.now)
    expires_at = fields.Datetime(string="Expires on", required=True, readonly=True)
    used_at = fields.Datetime(string="First used on", readonly=True)
    last_used_at = fields.Datetime(string="Last used on", readonly=True)
    use_count = fields.Integer(string="Sign-ins", readonly=True)
    use_ip = fields.Char(string="IP address", readonly=True)
    use_agent = fields.Char(string="Browser", readonly=True)
    device_digest = fields.Char(readonly=True, groups=NO_ACCESS, index="btree_not_null")
    path = fields.Char(readonly=True, help="Page to open, where the link leads to no document.")
    revoked_at = fields.Datetime(string="Revoked on", readonly=True)
    revoke_reason = fields.Char(readonly=True)
    state = fields.Selection(
        [("open", "Not used"), ("used", "Used"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
    )

    _token_digest_unique = models.UniqueIndex("(token_digest)")

    @api.depends("used_at", "expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for link in self:
            if link.revoked_at:
                link.state = "revoked"
            elif link.expires_at and link.expires_at <= now:
                link.state = "expired"
            else:
                link.state = "used" if link.used_at else "open"

    def action_revoke(self):
        """End the links from the client's profile."""
        self.check_access("read")
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise AccessError(self.env._("Only agents can revoke a sign-in link."))
        self._revoke(self.env._("by %s", self.env.user.name))
        for link in self:
            self.env["nestogy.portal.access.log"]._log("revoked", link.partner_id, link=link, detail=link.revoke_reason)

    # ------------------------------------------------------------------
    # Making links
    # ------------------------------------------------------------------

    @api.model
    def _issue(self, partner, document=None, purpose="mail", address=None, issued_by=None, path=""):
        """Make a link that signs a contact in and leads to a document.

        The contact's portal user is made on the way if there is none yet, without a password.

        :param res.partner partner: the contact
        :param document: record with an ``access_url``; without it the link leads to the portal's first page
        :param str purpose: ``mail``, ``request`` or ``staff``
        :param str address: where the link is sent, by default the contact's address; a link lives only as
            long as this is the contact's address
        :param res.users issued_by: in whose name the link is sent
        :param str path: page to open where there is no document
        :return: the absolute address; empty when this contact may not get a link
        """
        partner.ensure_one()
        partner_sudo = partner.sudo()  # mails are sent by people and crons without rights on users
        own_address = email_normalize(partner_sudo.email)
        if not own_address or (address and email_normalize(address) != own_address):
            return ""
        company = document.company_id if document and "company_id" in document._fields else None
        company = company or partner_sudo.company_id or self.env.company
        user_sudo = partner_sudo._ensure_portal_user(company)
        if not user_sudo:
            return ""
        if document and company not in user_sudo.company_ids:
            # the client of one of our companies gets a document of another one, and shall be able to see it
            user_sudo.company_ids = [fields.Command.link(company.id)]
        token = new_token()
        self.sudo().create(  # nobody but this method makes links
            {
                "token_digest": digest(token),
                "partner_id": partner_sudo.id,
                "user_id": user_sudo.id,
                "company_id": company.id,
                "purpose": purpose,
                "document_model": document._name if document else False,
                "document_id": document.id if document else False,
                # its name, for staff
                "document_name": document.sudo().display_name if document else self._page_name(path),
                "issued_by_id": (issued_by or self.env.user).id,
                "issued_to_address": own_address,
                "expires_at": fields.Datetime.now() + self._lifetime(purpose, document),
                "path": local_path(path),
            }
        )
        return f"{self._base_url(partner_sudo.with_company(company))}/my/link/{token}"

    @api.model
    def _page_name(self, path):
        return self.env._("Statement") if path == PAGES["statement"] else False

    @api.model
    def _lifetime(self, purpose, document=None):
        """How long a link works: that of a mailed document for some days, and as long after it is due."""
        if purpose == "request":
            return timedelta(minutes=self._setting("requested_minutes"))
        if purpose == "staff":
            return timedelta(days=1)
        days = self._setting("link_days")
        due = document and "invoice_date_due" in document._fields and document.sudo().invoice_date_due  # our own mail
        if due:
            days += max((due - fields.Date.context_today(self)).days, 0)
        return timedelta(days=min(days, SETTINGS["link_days"][2]))

    @api.model
    def _setting(self, name):
        """A number that administrators may set, within its bounds.

        :param str name: key of ``SETTINGS``
        """
        default, least, most = SETTINGS[name]
        # public facts behind the rights of administrators
        value = self.env["ir.config_parameter"].sudo().get_param(f"nestogy_portal.{name}", default)
        try:
            return min(max(int(value), least), most)
        except ValueError:
            return default

    @api.model
    def _contact_marker(self, contact):
        """The address that stands for a contact's own link into the portal, see ``tools/mail_links.py``."""
        return marker(self._base_url(), contact._name, contact.id)

    @api.model
    def _base_url(self, partner=None):
        """Where links lead: the configured address, never that of a request.

        :param res.partner partner: whose links these are; his brand may have an address of its own
        """
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "").rstrip("/")  # as above
        profiles = self.env["nestogy.portal.profile"]
        if partner and profiles._brand_hosts() and (host := profiles._brand_of(partner).host):
            return f"{urlsplit(base).scheme or 'https'}://{host}"
        return base

    @api.model
    def _base_urls(self):
        """All addresses that are ours: in a mail that somebody wrote or quoted any of them may stand."""
        base = self._base_url()
        scheme = urlsplit(base).scheme or "https"
        return (base, *(f"{scheme}://{host}" for host in self.env["nestogy.portal.profile"]._brand_hosts()))

    # ------------------------------------------------------------------
    # Using links
    # ------------------------------------------------------------------

    @api.model
    def _find(self, token):
        """The link of a token in sudo, if its contact may still sign in with it; empty otherwise.

        A link that was used already is found as well: whether this browser may use it again is not asked
        here.
        """
        if not is_token(token):
            return self.sudo().browse()  # empty
        # visitors have no rights on links; the token is what they show
        link_sudo = self.sudo().search_fetch([("token_digest", "=", digest(token))], FOUND_FIELDS, limit=1)
        # a sign-in needs few of the hundreds of columns of users and partners
        link_sudo.user_id.fetch(["active", "share", "partner_id", "login", "company_id"])
        contact_sudo = link_sudo.partner_id
        contact_sudo.fetch(["active", "name", "email", "lang", "tz", "company_id", "client_status_id", *CLIENT_FIELDS])
        contact_sudo.parent_id.fetch(["client_status_id", *CLIENT_FIELDS])
        return link_sudo.filtered(lambda link: link._is_alive())

    def _is_alive(self):
        self.ensure_one()
        user = self.user_id
        return bool(
            not self.revoked_at
            and self.expires_at > fields.Datetime.now()
            and user.active
            and user._is_portal()
            and user.share
            and user.partner_id == self.partner_id
            and self.partner_id.active
            and email_normalize(self.partner_id.email) == self.issued_to_address
            and self.partner_id._client_may_log_in()
        )

    def _fits_device(self, device):
        """Say whether the browser with this secret may sign in: the link is unused, or that browser used
        it."""
        self.ensure_one()
        return not self.used_at or (is_token(device) and digest(device) == self.device_digest)

    @api.model
    def _consume(self, user, token, device, ip, agent):
        """Let a user sign in with a token: once, and again in the same browser.

        One statement decides, so that of many simultaneous requests one browser wins.

        :param res.users user: who signs in
        :param str device: the browser's secret
        :raise AccessDenied: the link is not good for this user and browser
        """
        link_sudo = self._find(token)
        if not link_sudo or link_sudo.user_id != user or not is_token(device):
            raise AccessDenied()
        self.env.flush_all()
        # SQL: looking and marking must be one step; who loses the race begins again and finds the link used
        self.env.cr.execute(
            SQL(
                """
                UPDATE nestogy_portal_link
                   SET used_at = COALESCE(used_at, %(now)s), last_used_at = %(now)s,
                       use_count = COALESCE(use_count, 0) + 1,
                       use_ip = COALESCE(use_ip, %(ip)s), use_agent = COALESCE(use_agent, %(agent)s),
                       device_digest = COALESCE(device_digest, %(device)s)
                 WHERE token_digest = %(token)s AND user_id = %(user)s
                   AND revoked_at IS NULL AND expires_at > %(now)s
                   AND (used_at IS NULL OR device_digest = %(device)s)
                """,
                now=fields.Datetime.now(),
                ip=ip,
                agent=agent,
                device=digest(device),
                token=digest(token),
                user=user.id,
            ),
            log_exceptions=False,
        )
        link_sudo.invalidate_recordset(
            ["used_at", "last_used_at", "use_count", "use_ip", "use_agent", "device_digest", "state"]
        )
        if not self.env.cr.rowcount:
            raise AccessDenied()

    def _revoke(self, reason):
        """End links that still work; those that are dead already keep their story."""
        now = fields.Datetime.now()
        # the caller has checked; nobody has rights to write links
        alive_sudo = self.sudo().filtered(lambda link: not link.revoked_at and link.expires_at > now)
        alive_sudo.write({"revoked_at": now, "revoke_reason": reason})

    def _landing_path(self):
        """Where the link leads on our own site: its document's page, or the portal's first page."""
        self.ensure_one()
        if self.path:
            return self.path
        model = self.document_model
        if model in self.env and self.document_id and "access_url" in self.env[model]._fields:
            document = self.env[model].browse(self.document_id).exists()
            path = document.access_url if document else ""
            if path and path.startswith("/") and not path.startswith("//"):
                return path
        return "/my"

    def _is_open_document(self):
        """Say whether somebody who is not signed in may see the document of this link, and pay it.

        That is no more than the mail held; the company may forbid it.
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        return bool(
            self.document_model in OPEN_MODELS
            and company.portal_document_by_link
            and self._is_alive()
            and self.env[self.document_model].browse(self.document_id).exists()
        )

    @api.model
    def _opens_document(self, link_id, model, document_id):
        """Say whether a link that somebody showed in this session still opens a document without signing in."""
        if not isinstance(link_id, int):
            return False
        # the session holds the link's number only after its token was shown
        link_sudo = self.sudo().browse(link_id).exists()
        return bool(
            link_sudo
            and (link_sudo.document_model, link_sudo.document_id) == (model, document_id)
            and link_sudo._is_open_document()
        )

    def _is_new_device(self, device):
        """Say whether this contact, who was here before, never used this browser."""
        self.ensure_one()
        used = self.search([("user_id", "=", self.user_id.id), ("used_at", "!=", False), ("id", "!=", self.id)])
        return bool(used) and not (is_token(device) and digest(device) in used.mapped("device_digest"))

    def _send_fresh(self):
        """Mail the contact a new link to the same document, good for a few minutes; older requested ones end.

        The mail holds a marker, as all our mails do: the link itself is made while it leaves.
        """
        self.ensure_one()
        contact = self.partner_id.with_context(lang=self.partner_id.lang or self.env.lang)
        self.search(
            [("user_id", "=", self.user_id.id), ("purpose", "=", "request"), ("revoked_at", "=", False)]
        )._revoke(contact.env._("a newer one was requested"))
        brand = self._brand()
        url = marker(self._base_url(), self.document_model or "portal", self.document_id or 0)
        contact._mail_from_portal(
            contact.env._("Your link to the client portal of %s", brand.name),
            "nestogy_portal.fresh_link_mail",
            {"brand": brand, "url": url},
            self.company_id,
            portal_link_purpose="request",
        )

    def _brand(self):
        """The brand that the contact of this link knows."""
        self.ensure_one()
        company = self.company_id or self.env.company
        contact = self.partner_id.with_company(company)
        return contact.with_context(lang=contact.lang or self.env.lang)._portal_brand()

    @api.autovacuum
    def _gc_links(self):
        """Forget links a year after they died."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=DEAD_LINK_DAYS)
        self.sudo().search([("expires_at", "<", limit)]).unlink()  # our own rows

    @api.model
    def _revoke_for(self, users, reason):
        """End all links of users."""
        self.sudo().search([("user_id", "in", users.ids), ("revoked_at", "=", False)])._revoke(reason)  # our own rows
