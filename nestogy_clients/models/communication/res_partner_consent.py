from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class ResPartner(models.Model):
    """To what a client or contact agreed; a contact who never said anything goes by what the client said."""

    _inherit = "res.partner"

    consent_ids = fields.One2many(
        "nestogy.client.consent",
        "partner_id",
        string="Consents",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    marketing_opt_in = fields.Boolean(
        compute="_compute_marketing",
        search="_search_marketing_opt_in",
        groups="base.group_user",
        help="Agreed to marketing messages and has not taken it back.",
    )
    marketing_note = fields.Char(string="Marketing", compute="_compute_marketing", groups="base.group_user")

    @api.depends("parent_id")
    @api.depends_context("lang", "tz")
    def _compute_marketing(self):
        consents = self._effective_consents()
        for partner in self:
            consent_sudo, is_own = consents.get(partner._origin.id, (None, True))
            partner.marketing_opt_in = bool(consent_sudo) and consent_sudo.decision == "given"
            partner.marketing_note = partner._consent_note(consent_sudo, is_own)

    def _consent_note(self, consent_sudo, is_own):
        if not consent_sudo:
            return self.env._("No: never asked")
        values = {"date": format_date(self.env, consent_sudo.date), "name": consent_sudo.partner_id.name}
        if consent_sudo.decision == "given":
            if is_own:
                return self.env._("Yes, since %(date)s", **values)
            return self.env._("As %(name)s: yes, since %(date)s", **values)
        if is_own:
            return self.env._("No, withdrawn on %(date)s", **values)
        return self.env._("As %(name)s: no, withdrawn on %(date)s", **values)

    def _search_marketing_opt_in(self, operator, value):
        if operator != "in":
            return NotImplemented
        # SQL: the newest row of each partner, else that of its client, decides
        given = SQL(
            """(SELECT partner.id FROM res_partner partner
                  LEFT JOIN (SELECT DISTINCT ON (partner_id) partner_id, decision FROM nestogy_client_consent
                              WHERE purpose = 'marketing' ORDER BY partner_id, date DESC, id DESC) own
                         ON own.partner_id = partner.id
                  LEFT JOIN (SELECT DISTINCT ON (partner_id) partner_id, decision FROM nestogy_client_consent
                              WHERE purpose = 'marketing' ORDER BY partner_id, date DESC, id DESC) firm
                         ON firm.partner_id = partner.commercial_partner_id
                 WHERE COALESCE(own.decision, firm.decision) = 'given')"""
        )
        domain = Domain.FALSE
        if True in value:
            domain |= Domain("id", "in", given)
        if False in value:
            domain |= Domain("id", "not in", given)
        return domain

    def _effective_consents(self, purpose="marketing"):
        """The consent that holds for each of these partners: his own newest, else the newest of his client.

        :return: dict of partner id to a tuple of the row in sudo and whether it is his own; two queries for all
        """
        firms = {partner._origin.id: partner._origin.commercial_partner_id for partner in self if partner._origin}
        everybody = self.browse(firms) | self.browse(firm.id for firm in firms.values())
        newest = self.env["nestogy.client.consent"]._newest(everybody, purpose) if everybody else {}
        found = {}
        for partner_id, firm in firms.items():
            if partner_id in newest:
                found[partner_id] = newest[partner_id], True
            elif firm.id in newest:
                found[partner_id] = newest[firm.id], False
        return found

    def _record_consent(self, decision, how, text=False, proof=False, purpose="marketing", **values):
        """Add a row to the ledger in the name of this partner; callers have checked that he, or staff, said so.

        :param str decision: ``given`` or ``withdrawn``
        :param str how: ``portal``, ``form``, ``import`` or ``staff``
        :param str text: the exact words that were shown
        """
        self.ensure_one()
        # the ledger has no other door for those without our roles; who did it is kept
        return (
            self.env["nestogy.client.consent"]
            .sudo()
            .create(
                {
                    "partner_id": self.id,
                    "purpose": purpose,
                    "decision": decision,
                    "how": how,
                    "text": text,
                    "proof": proof,
                    "user_id": self.env.uid,
                    **values,
                }
            )
        )

    def action_record_consent(self):
        """Ask what the person said, and how we know."""
        self.ensure_one()
        self.env["nestogy.client.consent"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Consent"),
            "res_model": "nestogy.client.consent",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.id,
                "default_decision": "withdrawn" if self.marketing_opt_in else "given",
                "dialog_size": "medium",
            },
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_consenting(self):
        """Keep the people whose consent is on record, with a sentence instead of the database's refusal."""
        # whoever deletes partners need not see consents
        consents_sudo = self.env["nestogy.client.consent"].sudo()
        kept_sudo = consents_sudo.search([("partner_id", "in", self.ids)], limit=1).partner_id
        if kept_sudo:
            raise UserError(
                self.env._("%s has a consent on record, which is never deleted; archive instead.", kept_sudo.name)
            )
