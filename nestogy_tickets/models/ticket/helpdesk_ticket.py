from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, email_split_tuples


class HelpdeskTicket(models.Model):
    """A ticket belongs to the client of its contact; here is what a client's ticket is."""

    _inherit = "helpdesk.ticket"

    # we search by both on every profile and every portal page
    partner_id = fields.Many2one(index=True, tracking=True)
    commercial_partner_id = fields.Many2one(string="Client", index=True)
    client_status_id = fields.Many2one(
        related="commercial_partner_id.client_status_id", string="Client Status", groups="base.group_user"
    )
    last_update = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        index=True,
        help="Last change of stage or last message that the client can see.",
    )

    # the timeline of a client
    _client_opened_idx = models.Index("(commercial_partner_id, create_date DESC, id DESC)")
    _client_closed_idx = models.Index(
        "(commercial_partner_id, closed_date DESC, id DESC) WHERE closed_date IS NOT NULL"
    )

    @api.depends("name", "number")
    def _compute_display_name(self):
        fresh = self.filtered(lambda ticket: not ticket.number or ticket.number == "/")
        fresh.display_name = self.env._("New Ticket")
        return super(HelpdeskTicket, self - fresh)._compute_display_name()

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create([self._prepare_contact_values(vals) for vals in vals_list])
        now = fields.Datetime.now()
        tickets.filtered(lambda ticket: ticket.closed and not ticket.closed_date).closed_date = now
        tickets._subscribe_mail_recipients()
        return tickets

    def write(self, vals):
        vals = dict(vals)
        if "stage_id" in vals:
            vals["last_update"] = fields.Datetime.now()
            stage = self.env["helpdesk.ticket.stage"].browse(vals["stage_id"])
            if not stage.closed:
                vals["closed_date"] = False  # helpdesk_mgmt sets it, and forgets it on re-opening
        if "partner_id" not in vals:
            return super().write(vals)
        before = {
            ticket: ticket._get_mail_recipients() for ticket in self if ticket.partner_id.id != vals["partner_id"]
        }
        result = super().write(vals)
        for ticket, recipients in before.items():
            # who asked before may belong to another client: mails must not go on to them
            ticket.message_unsubscribe(recipients.filtered("partner_share").ids)
        self.browse([ticket.id for ticket in before])._subscribe_mail_recipients()
        return result

    @api.model
    def _prepare_contact_values(self, vals):
        """Complete name and address of who asks, from the contact or from a mail's ``From``."""
        vals = dict(vals)
        contact = self.env["res.partner"].browse(vals.get("partner_id") or [])
        address = vals.get("partner_email") or contact.email
        parts = email_split_tuples(address) if address else []
        if parts:
            vals["partner_email"] = email_normalize(address, strict=False) or address
        if not vals.get("partner_name"):
            vals["partner_name"] = contact.name or (parts and parts[0][0]) or False
        return vals

    @api.model
    def _open_domain(self):
        return Domain("stage_id.closed", "!=", True)

    def action_open_client(self):
        """Open the profile of the ticket's client."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        form = self.env.ref("nestogy_clients.res_partner_view_form_client")
        return action | {
            "res_id": self.commercial_partner_id.id,
            "view_mode": "form",
            "views": [(form.id, "form")],
            "domain": [],
        }
