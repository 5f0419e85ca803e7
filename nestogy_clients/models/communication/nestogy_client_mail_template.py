from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ...tools.placeholders import (
    BODY_LIMIT,
    SUBJECT_LIMIT,
    SampleValues,
    TemplateError,
    compile_body,
    compile_subject,
    placeholders_in,
)


class NestogyClientMailTemplate(models.Model):
    """What one client, the clients of one group, or all of a company are written in one kind of mail.

    Subject and body use the placeholder language of ``tools/placeholders.py`` and are compiled into a hidden
    ``mail.template``, the one that Odoo's send wizard, batch sending and cron then use.
    """

    _name = "nestogy.client.mail.template"
    _description = "Client E-mail Template"
    _order = "company_id, group_id, client_id, kind, lang, id"
    _rec_name = "subject"

    client_id = fields.Many2one("res.partner", index=True, ondelete="cascade", domain=[("is_client", "=", True)])
    group_id = fields.Many2one("nestogy.client.group", index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        help="These words hold for all mails of the company, unless a client or its group has words of its own.",
    )
    level = fields.Selection(
        [("client", "Client"), ("group", "Group"), ("company", "Company")],
        compute="_compute_level",
        search="_search_level",
    )
    owner_name = fields.Char(string="Belongs to", compute="_compute_level")
    kind = fields.Selection(selection="_selection_kind", string="Kind of Mail", required=True, default="invoice")
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Only for clients of this language; empty: for all that have no template in their own language.",
    )
    subject = fields.Char(required=True)
    body = fields.Html(required=True, sanitize=True, sanitize_overridable=False, sanitize_form=True)
    placeholders = fields.Json(compute="_compute_placeholders", help="Names and labels for the editor.")
    mail_template_id = fields.Many2one(
        "mail.template", string="Compiled Template", readonly=True, copy=False, ondelete="set null"
    )

    _one_level = models.Constraint(
        "CHECK (num_nonnulls(client_id, group_id, company_id) = 1)",
        "An e-mail template belongs to one client, one client group or one company.",
    )
    _one_for_client = models.UniqueIndex(
        "(client_id, kind, COALESCE(lang, '')) WHERE client_id IS NOT NULL",
        "The client has a template for this kind of mail and language already; edit that one.",
    )
    _one_for_group = models.UniqueIndex(
        "(group_id, kind, COALESCE(lang, '')) WHERE group_id IS NOT NULL",
        "The client group has a template for this kind of mail and language already; edit that one.",
    )
    _one_for_company = models.UniqueIndex(
        "(company_id, kind, COALESCE(lang, '')) WHERE company_id IS NOT NULL",
        "The company has a template for this kind of mail and language already; edit that one.",
    )

    @api.model
    def _mail_kinds(self):
        """The kinds of mail for which clients can have texts of their own; addons add theirs.

        :return: dict of kind to ``label``; ``model`` of the mailed document, which inherits
            ``nestogy.client.mail.mixin`` or is a partner or user; ``template_xmlid`` of the ordinary template, whose
            sender, reports and recipients are kept; ``placeholders``, a dict of name to label; ``blocks``, those
            of them that fit into a body only; ``required``, those that a body must have; ``subject`` and ``body`` to
            begin with; ``domain`` of the documents of this kind; ``client_path`` from the document to its client,
            ``partner_id.commercial_partner_id`` unless told otherwise; ``is_personal`` when the mail is for one
            person and is not routed; ``is_led`` when it always goes to those who get the kind that leads it;
            ``is_letter`` when it is about a client and nothing else, so that many clients can be sent it at any time
        """
        everywhere = {
            "client": self.env._("name of the client"),
            "contact": self.env._("name of the contact who gets the mail"),
            "company": self.env._("your company"),
            "number": self.env._("number of the document"),
            "amount": self.env._("total amount"),
            "date": self.env._("date of the document"),
            "reference": self.env._("the client's own reference"),
        }
        return {
            "invoice": {
                "label": self.env._("Invoice"),
                "model": "account.move",
                "template_xmlid": "account.email_template_edi_invoice",
                "placeholders": everywhere
                | {"due": self.env._("due date"), "amount_due": self.env._("amount still to pay")},
                "domain": [("move_type", "=", "out_invoice")],
                "subject": self.env._("Invoice {number} from {company}"),
                "body": self.env._(
                    "<p>Dear {contact},</p><p>please find attached invoice {number} of {amount}, due on {due}.</p>"
                    "<p>Kind regards,<br/>{company}</p>"
                ),
            },
            "credit_note": {
                "label": self.env._("Credit note"),
                "model": "account.move",
                "template_xmlid": "account.email_template_edi_credit_note",
                "placeholders": everywhere | {"amount_due": self.env._("amount of it that is still open")},
                "domain": [("move_type", "=", "out_refund")],
                "subject": self.env._("Credit note {number} from {company}"),
                "body": self.env._(
                    "<p>Dear {contact},</p><p>please find attached credit note {number} of {amount}.</p>"
                    "<p>Kind regards,<br/>{company}</p>"
                ),
            },
            "estimate": {
                "label": self.env._("Estimate"),
                "model": "sale.order",
                "template_xmlid": "sale.email_template_edi_sale",
                "placeholders": everywhere | {"due": self.env._("valid until")},
                "domain": [("state", "in", ("draft", "sent"))],
                "subject": self.env._("Estimate {number} from {company}"),
                "body": self.env._(
                    "<p>Dear {contact},</p><p>please find attached our estimate {number} of {amount}.</p>"
                    "<p>Kind regards,<br/>{company}</p>"
                ),
            },
            "receipt": {
                "label": self.env._("Payment receipt"),
                "model": "account.payment",
                "template_xmlid": "account.mail_template_data_payment_receipt",
                "placeholders": everywhere
                | {
                    "number": self.env._("number of the payment"),
                    "amount": self.env._("amount paid"),
                    "date": self.env._("day of the payment"),
                    "reference": self.env._("what the payment is for"),
                    "method": self.env._("way of payment"),
                    "numbers": self.env._("numbers of the invoices it paid"),
                },
                "domain": [("payment_type", "=", "inbound"), ("partner_type", "=", "customer")],
                "subject": self.env._("We have received your payment of {amount}"),
                "body": self.env._(
                    "<p>Dear {contact},</p><p>thank you for your payment of {amount} on {date}. "
                    "The receipt {number} is attached.</p><p>Kind regards,<br/>{company}</p>"
                ),
            },
            "reminder": {
                "label": self.env._("Payment reminder"),
                "model": "res.partner",
                "client_path": "",
                "template_xmlid": "nestogy_clients.mail_template_client_reminder",
                "placeholders": {
                    "client": everywhere["client"],
                    "contact": everywhere["contact"],
                    "company": everywhere["company"],
                    "date": self.env._("today"),
                    "amount": self.env._("total that is overdue"),
                    "count": self.env._("number of overdue invoices"),
                    "days": self.env._("days since the oldest one was due"),
                    "numbers": self.env._("numbers of the overdue invoices"),
                    "invoices": self.env._("table of the overdue invoices"),
                },
                "blocks": ("invoices",),
                "subject": self.env._("{client}: {amount} overdue"),
                "body": self.env._(
                    "<p>Dear {contact},</p><p>these invoices are past their due date, {amount} in all:</p>"
                    "<div>{invoices}</div><p>If you have paid in the meantime, please take no notice of this mail.</p>"
                    "<p>Kind regards,<br/>{company}</p>"
                ),
            },
            "letter": {
                "label": self.env._("Letter"),
                "model": "res.partner",
                "client_path": "",
                "is_letter": True,
                "template_xmlid": "",
                "placeholders": {
                    "client": everywhere["client"],
                    "contact": everywhere["contact"],
                    "company": everywhere["company"],
                    "date": self.env._("today"),
                },
                "subject": self.env._("News from {company}"),
                "body": self.env._("<p>Dear {contact},</p><p>…</p><p>Kind regards,<br/>{company}</p>"),
            },
        }

    @api.model
    def _mail_leaders(self):
        """Kinds of mail whose recipients are those of another kind until they get their own; addons add theirs.

        :return: dict of kind to kind
        """
        return {"credit_note": "invoice"}

    @api.model
    def _mail_samples(self, kind):
        """What the placeholders of a preview stand for where there is no document yet; addons add theirs.

        :return: dict of placeholder name to text or markup
        """
        today = fields.Date.context_today(self)
        currency = self.env.company.currency_id
        numbers = {
            "invoice": "INV/2026/00042",
            "credit_note": "RINV/2026/00003",
            "estimate": "S00042",
            "receipt": "PAY/2026/00017",
        }
        samples = {
            "client": self.env._("Sample Client"),
            "contact": self.env._("Sam Sample"),
            "company": self.env.company.name,
            "number": numbers.get(kind, ""),
            "amount": format_amount(self.env, 1250, currency),
            "amount_due": format_amount(self.env, 1250, currency),
            "date": format_date(self.env, today),
            "due": format_date(self.env, fields.Date.add(today, days=14)),
            "reference": "4711",
            "link": "https://example.com/",
        }
        if kind == "receipt":
            samples |= {"method": self.env._("Bank transfer"), "numbers": "INV/2026/00042"}
        if kind == "reminder":
            samples |= {"count": "1", "days": "12", "numbers": "INV/2026/00042", "invoices": self._sample_invoices()}
        return samples

    @api.model
    def _sample_invoices(self):
        """The table of a preview without a document."""
        due = fields.Date.subtract(fields.Date.context_today(self), days=12)
        row = {
            "number": "INV/2026/00042",
            "date": format_date(self.env, fields.Date.subtract(due, days=30)),
            "due": format_date(self.env, due),
            "late": True,
            "open": format_amount(self.env, 1250, self.env.company.currency_id),
        }
        return self.env["ir.qweb"]._render("nestogy_clients.client_mail_invoices", {"rows": [row]})

    @api.model
    def _selection_routed_kind(self):
        """The kinds of mail of which a client can say who gets them."""
        return [
            (kind, spec["label"])
            for kind, spec in self._mail_kinds().items()
            if not spec.get("is_personal") and not spec.get("is_led")
        ]

    @api.model
    def _selection_kind(self):
        return [(kind, spec["label"]) for kind, spec in self._mail_kinds().items()]

    @api.depends("client_id", "group_id", "company_id")
    def _compute_level(self):
        for template in self:
            owner = template.client_id or template.group_id or template.company_id
            template.level = template._get_level()
            template.owner_name = owner.display_name

    def _get_level(self):
        return "client" if self.client_id else "group" if self.group_id else "company"

    @api.model
    def _search_level(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR([(f"{level}_id", "!=", False)] for level in value if level in ("client", "group", "company"))

    @api.depends("kind")
    def _compute_placeholders(self):
        kinds = self._mail_kinds()
        for template in self:
            spec = kinds.get(template.kind, {})
            template.placeholders = [
                {"name": name, "label": label, "is_block": name in spec.get("blocks", ())}
                for name, label in spec.get("placeholders", {}).items()
            ]

    @api.onchange("kind")
    def _onchange_kind(self):
        """Begin with the kind's own words while the person has not written any."""
        kinds = self._mail_kinds()
        spec = kinds.get(self.kind)
        if spec:
            if not self.subject or self.subject in {each["subject"] for each in kinds.values()}:
                self.subject = spec["subject"]
            if not self.body or str(self.body) in {each["body"] for each in kinds.values()}:
                self.body = spec["body"]

    @api.constrains("client_id")
    def _check_client(self):
        for template in self:
            if template.client_id and not template.client_id.is_client:
                raise ValidationError(
                    self.env._(
                        "%s is not a client; write the template for the client it belongs to.",
                        template.client_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._compile()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if {"kind", "subject", "body", "client_id", "group_id", "company_id", "lang"} & set(vals):
            self._compile()
        return result

    def unlink(self):
        compiled_sudo = self.sudo().mail_template_id  # compiled templates are ours alone
        result = super().unlink()
        compiled_sudo.unlink()
        return result

    @api.model
    def _kind_of_ordinary(self, template):
        """The kind of mail of which this is the ordinary template, ``None`` for any other."""
        if not template:
            return None
        return next(
            (
                kind
                for kind, spec in self._mail_kinds().items()
                if spec["template_xmlid"]
                and self.env["ir.model.data"]._xmlid_to_res_id(spec["template_xmlid"]) == template.id
            ),
            None,
        )

    @api.model
    def _levels_in_force(self, client, lang=None, kinds=None):
        """Which words hold for each kind of mail: the client's, else its group's, else the company's.

        On each level a template in the wanted language goes before the one for all languages.

        :param res.partner client: a client in the company whose mails are asked about; may be nobody's or empty
        :param str lang: language of the reader, the client's own when empty
        :param kinds: only these kinds, all when empty
        :return: dict of kind to a tuple of template and ``client``, ``group`` or ``company``; a kind for which Odoo's
            ordinary template holds is left out
        """
        client_sudo = client._get_client().sudo()  # senders without our roles use these words as well
        return self._rank_levels(
            client_sudo,
            client_sudo.client_group_id,
            lang or client_sudo.lang or client.sudo().lang,
            kinds,  # as above
        )

    @api.model
    def _rank_levels(self, client, group, lang, kinds=None):
        """The best template of each kind among those of a client, a group and the current company."""
        owners = Domain("company_id", "=", client.env.company.id)
        if client:
            owners |= Domain("client_id", "=", client.id)
        if group:
            owners |= Domain("group_id", "=", group.id)
        domain = owners & Domain("lang", "in", [lang, False])
        if kinds:
            domain &= Domain("kind", "in", list(kinds))
        found = {}
        ranks = ("client", "group", "company")
        templates_sudo = self.sudo().search(domain)  # as above
        for template_sudo in templates_sudo.sorted(lambda each: (ranks.index(each._get_level()), not each.lang)):
            found.setdefault(template_sudo.kind, (template_sudo.with_env(self.env), template_sudo._get_level()))
        return found

    @api.model
    def _in_force_for_many(self, kind, readers):
        """Whose words of one kind hold for each of many clients in the current company, with one query.

        :param dict readers: of client to the one who reads the mail, whose language counts
        :return: dict of client to a tuple as of :meth:`_levels_in_force`, without those for whom there are none
        """
        # senders without our roles use these words as well
        clients_sudo = self.env["res.partner"].sudo().browse([client.id for client in readers])
        owners = Domain("company_id", "=", self.env.company.id)
        owners |= Domain("client_id", "in", clients_sudo.ids)
        owners |= Domain("group_id", "in", clients_sudo.client_group_id.ids)
        found = {}
        for template_sudo in self.sudo().search(Domain("kind", "=", kind) & owners):  # as above
            level = template_sudo._get_level()
            found[level, template_sudo[f"{level}_id"].id, template_sudo.lang] = template_sudo.with_env(self.env)
        answers = {}
        for (client, reader), client_sudo in zip(readers.items(), clients_sudo, strict=True):
            lang = reader.lang or client_sudo.lang
            keys = [
                (level, owner, each)
                for level, owner in (
                    ("client", client_sudo.id),
                    ("group", client_sudo.client_group_id.id),
                    ("company", self.env.company.id),
                )
                for each in (lang, False)
            ]
            key = next((key for key in keys if key in found), None)
            if key:
                answers[client] = found[key], key[0]
        return answers

    def _compile(self):
        """Write subject and body into the hidden mail templates.

        :raise ValidationError: when a text is too long, breaks a line in the subject or uses an unknown placeholder
        """
        kinds = self._mail_kinds()
        for template in self:
            values = template._prepare_mail_template_values(kinds[template.kind])
            # written under the source language alone: a translation would outlive the text it was made from;
            # sudo because what a person typed was made harmless by the compiler and the expressions are ours
            compiled_sudo = template.sudo().mail_template_id.with_context(lang=None)
            if compiled_sudo and compiled_sudo.model == kinds[template.kind]["model"]:
                compiled_sudo.write(values)
            else:
                compiled_sudo.unlink()
                template.sudo().mail_template_id = compiled_sudo.create(values)  # as above

    def _prepare_mail_template_values(self, spec):
        self.ensure_one()
        blocks = spec.get("blocks", ())
        try:
            texts = {
                "subject": compile_subject(
                    self.subject, [name for name in spec["placeholders"] if name not in blocks], self.kind
                ),
                "body_html": compile_body(self.body, spec["placeholders"], self.kind),
            }
            missing = [name for name in spec.get("required", ()) if name not in placeholders_in(self.body)]
            if missing:
                raise ValidationError(
                    self.env._("The body needs {%s}: without it the mail would not say anything.", missing[0])
                )
        except TemplateError as error:
            raise ValidationError(self._template_error_message(error, spec)) from error
        # a label for administrators
        owner = self.client_id.sudo().name or self.group_id.sudo().name or self.company_id.sudo().name
        return self._ordinary_values(spec) | texts | {"name": f"{spec['label']}: {owner}", "active": False}

    def _ordinary_values(self, spec):
        """Sender, recipients, reports and options of the ordinary template; its words are not used."""
        if not spec["template_xmlid"]:
            model_sudo = self.env["ir.model"].sudo()._get(spec["model"])  # what models there are is no secret
            path = "object" if spec["model"] == "res.partner" else "object.partner_id"
            return {"model_id": model_sudo.id, "lang": f"{{{{ {path}.lang }}}}", "use_default_to": True}
        # the ordinary template may be hidden from the user
        return self.env.ref(spec["template_xmlid"]).sudo().with_context(lang=None).copy_data()[0]

    def _template_error_message(self, error, spec):
        if error.kind == "unknown" and set(error.names) & set(spec.get("blocks", ())):
            return self.env._(
                "%s takes several lines and fits into the body only; take it out of the subject.",
                ", ".join(f"{{{name}}}" for name in error.names),
            )
        if error.kind == "unknown":
            return self.env._(
                "%(unknown)s cannot be filled in this kind of mail. Placeholders: %(known)s.",
                unknown=", ".join(f"{{{name}}}" for name in error.names),
                known=", ".join(f"{{{name}}}" for name in spec["placeholders"]),
            )
        if error.kind == "long":
            return self.env._(
                "The text is too long: at most %(subject)s characters in the subject and %(body)s in the body.",
                subject=SUBJECT_LIMIT,
                body=BODY_LIMIT,
            )
        if error.kind == "subject":
            return self.env._("A subject is one line; take out the line breaks and control characters.")
        return self.env._("Write a subject.")

    @api.model
    def _render_words_table(self, found, level):
        """A table that tells for each kind of mail whose words hold.

        :param dict found: what :meth:`_rank_levels` gives
        :param str level: on which level the table stands; only words of others are links
        """
        labels = dict(self._fields["level"]._description_selection(self.env))
        rows = []
        for kind, spec in self._mail_kinds().items():
            template, origin = found.get(kind, (self, ""))
            ordinary = self.env._("the ordinary template") if spec["template_xmlid"] else self.env._("as it is written")
            rows.append(
                {
                    "label": spec["label"],
                    "level": origin,
                    "origin": labels.get(origin, self.env._("Odoo")),
                    # which words hold is told to whoever sees the client
                    "subject": template.sudo().subject or ordinary,
                    "id": template.id if origin and origin != level else False,
                }
            )
        return self.env["ir.qweb"]._render("nestogy_clients.client_mail_words_table", {"rows": rows})

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def _documents_domain(self):
        """Documents of this kind that belong to the client, the group's clients or the company."""
        self.ensure_one()
        spec = self._mail_kinds()[self.kind]
        path = spec.get("client_path", "partner_id.commercial_partner_id")
        prefix = f"{path}." if path else ""
        domain = Domain(spec.get("domain", []))
        company = self.company_id or self.group_id.company_id
        if company and "company_id" in self.env[spec["model"]]._fields and path:
            domain &= Domain("company_id", "=", company.id)
        if self.client_id:
            domain &= Domain(path or "id", "=", self.client_id.id)
        elif self.group_id:
            domain &= Domain(f"{prefix}client_group_id", "=", self.group_id.id)
        if not path:
            domain &= Domain("is_client", "=", True)
        return domain

    @api.model
    def _new_from_form(self, values):
        """A template in memory from what stands in the form, with the texts as they would be saved."""
        template = self.new({key: values.get(key) or False for key in ("kind", "lang", "subject")})
        for key in ("client_id", "group_id", "company_id"):
            owner = self.env[self._fields[key].comodel_name].browse(values.get(key) or []).exists()
            owner.check_access("read")
            template[key] = owner
        template.body = Markup(self._fields["body"].convert_to_column(values.get("body") or "", template) or "")
        return template

    @api.model
    def get_preview(self, values, document_id=False, lang=False):
        """Render unsaved texts with a document, on the way that a mail takes.

        :param dict values: ``kind``, ``subject``, ``body``, ``lang`` and one of ``client_id``, ``group_id``,
            ``company_id``, as they stand in the form
        :param int document_id: the document to show, by default the latest that the user may read
        :param str lang: language to show, by default that of the template or of the reader
        :return: dict with ``error`` (a sentence, empty when all is well), ``subject``, ``body``, ``recipients``,
            ``model``, ``domain``, ``document_id`` and ``is_sample``
        """
        self.check_access("read")
        if values.get("kind") not in self._mail_kinds():
            return {"error": self.env._("Choose a kind of mail.")}
        template = self._new_from_form(values)
        document, domain = template._preview_document(document_id)
        found = {
            "error": "",
            "subject": "",
            "body": "",
            "recipients": "",
            "model": self._mail_kinds()[template.kind]["model"],
            "domain": list(domain),
            "document_id": document.id,
            "is_sample": not document,
        }
        try:
            return found | template._render_preview(document, lang)
        except UserError as error:  # a mistake in the texts, or a right that is missing
            return found | {"error": str(error)}

    def _preview_document(self, document_id):
        """The document that a preview shows, empty when samples stand in for it.

        :return: tuple of the document and the domain of all that could be shown
        """
        documents = self.env[self._mail_kinds()[self.kind]["model"]]
        needed = [documents]
        if documents._name == "res.partner":  # mails about a client's account
            needed.append(self.env["account.move"])
        has_owner = self.client_id or self.group_id or self.company_id
        if not has_owner or not all(each.has_access("read") for each in needed):
            return documents, Domain.FALSE
        domain = self._documents_domain()
        if self.kind.startswith("reminder") and not document_id:
            overdue = self.env["account.move"].search(
                self.env["res.partner"]._overdue_domain()
                & Domain("company_id", "=", self.env.company.id)
                & Domain("commercial_partner_id", "any", domain),
                order="invoice_date_due desc, id desc",
                limit=1,
            )
            return overdue.commercial_partner_id, domain
        # a rule or domain decides about the chosen one as well
        chosen = Domain("id", "=", document_id) & domain if document_id else domain
        return documents.search(chosen, order="id desc", limit=1), domain

    def _render_preview(self, document, lang=False):
        """Subject, body and recipients as a mail would have them.

        :raise ValidationError: as when the texts are saved
        """
        spec = self._mail_kinds()[self.kind]
        values = self._prepare_mail_template_values(spec)
        client = document._client_mail_client() if document else self.client_id
        lang = lang or self.lang or (document._client_mail_lang() if document else client.lang) or self.env.lang
        mail_templates = self.env["mail.template"]
        # the same field, hence the same cleaning, as when the compiled template is saved
        body = mail_templates._fields["body_html"].convert_to_column(values["body_html"], mail_templates)
        if document:
            renderer = mail_templates.with_context(lang=lang, client_mail_lang=lang)
            model, ids = spec["model"], document.ids
        else:
            samples = SampleValues(self.with_context(lang=lang)._mail_samples(self.kind))
            if client:
                samples["client"] = client.name
            renderer = mail_templates.with_context(lang=lang, client_mail_sample=samples)
            model, ids = "res.partner", self.env.user.partner_id.ids
        readers = document._client_mail_readers(self.kind) if document else client._client_mail_recipients(self.kind)
        return {
            "subject": renderer._render_template(values["subject"], model, ids, engine="inline_template")[ids[0]],
            "body": renderer._render_template(body, model, ids, engine="qweb", options={"post_process": True})[ids[0]],
            "recipients": ", ".join(each.email_formatted for each in readers.filtered("email")),
        }

    @api.model
    def send_test(self, values, document_id=False, lang=False):
        """Mail what the preview shows to the user's own address; nothing is noted on the client.

        :return: the address
        """
        self.check_access("read")
        address = self.env.user.email_formatted
        if not self.env.user.email:
            raise UserError(self.env._("You have no e-mail address; add one in your preferences."))
        preview = self.get_preview(values, document_id, lang)
        if preview["error"]:
            raise UserError(preview["error"])
        # whoever writes templates may not make mails; this one goes to himself
        self.env["mail.mail"].sudo().create(
            {
                "subject": self.env._("[Test] %s", preview["subject"]),
                "body_html": preview["body"],
                "email_from": self.env.company.email_formatted or address,
                "email_to": address,
                "auto_delete": True,
            }
        ).send_after_commit()
        return address
