from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...tools.cards import CARD_ROWS, card_columns
from ..money.res_partner_finance import VIEWER

PLACE = "home"  # of the layout
MOVED_DAYS = 30
TRIAL_SOON, TRIAL_LATER = 7, 30  # days


class ResPartner(models.Model):
    """The dashboard over all clients: what begins the day.

    It is made of the same cards as the profile and asks in the same way, all in one statement. Whatever stands on it is
    counted by the domain of the list that it opens, as the user who reads it: a figure cannot differ from its rows.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # What the browser calls
    # ------------------------------------------------------------------

    @api.model
    def get_client_home(self):
        """All that the dashboard shows, in one call.

        :return: dict of ``widgets`` in the user's order, as in :meth:`get_client_dashboard`, and ``steps``: what to do
            first where there is no client yet (list of ``label``, ``text``, ``icon``, ``action``; ``False`` where there
            are clients, which may be out of the user's sight)
        :raise AccessError: the user has no role in the Clients app
        """
        self._check_client_home()
        clients_sudo = self.sudo().with_context(active_test=False)  # asked is whether there is any at all
        if not clients_sudo.search_count([("is_client", "=", True)], limit=1):
            return {"steps": self._client_home_steps(), "widgets": []}
        return {"steps": False} | self._client_dashboard_show(self._client_home_cards(), PLACE)

    @api.model
    def get_client_home_widget(self, key):
        """What one card of the dashboard shows now.

        :param str key: one of those in :meth:`get_client_home`
        :return: its data
        :raise AccessError: the user has no role in the Clients app
        :raise UserError: the user has no such card
        """
        self._check_client_home()
        return self._client_dashboard_show_one(self._client_home_cards(), key)

    def _check_client_home(self):
        if not self.env.user.has_group(VIEWER):
            raise AccessError(self.env._("The dashboard is for those who have a role in Clients; ask for one."))
        self._client_fetch_companies()

    # ------------------------------------------------------------------
    # How cards are made
    # ------------------------------------------------------------------

    @api.model
    def _client_home_cards(self):
        """The cards of the dashboard; addons add theirs with ``super()``, each only if the user may read its records.

        :return: list of what :meth:`_client_dashboard_widget` makes; most are made by :meth:`_client_home_card`
        """
        return [self._client_home_clients(), self._client_home_trials()]

    def _client_home_card(self, key, sequence, title, icon, *, action, figures=(), segments=(), rows=None, empty=""):
        """A card of counts and the first of its rows, where each count opens what it counts.

        :param dict action: opens all of it: a window action, whose model and domain hold for the whole card
        :param list figures: of :meth:`_client_home_figure`
        :param list segments: the same, for a stacked bar
        :param dict rows: ``domain`` (of those shown, on top of the action's), ``columns`` (read, by name), ``order``,
            ``labels`` (by name of a cell), ``row`` (a function that makes a row of the card out of a row read); and
            ``model`` and ``base`` where they are not those of the action
        :param str empty: what to do when all counts are 0
        """
        base, model = Domain(action["domain"]), action["res_model"]
        counted = [*figures, *segments]
        asks = {f"{key}_counts": lambda: self._client_home_counts(model, base, counted)}
        if rows:
            asks[f"{key}_rows"] = lambda: self._client_question(
                model, base & rows.get("domain", Domain.TRUE), rows["columns"], order=rows["order"], limit=CARD_ROWS
            )

        def load(**answers):
            counts = answers[f"{key}_counts"][0]
            found = [rows["row"](row) for row in answers[f"{key}_rows"]] if rows else []
            is_empty = not any(counts.values())
            whole = sum(counts[each["key"]] for each in segments)
            return {
                "figures": []
                if is_empty
                else [self._client_home_count(each, action, counts[each["key"]]) for each in figures],
                "segments": [
                    self._client_home_count(each, action, counts[each["key"]])
                    | {"share": counts[each["key"]] / whole, "tone": each["tone"]}
                    for each in segments
                    if counts[each["key"]]
                ],
                "count": None,
                "columns": card_columns(**rows["labels"]) if rows else [],
                "rows": found,
                "empty": empty,
                "action": False if is_empty else action,
            }

        return self._client_dashboard_widget(key, sequence, title, icon, load, **asks)

    def _client_home_figure(self, key, label, hint, domain, tone=""):
        """A count on a card.

        :param str hint: how it is counted
        :param domain: of what is counted, on top of the card's
        :param str tone: Bootstrap's colour where the count is above 0
        """
        return {"key": key, "label": label, "hint": hint, "domain": Domain(domain), "tone": tone}

    def _client_home_counts(self, model, base, figures):
        columns = {each["key"]: ("COUNT", None, each["domain"]) for each in figures}
        return self._client_question(model, base, columns)

    def _client_home_count(self, figure, action, count):
        return {
            "label": figure["label"],
            "value": str(count),
            "tone": figure["tone"] if count else "",
            "hint": figure["hint"],
            "action": self._client_home_narrow(action, figure["domain"], figure["label"]),
        }

    def _client_home_narrow(self, action, domain, name):
        """An action that opens a part of what another one opens."""
        return action | {
            "name": f"{action['name']}: {name}",
            "domain": list(Domain(action["domain"]) & domain),
        }

    def _client_home_action(self, name, model, domain, list_view=None, form_view=None, search_view=None):
        """A window action on the rows behind a card; views by full id, the model's own without."""
        view_id = self.env["ir.model.data"]._xmlid_to_res_id
        action = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [
                (view_id(list_view) if list_view else False, "list"),
                (view_id(form_view) if form_view else False, "form"),
            ],
            "domain": list(Domain(domain)),
            "context": {},
        }
        if search_view:
            action["search_view_id"] = (view_id(search_view), "search")
        return action

    def _client_home_clients_action(self, name, domain):
        """The list of clients, narrowed down."""
        return self._client_home_action(
            name,
            "res.partner",
            Domain("is_client", "=", True) & Domain(domain),
            list_view="nestogy_clients.res_partner_view_list_client",
            form_view="nestogy_clients.res_partner_view_form_client",
            search_view="nestogy_clients.res_partner_view_search_client",
        )

    def _client_home_client_row(self, row, cells, tone=""):
        """A row of a card that opens the profile of a client."""
        form_id = self.env["ir.model.data"]._xmlid_to_res_id("nestogy_clients.res_partner_view_form_client")
        return {
            "id": row["id"],
            "model": "res.partner",
            "path": "clients",
            "form_id": form_id,
            "tone": tone,
            "cells": cells,
        }

    # ------------------------------------------------------------------
    # What to do first
    # ------------------------------------------------------------------

    def _client_home_steps(self):
        """What to do where there is no client yet; each step only for whoever may take it."""
        steps = [
            (
                self.env.user.has_group("base.group_system"),
                self.env._("Check the settings"),
                self.env._("How clients are numbered, invoiced and reminded. All of it can be changed later."),
                "fa-cog",
                "nestogy_clients.res_config_settings_action",
            ),
            (
                self.env["nestogy.client.group"].has_access("write"),
                self.env._("Look at the client groups"),
                self.env._("Payment terms, pricelist and language that many clients share are set once, for a group."),
                "fa-object-group",
                "nestogy_clients.nestogy_client_group_action",
            ),
            (
                self.has_access("create"),
                self.env._("Create the first client"),
                self.env._("Name, address and the person to ask for; the rest can wait."),
                "fa-user-plus",
                "nestogy_clients.nestogy_client_create_action",
            ),
            (
                self.env["nestogy.client.import"].has_access("create"),
                self.env._("Import your clients"),
                self.env._(
                    "From a spreadsheet or another program, with a look at the outcome before anything is kept."
                ),
                "fa-upload",
                "nestogy_clients.nestogy_client_import_new_action",
            ),
        ]
        return [
            {"label": label, "text": text, "icon": icon, "action": action}
            for is_allowed, label, text, icon, action in steps
            if is_allowed
        ]

    # ------------------------------------------------------------------
    # Clients
    # ------------------------------------------------------------------

    def _client_home_clients(self):
        """Clients by status, and how that changed lately by the history of statuses."""
        action = self._client_home_clients_action(self.env._("Clients"), Domain.TRUE)
        is_open = Domain("client_status_id.is_open", "=", True)
        lately = Domain("date", ">=", fields.Datetime.subtract(fields.Datetime.now(), days=MOVED_DAYS))
        left = lately & Domain("old_status_id.is_open", "=", True) & Domain("new_status_id.is_open", "=", False)
        figures = [
            self._client_home_figure(
                "open", self.env._("Open"), self.env._("Clients in a status that is an open relation."), is_open
            ),
            self._client_home_figure(
                "new",
                self.env._("New"),
                self.env._("Clients whose first status was given in the last %s days.", MOVED_DAYS),
                Domain("client_status_change_ids", "any", lately & Domain("old_status_id", "=", False)),
                "success",
            ),
            self._client_home_figure(
                "lost",
                self.env._("Lost"),
                self.env._(
                    "Clients that went from an open status to one that is not open in the last %s days, and are still "
                    "in such a status.",
                    MOVED_DAYS,
                ),
                Domain("client_status_change_ids", "any", left) & Domain("client_status_id.is_open", "=", False),
                "danger",
            ),
            self._client_home_figure(
                "changed",
                self.env._("Changed"),
                self.env._("Clients whose status was changed in the last %s days, new ones left out.", MOVED_DAYS),
                Domain("client_status_change_ids", "any", lately & Domain("old_status_id", "!=", False)),
            ),
        ]

        def load(clients_counts, clients_statuses):
            counts, whole = clients_counts[0], sum(row["count"] for row in clients_statuses)
            statuses = sorted(clients_statuses, key=lambda each: (each["sequence"], each["id"]))
            return {
                "figures": [self._client_home_count(each, action, counts[each["key"]]) for each in figures],
                "segments": [
                    {
                        "label": row["name"],
                        "value": str(row["count"]),
                        "share": row["count"] / whole,
                        "tone": self._client_home_status_tone(row),
                        "hint": self.env._("Clients in this status now."),
                        "action": self._client_home_narrow(
                            action, Domain("client_status_id", "=", row["id"]), row["name"]
                        ),
                    }
                    for row in statuses
                ],
                "count": whole,
                "empty": self.env._("There are clients, but none that you may see. Ask a manager for a team."),
                "action": action,
            }

        return self._client_dashboard_widget(
            "clients",
            10,
            self.env._("Clients"),
            "fa-users",
            load,
            clients_counts=lambda: self._client_home_counts("res.partner", action["domain"], figures),
            clients_statuses=lambda: self._client_question(
                "res.partner",
                action["domain"],
                {
                    "id": "client_status_id",
                    "name": "client_status_id.name",
                    "sequence": "client_status_id.sequence",
                    "is_open": "client_status_id.is_open",
                    "may_order": "client_status_id.may_order",
                    "is_trial": "client_status_id.is_trial",
                    "is_invoiced": "client_status_id.is_invoiced",
                    "count": ("COUNT", None),
                },
                by=7,
            ),
        )

    def _client_home_status_tone(self, row):
        """The colour of a status, as on the profile."""
        if not row["may_order"]:
            return "danger"
        if row["is_trial"]:
            return "warning"
        if not row["is_open"]:
            return "secondary"
        return "success" if row["is_invoiced"] else "info"

    def _client_home_trials(self):
        """Trials that end soon, and those that nobody has ended."""
        today = fields.Date.context_today(self)
        soon = fields.Date.add(today, days=TRIAL_SOON)
        later = fields.Date.add(today, days=TRIAL_LATER)
        ends = "trial_end_date"
        domain = Domain("client_status_id.is_trial", "=", True) & Domain(ends, "<=", later)
        return self._client_home_card(
            "trials",
            60,
            self.env._("Trials That End"),
            "fa-flask",
            action=self._client_home_clients_action(self.env._("Trials"), domain),
            figures=[
                self._client_home_figure(
                    "over",
                    self.env._("Over"),
                    self.env._("Clients still in a trial status whose trial ended before today."),
                    Domain(ends, "<", today),
                    "danger",
                ),
                self._client_home_figure(
                    "soon",
                    self.env._("Within %s days", TRIAL_SOON),
                    self.env._("Trials that end from today to %s days from now.", TRIAL_SOON),
                    Domain(ends, ">=", today) & Domain(ends, "<=", soon),
                    "warning",
                ),
                self._client_home_figure(
                    "later",
                    self.env._("Until %s days", TRIAL_LATER),
                    self.env._("Trials that end after that, up to %s days from now.", TRIAL_LATER),
                    Domain(ends, ">", soon),
                ),
            ],
            rows={
                "columns": {"id": "id", "name": "name", "ends": ends, "manager": "user_id.partner_id.name"},
                "order": f"{ends}, name, id",
                "labels": {
                    "name": self.env._("Client"),
                    "state": self.env._("Ends"),
                    "manager": self.env._("Account manager"),
                },
                "row": lambda row: self._client_home_client_row(
                    row,
                    {"name": row["name"], "state": self._client_day(row["ends"]), "manager": row["manager"] or ""},
                    "danger" if row["ends"] < str(today) else "warning" if row["ends"] <= str(soon) else "secondary",
                ),
            },
            empty=self.env._("No trial ends in the next %s days.", TRIAL_LATER),
        )
