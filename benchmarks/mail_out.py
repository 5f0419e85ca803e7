"""200 invoice mails without PDF: Odoo's template and sending; ours from the templates of ten clients; as the limit, the
bodies compiled once and the messages written out."""

from email.message import EmailMessage
from unittest.mock import patch

from _tools import fresh, invoice_of, milliseconds, multiply, queries

MAILS, CLIENTS = 200, 10


def run(env, rows):
    from odoo.addons.mail.models.mail_render_mixin import MailRenderMixin

    is_ours = "nestogy.client.mail.template" in env
    values = {"is_company": True, "email": "client@example.com"}
    if is_ours:
        values["client_status_id"] = env.ref("nestogy_clients.nestogy_client_status_active").id
    clients = env["res.partner"].create([values | {"name": f"Client {number}"} for number in range(CLIENTS)])
    moves = env["account.move"]
    for client in clients:
        invoice = invoice_of(env, client)
        moves += moves.browse(multiply(env, invoice, MAILS // CLIENTS, name=f"'X{client.id}/' || n"))
    env["ir.config_parameter"].set_param("mail.batch_size", MAILS)
    ordinary = env.ref("account.email_template_edi_invoice").copy({"report_template_ids": False})

    def plain():
        core = MailRenderMixin._render_template_qweb
        with patch.object(env.registry["mail.render.mixin"], "_render_template_qweb", core):
            ordinary.send_mail_batch(moves.ids)

    env["mail.mail"].flush_model()
    if is_ours:
        env["nestogy.client.mail.template"].create(
            [
                {
                    "client_id": client.id,
                    "kind": "invoice",
                    "subject": f"{{company}}: invoice {{number}} {client.id}",
                    "body": "<p>Dear {contact},</p><p>here is {number} of {date}, {amount} until {due}.</p>"
                    "<p>Kind regards,<br/>{company}</p>",
                }
                for client in clients
            ]
        )

    def ours():
        for documents in moves.grouped("partner_id").values():
            documents[:1]._client_mail_template().send_mail_batch(documents.ids)

    def limit():
        bodies = env["mail.render.mixin"]._render_template_qweb(ordinary.body_html, "account.move", moves.ids)
        for move in moves:
            message = EmailMessage()
            message["Subject"], message["To"], message["From"] = move.name, move.partner_id.email, "a@example.com"
            message.set_content(bodies[move.id], subtype="html")
            message.as_bytes()

    if is_ours:
        for template in moves.grouped(lambda move: move._client_mail_template()):
            template.report_template_ids = False
    result = {
        "unit": "ms",
        "plain": milliseconds(plain, times=2, before=fresh(env)),
    }
    if not is_ours:
        return result | {"ours": None, "limit": None}
    result["limit"] = milliseconds(limit, times=3, before=fresh(env))
    return result | {"ours": milliseconds(ours, times=2, before=fresh(env)), "queries": queries(env, ours)}
