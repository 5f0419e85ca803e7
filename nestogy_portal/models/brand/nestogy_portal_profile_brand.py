import base64
import hashlib
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.http import request
from odoo.tools import is_html_empty

from ...tools import colors
from ...tools.images import extension_of
from ..login.nestogy_portal_link import DOCUMENT_BY_LINK

PRIMARY = "#714B67"  # of buttons and links while nobody chose another
LENGTHS = {"brand_name": 60, "brand_contact": 160, "brand_footer": 500, "brand_welcome": 3000}  # characters
LOGO_KB, FAVICON_KB = 500, 100
# labels of letters, digits and hyphens, the last one not all digits: a name, not an IP address
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")


class Brand(NamedTuple):
    """How the portal looks to a visitor and a mail to its reader; whatever nobody set is the company's own."""

    name: str
    logo_url: str  # local; empty: write the name
    favicon_url: str
    colors: dict  # see tools/colors.py: palette
    css: str  # variables for the style sheet; empty: Odoo's own colours
    welcome: Markup
    footer: str
    contact: str
    host: str
    is_dark_allowed: bool
    has_mail_header: bool


class NestogyPortalProfile(models.Model):
    """The brand under which clients see the portal.

    What a profile leaves empty comes from the profile of the client's group, then from that of the company, and
    then from the company itself.
    """

    _inherit = "nestogy.portal.profile"

    brand_name = fields.Char(help="In place of the company's name: in the portal, its sign-in pages and its mails.")
    brand_logo = fields.Image(
        "Logo", max_width=800, max_height=240, help="PNG or JPEG of 500 kB at most. Everybody can see it."
    )
    brand_logo_file = fields.Char(compute="_compute_brand_files", store=True)
    brand_favicon = fields.Binary(
        "Icon", attachment=True, help="The small picture in the browser's tab: PNG or ICO of 100 kB at most."
    )
    brand_favicon_file = fields.Char(compute="_compute_brand_files", store=True)
    brand_color = fields.Char("Main Colour", help="Of buttons and links; dark enough to be read on white.")
    brand_accent_color = fields.Char("Accent Colour", help="Behind the header, in the portal and in mails.")
    brand_dark_mode = fields.Selection(
        [("light", "Always light"), ("device", "As the visitor's device")],
        "Dark Mode",
        required=True,
        default="light",
        help="Of the pages on which people sign in by a link.",
    )
    brand_welcome = fields.Html(
        "Welcome Text",
        translate=True,
        sanitize_overridable=False,
        strip_style=True,
        strip_classes=True,
        help="On the first page and where people sign in.",
    )
    brand_footer = fields.Text("Footer", translate=True)
    brand_contact = fields.Char("Contact Line", translate=True, help="e.g. Questions? Call +1 207 555 0100.")
    brand_mail_header = fields.Boolean(
        "Logo in Mails", default=True, help="Mails to these clients begin with the logo and end with the contact line."
    )
    brand_host = fields.Char(
        "Own Address",
        copy=False,
        help="A host name that leads to this server, e.g. portal.example.com. Links in mails to these clients use it.",
    )
    brand_preview = fields.Json(compute="_compute_brand_preview")

    _brand_host_unique = models.UniqueIndex(
        "(brand_host) WHERE brand_host IS NOT NULL", "This address belongs to another portal profile."
    )

    @api.depends("brand_logo", "brand_favicon")
    def _compute_brand_files(self):
        """Give each picture a name that changes with it, so that browsers may keep it for ever."""
        for profile in self.with_context(bin_size=False):
            for field in ("brand_logo", "brand_favicon"):
                content = profile._brand_picture(field)
                extension = extension_of(content) if content else ""
                digest = hashlib.sha256(content or b"").hexdigest()[:16]
                profile[f"{field}_file"] = extension and f"{digest}.{extension}"

    def _brand_picture(self, field):
        """The bytes of a picture."""
        try:
            return base64.b64decode(self.with_context(bin_size=False)[field] or b"", validate=True)
        except ValueError:  # what a form holds instead of a picture that it did not change
            return b""

    @api.depends("brand_name", "brand_color", "brand_accent_color", "company_id")
    @api.depends_context("company")
    def _compute_brand_preview(self):
        """What the form needs to draw the portal while somebody edits the brand."""
        for profile in self:
            company = profile.company_id or self.env.company
            # pictures are not asked for: the form has them
            rest = (profile._company_brand_profile(company) - profile._origin)._make_brand(company)
            own = profile.brand_color if colors.is_color(profile.brand_color) else ""
            accent = profile.brand_accent_color if colors.is_color(profile.brand_accent_color) else ""
            shown = colors.palette(own or rest.colors["primary"], accent or rest.colors.get("accent"))
            ratio = colors.least_contrast(own) if own else colors.AA
            profile.brand_preview = {
                "css": colors.style_variables(shown),
                "name": profile.brand_name or rest.name,
                "logo": rest.logo_url,
                "contrast": self._contrast_text(ratio),
                "proposal": colors.nearest_readable(own) if ratio < colors.AA else "",
            }

    # ------------------------------------------------------------------
    # Limits
    # ------------------------------------------------------------------

    @staticmethod
    def _contrast_text(ratio):
        return f"{int(ratio * 100) / 100:.2f}"  # never rounded up to a limit that it misses

    @api.constrains("brand_color", "brand_accent_color")
    def _check_brand_colors(self):
        for profile in self:
            for color in (profile.brand_color, profile.brand_accent_color):
                if color and not colors.is_color(color):
                    raise ValidationError(self.env._("%s is not a colour. Write it like #0B5FA5.", color))
            color = profile.brand_color
            if color and (ratio := colors.least_contrast(color)) < colors.AA:
                raise ValidationError(
                    self.env._(
                        "Text in %(color)s cannot be read on white: its contrast is %(contrast)s to 1, and 4.5 to 1 is "
                        "the least. The nearest colour that can be read is %(proposal)s.",
                        color=color.upper(),
                        contrast=self._contrast_text(ratio),
                        proposal=colors.nearest_readable(color),
                    )
                )

    @api.constrains("brand_logo", "brand_favicon")
    def _check_brand_pictures(self):
        for profile in self:
            for field, limit in (("brand_logo", LOGO_KB), ("brand_favicon", FAVICON_KB)):
                label = self._fields[field]._description_string(self.env)
                content = profile._brand_picture(field)
                if content and not extension_of(content):
                    raise ValidationError(
                        self.env._("%s: choose a picture of the kind PNG, JPEG or ICO of 4096 pixels.", label)
                    )
                if len(content) > limit * 1024:
                    raise ValidationError(
                        self.env._("%(field)s: the picture may have %(limit)s kB at most.", field=label, limit=limit)
                    )

    @api.constrains(*LENGTHS)
    def _check_brand_lengths(self):
        for profile in self:
            for field, limit in LENGTHS.items():
                if len(profile[field] or "") > limit:
                    label = self._fields[field]._description_string(self.env)
                    raise ValidationError(
                        self.env._("%(field)s: use %(limit)s characters at most.", field=label, limit=limit)
                    )

    @api.constrains("brand_host")
    def _check_brand_host(self):
        own = urlsplit(self.env["nestogy.portal.link"]._base_url()).hostname
        for host in self.filtered("brand_host").mapped("brand_host"):
            if not HOST.fullmatch(host):
                raise ValidationError(
                    self.env._(
                        "%s is not the name of a host. Write it without https:// and port, like portal.example.com.",
                        host,
                    )
                )
            if host == own:
                raise ValidationError(self.env._("%s is the address of the whole server. Leave the field empty.", host))

    @api.model_create_multi
    def create(self, vals_list):
        profiles = super().create([self._clean_brand(vals) for vals in vals_list])
        profiles._follow_brand_hosts(set().union(*vals_list) if vals_list else set())
        return profiles

    def write(self, vals):
        result = super().write(self._clean_brand(vals))
        self._follow_brand_hosts(set(vals))
        return result

    @api.model
    def _clean_brand(self, vals):
        cleaned = dict(vals)
        if cleaned.get("brand_host"):
            cleaned["brand_host"] = cleaned["brand_host"].strip().lower().removesuffix(".")
        for field in ("brand_name", "brand_host", "brand_color", "brand_accent_color"):
            if field in cleaned:
                cleaned[field] = (cleaned[field] or "").strip() or False
        return cleaned

    def _follow_brand_hosts(self, names):
        if not names & {"brand_host", "active"}:
            return
        if any(self.mapped("brand_host")):
            # otherwise Odoo moves the server's address to whichever host an administrator signs in at
            parameters_sudo = self.env["ir.config_parameter"].sudo()  # managers may not write parameters
            if not parameters_sudo.get_param("web.base.url.freeze"):
                parameters_sudo.set_param("web.base.url.freeze", "True")

    # ------------------------------------------------------------------
    # Whose brand
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _brand_hosts(self):
        """Host names that are brands' own, with the id of the profile."""
        rows_sudo = self.sudo().search_fetch([("brand_host", "!=", False)], ["brand_host"])  # asked for all visitors
        return {row.brand_host: row.id for row in rows_sudo}

    @api.model
    def _company_brand_profile(self, company):
        """The profile that holds for a company's clients who have no other, in sudo."""
        # whoever looks at the portal may not read profiles
        profile_sudo = company.sudo().portal_profile_id
        return self.sudo().browse(profile_sudo.id or self._catalogue()["standard"])  # as above, in this language

    @api.model
    def _brand_of(self, partner):
        """The brand that a contact sees, in the current company; for whoever is no client's that of the company.

        :param res.partner partner: one
        """
        company = partner.sudo().company_id or self.env.company  # as below
        return self._brand_chain(partner, company)._make_brand(company)

    @api.model
    def _brand_chain(self, partner, company):
        """The profiles that make the brand a contact sees, in sudo; the first that has something gives it."""
        partner_sudo = partner.sudo()  # whoever looks at the portal may not read profiles
        client_sudo = partner_sudo._get_client()
        chain_sudo = self.sudo().browse()  # empty
        if client_sudo:
            chain_sudo |= partner_sudo._get_portal_profile()[0] | client_sudo.client_group_id.portal_profile_id
        return chain_sudo | self._company_brand_profile(company)

    @api.model
    def _brand_of_visitor(self, partner=None):
        """The brand for the request: of the contact who is signed in or whose link it is, else of the host.

        The host is what the browser says; it decides how a page looks, and nothing else.

        :param res.partner partner: the contact, if the caller knows him
        """
        user = request.env.user
        if not partner and user and user.share and not user._is_public():
            partner = user.partner_id
        if not partner and isinstance(link_id := request.session.get(DOCUMENT_BY_LINK), int):
            # the session holds the link's number only after its token was shown
            partner = self.env["nestogy.portal.link"].sudo().browse(link_id).exists().partner_id
        if partner and partner.sudo()._get_client():  # visitors may not read who is a client
            return self._brand_of(partner)
        host = (request.httprequest.host or "").partition(":")[0].lower()
        profile_sudo = self.sudo().browse(self._brand_hosts().get(host))  # as in _brand_of
        company = profile_sudo.company_id or self.env.company
        return (profile_sudo | self._company_brand_profile(company))._make_brand(company)

    def _make_brand(self, company):
        """Put a brand together from profiles; the first that has something gives it.

        :param res.company company: gives what no profile has
        """
        company_sudo = company.sudo()  # its name and logo are public

        def first(field):
            return next((profile[field] for profile in self if profile[field]), "")

        def picture(name):
            for profile in self:
                if file := profile[f"brand_{name}_file"]:
                    return f"/my/brand/{profile.id}/{name}/{file}"
            return ""

        own, accent = first("brand_color"), first("brand_accent_color")
        palette = colors.palette(own or PRIMARY, accent or None)
        welcome = next((each.brand_welcome for each in self if not is_html_empty(each.brand_welcome)), "")
        logo_url, name = picture("logo"), first("brand_name")
        return Brand(
            name=name or company_sudo.name,
            logo_url=logo_url or ("" if company_sudo.uses_default_logo else f"/logo.png?company={company_sudo.id}"),
            favicon_url=picture("favicon"),
            colors=palette,
            css=colors.style_variables(palette) if own or accent else "",
            welcome=Markup(welcome),
            footer=first("brand_footer"),
            contact=first("brand_contact"),
            host=first("brand_host"),
            is_dark_allowed=self[:1].brand_dark_mode == "device",
            has_mail_header=bool(self[:1].brand_mail_header and (name or logo_url)),
        )
