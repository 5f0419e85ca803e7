from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.fields import Domain
from odoo.http import request, route
from odoo.tools import format_datetime

from ..tools.page_words import known, known_period
from .areas import area
from .portal import DOWNLOAD_LIMIT, LONGEST_ID, ClientPortal

DOWNLOAD_BYTES = 200_000_000  # of stored PDFs that are sent at once
RENDER_LIMIT = 3  # documents without a PDF that are printed while the visitor waits: a second or two each
LINK_SECONDS = 600
ARCHIVES, ARCHIVES_SECONDS = 10, 3600
PAGES = {"statement": "/my/statement", "invoices": "/my/invoices"}


class PortalDownload(ClientPortal):
    """Invoices and credit notes as one archive: at once, or prepared by a job when there are many."""

    def _get_download_notices(self):
        company = request.env.company
        return super()._get_download_notices() | {
            "limit": request.env._("Please select at most %s documents at a time.", company.portal_archive_documents),
            "large": request.env._(
                "These documents are larger than %s MB together. Please select fewer of them.",
                company.portal_archive_megabytes,
            ),
            "busy": request.env._(
                "You have asked for many downloads within an hour. Please wait a while before you ask for more."
            ),
        }

    @route()
    @area("money")
    def portal_my_invoices(self, page=1, date_begin=None, date_end=None, sortby=None, filterby=None, **kw):
        response = super().portal_my_invoices(page, date_begin, date_end, sortby, filterby, **kw)
        if response.qcontext["pager"]["page_count"] > 1:
            narrowed = {"filterby": filterby, "date_begin": date_begin, "date_end": date_end}
            domain = self._get_download_domain("invoices", **narrowed) & self._get_downloads_domain()
            response.qcontext |= {
                "download_total": request.env["account.move"].search_count(domain),
                "download_filter": {name: value for name, value in narrowed.items() if value},
            }
        return response

    @route("/my/invoices/download", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("money")
    def portal_download_invoices(self, back="statement", everything=None, **kwargs):
        """Send the PDFs of the selected documents in one archive, or lead to the page where it will wait.

        What the visitor may not see is dropped without a word, so that ids tell nothing.
        """
        most = request.env.company.portal_archive_documents
        if everything:
            wanted = self._get_download_domain(back, **kwargs)
        else:
            asked = {
                int(value)
                for value in request.httprequest.form.getlist("document_ids")
                if value.isascii() and value.isdigit() and len(value) <= LONGEST_ID
            }
            if not asked:
                return self._refuse_download(back, "select")
            if len(asked) > most:
                return self._refuse_download(back, "limit")
            wanted = Domain("id", "in", list(asked))
        moves = self._find_downloads(wanted, most + 1)
        if not moves:
            return self._refuse_download(back, "none")
        if len(moves) > most:
            return self._refuse_download(back, "limit")
        archives = request.env["nestogy.portal.archive"]
        stored = archives._stored_pdfs(moves.ids)
        size = sum(each.file_size for each in stored.values())
        if size > request.env.company.portal_archive_megabytes * 1_000_000:
            return self._refuse_download(back, "large")
        to_print = len(moves) - len(stored)
        if to_print <= RENDER_LIMIT and len(moves) <= DOWNLOAD_LIMIT and size <= DOWNLOAD_BYTES:
            return self._send_archive(*archives._stream(archives._pieces_now(moves, stored)))
        who = f"contact {request.env.user.partner_id.id}"
        if request.env["nestogy.portal.attempt"]._exceeds("archive", who, ARCHIVES, ARCHIVES_SECONDS):
            return self._refuse_download(back, "busy")
        return request.redirect(f"/my/archives/{archives._portal_ask(moves).id}", code=303)

    def _refuse_download(self, back, notice):
        return request.redirect_query(PAGES.get(back, PAGES["statement"]), {"notice": notice}, code=303)

    def _find_downloads(self, domain, limit=None):
        """The documents of the visitor's client among others, found with the visitor's rights."""
        moves = request.env["account.move"]
        if not moves.has_access("read"):
            return moves
        return moves.search(domain & self._get_downloads_domain(), order="invoice_date, id", limit=limit)

    def _get_downloads_domain(self):
        """What can be downloaded at all: what was made out to the visitor's client."""
        client = self._get_portal_client()
        return self._get_invoices_domain("out") & Domain("commercial_partner_id", "=", client.id)

    def _get_download_domain(self, back, show=None, filterby=None, date_begin=None, date_end=None, **kwargs):
        """All documents of a list, on whatever page of it."""
        if back != "invoices":
            return self._get_portal_client()._statement_domain(show if show in ("open", "paid") else "all")
        filters = self._get_account_searchbar_filters()
        domain = Domain(filters[known(filterby, filters) or "all"]["domain"])
        date_begin, date_end = known_period(date_begin, date_end)
        if date_begin and date_end:
            domain &= Domain("create_date", ">", date_begin) & Domain("create_date", "<=", date_end)
        return domain

    # ------------------------------------------------------------------
    # Archives that a job prepares
    # ------------------------------------------------------------------

    @route("/my/archives/<int:archive_id>", type="http", auth="user", website=True, readonly=True, sitemap=False)
    @area("money")
    def portal_my_archive(self, archive_id, notice=None, **kwargs):
        """Tell how far the archive is; its owner downloads it here."""
        archive_sudo = self._get_archive(archive_id)
        values = {
            "page_name": "archive",
            "archive": archive_sudo,
            "failed_lines": archive_sudo.line_ids.search(
                [("archive_id", "=", archive_sudo.id), ("state", "=", "failed")], limit=20
            ),
            "is_stale": notice == "again",
            "kept_until": format_datetime(request.env, archive_sudo.expires_at, dt_format="short"),
            # good in this browser, for a short while
            "download_token": request.csrf_token(LINK_SECONDS),
        }
        return self._render_private("nestogy_portal.portal_my_archive", values)

    # the token is checked here rather than by Odoo, so that an old page leads to a fresh one
    @route(
        "/my/archives/<int:archive_id>/download",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    @area("money")
    def portal_download_archive(self, archive_id, csrf_token=None, **kwargs):
        """Send a ready archive, without what its owner may not see any more."""
        archive_sudo = self._get_archive(archive_id)
        if not request.validate_csrf(csrf_token):
            return request.redirect(f"/my/archives/{archive_sudo.id}?notice=again", code=303)
        if archive_sudo.state != "ready":
            return request.redirect(f"/my/archives/{archive_sudo.id}", code=303)
        moves = self._find_downloads(Domain("id", "in", archive_sudo.line_ids.move_id.ids))
        pieces = archive_sudo._pieces(moves)
        if not pieces:
            return self._refuse_download("statement", "none")
        archive_sudo.downloaded_at = fields.Datetime.now()
        return self._send_archive(*archive_sudo._stream(pieces))

    def _get_archive(self, archive_id):
        archive_sudo = request.env["nestogy.portal.archive"]._portal_find(archive_id)
        if not archive_sudo:
            raise NotFound
        return archive_sudo
