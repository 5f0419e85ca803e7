from odoo import models
from odoo.exceptions import UserError

DASHBOARD_EVENTS = 6


class ResPartner(models.Model):
    """The profile of a client: what is known of it, amounts by currency, and a card for each subject."""

    _inherit = "res.partner"

    def get_client_dashboard(self):
        """All that the profile shows, ready to print, in one call.

        :return: dict of ``overview`` and ``balances`` (see :meth:`_client_overview`), and ``widgets`` in the user's
            order: dicts of ``key``, ``title``, ``icon``, ``sequence``, ``is_open``, ``is_hidden`` and
            ``data`` (see :meth:`_client_dashboard_widgets`; ``None``, and not computed, for what is not shown)
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client
        """
        self._check_client_dashboard()
        overview = self._client_dashboard_widget("", 0, "", "", self._client_overview, **self._client_overview_asks())
        return self._client_dashboard_show(self._client_dashboard_widgets(), "profile", overview)

    def get_client_dashboard_widget(self, key):
        """What one card shows now: asked when it is refreshed or unfolded.

        :param str key: one of those in :meth:`get_client_dashboard`
        :return: its data
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client, or the user has no such card
        """
        self._check_client_dashboard()
        return self._client_dashboard_show_one(self._client_dashboard_widgets(), key)

    def _client_dashboard_show(self, widgets, place, frame=None):
        """Cards as the browser draws them.

        :param list widgets: of :meth:`_client_dashboard_widget`
        :param str place: whose layout holds
        :param dict frame: what stands around the cards, made like one
        :return: the data of ``frame`` with ``widgets``, in the user's order, to which the data of those that are shown
            belong
        """
        widgets = self.env["nestogy.dashboard.layout"]._current(place)._arrange(widgets)
        shown = [widget for widget in widgets if widget["is_open"] and not widget["is_hidden"]]
        loaded = self._client_dashboard_load([frame, *shown] if frame else shown)
        return (loaded[frame["key"]] if frame else {}) | {
            "widgets": [
                {key: widget[key] for key in ("key", "title", "icon", "sequence", "is_open", "is_hidden")}
                | {"data": loaded.get(widget["key"])}
                for widget in widgets
            ],
        }

    def _client_dashboard_show_one(self, widgets, key):
        """The data of one card."""
        for widget in widgets:
            if widget["key"] == key:
                return self._client_dashboard_load([widget])[key]
        raise UserError(self.env._("This card is not there any more; reload the page."))

    def _client_dashboard_load(self, widgets):
        """The data of cards, by key; what all of them ask is asked at once, and what several ask only once."""
        questions = {}
        for widget in widgets:
            questions |= widget["asks"]
        answers = self._client_ask(questions)
        return {widget["key"]: widget["load"](**{name: answers[name] for name in widget["asks"]}) for widget in widgets}

    def _client_dashboard_fields(self):
        """Names of the fields that the profile reads of the client; without them Odoo would read all that there are.

        Addons add theirs with ``super()``.
        """
        return [
            *("name", "is_client", "parent_id", "company_id", "company_name", "commercial_partner_id", "active"),
            *("client_number", "client_status_id", "client_group_id", "client_since", "client_is_trial"),
            *("trial_end_date", "credit_status", "credit_status_reason", "engagement_level", "create_date"),
            *("primary_contact_id", "email", "phone", "street", "city"),
        ]

    def _client_fetch_companies(self):
        """Read what rules and cards ask of companies; without it Odoo would read all that there is."""
        self.env.companies.sudo().fetch(self._client_company_fields())  # settings, of which nothing is told

    def _client_company_fields(self):
        """Names of fields of companies; addons add theirs with ``super()``."""
        return ["parent_path", "currency_id"]

    def _check_client_dashboard(self):
        self.ensure_one()
        self._client_fetch_companies()
        self.fetch(
            [name for name in self._client_dashboard_fields() if self._has_field_access(self._fields[name], "read")]
        )
        self.check_access("read")
        if not self.is_client:
            raise UserError(self.env._("%s is not a client.", self.display_name))

    def _client_dashboard_widgets(self):
        """The cards of the profile; addons add theirs with ``super()``, each only if the user may read its records.

        :return: list of what :meth:`_client_dashboard_widget` makes. The data that ``load`` returns are blocks, all of
            them optional and drawn in this order: ``figures`` (list of ``label``, ``value``, ``tone``, ``hint``,
            ``action``), ``segments`` (a stacked bar: list of ``label``, ``value``, ``share`` (0 to 1), ``tone``,
            ``action``), ``chart`` (``kind``, ``labels``, ``datasets`` of ``label``, ``values``, ``texts``; ``hint``),
            ``reasons`` (list of ``tone``, ``text``), ``columns`` (list of ``name``, ``label``) with ``rows`` (list of
            ``id``, ``model`` (empty: nothing to open), ``cells`` by column name, ``tone``, ``hint``), ``events`` (as
            in the timeline), ``count`` (``None``: not counted), ``empty`` (what to do when there is nothing),
            ``action`` (opens all, or ``False``), ``buttons`` (list of ``label``, ``icon``, ``method``). Values are
            texts, tones Bootstrap colour names, hints say how a figure is computed, actions open the rows behind it.
        """
        self.ensure_one()
        return [
            self._client_dashboard_widget(
                "activity", 8, self.env._("Recent Activity"), "fa-history", self._client_dashboard_activity
            )
        ]

    def _client_dashboard_activity(self):
        """The newest events of the timeline; which ones is decided there by what the user may read."""
        return {
            "events": self.get_client_timeline(limit=DASHBOARD_EVENTS)["items"],
            "count": None,
            "empty": self.env._("Nothing has happened yet. Log a call or write a note to begin."),
            "action": {
                "type": "ir.actions.client",
                "tag": "nestogy_client_timeline",
                "path": "client-activity",
                "name": self.env._("Activity of %s", self.display_name),
                "context": {"active_id": self.id},
            },
        }

    def _client_dashboard_widget(self, key, sequence, title, icon, load, **asks):
        """One card of the profile.

        :param str key: unique; the layouts of users name cards by it
        :param int sequence: its place for users who moved nothing
        :param str icon: Font Awesome
        :param load: a function that returns the data, called only when the card is shown, with the answers by name
        :param asks: the card's questions (see :meth:`_client_ask`); the same name stands for the same question
        """
        return {"key": key, "sequence": sequence, "title": title, "icon": icon, "load": load, "asks": asks}

    def _client_list_action(self, name, model, domain, list_view=None):
        """A window action on all records behind a card.

        :param str list_view: name of one of our views, the model's own when empty
        """
        view_id = self.env["ir.model.data"]._xmlid_to_res_id(f"nestogy_clients.{list_view}") if list_view else False
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.name}",
            "res_model": model,
            "views": [(view_id, "list"), (False, "form")],
            "domain": domain,
            "context": {"default_partner_id": self.id},
        }
