from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.http import request
from odoo.tools import SQL, format_datetime

from ...tools.link_tokens import short_address

BATCH = 100
NEWS_DAYS = 2  # for which a sign-in is worth a mail
AGENT_LENGTH = 200  # characters kept of a browser's name
ADDRESS_DAYS = 90  # after which only the network of an IP address is kept
KEPT_DAYS = 730
SIGN_INS = ("password", "link", "code", "passkey")
STAFF_EVENTS = (
    *("staff_link", "revoked", "previewed"),
    *("invited", "invited_again", "unsent", "withdrawn", "blocked", "restored", "username", "level"),
)


class NestogyPortalAccessLog(models.Model):
    """What happened at the portal's door: who came in how, and who was refused.

    Rows are only added, by this model alone; nobody has the right to change them, administrators included.
    """

    _name = "nestogy.portal.access.log"
    _description = "Portal Access Log"
    _order = "id desc"
    _rec_name = "event"

    event = fields.Selection(
        [
            ("password", "Signed in with password"),
            ("link", "Signed in by link"),
            ("code", "Signed in with a mailed code"),
            ("passkey", "Signed in with a passkey"),
            ("document", "Opened one document by link"),
            ("refused", "Refused"),
            ("staff_link", "Link made by staff"),
            ("revoked", "Link revoked"),
            ("previewed", "Portal looked at by staff"),
            ("confirmed", "Confirmed identity"),
            ("signed_out", "Signed out everywhere"),
            ("invited", "Invited"),
            ("invited_again", "Invited again"),
            ("unsent", "Invitation did not leave"),
            ("withdrawn", "Invitation taken back"),
            ("blocked", "Access taken away"),
            ("restored", "Access given back"),
            ("username", "User name changed"),
            ("level", "Level changed"),
        ],
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True, index="btree_not_null", ondelete="cascade")
    at = fields.Datetime(string="When", required=True, readonly=True, default=fields.Datetime.now, index=True)
    link_id = fields.Many2one(
        "nestogy.portal.link", string="Sign-in Link", readonly=True, index="btree_not_null", ondelete="set null"
    )
    detail = fields.Char(readonly=True)
    ip = fields.Char(string="IP Address", readonly=True, help="After 90 days only the network is kept.")
    agent = fields.Char(string="Browser", readonly=True)
    is_new_device = fields.Boolean(string="New Browser", readonly=True)
    told_at = fields.Datetime(readonly=True, groups=NO_ACCESS, help="When the contact was mailed about a new browser.")

    _to_tell = models.Index("(at) WHERE is_new_device AND told_at IS NULL")
    _partner_at_idx = models.Index("(partner_id, at DESC, id DESC)")

    @api.model
    def _log(self, event, partner, link=None, detail=None, is_new_device=False):
        """Add a row about what the present request did.

        :param str event: one of the selection
        :param res.partner partner: whom it concerns
        :param nestogy.portal.link link: by which link
        :param str detail: what else staff should know
        """
        environ = request.httprequest if request else None
        return self.sudo().create(  # nobody but this method writes rows
            {
                "event": event,
                "partner_id": partner.id,
                "company_id": (link.sudo().company_id if link else partner.sudo().company_id).id,  # as above
                "link_id": link.id if link else False,
                "detail": detail,
                "ip": environ.remote_addr if environ else False,
                "agent": environ.user_agent.string[:AGENT_LENGTH] if environ else False,
                "is_new_device": is_new_device,
            }
        )

    @api.model
    def _log_many(self, event, partners, detail):
        """Add a row about each of these contacts.

        :param detail: text, or a dict of contact to text
        """
        environ = request.httprequest if request else None
        return self.sudo().create(  # as above
            [
                {
                    "event": event,
                    "partner_id": partner.id,
                    "company_id": partner.sudo().company_id.id,  # as above
                    "detail": detail[partner] if isinstance(detail, dict) else detail,
                    "ip": environ.remote_addr if environ else False,
                    "agent": environ.user_agent.string[:AGENT_LENGTH] if environ else False,
                }
                for partner in partners
            ]
        )

    @api.model
    def _sign_ins_of(self, partner, limit):
        """The latest rows about a contact, for the contact: the door's story without what staff did."""
        # a contact has no right on the log, and sees of it what concerns nobody else
        return self.sudo().search([("partner_id", "=", partner.id), ("event", "not in", STAFF_EVENTS)], limit=limit)

    @api.model
    def _cron_tell_of_new_devices(self):
        """Mail contacts whose link was used in a browser they never used before.

        One bad row stops no other; it is tried again the next time.
        """
        domain = [
            ("is_new_device", "=", True),
            ("told_at", "=", False),
            ("link_id", "!=", False),
            # what happened long ago, before mails were kept count of, is no news
            ("at", ">=", fields.Datetime.subtract(fields.Datetime.now(), days=NEWS_DAYS)),
        ]
        rows = self.search(domain, limit=BATCH, order="id")
        self.env["ir.cron"]._commit_each(rows, domain, "_tell_of_new_device", remaining=self.search_count(domain))

    def _tell_of_new_device(self):
        self.ensure_one()
        link = self.link_id
        contact = link.partner_id.with_context(lang=link.partner_id.lang or self.env.lang)
        brand = link._brand()
        values = {
            "brand": brand,
            "browser": self.with_env(contact.env)._browser_name(),
            "at": format_datetime(contact.env, self.at, tz=contact.tz, dt_format="medium"),
            "url": f"{link._base_url(contact.with_company(link.company_id))}/my/security",
        }
        subject = contact.env._("New sign-in to the client portal of %s", brand.name)
        contact._mail_from_portal(subject, "nestogy_portal.new_device_mail", values, link.company_id)
        self.told_at = fields.Datetime.now()

    def _browser_name(self):
        """A browser as its user would call it."""
        self.ensure_one()
        agent = self.agent or ""
        names = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
        systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac"}
        systems["Linux"] = "Linux"
        name = next((label for part, label in names.items() if part in agent), "")
        system = next((label for part, label in systems.items() if part in agent), "")
        if name and system:
            return self.env._("%(browser)s on %(system)s", browser=name, system=system)
        return name or system or self.env._("Unknown browser")

    @api.autovacuum
    def _gc_access_log(self):
        """Shorten IP addresses after 90 days, forget rows after two years."""
        now = fields.Datetime.now()
        self.sudo().search([("at", "<", fields.Datetime.subtract(now, days=KEPT_DAYS))]).unlink()  # our own rows
        old = fields.Datetime.subtract(now, days=ADDRESS_DAYS)
        for table, column, moment in (
            ("nestogy_portal_access_log", "ip", "at"),
            ("nestogy_portal_link", "use_ip", "used_at"),
        ):
            # SQL, because each row gets its own value and there may be many
            found = self.env.execute_query(
                SQL(
                    """SELECT DISTINCT %(column)s FROM %(table)s
                        WHERE %(moment)s < %(old)s AND %(column)s NOT LIKE '%%/%%'""",
                    column=SQL.identifier(column),
                    table=SQL.identifier(table),
                    moment=SQL.identifier(moment),
                    old=old,
                )
            )
            pairs = [(address, short_address(address)) for (address,) in found]
            if pairs:
                self.env.cr.execute(
                    SQL(
                        """UPDATE %(table)s SET %(column)s = shorter.short
                             FROM (VALUES %(pairs)s) AS shorter(long, short)
                            WHERE %(table)s.%(column)s = shorter.long AND %(table)s.%(moment)s < %(old)s""",
                        table=SQL.identifier(table),
                        column=SQL.identifier(column),
                        moment=SQL.identifier(moment),
                        pairs=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in pairs),
                        old=old,
                    )
                )
        self.env.invalidate_all()
