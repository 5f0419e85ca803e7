from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

from odoo.addons.nestogy_clients.tools import document_files

NAMES_IN_NOTICE = 5


class NestogyClientDocument(models.Model):
    """What a client's people see of shared documents, and what they send themselves."""

    _inherit = "nestogy.client.document"

    is_unseen = fields.Boolean(
        string="New",
        compute="_compute_is_unseen",
        search="_search_is_unseen",
        help="The current user has not opened the current version.",
    )

    @api.depends("version_id")
    @api.depends_context("uid")
    def _compute_is_unseen(self):
        # whether somebody opened a document himself is no secret to him
        documents_sudo = self.sudo()
        openings_sudo = documents_sudo.env["nestogy.client.document.opening"]
        reader = self.env.user.partner_id
        seen = {
            version.id
            for (version,) in openings_sudo._read_group(
                domain=[("version_id", "in", documents_sudo.version_id.ids), ("partner_id", "=", reader.id)],
                groupby=["version_id"],
            )
        }
        for document, document_sudo in zip(self, documents_sudo, strict=True):
            version_sudo = document_sudo.version_id
            document.is_unseen = version_sudo.id not in seen and version_sudo.user_id.partner_id != reader

    @api.model
    def _search_is_unseen(self, operator, value):
        if operator != "in":
            return NotImplemented
        reader = self.env.user.partner_id
        # as in the compute
        seen = self.sudo()._search(
            Domain("version_id.opening_ids.partner_id", "=", reader.id)
            | Domain("version_id.user_id.partner_id", "=", reader.id)
        )
        return Domain("id", "not in" if True in value else "in", seen)

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _portal_domain(self):
        """Which documents the portal shows to the current user; for staff, too, only those of their own firm.

        The rules say the same, and hold wherever a client asks; they do not bind staff.
        """
        person = self.env.user.partner_id
        whole = Domain("contact_id", "=", False) & Domain("client_id", "=", person.commercial_partner_id.id)
        own = Domain("contact_id", "=", person.id) & Domain("client_id", "parent_of", person.id)
        return Domain("is_shared", "=", True) & Domain("version_number", ">", 0) & (whole | own)

    @api.model
    def _portal_sortings(self):
        return {
            "date": {"label": self.env._("Newest"), "order": "updated_at desc, id desc"},
            "name": {"label": self.env._("Name"), "order": "name, id"},
            "expiry": {"label": self.env._("Expires first"), "order": "expires_on, name, id"},
        }

    @api.model
    def _portal_search_domain(self, search):
        """Name or file name contain the words."""
        search = escape_psql(" ".join(str(search or "").replace("\x00", "").split())[: document_files.SEARCH_LIMIT])
        if not search:
            return Domain.TRUE
        return Domain("name", "ilike", search) | Domain("file_name", "ilike", search)

    @api.model
    def _portal_counts(self):
        """How many documents the current user sees, and how many of them are new to him."""
        if not self.has_access("read"):
            return {"total": 0, "unseen": 0}
        domain = self._portal_domain()
        total = self.search_count(domain)
        return {"total": total, "unseen": total and self.search_count(domain & Domain("is_unseen", "=", True))}

    @api.model
    def _portal_folders(self):
        """The folders in which the current user has documents.

        :return: list of dicts ``id`` (0: in no folder), ``name``, ``count``
        """
        rows = self._read_group(self._portal_domain(), groupby=["folder_id"], aggregates=["__count"])
        # names of folders that hold his documents
        rows = [(folder.sudo(), count) for folder, count in rows]
        rows.sort(key=lambda row: (not row[0], row[0].sequence, row[0].name or ""))
        return [
            {"id": folder_sudo.id or 0, "name": folder_sudo.name or self.env._("Other"), "count": count}
            for folder_sudo, count in rows
        ]

    def _portal_rows(self):
        """What the list prints, in as many queries for one document as for many.

        Call it on documents that were found with the visitor's rights.
        """
        # names of folders and people, which he may not read by themselves
        documents_sudo = self.sudo()
        return [
            {
                "id": document.id,
                "name": document.name,
                "url": f"/my/documents/{document.id}",
                "file_name": document.file_name,
                "mimetype": document.mimetype,
                "size": document.size_text,
                "folder": document_sudo.folder_id.name or "",
                "updated_at": document.updated_at,
                "expires_on": document.expires_on,
                "expiry_state": document.expiry_state,
                "is_new": document.is_unseen,
                "is_update": document.version_number > max(document_sudo.shared_from, 1),
                "is_from_client": document.is_from_client,
                "is_personal": bool(document_sudo.contact_id),
                "uploader": document.is_from_client and document_sudo.updated_by_id.partner_id.name,
            }
            for document, document_sudo in zip(self, documents_sudo, strict=True)
        ]

    # ------------------------------------------------------------------
    # The door to the files
    # ------------------------------------------------------------------

    def _portal_versions(self):
        """The versions of this document that the client may see, the newest first.

        Call it on a document that was found with the visitor's rights.

        :return: versions in sudo
        """
        self.ensure_one()
        # clients have no rights on versions: what they get comes through here
        document_sudo = self.sudo()
        return document_sudo.version_ids.filtered(
            lambda version: version.number >= document_sudo.shared_from and version.attachment_id
        ).sorted("number", reverse=True)

    # ------------------------------------------------------------------
    # Upload
    # ------------------------------------------------------------------

    @api.model
    def _portal_may_upload(self):
        """Whether the current user may send documents: people of a client, where the company lets them."""
        # what he belongs to, and a setting of the company, which he may not read
        user_sudo = self.env.user.sudo()
        is_of_client = user_sudo._is_portal() and user_sudo.partner_id.commercial_partner_id.is_client
        return bool(is_of_client and user_sudo.company_id.document_client_upload and user_sudo._portal_may_act())

    @api.model
    def _portal_upload(self, contents):
        """Keep what the visitor sends: for his client, in the folder for it, shared with his colleagues.

        The caller has asked :meth:`_portal_may_upload`.

        :return: the outcomes, see :meth:`_store_files`
        """
        client_sudo = self.env.user.partner_id.commercial_partner_id.sudo()  # the visitor's own, and he may send
        folder_sudo = client_sudo.env["nestogy.client.document.folder"]._get_client_folder()
        outcomes = self.sudo()._store_files(client_sudo, contents, folder=folder_sudo, is_from_client=True)  # same
        received = [outcome for outcome in outcomes if outcome["outcome"] in ("new", "version")]
        if received:
            self._tell_staff(client_sudo, received)
        return outcomes

    @api.model
    def _tell_staff(self, client_sudo, received):
        """Give the account manager one thing to do for all that a client sent lately; without one, note it."""
        names = ", ".join(outcome["name"] for outcome in received[:NAMES_IN_NOTICE])
        if len(received) > NAMES_IN_NOTICE:
            names = self.env._("%(names)s and %(count)s more", names=names, count=len(received) - NAMES_IN_NOTICE)
        text = self.env._("%(person)s sent: %(files)s", person=self.env.user.name, files=names)
        kind = "nestogy_clients.mail_activity_type_document_received"
        manager_sudo = client_sudo.user_id
        if not manager_sudo.active or manager_sudo.share:
            client_sudo._message_log(body=text)
            return
        waiting = client_sudo.activity_search([kind], user_id=manager_sudo.id)[:1]
        if waiting:
            waiting.note = Markup("%s<p>%s</p>") % (waiting.note or "", text)
        else:
            client_sudo.activity_schedule(
                kind, summary=self.env._("Documents from %s", client_sudo.name), note=text, user_id=manager_sudo.id
            )

    @api.model
    def _portal_room(self):
        """What the visitor may send, ready to print: sizes and what is in use."""
        client_sudo = self.env.user.partner_id.commercial_partner_id.sudo()  # his own
        limits = (client_sudo.company_id or self.env.company)._document_limits()
        return limits | {
            "files": document_files.FILES_LIMIT,
            "used": document_files.size_text(self._used_bytes(client_sudo)),
            "quota": document_files.size_text(limits["quota_megabytes"] * document_files.MEGABYTE),
        }
