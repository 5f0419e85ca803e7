from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.nestogy_clients.tools.client_settings import BILLING, ClientSetting


class ResPartner(models.Model):
    """The jobs of a client: how one is logged, what its time costs."""

    _inherit = "res.partner"

    job_time_product_id = fields.Many2one(
        "product.product",
        string="Time of Jobs",
        company_dependent=True,
        domain=[("type", "=", "service"), ("sale_ok", "=", True)],
        groups="base.group_user",
        help="The service as which time on jobs is invoiced, at its price on the client's pricelist.",
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "job_time_product": ClientSetting(
                self.env._("Time of jobs"),
                "job_time_product_id",
                "job_time_product_id",
                "job_time_product_id",
                subject="money",
                role=BILLING,
                default_label=self.env._("Not chosen: time cannot be invoiced"),
            )
        }

    def _job_time_product(self):
        """The service as which time of this client is invoiced.

        :raise UserError: none is chosen
        """
        product, _level = self.sudo()._client_setting("job_time_product")  # whoever invoices reads the settings
        if not product and "ticket_time_product_id" in self.env.company._fields:
            product = self.env.company.sudo().ticket_time_product_id  # an hour is an hour; as above
        if not product:
            raise UserError(
                self.env._(
                    "Choose the service as which time on jobs of %s is invoiced: “Time of jobs” in the settings of the"
                    " client, of its group or of the company.",
                    self.display_name,
                )
            )
        return product

    def _job_invoice_currency(self, company):
        """The currency in which the client is invoiced."""
        currency, level = self.sudo()._client_setting("currency")  # as above
        return currency if currency and level != "company" else company.currency_id

    # ------------------------------------------------------------------
    # Log a job
    # ------------------------------------------------------------------

    def action_client_log_job(self):
        """Begin a job in a short form, with all that is known of the client."""
        action = super().action_client_log_job()
        return action | {
            "views": [(self.env.ref("nestogy_tickets.project_task_view_form_log").id, "form")],
            "target": "new",
            "context": action["context"] | self._client_job_defaults(),
        }

    def _client_job_defaults(self):
        """What is known before anybody types: whom to ask for, where, and who does it."""
        self.ensure_one()
        client = self.commercial_partner_id
        is_site = bool(self.parent_id) and self.type != "contact"
        is_person = bool(self.parent_id) and self.type == "contact" and not self.is_company
        contact = self if is_person else client.primary_contact_id
        site = self
        if not is_site:
            sites = self.search(
                [("id", "child_of", client.id), ("type", "in", ("office", "other", "delivery"))], limit=2
            )
            site = sites if len(sites) == 1 else self.browse()
        return {
            "default_contact_id": contact.id,
            "default_site_id": site.id,
            "default_user_ids": [Command.set(self._client_job_assignee().ids)],
        }

    def _client_job_assignee(self):
        """The account manager, else the leader of the client's team, else whoever logs the job."""
        client = self.commercial_partner_id
        people = (client.user_id, client.client_team_id.user_id, self.env.user)
        return next((user for user in people if user.active and not user.share), self.env.user)

    def action_client_jobs(self):
        """Open the jobs of the client, in the list of jobs."""
        former = super().action_client_jobs()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.project_task_action_jobs")
        return (
            action
            | {key: former[key] for key in ("display_name", "domain")}
            | {"context": {"search_default_open": 1, "default_partner_id": self.commercial_partner_id.id}}
        )

    def action_client_job_queries(self):
        """Open the report on jobs, with this client chosen."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.nestogy_job_report_action")
        return action | {"context": {"search_default_client_id": self.commercial_partner_id.id}}

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.env["nestogy.job.report"].has_access("read"):
            label = self.env._("Job Queries")
            actions.append(
                self._client_quick_action("job_queries", 22, label, "fa-bar-chart", "action_client_job_queries")
            )
        return actions
