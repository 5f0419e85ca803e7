from markupsafe import Markup

from odoo import api, fields, models


class NestogyPortalAccessWhy(models.TransientModel):
    """Answers why a contact sees a part of the portal, or one document, or why not."""

    _name = "nestogy.portal.access.why"
    _description = "Why This Contact Sees It"

    partner_id = fields.Many2one("res.partner", string="Contact", required=True, readonly=True)
    client_id = fields.Many2one("res.partner", compute="_compute_client_id")
    area_id = fields.Many2one("nestogy.portal.area", string="Part of the Portal")
    move_id = fields.Many2one(
        "account.move", string="Invoice", domain="[('commercial_partner_id', 'child_of', client_id)]"
    )
    order_id = fields.Many2one("sale.order", string="Estimate", domain="[('partner_id', 'child_of', client_id)]")
    answer = fields.Html(compute="_compute_answer", sanitize=False)

    @api.depends("partner_id")
    def _compute_client_id(self):
        for wizard in self:
            wizard.client_id = wizard.partner_id._get_client()

    def _documents(self):
        """The documents that can be asked about; addons add theirs.

        :return: list of records, empty ones among them
        """
        self.ensure_one()
        return [self.move_id, self.order_id]

    @api.depends("partner_id", "area_id", "move_id", "order_id")
    def _compute_answer(self):
        for wizard in self:
            document = next((each for each in wizard._documents() if each), None)
            areas = wizard.area_id or wizard.area_id.search([])
            if document:
                key = wizard.area_id._area_models()[document._name][0]
                areas = areas.search([("key", "=", key)])
            parts = [wizard._answer_area(area) for area in areas]
            if document:
                parts.append(wizard._answer_document(document))
            wizard.answer = Markup("").join(parts)

    def _answer_area(self, area):
        scope, sentences = self.partner_id._explain_portal_access(area.key)
        tones = {"none": "danger", "own": "warning", "company": "success"}
        labels = dict(self.env["nestogy.portal.level.right"]._fields["scope"]._description_selection(self.env))
        return Markup('<p><strong>%s</strong> <span class="badge text-bg-%s">%s</span><br/>%s</p>') % (
            area.name,
            tones[scope],
            labels[scope],
            Markup("<br/>").join(sentences),
        )

    def _answer_document(self, document):
        # asks in the contact's own name what the rules say
        user_sudo = self.partner_id.sudo().user_ids.filtered(lambda user: user.share)[:1]
        if not user_sudo:
            sentence = self.env._(
                "Without portal access nobody sees %s but by a link in a mail.", document.display_name
            )
            return Markup("<p>%s</p>") % sentence
        if document.with_user(user_sudo).has_access("read"):
            sentence = self.env._("So %(contact)s sees %(document)s.")
        else:
            sentence = self.env._("So %(contact)s does not see %(document)s.")
        names = {"contact": self.partner_id.name, "document": document.display_name}
        return Markup("<p><strong>%s</strong></p>") % (sentence % names)
