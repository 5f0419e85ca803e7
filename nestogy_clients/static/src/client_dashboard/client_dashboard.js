import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSortable } from "@web/core/utils/sortable_owl";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onPatched, onWillStart, onWillUpdateProps, toRaw, useExternalListener, useRef, useState } from "@odoo/owl";

import { ClientQuality } from "../client_quality/client_quality";
import { ClientCard } from "./client_card";
import { ClientOverview } from "./client_overview";

const LAYOUT = "nestogy.dashboard.layout";
const SAVE_DELAY = 800; // milliseconds

/**
 * The profile of a client: a pane that says who it is, and a column of cards that each user arranges once for all
 * clients. One call brings all of it; the server decides what the user may see and computes no card that is not shown.
 */
export class ClientDashboard extends Component {
    static template = "nestogy_clients.ClientDashboard";
    static components = { ClientCard, ClientOverview, ClientQuality, Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.saves = new Mutex();
        this.isUnsaved = false;
        this.calls = 0;
        this.state = useState({ ...this.nothing, message: "" });
        this.saveSoon = useDebounced(() => this.saveLayout(), SAVE_DELAY, { execBeforeUnmount: true });
        useExternalListener(window, "pagehide", () => this.saveOnLeave());
        useSortable({
            ref: this.root,
            elements: ".o_nestogy_card",
            handle: ".o_nestogy_card_header",
            ignore: "a, button:not(.o_nestogy_handle)",
            cursor: "grabbing",
            placeholderClasses: ["o_nestogy_card_place"],
            onDrop: ({ element, previous }) => this.moveBehind(element.dataset.key, previous?.dataset.key),
        });
        onWillStart(() => {
            this.load(this.props.record); // the form does not wait for it
        });
        onWillUpdateProps(({ record }) => {
            const isSame = record.resId === this.clientId;
            if (!isSame || toRaw(record.data) !== this.data) {
                this.load(record); // another client, or this one was saved or read again
            }
        });
        onPatched(() => {
            if (this.focusNext) {
                this.root.el.querySelector(this.focusNext)?.focus();
                this.focusNext = "";
            }
        });
    }

    get nothing() {
        return { isLoading: true, error: "", overview: null, balances: [], widgets: [] };
    }

    get shown() {
        return this.state.widgets.filter((widget) => !widget.is_hidden);
    }

    get hiddenCount() {
        return this.state.widgets.length - this.shown.length;
    }

    async load(record) {
        this.saveLayout(); // what comes is in the order that was seen last
        const call = ++this.calls;
        if (record.resId !== this.clientId) {
            Object.assign(this.state, this.nothing); // nothing of the client before
        }
        this.clientId = record.resId;
        this.data = toRaw(record.data);
        if (!record.resId || !record.data.is_client) {
            return;
        }
        try {
            await this.saves.getUnlockedDef();
            const data = await this.orm.silent.call("res.partner", "get_client_dashboard", [record.resId]);
            if (call !== this.calls) {
                return;
            }
            if (this.isUnsaved) {
                await this.load(record); // a card was moved meanwhile
                return;
            }
            Object.assign(this.state, data, { isLoading: false, error: "" });
        } catch (error) {
            if (call === this.calls) {
                Object.assign(this.state, {
                    isLoading: false,
                    error: error.data?.message || _t("The profile could not be loaded."),
                });
            }
        }
    }

    retry() {
        Object.assign(this.state, this.nothing);
        return this.load(this.props.record);
    }

    async refresh(widget) {
        Object.assign(widget, { isLoading: true, error: "" });
        try {
            const args = [this.clientId, widget.key];
            widget.data = await this.orm.silent.call("res.partner", "get_client_dashboard_widget", args);
        } catch (error) {
            widget.error = error.data?.message || _t("The widget could not be loaded.");
        }
        widget.isLoading = false;
    }

