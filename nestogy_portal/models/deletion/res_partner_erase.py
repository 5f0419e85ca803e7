from odoo import api, models
from odoo.fields import Domain

from odoo.addons.nestogy_clients.tools.erasure import ADDRESS, ADDRESS_ROW, EMPTY, KEEP, NAMES, ROW, STEP, EraseStep


class ResPartner(models.Model):
    """What goes of the portal when a client is deleted or a person erased."""

    _inherit = "res.partner"

    @api.model
    def _erase_companions(self):
        return [*super()._erase_companions(), ("nestogy_portal_link", "document_model", "document_id")]

    def _client_erase_steps(self, top):
        ids = self.ids
        return [
            EraseStep(
                "conversations",
                self.env._("Conversations in the portal"),
                "nestogy.conversation",
                [("client_id", "in", ids)],
            ),
            EraseStep(
                "sign_ins",
                self.env._("Entries of the portal's log, with addresses and browsers"),
                "nestogy.portal.access.log",
                [("partner_id", "in", ids)],
                batch=1000,
            ),
            EraseStep(
                "links", self.env._("Sign-in links"), "nestogy.portal.link", [("partner_id", "in", ids)], batch=1000
            ),
            EraseStep(
                "autopay",
                self.env._("Consents to automatic payment"),
                "nestogy.autopay",
                Domain("client_id", "in", ids) | Domain("partner_id", "in", ids),
            ),
            EraseStep(
                "requests",
                self.env._("Requests for changes and about privacy"),
                "nestogy.change.request",
                Domain("client_id", "in", ids) | Domain("partner_id", "in", ids) | Domain("subject_id", "in", ids),
            ),
            EraseStep(
                "last_words",
                model="nestogy.conversation",
                domain=[("client_id", "in", top.ids)],
                deal=self._erase_last_words,
            ),
            *super()._client_erase_steps(top),
        ]

    def _client_erase_refusals(self, top):
        found = super()._client_erase_refusals(top)
        transactions = self.env["payment.transaction"]
        domain = Domain("partner_id", "in", self.ids) & transactions._in_flight_domain() & Domain("state", "=", "draft")
        if count := transactions.search_count(domain):
            found.append(
                {
                    "text": self.env._("Payments that were begun and not answered yet: ask the provider, or wait."),
                    "model": transactions._name,
                    "domain": self._erase_plain_domain(transactions._name, domain),
                    "count": count,
                }
            )
        return found

    @api.model
    def _client_erase_columns(self):
        return super()._client_erase_columns() | {
            **dict.fromkeys(
                (
                    *("nestogy_autopay.client_id", "nestogy_autopay.partner_id", "nestogy_change_request.client_id"),
                    *("nestogy_change_request.partner_id", "nestogy_change_request.subject_id"),
                    *("nestogy_conversation.client_id", "nestogy_conversation_reader.partner_id"),
                    *("nestogy_portal_access_log.partner_id", "nestogy_portal_access_why.partner_id"),
                    *("nestogy_portal_archive.client_id", "nestogy_portal_block_res_partner_rel"),
                    *("nestogy_portal_invite_line.partner_id", "nestogy_portal_link.partner_id"),
                    *("nestogy_portal_person.partner_id", "nestogy_privacy_request.client_id"),
                    *("nestogy_privacy_request.partner_id",),
                ),
                ROW,
            ),
            "nestogy_form_entry.client_id": ROW,
            "nestogy_form_entry.contact_id": ROW,
            "nestogy_form_entry.email": ADDRESS_ROW,
            "nestogy_form_entry.phone": ADDRESS_ROW,
            **dict.fromkeys(
                (
                    *("nestogy_form_entry.sender", "nestogy_form_entry.company_name", "nestogy_form_entry.message"),
                    *("nestogy_form_entry.values", "nestogy_form_entry.shown"),
                ),
                NAMES,
            ),
            "nestogy_form_entry": STEP,
            "nestogy_autopay_charge.client_id": EMPTY,
            "nestogy_portal_staff_link.partner_id": EMPTY,
            "nestogy_payment_allocation.client_id": KEEP,
            "nestogy_portal_link.issued_to_address": ADDRESS,
            "nestogy_portal_link_request.address": ADDRESS_ROW,
            "nestogy_portal_attempt.key": ADDRESS_ROW,
            "nestogy_conversation.last_author": STEP,
            "nestogy_conversation.last_text": STEP,
            "nestogy_change_request.new_values": STEP,
            "nestogy_autopay.ip_address": STEP,
            "nestogy_portal_access_log.ip": STEP,
        }

    def _erase_last_words(self, conversations):
        """The conversation of the client that stays does not begin with what an erased person wrote."""
        # what is shown of it is written by the messages alone
        conversations.sudo().write({"last_author": False, "last_text": False})
