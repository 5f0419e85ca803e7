from markupsafe import Markup

from odoo import models

from ...tools import mail_brand


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _personalize_outgoing_body(self, body, partner=False, doc_to_followers=None):
        """Show each client's people their own brand. This happens while the mail leaves, as for the links."""
        body = super()._personalize_outgoing_body(body, partner=partner, doc_to_followers=doc_to_followers)
        return self._put_brand(body, partner) if body and partner else body

    def _put_brand(self, body, partner):
        partner_sudo = partner.sudo()  # mails are sent in the name of people who may not see the contact
        users_sudo = partner_sudo.with_context(active_test=False).user_ids
        if not partner_sudo._get_client() or users_sudo.filtered(lambda user: not user.share):
            return body
        company = self.record_company_id or partner_sudo.company_id or self.env.company
        partner_sudo = partner_sudo.with_company(company).with_context(lang=partner_sudo.lang or self.env.lang)
        brand = partner_sudo.env["nestogy.portal.profile"]._brand_of(partner_sudo)
        if not brand.has_mail_header:
            return body
        links = partner_sudo.env["nestogy.portal.link"]
        values = {"brand": brand, "base": links._base_url(partner_sudo)}
        head, foot = (
            str(partner_sudo.env["ir.qweb"]._render(f"nestogy_portal.mail_brand_{part}", values, minimal_qcontext=True))
            for part in ("head", "foot")
        )
        text = mail_brand.wrap(str(body), head.strip(), foot.strip(), links._base_urls())
        return Markup(text) if isinstance(body, Markup) else text
