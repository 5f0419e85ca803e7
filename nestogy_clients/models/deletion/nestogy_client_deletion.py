import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ...report.deletion_pdf import draw

MANAGER = "nestogy_clients.nestogy_clients_group_manager"


class NestogyClientDeletion(models.Model):
    """One client that is deleted, or one person who is erased: what goes, what stays, how far it is, the certificate.

    A draft is the dialog that asks. What is done is told by ``res.partner._client_erase_steps``; how far it is, step
    and last record, is committed with each batch, so a kill costs one batch and nothing is done twice. No name stays
    here.
    """

    _name = "nestogy.client.deletion"
    _description = "Deletion of a Client"
    _inherit = ["nestogy.work.mixin"]
    _order = "id desc"

    name = fields.Char(string="Reference", readonly=True, default="/", copy=False)
    client_id = fields.Many2one(
        "res.partner", string="Client or Person", readonly=True, index=True, ondelete="set null"
    )
    kind = fields.Selection(
        [("client", "Client"), ("contact", "Person")], required=True, readonly=True, default="client"
    )
    label = fields.Char(string="Known As", readonly=True, help="How it is called on documents that are kept.")
    number = fields.Integer(string="Record", readonly=True, aggregator=None)
    digest = fields.Char(
        readonly=True, help="Proves for whom this was done to whoever knows the name, and tells it to nobody else."
    )
    people = fields.Json(readonly=True)
    people_count = fields.Integer(string="People and Addresses", readonly=True)
    is_kept = fields.Boolean(string="Kept Without a Name", readonly=True)
    typed_name = fields.Char(copy=False)
    is_typed = fields.Boolean(compute="_compute_is_typed")
    step = fields.Char(readonly=True)
    cursor = fields.Integer(readonly=True)
    line_ids = fields.One2many("nestogy.client.deletion.line", "deletion_id", readonly=True)
    gone_line_ids = fields.One2many(
        "nestogy.client.deletion.line", "deletion_id", domain=[("kind", "=", "goes")], readonly=True
    )
    kept_line_ids = fields.One2many(
        "nestogy.client.deletion.line", "deletion_id", domain=[("kind", "=", "kept")], readonly=True
    )
    refused_line_ids = fields.One2many(
        "nestogy.client.deletion.line", "deletion_id", domain=[("kind", "=", "refused")], readonly=True
    )
    named_line_ids = fields.One2many(
        "nestogy.client.deletion.line",
        "deletion_id",
        domain=[("kind", "=", "named")],
        readonly=True,
        help="Texts about others in which a name is found. They stay, for they belong to others.",
    )
    is_looked = fields.Boolean(readonly=True, copy=False)
    has_refusals = fields.Boolean(compute="_compute_has_refusals")
    certificate = fields.Binary(readonly=True, attachment=True, copy=False)
    certificate_name = fields.Char(compute="_compute_certificate_name")

    _one_at_a_time = models.UniqueIndex(
        "(client_id) WHERE state IN ('waiting', 'running', 'paused', 'failed')", "It is being erased already."
    )

    def write(self, vals):
        if not self.env.su and (set(vals) - {"typed_name"} or self.filtered(lambda each: each.state != "draft")):
            raise AccessError(self.env._("What was erased, and why something stayed, is written by the erasure alone."))
        return super().write(vals)

    @api.depends("typed_name", "client_id.name")
    def _compute_is_typed(self):
        for deletion in self:
            name = self._plain(deletion.client_id.sudo().name)  # whoever deletes it sees the name in the dialog
            deletion.is_typed = bool(name) and self._plain(deletion.typed_name) == name

    @api.model
    def _plain(self, text):
        return " ".join((text or "").split()).casefold()

    @api.depends("refused_line_ids")
    def _compute_has_refusals(self):
        for deletion in self:
            deletion.has_refusals = bool(deletion.refused_line_ids)

    @api.depends("name")
    def _compute_certificate_name(self):
        for deletion in self:
            deletion.certificate_name = f"{(deletion.name or '').replace('/', '-')}.pdf"

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _check_may_delete(self, partner):
        """Only managers delete clients and erase people, those that they may change.

        :raise AccessError: somebody else asks, or it is not his
        :raise UserError: it is nobody of a client
        """
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Managers of the Clients app delete clients and erase people; ask one of them.")
            )
        partner.check_access("write")
        if not partner._get_client():
            raise UserError(
                self.env._("%s is no client and nobody of one; delete it with the ordinary menu.", partner.name)
            )

    @api.model
    def _prepare(self, partner):
        """A draft with the plan for a client or one of its people."""
        self._check_may_delete(partner)
        deletion_sudo = self.sudo().create(  # users begin here and nowhere else
            {
                "client_id": partner.id,
                "kind": "client" if partner.is_client else "contact",
                "company_id": (partner.company_id or self.env.company).id,
            }
        )
        deletion_sudo._plan()
        return deletion_sudo.with_env(self.env)

    def _plan(self):
        """Look again what there is; called in sudo."""
        self.ensure_one()
        plan = self.client_id._client_delete_plan()
        self.line_ids.unlink()
        self.env["nestogy.client.deletion.line"].create(
            [
                {
                    "deletion_id": self.id,
                    "kind": kind,
                    "key": row["key"],
                    "name": row["label"],
                    "planned": row["count"],
                    "size": row["size"],
                    "why": row["why"],
                    "res_model": row["model"],
                    "domain": row["domain"],
                }
                for kind, part in (("goes", "goes"), ("kept", "kept"), ("refused", "refusals"))
                for row in plan[part]
            ]
        )
        self.write({"people_count": plan["people"], "is_kept": plan["is_kept"], "is_looked": False})

    def action_look(self):
        """Look where the name stands in texts about others, which stay as they are."""
        self.ensure_one()
        self._check_may_delete(self.client_id)
        if self.state != "draft":
            raise UserError(self.env._("This has begun already."))
        deletion_sudo = self.sudo()  # what others wrote is counted whoever may see it; the lists obey the rules
        people_sudo = deletion_sudo.client_id._erase_people()
        deletion_sudo.named_line_ids.unlink()
        for records_sudo in people_sudo._erase_named(deletion_sudo.client_id._erase_top()):
            deletion_sudo._note_named(records_sudo._name, records_sudo.ids, is_plan=True)
        deletion_sudo.is_looked = True
        return self._dialog()

    def _note_named(self, model, ids, is_plan=False):
        """Count records of a model that name these people and stay; called in sudo.

        :param bool is_plan: before it is decided, with a list to look at
        """
        if not ids:
            return
        key = f"named_{self.env[model]._table}"
        line = self.line_ids.filtered(lambda each: each.key == key) or self.line_ids.create(
            {
                "deletion_id": self.id,
                "kind": "named",
                "key": key,
                "name": self.env["ir.model"]._get(model).name,
            }
        )
        if is_plan:
            line.write({"planned": len(ids), "res_model": model, "domain": [("id", "in", ids[:1000])]})
        else:
            line.done += len(ids)

    def _dialog(self):
        self.ensure_one()
        name = self.client_id.name
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delete %s", name) if self.kind == "client" else self.env._("Erase %s", name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("nestogy_clients.nestogy_client_deletion_view_form_ask").id, "form")],
            "target": "new",
        }

    def action_inactive(self):
        """Keep the client and everything about it, but do no more business with it."""
        self.ensure_one()
        self.check_access("read")
        status = self.env.ref("nestogy_clients.nestogy_client_status_inactive", raise_if_not_found=False)
        action = self.client_id.action_change_status()
        return action | {"context": action["context"] | {"default_status_id": status.id if status else False}}

    def action_start(self):
        """Begin, in the background."""
        self.ensure_one()
        self._check_may_delete(self.client_id)
        if self.state != "draft":
            raise UserError(self.env._("This has begun already."))
        if not self.is_typed:
            raise UserError(self.env._("Type the name exactly as it stands above."))
        self._begin()
        return self._open()

    def _begin(self):
        """Look again, close the doors, and queue the work; callers have checked who asks."""
        self.ensure_one()
        deletion_sudo = self.sudo()  # only read by users
        deletion_sudo._plan()
        if deletion_sudo.refused_line_ids:
            raise UserError("\n".join([self.env._("First of all:"), *deletion_sudo.refused_line_ids.mapped("name")]))
        client_sudo = deletion_sudo.client_id
        deletion_sudo.search([("client_id", "=", client_sudo.id), ("state", "=", "draft")]).filtered(
            lambda each: each != deletion_sudo
        ).unlink()  # other dialogs that are open or were closed
        people_sudo = client_sudo._erase_people()
        # nobody signs in, and nothing new begins, while it goes
        people_sudo.env["res.users"].search(
            [("partner_id", "in", people_sudo.ids), ("active", "=", True)]
        ).active = False
        people_sudo.filtered("active").with_context(active_test=True, mail_notrack=True).write({"active": False})
        secret = self.env["ir.config_parameter"].sudo().get_param("database.uuid")  # the same for all, told to nobody
        deletion_sudo.write(
            {
                "name": self.env["ir.sequence"]
                .sudo()
                .next_by_code("nestogy.client.deletion"),  # the sequence is nobody's
                "label": client_sudo._erase_label(),
                "digest": hashlib.sha256(f"{secret} {client_sudo.id} {client_sudo.name}".encode()).hexdigest(),
                "people": people_sudo.ids,
                "number": client_sudo.id,
                "typed_name": False,
                "total": sum(deletion_sudo.gone_line_ids.mapped("planned")) + len(people_sudo),
            }
        )
        self._work_start()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deletion"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("nestogy_clients.nestogy_client_deletion_view_form").id, "form")],
        }

    def action_cancel(self):
        """What is erased does not come back; so it is stopped before the first batch or not at all."""
        if self.filtered("step"):
            raise UserError(
                self.env._("Part of it is erased already, and does not come back: pause it, or let it end.")
            )
        people = self.env["res.partner"].sudo().with_context(active_test=False).browse(self.people or [])  # as it was
        result = super().action_cancel()
        people.exists().filtered(lambda each: not each.active).with_context(mail_notrack=True).write({"active": True})
        return result

    @api.model
    def _under_way(self, partners):
        """Those of these people who are being erased."""
        # asked by whoever wants to do something else with them
        begun_sudo = self.sudo().search([("state", "in", ("waiting", "running", "paused", "failed"))])
        ids = {person for deletion in begun_sudo for person in deletion.people or ()}
        return partners.filtered(lambda partner: partner.id in ids)

    # ------------------------------------------------------------------
    # Batches
    # ------------------------------------------------------------------

    def _erased(self):
        """Everybody who is erased, in sudo: those of the beginning, and who came below them since."""
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)  # whoever may see them
        people = partners_sudo.browse(self.people or []).exists()
        return people | people._erase_people() if people else people

    def _work_step(self):
        self.ensure_one()
        deletion_sudo = self.sudo()  # how far it is, is nobody's to write
        people = deletion_sudo._erased()
        if not people or deletion_sudo.step == "people":
            return 0
        top = people._erase_top() if self.kind == "contact" else people.browse()
        steps = [step for step in people._client_erase_steps(top) if not step.kept]
        keys = [step.key for step in steps]
        at = keys.index(deletion_sudo.step) if deletion_sudo.step in keys else 0
        whole, share = 0, 0  # what is little goes together
        for step in steps[at:]:
            if deletion_sudo.step != step.key:
                deletion_sudo.write({"step": step.key, "cursor": 0})
            count = deletion_sudo._deal(step, people)
            whole, share = whole + count, share + count / step.batch
            if count == step.batch or share >= 1:
                return whole
        return whole or deletion_sudo._deal_people(people)

    def _deal(self, step, people):
        """The next batch of a step; called in sudo."""
        if not step.model:
            if self.cursor:
                return 0
            step.deal()
            self.cursor = 1
            return 1
        records = self.env[step.model].with_context(active_test=False)
        domain = Domain(step.domain) & Domain("id", ">", self.cursor)
        # ids first: what is looked at is not read
        records = records.search(domain, order="id", limit=step.batch)
        if not records:
            return 0
        last, count = records.ids[-1], len(records)
        if step.deal:
            result = step.deal(records)
        else:
            result = people._erase_rows(records._table, records.ids)
        self.cursor = last
        if step.looks:
            self._note_named(step.model, result)
        elif line := self.line_ids.filtered(lambda each: each.key == step.key and each.kind == "goes"):
            line.done += count
            self.done_count += count
        return count

    def _deal_people(self, people):
        """At last the partners themselves; called in sudo."""
        kept = people._erase_partners()
        self.write(
            {
                "step": "people",
                "is_kept": bool(kept),
                "done_count": self.done_count + len(people),
            }
        )
        line = self.env["nestogy.client.deletion.line"]
        line.create(
            [
                {
                    "deletion_id": self.id,
                    "kind": kind,
                    "key": "people",
                    "name": name,
                    "done": count,
                    "planned": count,
                    "why": why,
                }
                for kind, name, count, why in (
                    ("goes", self.env._("People and addresses"), len(people) - len(kept), ""),
                    (
                        "kept",
                        self.env._("People and addresses without a name"),
                        len(kept),
                        self.env._("Kept documents belong to them."),
                    ),
                )
                if count
            ]
        )
        return len(people)

    def _work_ended(self):
        deletion_sudo = self.sudo()  # as above
        # a message more or less than planned is no part of a whole
        deletion_sudo.write({"ended_at": fields.Datetime.now(), "total": deletion_sudo.done_count})
        for line in deletion_sudo.kept_line_ids:
            line.done = line.planned
        deletion_sudo.write({"people": False, "certificate": self._draw_certificate()})
        deletion_sudo.line_ids.write({"domain": False, "res_model": False})
        self.env.user._bus_send(
            "simple_notification",
            {
                "title": self.env._("Erased"),
                "message": self.env._("%s: the certificate is ready.", self.name),
                "type": "success",
                "sticky": True,
            },
        )

    # ------------------------------------------------------------------
    # The certificate
    # ------------------------------------------------------------------

    def _draw_certificate(self):
        company_sudo = self.company_id.sudo()  # what every paper of the firm says
        kept = self.kept_line_ids
        facts = [
            (self.env._("Reference"), self.name),
            (self.env._("Erased"), dict(self._fields["kind"]._description_selection(self.env))[self.kind]),
            (self.env._("Known since then as"), self.label if self.is_kept else self.env._("nothing: no row is left")),
            (self.env._("Number of the record"), str(self.number)),
            (self.env._("Digest (SHA-256)"), self.digest),
            (self.env._("Ordered by"), self.user_id.name),
            (self.env._("Begun"), format_datetime(self.env, self.started_at)),
            (self.env._("Ended"), format_datetime(self.env, self.ended_at)),
        ]
        content = draw(
            {
                "paper": company_sudo.paperformat_id.format,
                "title": self.env._("Certificate of Erasure"),
                "subtitle": company_sudo.name,
                "facts": facts,
                "tables": [
                    {
                        "title": self.env._("What was erased"),
                        "heads": (self.env._("Kind"), self.env._("Count")),
                        "rows": [(line.name, "", str(line.done)) for line in self.gone_line_ids if line.done],
                        "empty": self.env._("Nothing but the name and what stood beside it."),
                    },
                    {
                        "title": self.env._("What is kept, and why"),
                        "heads": (self.env._("Kind"), self.env._("Count")),
                        "rows": [(line.name, line.why or "", str(line.done or line.planned)) for line in kept],
                        "empty": self.env._("Nothing."),
                    },
                    {
                        "title": self.env._("Texts about others that still speak of them"),
                        "heads": (self.env._("Kind"), self.env._("Count")),
                        "rows": [(line.name, "", str(line.done)) for line in self.named_line_ids],
                        "empty": self.env._("None was found by full name, address or number."),
                    },
                ],
                "foot": self.env._(
                    "No personal data stands on this page. The digest is made of a number of this database, the number"
                    " above and the name."
                ),
            }
        )
        return base64.b64encode(content)

    def action_certificate(self):
        """Give out the certificate."""
        self.ensure_one()
        self.check_access("read")
        if not self.certificate:
            raise UserError(self.env._("There is no certificate before the end."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/certificate/{self.certificate_name}?download=true",
            "target": "download",
        }

    @api.autovacuum
    def _gc_drafts(self):
        """Throw away dialogs that were closed."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        # our own rows
        self.sudo().search([("state", "=", "draft"), ("create_date", "<", since)], limit=1000).unlink()
