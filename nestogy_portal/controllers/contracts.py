from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.contract.controllers.main import PortalContract

from ..models.communication.nestogy_conversation import TEXT_CHARACTERS
from .areas import area
from .messages import SENT, SENT_SECONDS
from .projects import ClientProjects


class ClientContracts(ClientProjects, PortalContract):
    """The contracts of a client, on pages of their own; people of other firms and staff get those of contract."""

    @route(readonly=True)
    @area("contracts")
    def portal_my_contracts(self, page=1, date_begin=None, date_end=None, sortby=None, **kw):
        if not self._is_of_client():
            return super().portal_my_contracts(self._as_page(page), None, None, sortby, **kw)
        values = self._list_values(
            request.env["contract.contract"],
            "/my/contracts",
            page,
            sortby,
            kw.get("filterby"),
            kw.get("search"),
        )
        return self._render_private("nestogy_portal.portal_my_contracts", values | {"page_name": "client_contracts"})

    @route()
    @area("contracts")
    def portal_my_contract_detail(self, contract_contract_id, access_token=None, **kw):
        if refusal := self._refuse_token("contract.contract", contract_contract_id, access_token):
            return refusal
        if not self._is_of_client():
            return super().portal_my_contract_detail(contract_contract_id, access_token, **kw)
        return self._render_contract(self._get_shown("contract.contract", contract_contract_id))

    def _render_contract(self, contract, text="", problem=None):
        (row,) = contract._portal_rows()
        user = request.env.user
        values = {
            "page_name": "client_contracts",
            "object": contract,
            "shown_contract": row,
            "services": contract._portal_services(),
            "documents": contract._portal_documents()._portal_rows(),
            "changes": contract.modification_ids._portal_rows(),
            "may_ask": user._portal_scope("messages") != "none" and user._portal_may_act(),
            "text": text[:TEXT_CHARACTERS],
            "problem": problem,
            "text_limit": TEXT_CHARACTERS,
        }
        response = self._render_private("nestogy_portal.portal_my_contract", values)
        if problem:
            response.status_code = 422
        return response

    @route(
        "/my/contracts/<int:contract_id>/ask", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    @area("contracts")
    @area("messages", acts=True)
    def portal_ask_about_contract(self, contract_id, text="", **kwargs):
        """Write into the conversation, with the name of the contract above."""
        if not self._is_of_client():
            raise NotFound
        contract = self._get_shown("contract.contract", contract_id)
        text = str(text if isinstance(text, str) else "").replace("\x00", "").strip()
        name = " ".join(filter(None, (contract.name, contract.code and f"({contract.code})")))
        about = request.env._("About the contract %s:", name)
        conversations = request.env["nestogy.conversation"]
        problem = conversations._portal_refusal(f"{about}\n{text}" if text else "", [])
        who = f"contact {request.env.user.partner_id.id}"
        if not problem and request.env["nestogy.portal.attempt"]._exceeds("message", who, SENT, SENT_SECONDS):
            problem = request.env._("These are many messages in a short time. Please go on in an hour.")
        if problem:
            return self._render_contract(contract, text, problem)
        conversations._portal_send(f"{about}\n{text}", [])
        return request.redirect("/my/messages#latest", code=303)
