from odoo import api, models


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        kinds = super()._mail_kinds()
        kinds["renewal"] = {
            "label": self.env._("Renewal of a contract"),
            "model": "contract.contract",
            "template_xmlid": "nestogy_clients.mail_template_renewal",
            "placeholders": {
                "client": self.env._("name of the client"),
                "contact": self.env._("name of the contact who gets the mail"),
                "company": self.env._("your company"),
                "number": self.env._("name of the contract"),
                "reference": self.env._("reference of the contract"),
                "amount": self.env._("price of the services"),
                "date": self.env._("last day of the present term"),
                "due": self.env._("last day of notice"),
                "outcome": self.env._("what happens at the end"),
            },
            "domain": [("contract_type", "=", "sale"), ("renewal_type", "!=", "none")],
            "subject": self.env._("Your contract {number} ends on {date}"),
            "body": self.env._(
                "<p>Dear {contact},</p><p>the present term of {number} ({amount}) ends on {date}. {outcome}</p>"
                "<p>The last day of notice is {due}. Please tell us if you wish to change anything.</p>"
                "<p>Kind regards,<br/>{company}</p>"
            ),
        }
        return kinds

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind == "renewal":
            samples |= {
                "number": self.env._("Managed IT"),
                "outcome": self.env._("It renews by itself for another 12 months unless it is cancelled."),
            }
        return samples
