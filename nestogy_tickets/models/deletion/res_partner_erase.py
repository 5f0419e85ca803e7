from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.nestogy_clients.tools.erasure import (
    ADDRESS,
    ADDRESS_ROW,
    EMPTY,
    NAMES,
    ROW,
    STEP,
    TOP,
    WORDS,
    EraseStep,
)


class ResPartner(models.Model):
    """What goes of tickets, jobs, satisfaction and received mails when a client is deleted or a person erased."""

    _inherit = "res.partner"

    @api.model
    def _erase_companions(self):
        return [*super()._erase_companions(), ("nestogy_mail_inbox", "res_model", "res_id")]

    @api.model
    def _erase_job_owners(self):
        return [*super()._erase_job_owners(), "client_id"]

    def _client_erase_steps(self, top):
        ids = self.ids
        theirs = Domain("partner_id", "in", ids) | Domain("commercial_partner_id", "in", ids)
        emails = [address for address in self._erase_identity()[0] if "@" in address]
        if emails:  # a mail became a ticket before its sender was known
            theirs |= Domain("partner_id", "=", False) & Domain("partner_email", "in", emails)
        if top:
            tickets = [EraseStep("tickets", model="helpdesk.ticket", domain=theirs, deal=self._erase_from_tickets)]
        else:
            tickets = [
                EraseStep(
                    "ticket_time",
                    self.env._("Time entries of tickets"),
                    "account.analytic.line",
                    Domain("ticket_id.partner_id", "in", ids) | Domain("ticket_id.commercial_partner_id", "in", ids),
                    batch=1000,
                ),
                EraseStep("tickets", self.env._("Tickets"), "helpdesk.ticket", theirs, batch=100),
            ]
        asked = Domain("partner_id", "in", ids) | Domain("client_id", "in", ids)
        return [
            *tickets,
            EraseStep("satisfaction", self.env._("Answers about satisfaction"), "nestogy.satisfaction.request", asked),
            EraseStep("nps", self.env._("Answers to surveys"), "nestogy.nps.answer", asked),
            EraseStep(
                "received",
                self.env._("Received mails, as they came"),
                "nestogy.mail.inbox",
                [("sender_address", "in", emails)],
            ),
            EraseStep(
                "originals",
                self.env._("Originals of mails that others sent to them"),
                "nestogy.mail.inbox",
                Domain("state", "=", "done") & Domain.OR([Domain("recipients", "ilike", each) for each in emails]),
                self._erase_originals,
            ),
            *super()._client_erase_steps(top),
        ]

    @api.model
    def _client_erase_columns(self):
        return super()._client_erase_columns() | {
            **dict.fromkeys(
                (
                    *("nestogy_client_domain.client_id", "nestogy_mail_decision.client_id"),
                    *("nestogy_nps_answer.client_id", "nestogy_nps_answer.partner_id"),
                    *("nestogy_satisfaction_request.client_id", "nestogy_satisfaction_request.partner_id"),
                    *("nestogy_sla_policy.client_id",),
                ),
                ROW,
            ),
            **dict.fromkeys(
                (
                    *("nestogy_job_material.client_id", "nestogy_sla_clock.client_id"),
                    *("nestogy_ticket_charge.client_id", "project_task.contact_id", "project_task.site_id"),
                ),
                EMPTY,
            ),
            "helpdesk_ticket.partner_id": TOP,
            "helpdesk_ticket.commercial_partner_id": TOP,
            "helpdesk_ticket.partner_name": STEP,
            "helpdesk_ticket.partner_email": ADDRESS,
            "helpdesk_ticket.email_cc": ADDRESS,
            "helpdesk_ticket.description": WORDS,
            "helpdesk_ticket.properties": STEP,
            "nestogy_mail_inbox.sender_address": ADDRESS_ROW,
            "nestogy_mail_inbox.options": STEP,
            "nestogy_mail_inbox.sender": STEP,
            "nestogy_mail_inbox.recipients": ADDRESS,
            "nestogy_mail_inbox.subject": WORDS,
            "nestogy_mail_inbox.reason": WORDS,
            **dict.fromkeys(
                (
                    *("nestogy_ticket_reply.name", "nestogy_ticket_reply.body", "nestogy_ticket_macro.name"),
                    *("nestogy_ticket_macro_step.activity_summary",),
                ),
                NAMES,
            ),
        }

    def _erase_originals(self, mails):
        """The mail is in the ticket long since; there addresses are taken out."""
        mails.write({"source": False})

    def _erase_from_tickets(self, tickets):
        """The tickets of a client stay when one of its people is erased: without name, address and what he wrote."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE helpdesk_ticket SET partner_name = NULL, partner_email = NULL, description = %s
                    WHERE id = ANY(%s)""",
                self.env._("erased"),
                tickets.ids,
            )
        )
        self.env.invalidate_all(flush=False)
