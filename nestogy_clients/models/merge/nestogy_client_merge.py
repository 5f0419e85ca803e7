from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

UNDO_DAYS = 30
MANAGER = "nestogy_clients.nestogy_clients_group_manager"
DRAFT_FIELDS = {"target_id", "partner_ids", "choices", "login_user_id"}


class NestogyClientMerge(models.Model):
    """Several clients, or several contacts, become one.

    What hung on the others hangs on the one that is kept afterwards; nothing is deleted. A row that cannot be moved,
    because the kept one has such a row already, stays with the earlier record, which is archived. For some weeks all
    of it can be taken back; then the memory of it goes, and the log stays.
    """

    _name = "nestogy.client.merge"
    _description = "Merge of Clients"
    _order = "done_at desc, id desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name", store=True)
    state = fields.Selection(
        [("draft", "Preparing"), ("done", "Merged"), ("undone", "Taken Back")],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        copy=False,
    )
    partner_ids = fields.Many2many(
        "res.partner",
        "nestogy_client_merge_partner_rel",
        "merge_id",
        "partner_id",
        string="To Merge",
        context={"active_test": False},
    )
    target_id = fields.Many2one(
        "res.partner",
        string="Keep",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'in', partner_ids)]",
        compute="_compute_target_id",
        store=True,
        readonly=False,
        help="What hangs on the others hangs on this one afterwards.",
    )
    choices = fields.Json(help="Whose value is taken, by field, where somebody chose it.")
    login_user_id = fields.Many2one(
        "res.users",
        string="Login That Stays",
        ondelete="set null",
        domain="[('id', 'in', login_user_ids)]",
        compute="_compute_login_user_id",
        store=True,
        readonly=False,
        help="Of several logins to the portal only one can stay; the others are closed.",
    )
    login_user_ids = fields.Many2many("res.users", compute="_compute_login_user_ids")
    comparison = fields.Json(compute="_compute_comparison")
    preview = fields.Json(compute="_compute_preview")
    source_ids = fields.One2many("nestogy.client.merge.source", "merge_id", string="Merged Into It", readonly=True)
    line_ids = fields.One2many(
        "nestogy.client.merge.line",
        "merge_id",
        string="What Was Done",
        readonly=True,
        domain=[("kind", "!=", "memory")],
    )
    user_id = fields.Many2one("res.users", string="Merged by", readonly=True, ondelete="set null")
    done_at = fields.Datetime(string="Merged on", readonly=True, index=True)
    undone_by_id = fields.Many2one("res.users", string="Taken Back by", readonly=True, ondelete="set null")
    undone_at = fields.Datetime(string="Taken Back on", readonly=True)
    undo_until = fields.Date(readonly=True, help="The last day on which the merge can be taken back.")
    may_undo = fields.Boolean(compute="_compute_may_undo")
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    moved_count = fields.Integer(string="Rows Moved", readonly=True)
    stayed_count = fields.Integer(
        string="Rows That Stayed", readonly=True, help="They stay with the earlier record, for there is such a row."
    )
    note = fields.Text(readonly=True)

    _undo_idx = models.Index("(undo_until) WHERE state = 'done' AND undo_until IS NOT NULL")

    @api.depends("target_id.name", "partner_ids")
    def _compute_name(self):
        for merge in self:
            if merge.state != "draft" and merge.name:
                continue  # the log keeps the names of that day
            _kept, others = merge._ends()
            merge.name = self.env._(
                "%(others)s into %(kept)s",
                others=", ".join(one.name or "?" for one in others) or "?",
                kept=merge.target_id.name or "?",
            )

    @api.depends("partner_ids")
    def _compute_target_id(self):
        for merge in self:
            if merge.state == "draft" and merge.target_id not in merge.partner_ids._origin:
                merge.target_id = merge._best_target()

    @api.depends("partner_ids", "target_id")
    def _compute_login_user_ids(self):
        for merge in self:
            merge.login_user_ids = merge._logins() if merge.state == "draft" else False

    @api.depends("partner_ids", "target_id")
    def _compute_login_user_id(self):
        for merge in self:
            users_sudo = merge._logins() if merge.state == "draft" else merge.login_user_id
            if merge.login_user_id not in users_sudo:
                merge.login_user_id = merge._best_login(users_sudo)

    @api.depends("partner_ids", "target_id", "state")
    def _compute_comparison(self):
        for merge in self:
            merge.comparison = merge._compare() if merge._may_see_all() else {}

    @api.depends("partner_ids", "target_id", "state", "login_user_id")
    def _compute_preview(self):
        for merge in self:
            merge.preview = merge._preview() if merge._may_see_all() else {}

    @api.depends("state", "undo_until")
    def _compute_may_undo(self):
        today = fields.Date.context_today(self)
        is_manager = self.env.user.has_group(MANAGER)
        for merge in self:
            merge.may_undo = bool(
                is_manager and merge.state == "done" and merge.undo_until and merge.undo_until >= today
            )

    def _may_see_all(self):
        """Whether there is something to compare, and the user may look at it."""
        partners = self.partner_ids._origin
        if not self.env.su and not self.env.user.has_group(MANAGER):
            return False  # how much hangs on them is for those who may merge
        return self.state == "draft" and len(partners) > 1 and self.target_id and partners.has_access("read")

    @api.constrains("choices")
    def _check_choices(self):
        for merge in self:
            choices = merge.choices or {}
            allowed = {*merge.partner_ids.ids, "both"}
            if (
                not isinstance(choices, dict)
                or len(choices) > 1000
                or any(not isinstance(key, str) or value not in allowed for key, value in choices.items())
            ):
                raise UserError(self.env._("Choose for each field one of the records that are merged."))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(set(vals) - DRAFT_FIELDS for vals in vals_list):
            raise AccessError(self.env._("A merge is prepared here and done by its button."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and (set(vals) - DRAFT_FIELDS or set(self.mapped("state")) - {"draft"}):
            raise AccessError(self.env._("A merge that is done is not changed; it can be taken back."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda merge: merge.state != "draft"):
            raise UserError(self.env._("The log of a merge is kept; take the merge back instead."))

    # ------------------------------------------------------------------
    # Which one is kept
    # ------------------------------------------------------------------

    def _best_target(self):
        """The record that is kept unless somebody chooses another one: with sealed entries, a client, who can log in,
        with the most invoices, the oldest."""
        partners = self.partner_ids._origin
        if not partners:
            return partners
        # what hangs on them is counted, not shown
        partners_sudo = partners.sudo()
        sealed = partners_sudo._client_merge_sealed()
        moves = dict(
            self.env["account.move"]
            .sudo()  # as above
            ._read_group([("commercial_partner_id", "in", partners.ids)], ["commercial_partner_id"], ["__count"])
        )
        best_sudo = max(
            partners_sudo,
            key=lambda one: (
                one in sealed,
                one.active,
                one.is_client,
                bool(one.parent_id),
                bool(one.user_ids),
                moves.get(one, 0),
                -one.id,
            ),
        )
        return partners.browse(best_sudo.id)

    def _logins(self):
        """The logins of the records, in sudo."""
        people_sudo = self.partner_ids._origin.sudo()  # managers may not read all users
        return people_sudo.user_ids.filtered("active")

    def _best_login(self, users_sudo):
        """The login that was used last; of those never used that of the record that is kept."""
        return max(
            users_sudo,
            key=lambda user: (str(user.login_date or ""), user.partner_id == self.target_id, -user.id),
            default=users_sudo,
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_merge(self):
        """Merge them, in one go."""
        self.ensure_one()
        self.check_access("write")
        self._merge()
        return self.target_id._client_merge_open()

    def action_undo(self):
        """Take the merge back; rows that were changed since stay, and are listed."""
        self.ensure_one()
        self.check_access("write")
        if not self.may_undo:
            raise UserError(self.env._("This merge cannot be taken back any more."))
        self._undo()
        return True

    def action_open_target(self):
        """Open the one that was kept."""
        self.ensure_one()
        self.check_access("read")
        return self.target_id._client_merge_open()

    @api.autovacuum
    def _gc_drafts(self):
        """Forget merges that somebody began and left."""
        old = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        self.search(Domain("state", "=", "draft") & Domain("create_date", "<", old)).unlink()
