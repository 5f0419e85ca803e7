from markupsafe import Markup

from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _personalize_outgoing_body(self, body, partner=False, doc_to_followers=None):
        """Put the secret of a question's link into the copy that leaves; it is in nothing that is kept."""
        body = super()._personalize_outgoing_body(body, partner=partner, doc_to_followers=doc_to_followers)
        if not body or not partner or self.model not in self.env["nestogy.feedback.mixin"]._feedback_models():
            return body
        row_sudo = self.env[self.model].sudo().browse(self.res_id).exists()  # the mail was made for this question
        if not row_sudo.sent_at or row_sudo.partner_id != partner:
            return body
        address = row_sudo._feedback_marker()
        text = str(body).replace(address, f"{address.rpartition('/')[0]}/{row_sudo._feedback_token()}")
        return Markup(text) if isinstance(body, Markup) else text
