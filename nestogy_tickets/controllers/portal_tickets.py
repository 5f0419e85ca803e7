from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk
from odoo.addons.nestogy_portal.controllers.areas import area
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.portal.helpdesk_ticket_portal import SEARCH_CHARACTERS
from ..tools.feedback import COMMENT_CHARACTERS
from ..tools.ticket_form import REASON_CHARACTERS


class PortalTickets(CustomerPortalHelpdesk):
    """The list and the page of a visitor's tickets."""

    _items_per_page_tickets = 30

    def _prepare_home_portal_values(self, counters):
        # the home asks ``_portal_figures``; helpdesk_mgmt would count all tickets whenever it is asked anything
        values = super()._prepare_home_portal_values([key for key in counters if key != "ticket_count"])
        if "ticket_count" in counters:
            tickets, mine = request.env["helpdesk.ticket"], request.env.user._portal_open_tickets()
            values["ticket_count"] = tickets.search_count(mine) if tickets.has_access("read") else 0
        return values

    def _portal_ticket_domain(self):
        """Whose tickets the portal lists; for staff, too, it is about themselves, not about all clients."""
        return Domain("commercial_partner_id", "=", request.env.user.commercial_partner_id.id)

    @route()
    @area("tickets")
    def portal_my_tickets(self, page=1, sortby=None, filterby=None, search=None, whose=None, **kwargs):
        tickets = request.env["helpdesk.ticket"]
        if not tickets.has_access("read"):
            return request.redirect("/my")
        sortings, filters = tickets._portal_sortings(), tickets._portal_filters()
        sortby = sortby if sortby in sortings else "update"
        filterby = filterby if filterby in filters else "open"
        owners = tickets._portal_owners()
        whose = whose if whose in owners else "all"
        search = (search or "")[:SEARCH_CHARACTERS]
        domain = self._portal_ticket_domain() & filters[filterby]["domain"] & tickets._portal_search_domain(search)
        if owners:
            domain &= owners[whose]["domain"]
        total = tickets.search_count(domain)
        pager = portal_pager(
            url="/my/tickets",
            url_args={"sortby": sortby, "filterby": filterby, "search": search, "whose": whose},
            total=total,
            page=page,
            step=self._items_per_page_tickets,
        )
        found = tickets.search_fetch(
            domain,
            ["number", "name", "stage_id", "partner_id", "partner_name", "last_update", "create_date"],
            order=sortings[sortby]["order"],
            limit=self._items_per_page_tickets,
            offset=pager["offset"],
        )
        values = self._prepare_portal_layout_values() | {
            "page_name": "ticket",
            "rows": found._prepare_portal_rows(),
            "total": total,
            "pager": pager,
            "default_url": "/my/tickets",
            "sortings": sortings,
            "sortby": sortby,
            "filters": filters,
            "filterby": filterby,
            "owners": owners,
            "whose": whose,
            "search": search,
        }
        return request.render("nestogy_tickets.portal_my_tickets", values)

    @route()
    @area("tickets")
    def portal_my_ticket(self, ticket_id, access_token=None, **kwargs):
        return self._render_ticket(ticket_id, access_token, **kwargs)

    def _render_ticket(self, ticket_id, access_token=None, merged=None, reopen_form=None, rating_form=None, **kwargs):
        """The page of a ticket.

        :param str merged: id of the merged ticket that led here
        :param dict reopen_form: what was typed to open it again, and what is wrong with that
        :param dict rating_form: what was typed to rate it, and what is wrong with that
        """
        try:
            ticket_sudo = self._document_check_access("helpdesk.ticket", ticket_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        survivor = ticket_sudo._portal_survivor()
        is_merged = survivor.id != ticket_sudo.id
        if is_merged and survivor.has_access("read"):
            return request.redirect(f"/my/ticket/{survivor.id}?merged={ticket_sudo.id}")
        attachments_sudo = ticket_sudo._portal_attachments()
        is_visitor = request.env["helpdesk.ticket"].browse(ticket_sudo.id).has_access("read")
        may_answer = is_visitor and request.env.user._portal_may_act()
        is_closed = ticket_sudo.closed
        rating_sudo = ticket_sudo._portal_rating() if may_answer else None
        values = self._get_page_view_values(
            ticket_sudo,
            access_token,
            {
                "page_name": "ticket",
                "ticket": ticket_sudo,
                "is_merged": is_merged,
                "merged_number": self._merged_number(ticket_sudo, merged),
                "attachments": attachments_sudo,
                "close_stages": ticket_sudo._portal_close_stages() if may_answer else ticket_sudo.stage_id.browse(),
                "tone": ticket_sudo._portal_tone(),
                "asset": ticket_sudo._portal_asset(),
                "invoice_line": ticket_sudo._portal_line(),
                "reopen_until": ticket_sudo._portal_reopen_until() if is_closed and may_answer else None,
                "may_reopen": is_closed and may_answer and ticket_sudo._portal_may_reopen(),
                "reopen_form": reopen_form or {},
                "reason_characters": REASON_CHARACTERS,
                "rating": rating_sudo,
                "may_rate": rating_sudo is not None and (not rating_sudo or rating_sudo._may_change_answer()),
                "rating_labels": request.env["nestogy.satisfaction.request"]._feedback_labels(),
                "rating_form": rating_form
                or {
                    "grade": rating_sudo.grade if rating_sudo else None,
                    "comment": rating_sudo.comment if rating_sudo else "",
                },
                "comment_characters": COMMENT_CHARACTERS,
                "priority": dict(ticket_sudo._fields["priority"]._description_selection(request.env)).get(
                    ticket_sudo.priority
                ),
                "may_answer": may_answer,
            },
            "my_tickets_history",
            False,
            **kwargs,
        )
        return request.render("nestogy_tickets.portal_my_ticket", values)

    def _merged_number(self, ticket_sudo, merged):
        """The number of the ticket that led here, when it was merged into this one and the visitor may see it."""
        text = str(merged or "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return ""
        former = request.env["helpdesk.ticket"].search([("id", "=", int(text))], limit=1)
        return former.number if former and former._merge_survivor().id == ticket_sudo.id != former.id else ""
