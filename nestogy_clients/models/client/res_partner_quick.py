import re
from urllib.parse import quote_plus

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

JOB_GROUP = "project.group_project_user"
MAP_URL = "https://www.openstreetmap.org/search?query=%s"


class ResPartner(models.Model):
    """Quick functions: what one begins from a client's row or profile, without looking for the right app first."""

    _inherit = "res.partner"

    def get_client_quick_actions(self):
        """The quick functions that the user may use on this client now, for the menu of its row and profile.

        :return: list of dicts: ``label``, ``icon``, and ``method`` (of the client) or ``url`` (of a telephone)
        :raise AccessError: the user may not see the client
        """
        self.ensure_one()
        self.check_access("read")
        return [
            {key: action.get(key) for key in ("key", "label", "icon", "method", "url", "hint")}
            for action in sorted(self._client_quick_actions(), key=lambda each: each["sequence"])
        ]

    def _client_quick_actions(self):
        """All quick functions of a client; addons add theirs with ``super()``, each only if the user may use it.

        :return: list of dicts: ``key`` (unique), ``label``, ``icon`` (Font Awesome), ``sequence``, ``method`` (a
            public one of the partner that returns an action) or ``url``, ``hint`` (who is called or written to)
        """
        self.ensure_one()
        actions = [
            self._client_quick_action("contacts", 10, self.env._("Contacts"), "fa-users", "action_client_contacts"),
            *self._client_quick_jobs(),
            *self._client_quick_documents(),
            *self._client_quick_words(),
        ]
        if self.street or self.city:  # without which there is nothing to ask a map for
            actions.append(
                self._client_quick_action("map", 80, self.env._("Show on Map"), "fa-map-marker", "action_client_map")
            )
        return actions

    def _client_quick_action(self, key, sequence, label, icon, method, hint=""):
        return {"key": key, "sequence": sequence, "label": label, "icon": icon, "method": method, "hint": hint}

    def _client_quick_jobs(self):
        if not self.env.user.has_group(JOB_GROUP):
            return []
        label = self.env._("Jobs of This Client")
        actions = [self._client_quick_action("jobs", 20, label, "fa-tasks", "action_client_jobs")]
        if self._client_quick_may_order():
            label = self.env._("Log a Job")
            actions.append(self._client_quick_action("job", 21, label, "fa-wrench", "action_client_log_job"))
        return actions

    def _client_quick_documents(self):
        actions = []
        if not self._client_quick_may_order():
            return actions
        if self.env["account.move"].has_access("create"):
            actions.append(
                self._client_quick_action(
                    "invoice", 40, self.env._("New Invoice"), "fa-pencil-square-o", "action_client_new_invoice"
                )
            )
        if self.env["sale.order"].has_access("create"):
            actions.append(
                self._client_quick_action(
                    "estimate", 41, self.env._("New Estimate"), "fa-file-text-o", "action_client_new_estimate"
                )
            )
        return actions

    def _client_quick_words(self):
        """Writing, calling and noting."""
        actions = []
        person = self._client_person_with("phone")
        if person:
            label, hint = self.env._("Call"), f"{person.name}, {person.phone}"
            action = self._client_quick_action("dial", 50, label, "fa-phone", "", hint)
            actions.append(action | {"url": person._client_dial_url()})
        if not self.has_access("write"):
            return actions
        person = self._client_person_with("email")
        if person:
            actions.append(
                self._client_quick_action(
                    "mail", 51, self.env._("Send E-mail"), "fa-envelope-o", "action_client_write_mail", person.email
                )
            )
        return [
            *actions,
            self._client_quick_action(
                "plan_call", 63, self.env._("Plan a Call"), "fa-clock-o", "action_client_plan_call"
            ),
        ]

    def _client_quick_may_order(self):
        """Say whether documents can be begun at all; the status may forbid it."""
        client = self._get_client()
        return not client or client.client_status_id.may_order

    def _client_person_with(self, field_name):
        """Who is written to or called: the primary contact who can be reached so, else the client itself."""
        people = self.primary_contact_id | self
        people.fetch(["active", "name", "email", "phone", "company_id", "commercial_partner_id"])  # with what rules ask
        return people.filtered(lambda person: person.active and person[field_name])[:1]

    def _client_dialled(self):
        """The number to dial, without its extension."""
        numbers = self.env["nestogy.phone.number"]
        domain = [("partner_id", "=", self.id), ("kind", "!=", "fax")]
        return numbers.search_fetch(domain, ["number"], limit=1).number or self.phone

    def _client_dial_url(self):
        """The address that makes a telephone call this person, empty without a number."""
        return f"tel:{re.sub(r'[^+0-9]', '', self._client_dialled())}" if self.phone else ""

    def _client_map_query(self):
        """What a map is asked for: the address without suite or floor, which maps do not know."""
        if not self.street and not self.city:
            return ""
        place = (self.street, f"{self.zip or ''} {self.city or ''}".strip(), self.state_id.name, self.country_id.name)
        return ", ".join(filter(None, place))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_client_log_job(self):
        """Begin a job for the client, in its project or in that of all other jobs."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(JOB_GROUP):  # the access lines of tasks let every colleague make private ones
            raise AccessError(self.env._("Jobs are logged by users of projects; ask for that right."))
        self._check_client_may_order()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Job"),
            "res_model": "project.task",
            "views": [(False, "form")],
            "context": {
                "default_project_id": self._client_job_project().id,
                "default_partner_id": self.commercial_partner_id.id,
                "default_user_ids": [fields.Command.set(self.env.user.ids)],
            },
        }

    def _client_job_project(self):
        """The client's newest project, else the company's project for jobs."""
        domain = [
            ("partner_id", "child_of", self.commercial_partner_id.id),
            ("company_id", "in", (self.env.company.id, False)),
            ("is_template", "=", False),
        ]
        project = self.env["project.project"].search(domain, order="id desc", limit=1)
        return project or self.env.company._get_client_job_project()

    def action_client_jobs(self):
        """Open the jobs of the client and its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("project.project_task_action_from_partner")
        return action | {
            "display_name": self.env._("Jobs of %s", self.name),
            "domain": [
                ("partner_id", "child_of", self.commercial_partner_id.id),
                ("has_template_ancestor", "=", False),
            ],
            "context": {
                "search_default_open_tasks": 1,
                "default_partner_id": self.commercial_partner_id.id,
            },
        }

    def action_client_write_mail(self):
        """Write an e-mail to the primary contact; it stays in the client's history."""
        self.ensure_one()
        person = self._client_person_with("email")
        if not person:
            raise UserError(self.env._("%s has no e-mail address yet; add one first.", self.display_name))
        return self._client_composer(self.env._("E-mail to %s", person.name)) | {
            "context": {
                "default_composition_mode": "comment",
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": person.ids,
                "default_subject": self.env.company.name,
                "force_email": True,
            },
        }

    def action_client_map(self):
        """Show this address on a map, in a tab of its own."""
        self.ensure_one()
        self.check_access("read")
        if not self._client_map_query():
            raise UserError(self.env._("%s has no address yet; add one first.", self.display_name))
        return {
            "type": "ir.actions.act_url",
            "url": MAP_URL % quote_plus(self._client_map_query()),
            "target": "new",
        }

    def _client_composer(self, title):
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
        }

    def action_client_plan_call(self):
        """Plan a call with the client; marking it done logs it."""
        self.ensure_one()
        self.check_access("write")
        person = self._client_person_with("phone")
        summary = self.env._("Call %s", person.name) if person else self.env._("Call")
        note = Markup("<p>%s, %s</p>") % (person.name, person.phone) if person else False
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a Call"),
            "res_model": "mail.activity",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_id": self.id,
                "default_activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                "default_summary": summary,
                "default_note": note,
                "default_user_id": self.env.uid,
            },
        }
