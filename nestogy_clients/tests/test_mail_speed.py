from unittest.mock import patch

from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestMailSpeed(ClientsCase):
    """Mails from one template are written together; each says what it would say alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = cls.env["res.partner"].union(
            *(cls.make_client(f"Client {number}", email=f"c{number}@example.com") for number in range(4))
        )
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Greeting",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "subject": "For {{ object.name }}",
                "body_html": '<p>Dear <t t-out="object.name"/>, <t t-if="object.id % 2">odd</t></p>',
            }
        )

    def bodies(self, clients):
        return self.template._render_field("body_html", clients.ids)

    def test_together_they_say_what_each_says_alone(self):
        together = self.bodies(self.clients)
        for client in self.clients:
            self.assertEqual(together[client.id], self.bodies(client)[client.id])
            self.assertIn(client.name, together[client.id])

    def test_a_body_is_compiled_as_often_for_many_as_for_one(self):
        qweb = self.registry["ir.qweb"]
        counted = []
        generate = qweb._generate_code

        def count(model, template):
            counted.append(template)
            return generate(model, template)

        with patch.object(qweb, "_generate_code", count):
            self.bodies(self.clients[0])
            alone = len(counted)  # Odoo looks through it once for what only some may write
            self.bodies(self.clients)
        self.assertEqual(len(counted), 2 * alone)

    def test_another_text_is_compiled_anew(self):
        self.bodies(self.clients)
        self.template.body_html = '<p>Hello <t t-out="object.name"/></p>'
        self.assertIn("Hello", self.bodies(self.clients)[self.clients[0].id])

    def test_what_placeholders_stand_for_is_reckoned_once_a_document(self):
        words = self.env["nestogy.client.mail.template"].create(
            {
                "company_id": self.env.company.id,
                "kind": "reminder",
                "subject": "{company} to {client}",
                "body": "<p>Dear {contact} of {client}, yours {company}, {company}</p>",
            }
        )
        partner = self.registry["res.partner"]
        counted = []
        reckon = partner._client_mail_values

        def count(client, kind=None):
            counted.append(client.id)
            return reckon(client, kind)

        with patch.object(partner, "_client_mail_values", count):
            found = words.sudo().mail_template_id._generate_template(self.clients.ids, ("subject", "body_html"))
        self.assertEqual(sorted(counted), sorted(self.clients.ids))
        for client in self.clients:
            self.assertIn(client.name, found[client.id]["subject"])
            self.assertIn(client.name, found[client.id]["body_html"])
