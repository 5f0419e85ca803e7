from odoo import api, fields, models


class NestogyTicketMerge(models.TransientModel):
    """Asks which of several tickets stays, and shows what moves into it."""

    _name = "nestogy.ticket.merge"
    _description = "Merge of Tickets"

    ticket_ids = fields.Many2many(
        "helpdesk.ticket",
        string="Tickets",
        required=True,
        domain="[('merged_into_id', '=', False), ('commercial_partner_id', '=', client_id)]",
    )
    client_id = fields.Many2one("res.partner", compute="_compute_client_id")
    survivor_id = fields.Many2one("helpdesk.ticket", string="Stays", domain="[('id', 'in', ticket_ids)]")
    keep_contacts = fields.Boolean(
        string="Keep the contacts of all of them informed",
        default=True,
        help="Contacts and followers at the client get the answers in the ticket that stays.",
    )
    tell_contacts = fields.Boolean(
        string="Tell the contacts of the merged tickets",
        help="They get a mail with the number that counts from now on.",
    )
    preview = fields.Text(string="What Moves", compute="_compute_preview")
    refusal = fields.Char(compute="_compute_preview")

    @api.depends("ticket_ids", "survivor_id")
    def _compute_client_id(self):
        for wizard in self:
            wizard.client_id = (wizard.survivor_id or wizard.ticket_ids[:1]).commercial_partner_id

    @api.depends("ticket_ids", "survivor_id")
    def _compute_preview(self):
        for wizard in self:
            merged = wizard.ticket_ids._origin - wizard.survivor_id._origin
            wizard.refusal = wizard.ticket_ids._origin._merge_refusal(wizard.survivor_id._origin)
            wizard.preview = (
                False
                if wizard.refusal
                else self.env._(
                    "Into %(survivor)s move: %(what)s.",
                    survivor=wizard.survivor_id.display_name,
                    what=", ".join(
                        [
                            self.env._("the text of the request"),
                            *(f"{label}: {count}" for label, count in merged._merge_counts()),
                        ]
                    ),
                )
            )

    def action_merge(self):
        """Merge, and open the ticket that stays."""
        self.ensure_one()
        survivor = self.survivor_id
        merged = self.ticket_ids - survivor
        contacts = merged.partner_id.filtered("email") - survivor.partner_id
        merged._merge_into(survivor, keep_contacts=self.keep_contacts)
        if self.tell_contacts and contacts:
            survivor.message_post(
                body=self.env._(
                    "Your request %(merged)s goes on as %(survivor)s. You need not do anything.",
                    merged=", ".join(merged.mapped("number")),
                    survivor=survivor.number,
                ),
                message_type="auto_comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=contacts.ids,
            )
        return survivor._get_records_action(context={})
