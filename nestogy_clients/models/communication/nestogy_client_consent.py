from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

TEXT_LIMIT = 4000  # characters of the text that was shown
PROOF_LIMIT = 2000  # characters


class NestogyClientConsent(models.Model):
    """The ledger of consents: one row for each time somebody agreed or took his agreement back.

    Rows are added and never changed or deleted, by nobody; the newest one holds. Who is erased under the law is
    erased by the erase steps, which know why.
    """

    _name = "nestogy.client.consent"
    _description = "Client Consent"
    _order = "date desc, id desc"
    _rec_name = "purpose"

    partner_id = fields.Many2one("res.partner", string="Given by", required=True, ondelete="restrict")
    client_id = fields.Many2one(related="partner_id.commercial_partner_id", string="Client", store=True, index=True)
    purpose = fields.Selection(
        [("marketing", "Marketing messages"), ("data", "Use of personal data")], required=True, default="marketing"
    )
    decision = fields.Selection([("given", "Given"), ("withdrawn", "Withdrawn")], required=True, default="given")
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    how = fields.Selection(
        [("staff", "Noted by staff"), ("portal", "Client portal"), ("form", "Web form"), ("import", "Import")],
        required=True,
        default="staff",
        readonly=True,
    )
    text = fields.Text(string="Text Shown", help="The exact words to which the person agreed.")
    proof = fields.Text(help="How we know: in which call, on which form, in which e-mail.")
    proof_file = fields.Binary(attachment=True)
    proof_file_name = fields.Char()
    user_id = fields.Many2one(
        "res.users", string="Recorded by", required=True, readonly=True, default=lambda self: self.env.uid
    )

    _newest_idx = models.Index("(partner_id, purpose, date DESC, id DESC)")
    _client_date_idx = models.Index("(client_id, date DESC, id DESC)")

    @api.constrains("decision", "proof", "text", "how", "date")
    def _check_row(self):
        for row in self:
            if row.how == "staff" and row.decision == "given" and not (row.proof or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say how %s agreed: on which form, in which call or e-mail. Without proof a consent is worth"
                        " nothing.",
                        row.partner_id.display_name,
                    )
                )
            if row.decision == "given" and not (row.text or "").strip():
                raise ValidationError(self.env._("Write the text to which %s agreed.", row.partner_id.display_name))
            if len(row.text or "") > TEXT_LIMIT:
                raise ValidationError(self.env._("The text of a consent has at most %s characters.", TEXT_LIMIT))
            if len(row.proof or "") > PROOF_LIMIT:
                raise ValidationError(self.env._("The proof of a consent has at most %s characters.", PROOF_LIMIT))
            if row.date > fields.Datetime.add(fields.Datetime.now(), minutes=1):
                raise ValidationError(self.env._("A consent cannot be given in the future; correct the date."))

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "text" in fields_list and values.get("purpose", "marketing") == "marketing" and not values.get("text"):
            partner = self.env["res.partner"].browse(values.get("partner_id"))
            values["text"] = self.env.company.with_context(lang=partner.lang or self.env.lang)._marketing_consent_text()
        return values

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            # who records, and that a person of the firm does, is not for the caller to say
            vals_list = [vals | {"user_id": self.env.uid, "how": "staff"} for vals in vals_list]
        rows = super().create(vals_list)
        self.env["res.partner"].invalidate_model(["marketing_opt_in", "marketing_note"])
        return rows

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A consent is never changed; record a new one, or that it was withdrawn."))

    def _load_records_write(self, values):
        """A row that a data file brought is in; loading the file again does not touch it."""

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is never deleted: it is the proof of what was agreed."))

    @api.model
    def _newest(self, partners, purpose="marketing"):
        """What the people themselves said last.

        :param res.partner partners: whose rows are looked at, without those of their clients
        :return: dict of partner id to a row in sudo; those who never said anything are left out
        """
        self.flush_model(["partner_id", "purpose", "date"])
        query = SQL(
            """SELECT DISTINCT ON (partner_id) id FROM nestogy_client_consent
                WHERE purpose = %s AND partner_id = ANY(%s) ORDER BY partner_id, date DESC, id DESC""",
            purpose,
            partners.ids,
        )
        # SQL: the ORM has no word for the newest row of each; whether mail may go out is asked by whoever sends
        rows_sudo = self.sudo().browse(row[0] for row in self.env.execute_query(query))
        return {row_sudo.partner_id.id: row_sudo for row_sudo in rows_sudo}
