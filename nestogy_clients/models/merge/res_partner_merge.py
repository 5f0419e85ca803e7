from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.mail import email_normalize

from .nestogy_client_merge import MANAGER

# lists with a button of our own beside which Odoo's Merge, refused to those below managers, has no place
OUR_LISTS = (
    *("nestogy_clients.res_partner_view_list_client", "nestogy_clients.res_partner_view_kanban_client"),
    *("nestogy_clients.res_partner_view_list_contact", "nestogy_clients.res_partner_view_kanban_contact"),
)


class ResPartner(models.Model):
    """Clients and contacts that were merged into others: hidden, and still found by their number and address."""

    _inherit = "res.partner"

    merged_into_id = fields.Many2one(
        "res.partner",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
        help="This record was merged into that one; it is kept as long as the merge can be taken back.",
    )
    merge_count = fields.Integer(string="Merged Records", compute="_compute_merge_count", groups="base.group_user")

    def _compute_merge_count(self):
        # how many there were is no secret to whoever sees the one that was kept
        counts = dict(
            self.env["nestogy.client.merge.source"]
            .sudo()  # as said
            ._read_group([("kept_id", "in", self.ids), ("state", "=", "done")], ["kept_id"], ["__count"])
        )
        counts = {partner.id: count for partner, count in counts.items()}
        for partner in self:
            partner.merge_count = counts.get(partner._origin.id, 0)

    @api.depends("active", "merged_into_id")
    def _compute_display_name(self):  # pylint: disable=missing-return
        """A merged record says so wherever it shows, so that nobody takes it for the one that was kept."""
        super()._compute_display_name()
        # whoever sees a record may know that it was merged
        for merged_sudo in self.filtered(lambda one: not one.active).sudo().filtered("merged_into_id"):
            partner = self.browse(merged_sudo.id)
            partner.display_name = self.env._(
                "%(name)s (merged into %(kept)s)",
                name=partner.display_name,
                kept=merged_sudo.merged_into_id.name,
            )

    def write(self, vals):
        if vals.get("active"):
            # which records are merged ones may be known to whoever may write them
            merged_sudo = self.sudo().filtered("merged_into_id")
            if merged_sudo:
                raise UserError(merged_sudo[0]._client_merged_sentence())
        return super().write(vals)

    def _client_merged_sentence(self):
        """Say of a merged record why it is not used again, and what can be done instead; called in sudo."""
        sources = self.env["nestogy.client.merge.source"]
        source = sources.search([("partner_id", "=", self.id), ("state", "=", "done")], limit=1)
        if source.merge_id.undo_until:
            return self.env._(
                "%(name)s was merged into %(kept)s. To have both again, a manager takes the merge back, until %(day)s, "
                "under Clients > Merges.",
                name=self.name,
                kept=self.merged_into_id.name,
                day=format_date(self.env, source.merge_id.undo_until),
            )
        return self.env._(
            "%(name)s was merged into %(kept)s, and the merge cannot be taken back any more; go on with %(kept)s.",
            name=self.name,
            kept=self.merged_into_id.name,
        )

    def _check_client_may_order(self):
        """Nor for a record that was merged: what it had is with the other one."""
        # as with the status: whoever makes documents is held to it
        merged_sudo = self.sudo().filtered("merged_into_id")
        if merged_sudo:
            raise UserError(
                self.env._(
                    "%(name)s was merged into %(kept)s; choose %(kept)s instead.",
                    name=merged_sudo[0].name,
                    kept=merged_sudo[0].merged_into_id.name,
                )
            )
        return super()._check_client_may_order()

    # ------------------------------------------------------------------
    # Beginning
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_views(self, views, options=None):
        """Lists of clients and their contacts offer our Merge alone."""
        result = super().get_views(views, options)
        ours = {self.env.ref(xmlid).id for xmlid in OUR_LISTS}
        odoos = self.env.ref("base.action_partner_merge").id
        for view in result["views"].values():
            if view["id"] in ours and "action" in view.get("toolbar", {}):
                view["toolbar"]["action"] = [each for each in view["toolbar"]["action"] if each["id"] != odoos]
        return result

    def action_client_merge(self):
        """Begin to merge these clients or contacts."""
        self.check_access("read")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only managers merge clients and their contacts."))
        merge = self.env["nestogy.client.merge"].create({"partner_ids": [fields.Command.set(self.ids)]})
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_client_merge_action_new")
        return action | {"res_id": merge.id}

    def action_client_merges(self):
        """What was merged into these, or by what they were merged into others."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_client_merge_action")
        named = Domain("source_ids.kept_id", "in", self.ids) | Domain("source_ids.partner_id", "in", self.ids)
        domain = named & Domain("state", "!=", "draft")
        return action | {"domain": list(domain), "context": {}}

    def _client_merge_open(self):
        """Open the one that was kept: a client's profile, or a contact."""
        self.ensure_one()
        if self.parent_id:
            view = self.env.ref("nestogy_clients.res_partner_view_form_contact")
        elif self.is_client:
            return self.action_open_client()
        else:
            view = self.env.ref("base.view_partner_form")
        return self._get_records_action(views=[(view.id, "form")], context={})

    def _client_merge_check_right(self):
        """Only managers merge clients and contacts of clients; other partners whoever may write them.

        :raise AccessError: the user is not one
        """
        self.check_access("write")
        is_ours = bool(self._get_client())
        if is_ours and not self.env.su and not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only managers merge clients and their contacts."))

    # ------------------------------------------------------------------
    # What forbids it
    # ------------------------------------------------------------------

    def _client_merge_refusals(self, target, user):
        """Why these records cannot become one; addons add theirs with ``super()``. Called in sudo.

        :param res.partner target: the one that is kept
        :param res.users user: who wants it; empty for the machine, which may see everything
        :return: list of sentences that say what to do
        """
        say, refusals = self.env._, []
        sources = self - target
        merged = self.filtered("merged_into_id")
        if merged:
            refusals.append(say("%s is merged into another record already.", merged[0].name))
        if target.active is False:
            refusals.append(say("%s is archived; keep one that is not, or bring it back first.", target.name))
        companies = self.company_id
        if len(companies) > 1 or any(one.company_id != target.company_id for one in sources if target.company_id):
            refusals.append(
                say(
                    "They belong to different companies: %s. Give them the same company first, or keep one that is "
                    "shared by all.",
                    ", ".join(companies.mapped("name")),
                )
            )
        for one in self:
            above = one.parent_id
            while above:
                if above in self:
                    refusals.append(
                        say("%(one)s belongs to %(above)s; move it out of there first.", one=one.name, above=above.name)
                    )
                above = above.parent_id
        refusals += self._client_merge_kind_refusals(target)
        refusals += self._client_merge_people_refusals()
        erased = self.env["nestogy.client.deletion"]._under_way(self)
        if erased:
            refusals.append(say("%s is being erased.", ", ".join(erased.mapped("display_name"))))
        sealed = sources._client_merge_sealed()
        if sealed:
            refusals.append(
                say(
                    "The posted entries of %s are sealed and cannot move; keep this one.",
                    ", ".join(sealed.mapped("name")),
                )
            )
        if user:
            refusals += sources._client_merge_unseen(user)
        return list(dict.fromkeys(refusals))

    def _client_merge_kind_refusals(self, target):
        """Clients become clients, and contacts of one client become contacts."""
        say, refusals = self.env._, []
        sources = self - target
        clients = self.filtered("is_client")
        if target.parent_id:
            if clients or sources.filtered("is_company") or sources.with_context(active_test=False).child_ids:
                refusals.append(say("A client or company cannot become a contact; keep the client."))
            elif any(one.parent_id and one.commercial_partner_id != target.commercial_partner_id for one in sources):
                refusals.append(
                    say("They are contacts of different clients. Merge the clients first, or move one contact over.")
                )
        elif sources.filtered("parent_id"):
            refusals.append(say("A contact cannot become a client; keep the contact."))
        if clients and not target.is_client and not target.parent_id:
            refusals.append(say("Keep a client: %s is none.", target.name))
        if len(set(clients.mapped("client_status_id.may_order"))) > 1:
            closed = clients.filtered(lambda one: not one.client_status_id.may_order)
            refusals.append(
                say(
                    "%(name)s is in the status %(status)s, the others are not. Decide first which status is right.",
                    name=closed[0].name,
                    status=closed[0].client_status_id.name,
                )
            )
        return refusals

    def _client_merge_people_refusals(self):
        """Whoever works here stays who he is."""
        say, refusals = self.env._, []
        users = self.with_context(active_test=False).user_ids
        staff = users.filtered(lambda one: not one.share)
        if staff or self & self.env.ref("base.public_partner"):
            refusals.append(
                say(
                    "%s works here or belongs to the system; users' own records are not merged.",
                    (staff.partner_id or self)[0].name,
                )
            )
        if self.with_context(active_test=False).employee_ids:
            refusals.append(say("An employee's address is among them; employees are not merged."))
        own = self.env["res.company"].search([("partner_id", "in", self.ids)])
        if own:
            refusals.append(say("%s is one of your own companies.", own[0].name))
        return refusals

    def _client_merge_sealed(self):
        """Those of these partners whose entries are sealed: their hash covers whose they are."""
        if not self:
            return self
        self.env["account.move"].flush_model(["inalterable_hash", "partner_id", "commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id FROM unnest(%s) partner(id)
                 WHERE EXISTS (SELECT FROM account_move_line line JOIN account_move move ON move.id = line.move_id
                                WHERE line.partner_id = partner.id AND move.inalterable_hash IS NOT NULL)
                """,
                self.ids,
            )
        )
        return self.browse(row[0] for row in rows)

    def _client_merge_unseen(self, user):
        """Sentences for what would move without the user being allowed to see it; called in sudo."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT company_id FROM account_move"
                " WHERE commercial_partner_id = ANY(%s) OR partner_id = ANY(%s)",
                self.ids,
                self.ids,
            )
        )
        foreign = self.env["res.company"].browse({row[0] for row in rows} - {None} - set(user.company_ids.ids))
        if foreign:
            return [
                self.env._(
                    "There are invoices of a company in which you do not work; somebody who works there may merge them."
                )
            ]
        return []

    # ------------------------------------------------------------------
    # Still found
    # ------------------------------------------------------------------

    @api.model
    def _client_search_domains(self, text):
        """Earlier Client IDs find the client into which theirs was merged."""
        domains = super()._client_search_domains(text)
        merged_sudo = self.env[
            "nestogy.client.merge.source"
        ].sudo()  # which client one sees is decided where it is read
        found_sudo = merged_sudo.search_fetch(
            [("client_number", "=ilike", text.strip()), ("state", "=", "done"), ("kept_id", "!=", False)],
            ["kept_id"],
            limit=5,
        )
        by_address = merged_sudo._kept_by_address([email_normalize(text)] if "@" in text else [])
        kept = found_sudo.kept_id.ids + [partner.id for partner in by_address.values()]
        return [*domains, Domain("id", "in", kept)] if kept else domains

    @api.model
    def _find_or_create_from_emails(self, emails, *args, **kwargs):
        """Mail from an address of a merged record is from the one into which it was merged."""
        normalized = [email_normalize(email or "") for email in emails]
        known_sudo = self.env["nestogy.client.merge.source"].sudo()  # the gateway may not read merges
        earlier = known_sudo._kept_by_address(normalized)
        if earlier:
            # an address that somebody has today is his
            taken = self.search_fetch([("email_normalized", "in", list(earlier))], ["email_normalized"])
            earlier = {key: kept for key, kept in earlier.items() if key not in set(taken.mapped("email_normalized"))}
            allowed = kwargs.get("filter_found")
            banned = kwargs.get("ban_emails") or ()
            earlier = {
                key: kept.with_env(self.env)
                for key, kept in earlier.items()
                if key not in banned and (not allowed or allowed(kept.with_env(self.env)))
            }
        if not earlier:
            return super()._find_or_create_from_emails(emails, *args, **kwargs)
        rest = [email for email, key in zip(emails, normalized, strict=True) if key not in earlier]
        found = iter(super()._find_or_create_from_emails(rest, *args, **kwargs))
        return [earlier[key] if key in earlier else next(found) for key in normalized]
