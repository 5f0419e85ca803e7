from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

WARRANTY = "nestogy_clients.mail_activity_type_warranty"
LABELS_LIMIT = 500


class MaintenanceEquipment(models.Model):
    """A device that we look after for a client. Odoo's ``partner_id`` of equipment is its vendor."""

    _inherit = "maintenance.equipment"

    client_id = fields.Many2one(
        "res.partner", index="btree_not_null", ondelete="restrict", domain=[("is_client", "=", True)], tracking=True
    )
    site_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'child_of', client_id), ('type', '!=', 'contact')]",
        tracking=True,
        help="The address of the client at which it stands.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Used by",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'child_of', client_id), ('type', '=', 'contact'), ('is_company', '=', False)]",
        tracking=True,
    )
    contract_id = fields.Many2one(
        "contract.contract",
        string="Covered by",
        index="btree_not_null",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', client_id), ('contract_type', '=', 'sale')]",
        check_company=True,
        tracking=True,
        help="The contract under which we look after it.",
    )
    warranty_state = fields.Selection(
        [("valid", "In warranty"), ("soon", "Ends soon"), ("over", "Over")],
        string="Warranty",
        compute="_compute_warranty_state",
        search="_search_warranty_state",
    )
    warranty_noticed = fields.Boolean(
        string="Reminded of Warranty",
        compute="_compute_warranty_noticed",
        store=True,
        copy=False,
        help="Empty again when the date changes.",
    )
    serial_no = fields.Char(index="trigram")

    # the night looks for warranties, and the list is sorted by them
    _warranty_idx = models.Index("(warranty_date) WHERE active AND warranty_date IS NOT NULL")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def _warranty_days(self):
        """How many days before its end a warranty ends soon."""
        return (self.company_id or self.env.company).asset_warranty_days

    @api.depends("warranty_date", "company_id")
    def _compute_warranty_state(self):
        today = fields.Date.context_today(self)
        for asset in self:
            end = asset.warranty_date
            soon = today + timedelta(days=asset._warranty_days())
            asset.warranty_state = end and ("over" if end < today else "soon" if end <= soon else "valid")

    def _search_warranty_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        domains = {
            False: Domain("warranty_date", "=", False),
            "over": Domain("warranty_date", "<", today),
            "soon": self._warranty_soon_domain(today),
            "valid": Domain("warranty_date", ">=", today) & ~self._warranty_soon_domain(today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _warranty_soon_domain(self, today):
        """Warranties that end soon, by the days that each company wants to know it before."""
        # days of companies whose equipment one may see
        companies_sudo = self.env["res.company"].sudo().search([])
        domains = [
            Domain("company_id", "=", company.id)
            & Domain("warranty_date", "<=", today + timedelta(days=company.asset_warranty_days))
            for company in companies_sudo
        ]
        nobodys = today + timedelta(days=self.env.company.asset_warranty_days)
        domains.append(Domain("company_id", "=", False) & Domain("warranty_date", "<=", nobodys))
        return Domain("warranty_date", ">=", today) & Domain.OR(domains)

    @api.depends("warranty_date")
    def _compute_warranty_noticed(self):
        self.warranty_noticed = False

    @api.onchange("client_id")
    def _onchange_client_id(self):
        """Forget what belongs to another client."""
        client = self.client_id
        for name in ("site_id", "contact_id"):
            if self[name] and self[name].commercial_partner_id != client:
                self[name] = False
        if self.contract_id.commercial_partner_id != client:
            self.contract_id = False

    @api.constrains("client_id", "site_id", "contact_id", "contract_id")
    def _check_client(self):
        for asset in self:
            # whose they are, whatever of them the user may see
            asset_sudo = asset.sudo()
            client = asset_sudo.client_id
            if client and not client.is_client:
                raise ValidationError(
                    self.env._("%s is not a client; choose the client to whom the asset belongs.", client.display_name)
                )
            people = asset_sudo.site_id | asset_sudo.contact_id
            owners = people.commercial_partner_id | asset_sudo.contract_id.commercial_partner_id
            if owners - client:
                raise ValidationError(
                    self.env._(
                        "Site, user and contract of %(asset)s have to be of its client; choose those of %(client)s.",
                        asset=asset_sudo.name,
                        client=client.display_name or self.env._("the client"),
                    )
                )

    @api.constrains("serial_no", "name", "model")
    def _check_lengths(self):
        for asset in self:
            for name, limit in (("name", 200), ("model", 200), ("serial_no", 100)):
                if len(asset[name] or "") > limit:
                    raise ValidationError(
                        self.env._(
                            "%(field)s has at most %(limit)s characters; shorten it.",
                            field=self._fields[name].string,
                            limit=limit,
                        )
                    )

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _cron_warranty(self):
        """Remind once of each warranty that ends soon."""
        due = self._warranty_soon_domain(fields.Date.context_today(self)) & Domain("warranty_noticed", "=", False)
        due &= Domain("client_id", "!=", False)
        assets = self.search(due, order="warranty_date, id")
        self.env["ir.cron"]._commit_each(assets, due, "_remind_of_warranty", "_note_failed_reminder")

    def _note_failed_reminder(self, error):
        if isinstance(error, UserError):  # of which there will be one the next time, too
            self.warranty_noticed = True

    def _remind_of_warranty(self):
        self.ensure_one()
        self.warranty_noticed = True
        summary = self.env._(
            "The warranty of %(asset)s ends on %(day)s",
            asset=self.display_name,
            day=format_date(self.env, self.warranty_date),
        )
        people = (self.technician_user_id, self.client_id.user_id, self.create_uid)
        responsible = next((user for user in people if user.active and not user.share), self.env["res.users"])
        if responsible and responsible != self.env.ref("base.user_root"):
            self.activity_unlink([WARRANTY])  # of a former date
            self.activity_schedule(WARRANTY, self.warranty_date, summary=summary, user_id=responsible.id)
        else:
            self._message_log(body=summary)

    # ------------------------------------------------------------------
    # Labels
    # ------------------------------------------------------------------

    def _label_url(self):
        """The address in the code of the label: it leads staff to the asset, and its client to the portal."""
        self.ensure_one()
        return f"{self.get_base_url()}/asset/{self.id}"

    def action_print_labels(self):
        """Open the labels of these assets as a PDF."""
        self.check_access("read")
        if len(self) > LABELS_LIMIT:
            raise UserError(self.env._("Choose at most %s assets at a time.", LABELS_LIMIT))
        return {
            "type": "ir.actions.act_url",
            "url": f"/asset/labels/{','.join(map(str, self.ids))}",
            "target": "new",
        }

    def _label_rows(self):
        """What the labels print."""
        return [
            {
                "name": asset.name or "",
                "serial": asset.serial_no or "",
                "client": asset.client_id.name or "",
                "url": asset._label_url(),
            }
            for asset in self
        ]
