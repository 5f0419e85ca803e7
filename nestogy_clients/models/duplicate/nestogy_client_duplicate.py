from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date


class NestogyClientDuplicate(models.Model):
    """Two clients or contacts that may be the same one, and what was decided about them.

    Found by the nightly search (see the scan); a decision that they are not the same stays, whatever the score becomes.
    Whoever may not see one of the two does not see the pair.
    """

    _name = "nestogy.client.duplicate"
    _description = "Possible Duplicate"
    _order = "score desc, id"

    # the one with the smaller number is on the left, so that a pair is there once
    left_id = fields.Many2one("res.partner", string="First", required=True, readonly=True, ondelete="cascade")
    right_id = fields.Many2one(
        "res.partner", string="Second", required=True, readonly=True, ondelete="cascade", index=True
    )
    score = fields.Integer(required=True, readonly=True, aggregator="avg", help="0 to 100: how likely it is.")
    reasons = fields.Json(readonly=True, help="Where the score comes from: key, points and likeness of each.")
    state = fields.Selection(
        [("open", "Open"), ("ignored", "Not a Duplicate"), ("merged", "Merged")],
        required=True,
        default="open",
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_at = fields.Datetime(string="Decided On", readonly=True)
    is_contacts = fields.Boolean(string="Contacts", compute="_compute_is_contacts", search="_search_is_contacts")
    left_details = fields.Char(string="Its Details", compute="_compute_details")
    right_details = fields.Char(string="Details of the Other", compute="_compute_details")
    why = fields.Char(string="Because", compute="_compute_why")
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    _pair_unique = models.UniqueIndex("(left_id, right_id)", "These two are noted as possible duplicates already.")
    _pair_order = models.Constraint("CHECK (left_id < right_id)", "The one with the smaller number is on the left.")
    _open_idx = models.Index("(score DESC, id) WHERE state = 'open'")

    @api.depends("left_id", "right_id")
    def _compute_display_name(self):
        for pair in self:
            pair.display_name = self.env._(
                "%(one)s and %(other)s", one=pair.left_id.display_name, other=pair.right_id.display_name
            )

    @api.depends("left_id.parent_id", "right_id.parent_id")
    def _compute_is_contacts(self):
        for pair in self:
            pair.is_contacts = bool(pair.left_id.parent_id and pair.right_id.parent_id)

    def _search_is_contacts(self, operator, value):
        if operator != "in":
            return NotImplemented
        contacts = Domain("left_id.parent_id", "!=", False) & Domain("right_id.parent_id", "!=", False)
        return contacts if True in value else ~contacts

    @api.depends("left_id", "right_id")
    def _compute_details(self):
        for pair in self:
            pair.left_details, pair.right_details = (
                " · ".join(filter(None, (one.client_number, one.email, one.phone, one.city)))
                for one in (pair.left_id, pair.right_id)
            )

    @api.depends("reasons")
    def _compute_why(self):
        for pair in self:
            pair.why = ", ".join(self.env["res.partner"]._duplicate_reasons(pair.reasons or []))

    @api.depends("left_id", "right_id")
    def _compute_comparison(self):
        """A table of both sides; what is the same and where they differ is marked."""
        for pair in self:
            rows = Markup("").join(
                Markup(
                    '<tr class="%(tone)s"><th scope="row" class="text-muted fw-normal">%(label)s</th>'
                    '<td class="text-break">%(one)s</td><td class="text-break">%(other)s</td></tr>'
                )
                % {"tone": tone, "label": label, "one": one, "other": other}
                for label, one, other, tone in pair._comparison_rows()
            )
            pair.comparison = Markup(
                '<table class="table table-sm w-100" style="table-layout: fixed"><thead><tr>'
                '<th style="width: 11rem"></th>'
                '<th scope="col">%(one)s</th><th scope="col">%(other)s</th></tr></thead><tbody>%(rows)s</tbody></table>'
            ) % {"one": pair.left_id.display_name, "other": pair.right_id.display_name, "rows": rows}

    def _comparison_rows(self):
        """What is shown side by side; addons add theirs with ``super()``.

        :return: list of label, text of the left one, text of the right one, class of the row
        """
        self.ensure_one()
        say = self.env._
        names = {
            "client_number": say("Client ID"),
            "name": say("Name"),
            "parent_id": say("Client"),
            "client_status_id": say("Status"),
            "user_id": say("Account Manager"),
            **dict.fromkeys(("function", "email", "phone", "website", "vat")),
            "street": say("Address"),
            "category_id": say("Tags"),
            "create_date": say("Made On"),
        }
        rows = []
        for name, label in names.items():
            field = self.left_id._fields[name]
            texts = []
            for partner in (self.left_id, self.right_id):
                value = partner[name]
                if name == "street":
                    parts = (partner.street, partner.street2, partner.zip, partner.city, partner.country_id.name)
                    value = ", ".join(filter(None, parts))
                elif field.relational:
                    value = ", ".join(value.mapped("display_name"))
                elif field.type == "datetime":
                    value = format_date(self.env, fields.Datetime.context_timestamp(self, value)) if value else ""
                texts.append(value or "")
            if not any(texts):
                continue
            tone = ""
            if name not in ("client_number", "create_date") and all(texts):  # these say nothing about who it is
                tone = "table-success" if texts[0] == texts[1] else "table-warning"
            rows.append((label or field._description_string(self.env), *texts, tone))
        return rows

    def write(self, vals):
        """Let people decide, and keep who did; what the search found is not theirs to change."""
        if not self.env.su and set(vals) - {"state"}:
            raise AccessError(self.env._("Only the decision about a possible duplicate can be changed."))
        if "state" not in vals:
            return super().write(vals)
        self.check_access("write")
        decided = vals["state"] != "open"
        note = {
            "decided_by_id": decided and self.env.uid,
            "decided_at": decided and fields.Datetime.now(),
        }
        # who decided is kept by us, not told by the one who decides
        super(NestogyClientDuplicate, self.sudo()).write(note | vals)
        return True

    def action_ignore(self):
        """Remember for ever that these are two."""
        self.write({"state": "ignored"})

    def action_reopen(self):
        """Take the decision back."""
        self.write({"state": "open"})

    def action_merge(self):
        """Open the merging of the two, or of all that hang together in the chosen pairs."""
        self.check_access("write")
        partners = self.left_id | self.right_id
        group = self[:1].left_id | self[:1].right_id
        for _pair in self:
            for pair in self:
                if pair.left_id in group or pair.right_id in group:
                    group |= pair.left_id | pair.right_id
        if not partners or group != partners:
            raise UserError(self.env._("Choose one pair, or pairs of records that are all the same one."))
        return partners.action_client_merge()

    def action_open_left(self):
        return self._open(self.left_id)

    def action_open_right(self):
        return self._open(self.right_id)

    def _open(self, partner):
        """Open a client's profile, or a contact."""
        self.check_access("read")
        if not partner.parent_id:
            return partner.action_open_client()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client_contacts")
        view = self.env.ref("nestogy_clients.res_partner_view_form_contact")
        return action | {"views": [(view.id, "form")], "view_mode": "form", "res_id": partner.id}
