from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

PAUSE_MINUTES = 60  # between closing and asking: what is opened again at once is not asked about


class HelpdeskTicket(models.Model):
    """How satisfied the client was, and whom we ask after closing."""

    _inherit = "helpdesk.ticket"

    satisfaction_ids = fields.One2many("nestogy.satisfaction.request", "ticket_id", groups="base.group_user")
    satisfaction_grade = fields.Integer(
        string="Rating", compute="_compute_satisfaction", compute_sudo=True, groups="base.group_user"
    )
    satisfaction_to_do = fields.Boolean(
        string="Bad Rating, Not Followed up",
        compute="_compute_satisfaction",
        search="_search_satisfaction_to_do",
        compute_sudo=True,
        groups="base.group_user",
    )

    @api.depends("satisfaction_ids.grade", "satisfaction_ids.follow_up_state")
    def _compute_satisfaction(self):
        for ticket in self:
            answered = ticket.satisfaction_ids.filtered("answered_at").sorted("answered_at")
            ticket.satisfaction_grade = answered[-1:].grade
            ticket.satisfaction_to_do = "open" in answered.mapped("follow_up_state")

    @api.model
    def _search_satisfaction_to_do(self, operator, value):
        self._check_field_access(self._fields["satisfaction_to_do"], "read")
        if operator != "in":
            return NotImplemented
        found = Domain("satisfaction_ids", "any", [("follow_up_state", "=", "open")])
        return found if True in value else ~found

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets.filtered("closed")._request_satisfaction()
        return tickets

    def write(self, vals):
        was_open = self.filtered(lambda ticket: not ticket.closed) if vals.get("stage_id") else self.browse()
        result = super().write(vals)
        if was_open:
            was_open.filtered("closed")._request_satisfaction()
        return result

    def _send_ticket_rating_mail(self, force_send=False):
        """Ask nobody twice: whether and when a contact is asked is a setting of the client, not of a stage."""

    def _request_satisfaction(self):
        """Plan to ask the contacts of these tickets, which were just closed, as the settings of their clients say."""
        asked = self.filtered(
            lambda ticket: (
                not ticket.merged_into_id  # it goes on elsewhere
                and ticket.partner_id.email
                and ticket.commercial_partner_id.is_client
                and ticket.rating_status != "no_rate"
                and not ticket.partner_id.user_ids.filtered(lambda user: not user.share)
            )
        )
        if not asked:
            return
        settings = {}
        for company, tickets in asked.grouped("company_id").items():
            clients_sudo = tickets.commercial_partner_id.with_company(
                company
            ).sudo()  # settings hold for whoever closes
            found = clients_sudo._client_settings_of("satisfaction")
            settings |= {(company.id, client.id): found[client]["satisfaction"][0] for client in clients_sudo}
        wanted = {
            ticket: setting
            for ticket in asked
            if (setting := settings[ticket.company_id.id, ticket.commercial_partner_id.id])
        }
        counts = self._satisfaction_counts(self.browse().union(*wanted)) if wanted else {}
        due_at = fields.Datetime.now() + timedelta(minutes=PAUSE_MINUTES)
        values = []
        for ticket, setting in wanted.items():
            last, closed, is_asked = counts.get(ticket.id, (None, 1, False))
            kind, _line, number = setting.partition("_")
            too_soon = kind == "days" and last and last > fields.Datetime.now() - timedelta(days=int(number))
            is_between = kind == "nth" and closed < int(number)
            if is_asked or too_soon or is_between:
                continue
            counts |= {other.id: (due_at, 0, False) for other in wanted if other.partner_id == ticket.partner_id}
            values.append(
                {
                    "ticket_id": ticket.id,
                    "partner_id": ticket.partner_id.id,
                    "client_id": ticket.commercial_partner_id.id,
                    "company_id": ticket.company_id.id,
                    "user_id": ticket.user_id.id or (False if self.env.user.share else self.env.uid),
                    "team_id": ticket.team_id.id,
                    "due_at": due_at,
                }
            )
        self.env["nestogy.satisfaction.request"].sudo().create(
            values
        )  # whoever closes may ask, nobody writes questions

    def _satisfaction_counts(self, tickets):
        """What was asked of the contacts of tickets before.

        SQL, because the count depends on another moment for each contact.

        :return: dict of ticket id to a tuple of when its contact was last asked, how many of his tickets were closed
            since (this one included), and whether he was asked about this very ticket
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.id, last.at,
                       (SELECT COUNT(*) FROM helpdesk_ticket other
                         WHERE other.partner_id = t.partner_id AND other.company_id = t.company_id
                           AND other.closed_date IS NOT NULL
                           AND (last.at IS NULL OR other.closed_date > last.at)),
                       EXISTS (SELECT 1 FROM nestogy_satisfaction_request r
                                WHERE r.ticket_id = t.id AND r.partner_id = t.partner_id
                                  AND r.state NOT IN ('skipped', 'failed'))
                  FROM helpdesk_ticket t
                  LEFT JOIN LATERAL (
                       SELECT MAX(r.create_date) AS at FROM nestogy_satisfaction_request r
                        WHERE r.partner_id = t.partner_id AND r.company_id = t.company_id
                          AND r.state NOT IN ('skipped', 'failed')
                          -- what was told without being asked is no question
                          AND r.due_at IS NOT NULL) last ON TRUE
                 WHERE t.id IN %s
                """,
                tuple(tickets.ids),
            )
        )
        return {number: (last, closed, is_asked) for number, last, closed, is_asked in rows}

    def action_satisfaction(self):
        """Open what the client said about this ticket: the one rating, or all."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_tickets.nestogy_satisfaction_request_action")
        answered = self.satisfaction_ids.filtered("answered_at")
        action |= {"domain": [("ticket_id", "=", self.id)], "context": {}}
        if len(answered) == 1:
            action |= {"res_id": answered.id, "view_mode": "form", "views": [(False, "form")]}
        return action

    # ------------------------------------------------------------------
    # The portal
    # ------------------------------------------------------------------

    def _portal_rating(self):
        """What the visitor said about this ticket, or may say, in sudo.

        :return: the request; an empty one when he may rate without having been asked, ``None`` when he may not
        """
        self.ensure_one()
        ticket_sudo = self.sudo()  # visitors have no rights on what we ask
        contact = self.env["res.users"]._get_portal_visitor().partner_id
        if ticket_sudo.partner_id not in (contact, contact.commercial_partner_id) or ticket_sudo.merged_into_id:
            return None
        found_sudo = ticket_sudo.satisfaction_ids.filtered(
            lambda each: each.partner_id == contact and each.state not in ("skipped", "failed")
        )[:1]
        if found_sudo.answered_at or ticket_sudo.closed:
            return found_sudo
        return None

    def _portal_rate(self, grade, comment):
        """Keep the visitor's rating; whether he may is asked here.

        :return: False when he may not
        :raise UserError: senseless, or too late
        """
        self.check_access("read")
        found_sudo = self._portal_rating()
        if found_sudo is None:
            return False
        if not found_sudo:
            ticket_sudo, contact = self.sudo(), self.env.user.partner_id  # as there
            found_sudo = found_sudo.create(
                {
                    "ticket_id": ticket_sudo.id,
                    "partner_id": contact.id,
                    "client_id": ticket_sudo.commercial_partner_id.id,
                    "company_id": ticket_sudo.company_id.id,
                    "user_id": ticket_sudo.user_id.id,
                    "team_id": ticket_sudo.team_id.id,
                    "state": "sent",
                }
            )
        found_sudo._record_answer(grade, comment)
        return True
