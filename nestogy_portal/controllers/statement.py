from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.http import content_disposition, request, route

from odoo.addons.nestogy_clients.tools import ledger
from odoo.addons.portal.controllers.portal import pager as portal_pager

from .areas import area
from .portal import ClientPortal

FILE_LIMITS = {"pdf": 5_000, "csv": 50_000, "xlsx": 50_000}  # lines
PAGE = "/my/statement/account"


class ClientStatement(ClientPortal):
    """The account as it stands in the ledger: by period or as of a day, on a page and as a file."""

    def _get_account_choice(self, layout=None, period=None, date_from=None, date_to=None):
        """What of the account the address asks for; senseless words count as not said.

        :return: tuple of arguments of ``_get_account`` and the words for an address
        """
        today = fields.Date.context_today(request.env.user)
        layout = layout if layout in ledger.LAYOUTS else "activity"
        first, last = ledger.to_day(date_from), ledger.to_day(date_to)
        if period not in ledger.PERIODS:
            period = "custom" if first or last else "year"
        if period == "custom":
            last = last or today
            first = min(first or ledger.FIRST_DAY, last)
        else:
            first, last = ledger.period_days(period, today)
        words = {"layout": layout, "period": period}
        if period == "custom":
            words |= {"date_to": last.isoformat()}
            words |= {"date_from": first.isoformat()} if first > ledger.FIRST_DAY else {}
        if layout == "open":  # what is open on a day has no beginning
            first = ledger.FIRST_DAY
        return {"layout": layout, "date_from": first, "date_to": last}, words

    @route(
        [PAGE, f"{PAGE}/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    @area("money")
    def portal_my_account_statement(
        self, page=1, layout=None, period=None, date_from=None, date_to=None, notice=None, **kwargs
    ):
        client = self._get_portal_client()
        choice, words = self._get_account_choice(layout, period, date_from, date_to)
        step = self._items_per_page
        page = page if isinstance(page, int) and 0 < page < 10**6 else 1
        statement = client._get_account(**choice, offset=(page - 1) * step, limit=step)
        pager = portal_pager(url=PAGE, url_args=words, total=statement["line_count"], page=page, step=step)
        if pager["page"]["num"] != page:  # beyond the last one
            statement = client._get_account(**choice, offset=pager["offset"], limit=step)
        values = {
            "page_name": "statement",
            "tab": "account",
            "client": client.sudo(),  # his own, and only its name is shown
            "totals": client._get_statement_totals(),
            "statement": statement,
            "sections": client._get_account_sections(statement, pager["offset"], step),
            "words": words,
            "shown_from": choice["date_from"] if choice["date_from"] > ledger.FIRST_DAY else None,
            "file_query": urlencode(words),
            "pager": pager,
            "notice": self._get_download_notices().get(notice),
        }
        return self._render_private("nestogy_portal.portal_my_account_statement", values)

    @route(
        "/my/statement/file/<string:file_type>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
        readonly=True,
    )
    @area("money")
    def portal_my_statement_file(self, file_type, layout=None, period=None, date_from=None, date_to=None, **kwargs):
        if file_type not in FILE_LIMITS:
            raise NotFound
        client = self._get_portal_client()
        choice, words = self._get_account_choice(layout, period, date_from, date_to)
        statement = client._get_account(**choice, limit=FILE_LIMITS[file_type])
        if statement["line_count"] > FILE_LIMITS[file_type]:
            return request.redirect_query(PAGE, words | {"notice": "long"}, code=303)
        # his own; the addresses on it are those of the client and of the firm
        name, mimetype, content = client.sudo()._client_statement_file(file_type, statement)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", mimetype),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
            ],
        )

    def _get_download_notices(self):
        return super()._get_download_notices() | {
            "long": request.env._("This is too much for one file. Please choose a shorter period, or the spreadsheet.")
        }
