import base64
import binascii
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.mimetypes import guess_mimetype
from odoo.tools.sql import escape_psql

from ...tools import document_files

EXPIRY_NOTICE_DAYS = 30
EXPIRY_BATCH = 200


class NestogyClientDocument(models.Model):
    """A document of a client, or of one of its contacts, in all its versions.

    The client sees it only if somebody shares it: then everybody of the client who is in the portal, or the contact
    alone if it is filed for one. Versions from before it was shared stay with the staff.
    """

    _name = "nestogy.client.document"
    _description = "Client Document"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "updated_at desc, id desc"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    client_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", domain=[("is_client", "=", True)], tracking=True
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'child_of', client_id), ('id', '!=', client_id), ('is_company', '=', False)]",
        tracking=True,
        help="Whom it is about. Shared, it is then seen by this person alone.",
    )
    folder_id = fields.Many2one("nestogy.client.document.folder", index="btree_not_null", ondelete="restrict")
    tag_ids = fields.Many2many("nestogy.client.document.tag", string="Tags", groups="base.group_user")
    expires_on = fields.Date(
        index="btree_not_null",
        tracking=True,
        help="The account manager is reminded 30 days before this day and on it.",
    )
    expiry_state = fields.Selection(
        [("valid", "Valid"), ("soon", "Expires soon"), ("expired", "Expired")], compute="_compute_expiry_state"
    )
    expiry_notice = fields.Selection(
        [("before", "Before"), ("due", "On the day")],
        string="Reminder Sent",
        compute="_compute_expiry_notice",
        store=True,
        groups="base.group_user",
        help="Which reminder of the end was made last; empty again when the date changes.",
    )

    version_ids = fields.One2many(
        "nestogy.client.document.version", "document_id", string="Versions", groups="base.group_user"
    )
    version_id = fields.Many2one(
        "nestogy.client.document.version",
        string="Current Version",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )
    version_number = fields.Integer(related="version_id.number", string="Version", store=True)
    file_name = fields.Char(related="version_id.name", string="File Name", store=True)
    mimetype = fields.Char(related="version_id.mimetype", store=True)
    file_size = fields.Integer(related="version_id.file_size", string="Bytes", store=True)
    size_text = fields.Char(string="Size", compute="_compute_size_text")
    updated_at = fields.Datetime(related="version_id.uploaded_at", string="Last Version", store=True)
    updated_by_id = fields.Many2one(related="version_id.user_id", groups="base.group_user")
    attachment_id = fields.Many2one(related="version_id.attachment_id", groups="base.group_user")
    is_from_client = fields.Boolean(string="From the Client", readonly=True, copy=False)

    is_shared = fields.Boolean(string="Shared", copy=False, tracking=True, help="The client sees it in the portal.")
    shared_at = fields.Datetime(string="Shared on", readonly=True, copy=False)
    shared_by_id = fields.Many2one(
        "res.users",
        string="Shared by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )
    shared_from = fields.Integer(
        string="Shared from Version",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The version that was current when the document was shared; the client sees none from before.",
    )
    opening_ids = fields.One2many(
        "nestogy.client.document.opening", "document_id", string="Opened by", groups="base.group_user"
    )
    opening_count = fields.Integer(string="Opened", compute="_compute_openings", groups="base.group_user")
    last_opened_at = fields.Datetime(string="Last Opened", compute="_compute_openings", groups="base.group_user")

    _client_idx = models.Index("(client_id, updated_at DESC)")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("expires_on")
    def _compute_expiry_state(self):
        today = fields.Date.context_today(self)
        soon = today + timedelta(days=EXPIRY_NOTICE_DAYS)
        for document in self:
            day = document.expires_on
            document.expiry_state = day and ("expired" if day < today else "soon" if day <= soon else "valid")

    @api.depends("expires_on")
    def _compute_expiry_notice(self):
        self.expiry_notice = False

    @api.depends("file_size")
    def _compute_size_text(self):
        for document in self:
            document.size_text = document_files.size_text(document.file_size)

    @api.depends("opening_ids")
    def _compute_openings(self):
        rows = self.env["nestogy.client.document.opening"]._read_group(
            domain=[("document_id", "in", self.ids)],
            groupby=["document_id"],
            aggregates=["__count", "opened_at:max"],
        )
        figures = {document.id: (count, last) for document, count, last in rows}
        for document in self:
            document.opening_count, document.last_opened_at = figures.get(document._origin.id, (0, False))

    @api.constrains("name")
    def _check_name(self):
        for document in self:
            if len(document.name) > document_files.NAME_LIMIT or not document.name.isprintable():
                raise ValidationError(
                    self.env._(
                        "The name of a document has at most %s characters, all on one line.", document_files.NAME_LIMIT
                    )
                )

    @api.constrains("client_id", "contact_id")
    def _check_client(self):
        for document in self:
            client, contact = document.client_id, document.contact_id
            if not client.is_client:
                raise ValidationError(
                    self.env._("Documents are kept for clients; %s is none.", client.display_name or "")
                )
            if contact and (contact == client or contact._get_client() != client):
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s; choose one of its contacts.",
                        contact=contact.display_name,
                        client=client.display_name,
                    )
                )

    @api.constrains("version_id")
    def _check_version(self):
        for document in self:
            if document.version_id and document.version_id.document_id != document:
                raise ValidationError(self.env._("This version belongs to another document."))

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # whoever uploads does not follow all that is said about it: he may be the client
        documents = super(NestogyClientDocument, self.with_context(mail_create_nosubscribe=True)).create(vals_list)
        documents = documents.with_env(self.env)
        documents.filtered("is_shared")._note_sharing()
        return documents

    def write(self, vals):
        changed = self.browse()
        if "is_shared" in vals:
            changed = self.filtered(lambda document: document.is_shared != bool(vals["is_shared"]))
        result = super().write(vals)
        if changed:
            changed._note_sharing()
        return result

    def _note_sharing(self):  # pylint: disable=missing-return
        """Write down since when, by whom and from which version on these documents are shared."""
        for document in self:
            is_shared = document.is_shared
            # past our own write, which calls this
            super(NestogyClientDocument, document).write(  # pylint: disable=super-method-mismatch
                {
                    "shared_at": is_shared and fields.Datetime.now(),
                    "shared_by_id": is_shared and self.env.uid,
                    "shared_from": is_shared and document.version_number,
                }
            )

    def unlink(self):
        self.check_access("unlink")
        # versions go through the ORM, so that their files go too; nobody may delete single ones
        self.sudo().version_ids.unlink()
        return super().unlink()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_share(self):
        """Let the client see these documents in the portal."""
        self.is_shared = True

    def action_unshare(self):
        """Take these documents out of the portal."""
        self.is_shared = False

    def action_download(self):
        """Save the current file."""
        self.ensure_one()
        return self.version_id.action_download()

    # ------------------------------------------------------------------
    # Upload
    # ------------------------------------------------------------------

    @api.model
    def upload_files(self, partner_id, files, folder_id=False):
        """Keep files for a client or a contact; each stands for itself, a bad one keeps no good one out.

        :param int partner_id: the client, or one of its contacts
        :param list files: dicts of ``name`` and ``data`` (base64)
        :param int folder_id: where new documents are filed
        :return: list of dicts, see :meth:`_store_files`
        """
        self.check_access("create")
        partner = self.env["res.partner"].browse(partner_id).exists()
        partner.check_access("read")
        client = partner._get_client()
        if not client:
            raise UserError(self.env._("Documents are kept for clients; save the client first."))
        folder = self.env["nestogy.client.document.folder"].browse(folder_id or []).exists()
        contents = [(file.get("name"), self._decode_file(file.get("data"))) for file in files]
        return self._store_files(client, contents, contact=partner - client, folder=folder)

    def upload_version(self, name, data):
        """Add a file, in base64, as the newest version of this document.

        :return: the outcome, see :meth:`_store_files`
        """
        self.ensure_one()
        self.check_access("write")
        return self._store_files(self.client_id, [(name, self._decode_file(data))], document=self)[0]

    @api.model
    def _decode_file(self, data):
        try:
            return base64.b64decode(data or "", validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise UserError(self.env._("The file did not arrive whole; upload it once more.")) from error

    @api.model
    def _store_files(self, client, contents, contact=None, folder=None, document=None, is_from_client=False):
        """Keep files. One whose name is known becomes a new version of that document.

        The caller has checked that the user may.

        :param list contents: pairs of name and bytes
        :param document: the one to which a file is added, whatever its name
        :param bool is_from_client: files of the client's own upload, shared at once; they meet only their like
        :return: list of dicts in the same order: ``name``, ``outcome`` (``new``, ``version``, ``same`` or
            ``refused``), ``message``, ``document_id``
        """
        if len(contents) > document_files.FILES_LIMIT:
            raise UserError(self.env._("Please upload at most %s files at a time.", document_files.FILES_LIMIT))
        contents = [(document_files.clean_name(name), content) for name, content in contents]
        contact = contact or self.env["res.partner"]
        folder = folder or self.env["nestogy.client.document.folder"]
        known = {}
        if not document:
            known = self._find_by_file_name(client, contact, folder, is_from_client, [name for name, _ in contents])
        company = client.company_id or self.env.company
        limits = company._document_limits()
        used = self._used_bytes(client)
        results = []
        for name, content in contents:
            message = self._file_refusal(name, content, limits, used)
            target = document or known.get(name.casefold())
            result = {"name": name or self.env._("unnamed file"), "outcome": "refused", "document_id": False}
            if not message:
                try:
                    with self.env.cr.savepoint():
                        if not target:
                            target = self.create(
                                {
                                    "name": document_files.title(name),
                                    "client_id": client.id,
                                    "contact_id": contact.id,
                                    "folder_id": folder.id,
                                    "is_from_client": is_from_client,
                                }
                            )
                            outcome = "new"
                        else:
                            outcome = "same" if target._is_current_file(name, content) else "version"
                        if outcome != "same":
                            target._add_version(name, content)
                            used += len(content)
                        if is_from_client and not target.is_shared:
                            target.is_shared = True
                    known[name.casefold()] = target
                    result |= {"outcome": outcome, "document_id": target.id}
                    message = target._upload_message(outcome, name)
                except UserError as error:
                    message = str(error)
            results.append(result | {"message": message})
        return results

    @api.model
    def _find_by_file_name(self, client, contact, folder, is_from_client, names):
        """The documents that are meant when files of these names come again, by name in small letters."""
        domain = Domain("client_id", "=", client.id) & Domain("contact_id", "=", contact.id)
        domain &= Domain("is_from_client", "=", is_from_client)
        domain &= Domain.OR(Domain("file_name", "=ilike", escape_psql(name)) for name in names)
        if folder:
            domain &= Domain("folder_id", "=", folder.id)
        return {document.file_name.casefold(): document for document in self.search(domain, order="updated_at, id")}

    @api.model
    def _used_bytes(self, client):
        """What all files of a client take, archived documents included."""
        # the room is the client's, whatever of it the uploader may see
        versions_sudo = self.env["nestogy.client.document.version"].sudo()
        return versions_sudo._read_group([("client_id", "=", client.id)], aggregates=["file_size:sum"])[0][0] or 0

    def _file_refusal(self, name, content, limits, used):
        """Why a file cannot be kept, as a sentence; nothing if it can."""
        problem = document_files.problem(name, content, limits["megabytes"])
        if not problem and used + len(content) > limits["quota_megabytes"] * document_files.MEGABYTE:
            problem = "quota"
        return problem and {
            "name": self.env._("The file has no name; give it one and upload it again."),
            "empty": self.env._("The file is empty."),
            "size": self.env._(
                "The file is larger than %s MB; make it smaller or send it in parts.", limits["megabytes"]
            ),
            "program": self.env._("Programs are not kept here; send it in another way."),
            "content": self.env._(
                "The content does not fit the ending of the name: this is no %s file. Save it again in its own "
                "program and upload it once more.",
                document_files.ending(name).upper(),
            ),
            "quota": self.env._(
                "There is no room left: %(used)s of %(limit)s are in use.",
                used=document_files.size_text(used),
                limit=document_files.size_text(limits["quota_megabytes"] * document_files.MEGABYTE),
            ),
        }.get(problem)

    def _upload_message(self, outcome, name):
        if outcome == "new":
            return self.env._("Added.")
        number = self.sudo().version_number  # asked about what was just stored
        if outcome == "same":
            return self.env._("Is here already, unchanged (version %s).", number)
        return self.env._(
            "Is now version %(number)s of “%(title)s”; the former one is kept.", number=number, title=self.name
        )

    def _is_current_file(self, name, content):
        self.ensure_one()
        attachment_sudo = self.sudo().attachment_id  # compared, not shown
        return self.file_name == name and attachment_sudo.checksum == attachment_sudo._compute_checksum(content)

    def _add_version(self, name, content, note=False):
        """Add a file as the newest version. The caller has checked that the user may.

        :raise UserError: somebody else adds one at this moment
        """
        self.ensure_one()
        # versions and their files have one door, this one: nobody has rights to write them
        document_sudo = self.sudo()
        document_sudo.lock_for_update(allow_referencing=True)
        version_sudo = document_sudo.env["nestogy.client.document.version"].create(
            {
                "document_id": self.id,
                "number": max(document_sudo.version_ids.mapped("number"), default=0) + 1,
                "name": name,
                "note": note,
                "user_id": self.env.uid,
            }
        )
        # the file stays as it is, pictures are not made smaller
        version_sudo.attachment_id = (
            document_sudo.env["ir.attachment"]
            .with_context(image_no_postprocess=True)
            .create(
                {
                    "name": name,
                    "raw": content,
                    "mimetype": document_files.mimetype(name, guess_mimetype(content) or ""),
                    "res_model": version_sudo._name,
                    "res_id": version_sudo.id,
                    "res_field": "attachment_id",
                }
            )
        )
        document_sudo.version_id = version_sudo
        return version_sudo.with_env(self.env)

    # ------------------------------------------------------------------
    # Expiry
    # ------------------------------------------------------------------

    @api.model
    def _expiry_domain(self):
        """Documents whose end has to be told."""
        today = fields.Date.context_today(self)
        soon = Domain("expires_on", "<=", today + timedelta(days=EXPIRY_NOTICE_DAYS)) & Domain(
            "expiry_notice", "=", False
        )
        due = Domain("expires_on", "<=", today) & Domain("expiry_notice", "=", "before")
        return soon | due

    @api.model
    def _cron_expiry(self):
        """Remind account managers of documents that end soon and of those that ended, once each."""
        domain = self._expiry_domain()
        due = self.search(domain, limit=EXPIRY_BATCH, order="expires_on, id")
        remaining = self.search_count(domain)
        self.env["ir.cron"]._commit_each(due, domain, "_remind_of_expiry", "_note_failed_reminder", remaining=remaining)

    def _note_failed_reminder(self, error):
        if isinstance(error, UserError):  # of which there will be one the next time, too
            self.expiry_notice = "due"

    def _remind_of_expiry(self):
        self.ensure_one()
        kind = "nestogy_clients.mail_activity_type_document_expiry"
        today = fields.Date.context_today(self)
        is_due = self.expires_on <= today
        if self.expiry_notice:
            self.activity_unlink([kind])  # the one from before says less
        if is_due:
            summary = self.env._("%s has expired: is there a new one?", self.name)
        else:
            summary = self.env._("%(name)s expires on %(day)s", name=self.name, day=self.expires_on)
        responsible = self.client_id.user_id or self.create_uid
        if responsible.active and not responsible.share:
            self.activity_schedule(kind, today, summary=summary, user_id=responsible.id)
        else:
            self.client_id._message_log(body=summary)
        self.expiry_notice = "due" if is_due else "before"