    /**
     * Call a method of the client and do what it answers; the profile is read again when that is closed.
     *
     * @param {{method?: string, url?: string}} item
     * @param {number} [id] of a contact instead of the client
     */
    async run(item, id) {
        if (item.url) {
            browser.open(item.url, "_self"); // a telephone takes over, the page stays
            return;
        }
        const { record } = this.props;
        if (record.isInEdition && !(await record.save())) {
            return;
        }
        const action = await this.orm.call("res.partner", item.method, [id || record.resId]);
        if (action) {
            await this.action.doAction(action, { onClose: () => record.model.root.load() });
        }
    }

    // ------------------------------------------------------------------
    // Layout
    // ------------------------------------------------------------------

    /**
     * @param {string} key of the card that is moved
     * @param {string} [previousKey] of the card behind which it goes; it becomes the first one without
     */
    moveBehind(key, previousKey) {
        const { widgets } = this.state;
        const place = (each) => widgets.findIndex((widget) => widget.key === each);
        const [widget] = widgets.splice(place(key), 1);
        widgets.splice(previousKey ? place(previousKey) + 1 : 0, 0, widget);
        this.changeLayout();
        const at = this.shown.indexOf(widget) + 1;
        this.state.message = _t("%(title)s is number %(at)s of %(count)s", {
            title: widget.title,
            at,
            count: this.shown.length,
        });
    }

    /**
     * @param {Object} widget
     * @param {number} step -1 is up, 1 is down
     */
    moveBy(widget, step) {
        const { shown } = this;
        const at = shown.indexOf(widget) + step;
        if (at < 0 || at >= shown.length) {
            return;
        }
        this.focusNext = `[data-key="${widget.key}"] .o_nestogy_handle`; // the browser forgets it when a card moves
        this.moveBehind(widget.key, shown[step < 0 ? at - 1 : at]?.key);
    }

    async toggleOpen(widget) {
        widget.is_open = !widget.is_open;
        this.changeLayout();
        await this.loadLacking(widget);
    }

    async toggleHidden(widget) {
        widget.is_hidden = !widget.is_hidden;
        this.changeLayout();
        this.state.message = widget.is_hidden
            ? _t("%s is hidden. The menu Widgets brings it back.", widget.title)
            : _t("%s is shown again.", widget.title);
        if (widget.is_hidden) {
            this.focusNext = ".o_nestogy_cards_menu";
        }
        await this.loadLacking(widget);
    }

    async loadLacking(widget) {
        if (widget.is_open && !widget.is_hidden && !widget.data) {
            await this.refresh(widget);
        }
    }

    changeLayout() {
        this.isUnsaved = true;
        this.saveSoon();
    }

    get layout() {
        return this.state.widgets.map(({ key, is_open, is_hidden }) => ({ key, is_open, is_hidden }));
    }

    saveLayout() {
        if (!this.isUnsaved) {
            return;
        }
        this.isUnsaved = false;
        const { layout } = this;
        this.saves.exec(async () => {
            try {
                await this.orm.silent.call(LAYOUT, "save_layout", [layout]);
            } catch {
                this.notification.add(_t("The order of the widgets could not be kept."), { type: "warning" });
            }
        });
    }

    /** A call would be cancelled when the page is closed; a beacon is not. */
    saveOnLeave() {
        if (!this.isUnsaved) {
            return;
        }
        this.isUnsaved = false;
        const params = { model: LAYOUT, method: "save_layout", args: [this.layout], kwargs: { context: user.context } };
        const blob = new Blob([JSON.stringify({ jsonrpc: "2.0", method: "call", params })], { type: "application/json" });
        navigator.sendBeacon(`/web/dataset/call_kw/${LAYOUT}/save_layout`, blob);
    }

    async reset() {
        this.isUnsaved = false;
        await this.saves.exec(() => this.orm.call(LAYOUT, "reset_layout", []));
        this.state.message = _t("All widgets stand where they stood at first.");
        await this.load(this.props.record);
    }
}

registry.category("view_widgets").add("nestogy_client_dashboard", {
    component: ClientDashboard,
    fieldDependencies: [
        { name: "is_client", type: "boolean" },
        { name: "client_quality", type: "json" },
        { name: "comment", type: "html" },
    ],
});
