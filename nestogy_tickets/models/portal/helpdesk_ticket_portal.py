from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime
from odoo.tools.sql import escape_psql

from ...tools.ticket_form import clean_line

SEARCH_CHARACTERS = 100


class HelpdeskTicket(models.Model):
    """What visitors of the portal see of tickets and do with them."""

    _inherit = "helpdesk.ticket"

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _portal_sortings(self):
        return {
            "update": {"label": self.env._("Last update"), "order": "last_update desc, id desc"},
            "date": {"label": self.env._("Newest"), "order": "create_date desc, id desc"},
            "number": {"label": self.env._("Number"), "order": "number, id"},
            "name": {"label": self.env._("Title"), "order": "name, id"},
            "stage": {"label": self.env._("Status"), "order": "stage_id, last_update desc, id desc"},
        }

    @api.model
    def _portal_filters(self):
        return {
            "open": {"label": self.env._("Open"), "domain": self._portal_open_domain()},
            "waiting": {"label": self.env._("Waiting for you"), "domain": self._portal_waiting_domain()},
            "closed": {"label": self.env._("Closed"), "domain": ~self._open_domain()},
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
        }

    @api.model
    def _portal_owners(self):
        """Whose tickets can be told apart: only by those who see more than their own."""
        if self.env.user._portal_scope("tickets") != "company":
            return {}
        contact = self.env.user.partner_id
        return {
            "all": {"label": self.env._("Everybody's"), "domain": Domain.TRUE},
            "mine": {"label": self.env._("Mine"), "domain": Domain("partner_id", "=", contact.id)},
            "colleagues": {"label": self.env._("My colleagues'"), "domain": Domain("partner_id", "!=", contact.id)},
        }

    @api.model
    def _portal_search_domain(self, search):
        """Number or title contain the words; what is longer than a title is cut."""
        search = escape_psql(clean_line(search)[:SEARCH_CHARACTERS])
        if not search:
            return Domain.TRUE
        return Domain("number", "ilike", search) | Domain("name", "ilike", search)

    def _prepare_portal_rows(self):
        """Prepare what the list shows, in as many queries for one ticket as for many.

        Call it on tickets that the visitor may read.
        """
        # names of colleagues and stages; the tickets themselves were searched as the visitor
        tickets_sudo = self.sudo()
        tickets_sudo.partner_id.fetch(["name"])
        tickets_sudo.fetch(["merged_into_id"])
        return [
            {
                "url": f"/my/ticket/{ticket.id}",
                "number": ticket.number,
                "name": ticket.name,
                "stage": self.env._("Merged") if ticket.merged_into_id else ticket.stage_id.name or "",
                "tone": ticket._portal_tone(),
                "contact": ticket.partner_id.name or ticket.partner_name or "",
                "last_update": format_datetime(
                    self.env, ticket.last_update or ticket.create_date, tz=self.env.user.tz, dt_format="short"
                ),
            }
            for ticket in tickets_sudo
        ]

    def _portal_tone(self):
        """Bootstrap's colour of the stage's badge."""
        self.ensure_one()
        if self.stage_id.closed or self.merged_into_id:
            return "light border"
        return "info" if self.stage_id.unattended else "primary"

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    def _portal_attachments(self):
        """The files that came with the request itself.

        Files of later messages are shown with their messages; what staff put beside the ticket or into notes
        is internal.
        """
        self.ensure_one()
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)], order="id"
        )
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "=", self.id), ("attachment_ids", "in", attachments.ids)]
        )
        created = self._creation_subtype()
        opening = messages.filtered(lambda message: message.message_type == "email" and message.subtype_id == created)
        loose = (attachments - messages.attachment_ids).filtered("create_uid.share")
        return (loose | opening.attachment_ids).sorted("id")

    def _portal_close_stages(self):
        """The stages a visitor may close this ticket with: offered to visitors, of its team and company."""
        self.ensure_one()
        if self.closed or self.merged_into_id:
            return self.env["helpdesk.ticket.stage"]
        stages = self.team_id.with_company(self.company_id)._get_applicable_stages()
        return stages.filtered(lambda stage: stage.closed and stage.close_from_portal)

    def _portal_line(self):
        """The line of an invoice that this ticket is about, in sudo, as far as the visitor may see it."""
        self.ensure_one()
        visitor = self.env["res.users"]._get_portal_visitor()
        line_sudo = self.sudo().invoice_line_id  # which line is said by the ticket, who may see it by his rights
        return self.with_user(visitor).sudo(False)._portal_line_to_ask(line_sudo.id)

    def _portal_close(self, stage_id):
        """Close the ticket in the name of the visitor.

        :return: False when the stage is not one that visitors may choose; then nothing has changed
        """
        self.ensure_one()
        self.check_access("read")  # that is what visitors have; what they may change is decided here
        ticket_sudo = self.sudo()  # visitors may not write tickets; stage and access are checked in this method
        stage_sudo = ticket_sudo._portal_close_stages().filtered(lambda stage: stage.id == stage_id)
        if not stage_sudo:
            return False
        ticket_sudo._track_set_author(self.env.user.partner_id)
        ticket_sudo.stage_id = stage_sudo
        return True

    # ------------------------------------------------------------------
    # A new one
    # ------------------------------------------------------------------

    @api.model
    def _portal_categories(self):
        """Categories the visitor may choose from."""
        company = self.env.company
        if not company.sudo().helpdesk_mgmt_portal_select_category:  # portal users may not read company settings
            return self.env["helpdesk.ticket.category"]
        domain = Domain("show_in_portal", "=", True) & Domain("company_id", "in", [False, company.id])
        return self.env["helpdesk.ticket.category"].search(domain)

    @api.model
    def _portal_teams(self, to_choose=True):
        """Teams that take tickets from visitors.

        :param bool to_choose: only if the company lets visitors choose; else the first takes every ticket
        """
        company = self.env.company
        # portal users may not read company settings
        if to_choose and not company.sudo().helpdesk_mgmt_portal_select_team:
            return self.env["helpdesk.ticket.team"]
        domain = Domain("show_in_portal", "=", True) & Domain("company_id", "in", [False, company.id])
        return self.env["helpdesk.ticket.team"].search(domain)

    @api.model
    def _portal_submit(
        self, subject, description, category=None, team=None, files=(), asset=None, priority="", line=None
    ):
        """Open a ticket of the visitor with its files, all or nothing.

        Texts and files have passed ``tools.ticket_form``; category and team are out of ``_portal_categories``
        and ``_portal_teams``, which is checked again here because this is where rights end.

        :param Markup description: html that was escaped already
        :param files: list of (name, content)
        """
        contact = self.env.user.partner_id
        company = self.env.company
        if category and category not in self._portal_categories():
            raise UserError(self.env._("This category cannot be chosen; choose one from the list."))
        if team and team not in self._portal_teams():
            raise UserError(self.env._("This team cannot be chosen; choose one from the list."))
        if asset and asset != self._portal_asset_to_report(asset.id):
            raise UserError(self.env._("This asset cannot be chosen; describe it in your own words."))
        if priority and priority not in dict(self._portal_priorities()):
            raise UserError(self.env._("This priority cannot be chosen; choose one from the list."))
        if line and line != self._portal_line_to_ask(line.id):
            raise UserError(self.env._("This line cannot be chosen; describe it in your own words."))
        team_sudo = (
            team or self._portal_teams(to_choose=False)[:1]
        ).sudo()  # stages and alias of the team are needed below
        channel = self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_web", raise_if_not_found=False)
        ticket_sudo = self.sudo().create(  # visitors may not create tickets, all values are ours or checked
            {
                "name": subject,
                "description": description,
                "company_id": company.id,
                "partner_id": contact.id,
                "category_id": category.id if category else False,
                "equipment_id": asset.id if asset else False,
                "invoice_id": line.move_id.id if line else False,
                "invoice_line_id": line.id if line else False,
                "team_id": team_sudo.id,
                "stage_id": team_sudo.with_company(company)._get_applicable_stages()[:1].id,
                "channel_id": channel.id if channel else False,
                "user_id": False,
                **({"priority": priority} if priority else {}),
            }
        )
        ticket_sudo.message_subscribe(contact.ids)
        self.env["ir.attachment"].sudo().create(  # visitors may not create files; these belong to their new ticket
            [
                {"name": name, "raw": content, "res_model": self._name, "res_id": ticket_sudo.id}
                for name, content in files
            ]
        )
        return self.browse(ticket_sudo.id)

    def _touch(self):
        """Remember that the client saw something new."""
        self.with_context(mail_notrack=True, tracking_disable=True).last_update = fields.Datetime.now()
