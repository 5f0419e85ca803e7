from urllib.parse import quote, urlencode

from werkzeug.exceptions import NotFound

from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.nestogy_clients.tools import document_files
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools import zip_stream
from .areas import area
from .portal import DOWNLOAD_LIMIT, LONGEST_ID, ClientPortal

ARCHIVE_MEGABYTES = 200
UPLOADS, UPLOADS_SECONDS = 60, 3600  # of one person
PDF_VIEWER = "/web/static/lib/pdfjs/web/viewer.html?file=%s#pagemode=none"


class ClientDocuments(ClientPortal):
    """The documents that are shared with a client, and those it sends."""

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _get_portal_document(self, document_id):
        """One document by an id from outside; foreign, internal, missing and senseless ones look alike.

        :raise NotFound: there is none for this visitor
        """
        documents = request.env["nestogy.client.document"]
        if not 0 < document_id < 2**31 or not documents.has_access("read"):
            raise NotFound
        document = documents.search(documents._portal_domain() & Domain("id", "=", document_id), limit=1)
        if not document:
            raise NotFound
        return document

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    @route(
        ["/my/documents", "/my/documents/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    @area("documents")
    def portal_my_documents(self, page=1, folder=None, sortby=None, search=None, notice=None, **kwargs):
        values = {"folder": folder, "sortby": sortby, "search": search, "notice": notice}
        return self._render_documents(page if isinstance(page, int) else 1, **values)

    def _render_documents(self, page=1, folder=None, sortby=None, search=None, notice=None, outcomes=None):
        documents = request.env["nestogy.client.document"]
        if not documents.has_access("read"):
            return request.redirect("/my")
        sortings = documents._portal_sortings()
        sortby = sortby if sortby in sortings else "date"
        search = str(search or "")[: document_files.SEARCH_LIMIT]
        counts = documents._portal_counts()
        folders = documents._portal_folders()
        folder = folder if folder in ("new", *(str(each["id"]) for each in folders)) else "all"
        domain = documents._portal_domain() & documents._portal_search_domain(search)
        if folder == "new":
            domain &= Domain("is_unseen", "=", True)
        elif folder != "all":
            domain &= Domain("folder_id", "=", int(folder) or False)
        total = documents.search_count(domain)
        pager = portal_pager(
            url="/my/documents",
            url_args={"folder": folder, "sortby": sortby, "search": search},
            total=total,
            page=min(page, 10**6),
            step=self._items_per_page,
        )
        found = documents.search(
            domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
        )
        may_upload = documents._portal_may_upload()
        values = {
            "page_name": "documents",
            "rows": found._portal_rows(),
            "counts": counts,
            "tabs": [
                tab | {"url": f"/my/documents?{urlencode({'folder': tab['id'], 'sortby': sortby, 'search': search})}"}
                for tab in ({"id": "all", "name": request.env._("All"), "count": counts["total"]}, *folders)
            ],
            "folder": folder,
            "sortings": sortings,
            "sortby": sortby,
            "search": search,
            "pager": pager,
            "notice": self._get_document_notices().get(notice),
            "outcomes": outcomes or [],
            "room": documents._portal_room() if may_upload else None,
        }
        return self._render_private("nestogy_portal.portal_my_documents", values)

    def _get_document_notices(self):
        return self._get_download_notices() | {
            "large": request.env._(
                "These documents are larger than %s MB together. Please select fewer of them.", ARCHIVE_MEGABYTES
            ),
            "nofile": request.env._("Choose at least one file to send."),
            "files": request.env._("Please send at most %s files at a time.", document_files.FILES_LIMIT),
            "flood": request.env._("These are many files in a short time. Please go on in an hour."),
        }

    # ------------------------------------------------------------------
    # One document
    # ------------------------------------------------------------------

    @route("/my/documents/<int:document_id>", type="http", auth="user", website=True, readonly=True)
    @area("documents")
    def portal_my_document(self, document_id, **kwargs):
        document = self._get_portal_document(document_id)
        versions_sudo = document._portal_versions()
        (row,) = document._portal_rows()
        shown = versions_sudo[:1]._shown_as() if versions_sudo else None
        file_url = f"{row['url']}/file/{document.version_number}"
        values = {
            "page_name": "documents",
            "document": document,
            "row": row,
            "versions": versions_sudo,
            "file_url": file_url,
            "shown": shown,
            "viewer_url": PDF_VIEWER % quote(file_url, safe="") if shown == "application/pdf" else file_url,
        }
        return self._render_private("nestogy_portal.portal_my_document", values)

    # The one place where a single file leaves. It writes although it answers a GET: each file that is handed out
    # leaves a row in an append-only list, in the same transaction. A beacon of the page could be blocked, and a list
    # with holes says nothing. The client's data stay as they are.
    @route("/my/documents/<int:document_id>/file/<int:number>", type="http", auth="user", readonly=False)
    @area("documents")
    def portal_my_document_file(self, document_id, number, download=None, **kwargs):
        document = self._get_portal_document(document_id)
        version_sudo = document._portal_versions().filtered(lambda version: version.number == number)
        if not version_sudo:
            raise NotFound
        shown = None if download else version_sudo._shown_as()
        stream = request.env["ir.binary"]._get_stream_from(
            version_sudo.attachment_id, filename=version_sudo.name, mimetype=shown or "application/octet-stream"
        )
        response = stream.get_response(as_attachment=not shown, content_security_policy="default-src 'none'; sandbox")
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self._hands_out_the_beginning(response):
            request.env["nestogy.client.document.opening"]._log_opening(
                version_sudo, "opened" if shown else "downloaded"
            )
        return response

    @staticmethod
    def _hands_out_the_beginning(response):
        """Whether an answer is one opening of a file: viewers fetch the rest of a large one in pieces."""
        if request.httprequest.method == "HEAD":
            return False
        return response.status_code == 200 or response.headers.get("Content-Range", "").startswith("bytes 0-")

    # ------------------------------------------------------------------
    # Several at once
    # ------------------------------------------------------------------

    @route("/my/documents/download", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("documents")
    def portal_download_documents(self, **kwargs):
        """Send the current files of the selected documents in one archive; what is not his is dropped."""
        asked = {
            int(value)
            for value in request.httprequest.form.getlist("document_ids")
            if value.isascii() and value.isdigit() and len(value) <= LONGEST_ID
        }
        if not asked:
            return request.redirect_query("/my/documents", {"notice": "select"}, code=303)
        if len(asked) > DOWNLOAD_LIMIT:
            return request.redirect_query("/my/documents", {"notice": "many"}, code=303)
        documents = request.env["nestogy.client.document"]
        if documents.has_access("read"):
            documents = documents.search(documents._portal_domain() & Domain("id", "in", list(asked)), order="name, id")
        versions_sudo = documents.sudo().version_id  # found with the visitor's rights
        if not versions_sudo:
            return request.redirect_query("/my/documents", {"notice": "none"}, code=303)
        if sum(versions_sudo.mapped("file_size")) > ARCHIVE_MEGABYTES * document_files.MEGABYTE:
            return request.redirect_query("/my/documents", {"notice": "large"}, code=303)
        request.env["nestogy.client.document.opening"]._log_opening(versions_sudo, "downloaded")
        return self._stream_versions(versions_sudo)

    def _stream_versions(self, versions_sudo):
        streams = [request.env["ir.binary"]._get_stream_from(each.attachment_id) for each in versions_sudo]
        names = zip_stream.unique_names(versions_sudo.mapped("name"))
        # a file is read when its turn comes
        entries = [(name, stream.read) for name, stream in zip(names, streams, strict=True)]
        size = zip_stream.stored_size((name, stream.size) for name, stream in zip(names, streams, strict=True))
        return self._send_archive(zip_stream.stream_stored(entries), size)

    # ------------------------------------------------------------------
    # Upload
    # ------------------------------------------------------------------

    @route("/my/documents/upload", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("documents", acts=True)
    def portal_upload_documents(self, **kwargs):
        """Take files of the client; the page says what became of each."""
        documents = request.env["nestogy.client.document"]
        if not documents._portal_may_upload():
            raise NotFound
        uploads = [upload for upload in request.httprequest.files.getlist("files") if upload.filename]
        if not uploads:
            return request.redirect_query("/my/documents", {"notice": "nofile"}, code=303)
        if len(uploads) > document_files.FILES_LIMIT:
            return request.redirect_query("/my/documents", {"notice": "files"}, code=303)
        who = f"contact {request.env.user.partner_id.id}"
        if request.env["nestogy.portal.attempt"]._exceeds("document", who, UPLOADS, UPLOADS_SECONDS):
            return request.redirect_query("/my/documents", {"notice": "flood"}, code=303)
        # one byte more than allowed is enough to see that a file is too large
        limit = documents._portal_room()["megabytes"] * document_files.MEGABYTE + 1
        outcomes = documents._portal_upload([(upload.filename, upload.read(limit)) for upload in uploads])
        response = self._render_documents(outcomes=outcomes)
        if all(outcome["outcome"] == "refused" for outcome in outcomes):
            response.status_code = 422
        return response
