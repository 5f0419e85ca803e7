from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount

AUTOPAY_KINDS = ("autopay_notice", "autopay_failed", "autopay_stopped", "autopay_expiry")


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        kinds = super()._mail_kinds()
        whole = {name: kinds["statement"]["placeholders"][name] for name in ("client", "contact", "company")}
        card = {"card": self.env._("card or account that is charged")}
        charge = {"amount": self.env._("what is charged"), "numbers": self.env._("numbers of the invoices")}
        greeting = self.env._("<p>Kind regards,<br/>{company}</p>")
        for kind, label, placeholders, blocks, subject, body in (
            (
                "autopay_notice",
                self.env._("Automatic payment: notice"),
                charge
                | {
                    "date": self.env._("day of the first charge"),
                    "invoices": self.env._("table of what is charged when"),
                },
                ("invoices",),
                self.env._("{company} will charge {amount} on {date}"),
                self.env._("<p>Dear {contact},</p><p>we will charge {card}:</p><div>{invoices}</div>"),
            ),
            (
                "autopay_failed",
                self.env._("Automatic payment: declined"),
                charge | {"date": self.env._("day of the next attempt")},
                (),
                self.env._("{company}: your payment of {amount} was declined"),
                self.env._(
                    "<p>Dear {contact},</p><p>{card} was declined for {amount} of {numbers}. "
                    "We try again on {date}.</p>"
                ),
            ),
            (
                "autopay_expiry",
                self.env._("Automatic payment: card expires"),
                {
                    "expiry": self.env._("month in which the card expires"),
                    "link": self.env._("where another card is chosen"),
                },
                (),
                self.env._("{company}: your card expires in {expiry}"),
                self.env._(
                    "<p>Dear {contact},</p><p>{card}, to which we charge your invoices, expires in {expiry}. Please "
                    'save another card before that.</p><p><a href="{link}">Replace the card</a></p>'
                ),
            ),
            (
                "autopay_stopped",
                self.env._("Automatic payment: stopped"),
                {"reason": self.env._("why it was stopped")},
                (),
                self.env._("{company}: automatic payment is stopped"),
                self.env._(
                    "<p>Dear {contact},</p><p>automatic payment with {card} is stopped: {reason}. Please pay open "
                    "invoices yourself, or switch it on again in the portal.</p>"
                ),
            ),
        ):
            kinds[kind] = {
                "label": label,
                "model": "res.partner",
                "client_path": "",
                "template_xmlid": f"nestogy_portal.mail_template_{kind}",
                "placeholders": whole | card | placeholders,
                "blocks": blocks,
                "is_led": True,
                "subject": subject,
                "body": body + greeting,
            }
        return kinds

    @api.model
    def _mail_leaders(self):
        return super()._mail_leaders() | dict.fromkeys(AUTOPAY_KINDS, "invoice")

    def _preview_document(self, document_id):
        """Samples only: the words come with a charge."""
        document, domain = super()._preview_document(document_id)
        return (document.browse(), Domain.FALSE) if self.kind in AUTOPAY_KINDS else (document, domain)

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind in AUTOPAY_KINDS:
            currency = self.env.company.currency_id
            samples |= {
                "card": "•••• 4242",
                "numbers": "INV/2026/00042",
                "reason": self.env._("by us"),
                "expiry": "09/2026",
                "link": f"{self.get_base_url()}/my/autopay",
                "invoices": self.env["ir.qweb"]._render(
                    "nestogy_portal.autopay_mail_table",
                    {
                        "rows": [
                            {
                                "number": "INV/2026/00042",
                                "due": samples["due"],
                                "date": samples["due"],
                                "amount": format_amount(self.env, 1250, currency),
                            }
                        ]
                    },
                ),
            }
        return samples
