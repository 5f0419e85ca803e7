from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProjectTask(models.Model):
    """Where a job is done, with whom, on what and when."""

    _inherit = "project.task"

    contact_id = fields.Many2one(
        "res.partner",
        compute="_compute_contact_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'child_of', client_id), ('type', '=', 'contact'), ('is_company', '=', False)]",
        tracking=True,
        groups="base.group_user",
        help="Whom to ask for.",
    )
    contact_phone = fields.Char(related="contact_id.phone", string="Phone", groups="base.group_user")
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="set null",
        domain="['|', ('id', '=', client_id), '&', ('id', 'child_of', client_id), ('type', '!=', 'contact')]",
        tracking=True,
        groups="base.group_user",
        help="The client's address at which the job is done.",
    )
    site_address = fields.Char(related="site_id.contact_address_inline", groups="base.group_user")
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        string="Asset",
        compute="_compute_equipment_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="set null",
        domain="[('client_id', '=', client_id), ('client_id', '!=', False)]",
        tracking=True,
        groups="base.group_user",
        help="The client's asset that is worked on.",
    )
    planned_start = fields.Datetime(copy=False, tracking=True, groups="base.group_user")
    planned_end = fields.Datetime(copy=False, tracking=True, groups="base.group_user")
    closed_at = fields.Datetime(
        compute="_compute_closed_at",
        store=True,
        copy=False,
        groups="base.group_user",
        help="When the job was done or cancelled.",
    )

    # jobs are listed by when they were logged, planned and closed
    _job_logged_idx = models.Index("(create_date DESC, id DESC) WHERE client_id IS NOT NULL")
    _job_planned_idx = models.Index("(planned_start) WHERE planned_start IS NOT NULL")
    _job_closed_idx = models.Index("(closed_at) WHERE closed_at IS NOT NULL")
    _client_logged_idx = models.Index("(client_id, create_date DESC, id DESC) WHERE client_id IS NOT NULL")
    _client_closed_idx = models.Index("(client_id, closed_at DESC, id DESC) WHERE closed_at IS NOT NULL")

    @api.depends("partner_id", "client_id")
    def _compute_contact_id(self):
        """Who asked for the job is whom to ask for, until somebody else is chosen; people of former clients go."""
        for task in self:
            contact = task.contact_id if task._is_of_client(task.contact_id) else task.contact_id.browse()
            asker = task.partner_id
            if not contact and asker != task.client_id and asker.type == "contact" and not asker.is_company:
                contact = asker if task._is_of_client(asker) else contact
            task.contact_id = contact

    @api.depends("client_id")
    def _compute_site_id(self):
        for task in self:
            task.site_id = task.site_id if task._is_of_client(task.site_id) else False

    @api.depends("client_id")
    def _compute_equipment_id(self):
        for task in self:
            # whose asset it is, whatever of assets the user may see
            asset_sudo = task.sudo().equipment_id
            task.equipment_id = asset_sudo.id if task.client_id and asset_sudo.client_id == task.client_id else False

    @api.depends("state")
    def _compute_closed_at(self):
        """Keep the moment at which a job was closed; an open one has none."""
        now = fields.Datetime.now()
        for task in self:
            if task.state not in ("1_done", "1_canceled"):
                task.closed_at = False
            elif not task._origin.closed_at:
                task.closed_at = now
            else:
                task.closed_at = task._origin.closed_at

    def _is_of_client(self, partner):
        """Say whether an address or a contact belongs to the client of this job."""
        self.ensure_one()
        return bool(partner) and bool(self.client_id) and partner._get_client()._origin == self.client_id._origin

    @api.constrains("contact_id", "site_id", "equipment_id")
    def _check_place(self):
        for task in self:
            # whose they are, whatever of them the user may see
            task_sudo = task.sudo()
            client = task_sudo.client_id
            names = {"client": client.display_name or self.env._("the client")}
            if task_sudo.site_id and not task_sudo._is_of_client(task_sudo.site_id):
                raise ValidationError(
                    self.env._(
                        "%(site)s is no site of %(client)s; choose one of this client's addresses, or none.",
                        site=task_sudo.site_id.display_name,
                        **names,
                    )
                )
            if task_sudo.contact_id and not task_sudo._is_of_client(task_sudo.contact_id):
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(client)s; choose one of this client's contacts, or none.",
                        contact=task_sudo.contact_id.display_name,
                        **names,
                    )
                )
            if task_sudo.equipment_id and task_sudo.equipment_id.client_id != client:
                raise ValidationError(
                    self.env._(
                        "%(asset)s is no asset of %(client)s; choose one of this client's assets, or none.",
                        asset=task_sudo.equipment_id.display_name,
                        **names,
                    )
                )

    @api.constrains("planned_start", "planned_end")
    def _check_planned(self):
        for task in self:
            if task.planned_end and not task.planned_start:
                raise ValidationError(self.env._("A job that ends begins, too: say when it is planned to start."))
            if task.planned_end and task.planned_end < task.planned_start:
                raise ValidationError(self.env._("The planned end is before the planned start; change one of them."))

    def action_site_map(self):
        """Show where the job is done on a map."""
        self.ensure_one()
        self.check_access("read")
        return (self.site_id or self.client_id).action_client_map()

    def action_open_job(self):
        """Open the job itself, from a dialog or a row of a report."""
        self.ensure_one()
        self.check_access("read")
        return self._get_records_action(context={})
