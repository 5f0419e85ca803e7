import logging

from odoo import api, fields, models
from odoo.exceptions import AccessDenied
from odoo.tools import SQL, consteq, email_normalize

from ...tools.link_tokens import digest, is_token, local_path, new_token, normal_code, typed_code

_logger = logging.getLogger(__name__)

TRIES = 5  # codes that may be typed for one request
BATCH = 100
KEPT_DAYS = 7


class NestogyPortalLinkRequest(models.Model):
    """Somebody asked for a way in: an address was typed, and perhaps there is somebody with that address.

    The visitor's request only writes a row, whatever the address; a cron looks who it is and sends the mail. So
    neither the answer nor the time it takes tell whether an address is known.
    """

    _name = "nestogy.portal.link.request"
    _description = "Request for a Portal Sign-in Link"
    _order = "id"
    _rec_name = "address"

    address = fields.Char(required=True, readonly=True)
    purpose = fields.Selection(
        [("link", "Sign-in link"), ("password", "New password"), ("confirm", "Confirm identity")],
        required=True,
        readonly=True,
        default="link",
    )
    path = fields.Char(readonly=True, help="Page to open after signing in.")
    lang = fields.Char(readonly=True)
    browser_digest = fields.Char(readonly=True, index="btree_not_null")
    expires_at = fields.Datetime(required=True, readonly=True)
    is_answered = fields.Boolean(readonly=True)
    tries = fields.Integer(readonly=True)
    used_at = fields.Datetime(readonly=True)

    _open_idx = models.Index("(id) WHERE is_answered IS NOT TRUE")

    @api.model
    def _ask(self, address, purpose="link", path="", lang=None):
        """Note that somebody asked; the answer is mailed by the cron.

        :param str address: as it was typed
        :param str path: local page to open afterwards
        :return: the browser's secret, for its cookie; only with it the code of the mail is good
        """
        browser = new_token()
        links = self.env["nestogy.portal.link"]
        self.sudo().create(  # visitors have no rights on requests
            {
                "address": address.strip()[:254],
                "purpose": purpose,
                "path": local_path(path),
                "lang": lang,
                "browser_digest": digest(browser),
                "expires_at": fields.Datetime.now() + links._lifetime("request"),
            }
        )
        self.env.ref("nestogy_portal.ir_cron_portal_link_request")._trigger()
        return browser

    # ------------------------------------------------------------------
    # The answer
    # ------------------------------------------------------------------

    @api.model
    def _cron_answer(self):
        """Mail what was asked for. One bad request does not stop the others."""
        domain = [("is_answered", "=", False)]
        requests = self.search(domain, limit=BATCH)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        for each in requests:
            each = each.try_lock_for_update().filtered_domain(domain)
            if not each:
                continue
            try:
                with self.env.cr.savepoint():
                    each._answer()
            except Exception:
                _logger.exception("A request for a sign-in link could not be answered")
            each.is_answered = True
            if not cron._commit_progress(1):
                break

    def _answer(self):
        self.ensure_one()
        if self.expires_at <= fields.Datetime.now():
            return
        if self.purpose == "password":
            users = self.env["res.users"]
            found = users.search(users._get_login_domain(self.address))
            found = found or users.search(users._get_email_domain(self.address))
            # several accounts with one address: which of them is meant, nobody can say
            if len(found) == 1 and found._portal_door_is_open():
                found.action_reset_password()
            return
        users = self._get_users()
        if not users:
            return
        contact = users[0].partner_id
        contact = contact.with_context(lang=contact.lang or self.lang or self.env.lang)
        company = contact.company_id or users[0].company_id
        brand = contact.with_company(company)._portal_brand()
        links = self.env["nestogy.portal.link"]
        if self.purpose == "link":
            links.search(
                [("user_id", "in", users.ids), ("purpose", "=", "request"), ("revoked_at", "=", False)]
            )._revoke(contact.env._("a newer one was requested"))
        code = self._code()
        values = {
            "brand": brand,
            "code": f"{code[:4]}-{code[4:]}",
            "minutes": links._setting("requested_minutes"),
            "clients": [
                {"name": user.partner_id.commercial_partner_id.name, "url": links._contact_marker(user.partner_id)}
                for user in users
            ],
            "is_link": self.purpose == "link",
        }
        subject = (
            contact.env._("Your link to the client portal of %s", brand.name)
            if self.purpose == "link"
            else contact.env._("Your code for the client portal of %s", brand.name)
        )
        contact._mail_from_portal(
            subject,
            "nestogy_portal.requested_link_mail",
            values,
            company,
            portal_link_purpose="request",
            portal_link_path=self.path,
        )

    def _get_users(self):
        """The portal users with this address who may come in, in a stable order."""
        self.ensure_one()
        address = email_normalize(self.address)
        if not address:
            return self.env["res.users"]
        contacts = self.env["res.partner"].search([("email_normalized", "=", address)], order="id", limit=20)
        users = contacts.user_ids.filtered(lambda user: user.active and user.share and user._is_portal())
        return users.filtered(lambda user: user.partner_id._get_client() and user._portal_door_is_open())

    # ------------------------------------------------------------------
    # The code
    # ------------------------------------------------------------------

    def _code(self):
        self.ensure_one()
        # the server's own secret, which no role may read
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return typed_code(secret, f"{self.id} {self.browser_digest}")

    @api.model
    def _check_code(self, browser, code, purpose="link"):
        """Look whether a typed code is right: in the browser that asked, within five tries.

        :param str browser: the secret of the browser, as :meth:`_ask` gave it
        :return: the users in sudo whom the code lets in; empty when it is wrong
        """
        nobody_sudo = self.env["res.users"].sudo()  # empty; who types a code is nobody yet
        if not is_token(browser):
            return nobody_sudo
        # SQL: counting a try and looking whether it is one too many must be one step
        self.env.cr.execute(
            SQL(
                """UPDATE nestogy_portal_link_request SET tries = COALESCE(tries, 0) + 1
                    WHERE browser_digest = %s AND purpose = %s AND used_at IS NULL
                      AND expires_at > %s AND COALESCE(tries, 0) < %s
                RETURNING id""",
                digest(browser),
                purpose,
                fields.Datetime.now(),
                TRIES,
            )
        )
        found = self.env.cr.fetchone()
        if not found:
            return nobody_sudo
        request_sudo = self.sudo().browse(found[0])  # visitors have no rights on requests
        request_sudo.invalidate_recordset()
        typed = normal_code(code)
        if not (typed.isascii() and consteq(typed, request_sudo._code())):
            return nobody_sudo
        return request_sudo._get_users()

    @api.model
    def _consume_code(self, user, browser, code, purpose="link"):
        """Let a user in with a code that :meth:`_check_code` found right; it is good once.

        :return: the request in sudo
        :raise AccessDenied: it is not good for this user and browser, or was used meanwhile
        """
        # visitors have no rights on requests
        request_sudo = self.sudo().search(
            [("browser_digest", "=", digest(browser) if is_token(browser) else ""), ("purpose", "=", purpose)], limit=1
        )
        typed = normal_code(code)
        if not request_sudo or not typed.isascii() or not consteq(typed, request_sudo._code()):
            raise AccessDenied()
        if user not in request_sudo._get_users():
            raise AccessDenied()
        # SQL: looking and marking must be one step
        self.env.cr.execute(
            SQL(
                """UPDATE nestogy_portal_link_request SET used_at = %s
                    WHERE id = %s AND used_at IS NULL AND expires_at > %s""",
                now := fields.Datetime.now(),
                request_sudo.id,
                now,
            )
        )
        if not self.env.cr.rowcount:
            raise AccessDenied()
        request_sudo.invalidate_recordset()
        return request_sudo

    @api.model
    def _path_of(self, browser):
        """The page to which the request of a browser leads."""
        # as above
        return self.sudo().search([("browser_digest", "=", digest(browser))], limit=1).path or ""

    @api.autovacuum
    def _gc_requests(self):
        """Forget requests a week after they were good for anything."""
        # our own rows
        self.sudo().search(
            [("expires_at", "<", fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS))]
        ).unlink()
