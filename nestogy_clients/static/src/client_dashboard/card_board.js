import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSortable } from "@web/core/utils/sortable_owl";
import { useDebounced } from "@web/core/utils/timing";
import { Component, onPatched, useExternalListener, useRef, useState } from "@odoo/owl";

const LAYOUT = "nestogy.dashboard.layout";
const SAVE_DELAY = 800; // milliseconds

/**
 * A board of cards that each user arranges: by mouse, touch and keyboard; minimised and hidden ones are not computed.
 * Who extends it says where it is (`place`), and reads all cards (`reload`) or one (`readCard`).
 */
export class CardBoard extends Component {
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
        onPatched(() => {
            if (this.focusNext) {
                this.root.el.querySelector(this.focusNext)?.focus();
                this.focusNext = "";
            }
        });
    }

    get shown() {
        return this.state.widgets.filter((widget) => !widget.is_hidden);
    }

    get hiddenCount() {
        return this.state.widgets.length - this.shown.length;
    }

    async refresh(widget) {
        Object.assign(widget, { isLoading: true, error: "" });
        try {
            widget.data = await this.readCard(widget.key);
        } catch (error) {
            widget.error = error.data?.message || _t("The widget could not be loaded.");
        }
        widget.isLoading = false;
    }

    /**
     * Read all cards, unless something else is asked for or moved meanwhile.
     *
     * @param {() => Promise<Object>} read
     */
    async readAll(read) {
        const call = ++this.calls;
        try {
            await this.saves.getUnlockedDef();
            const data = await read();
            if (call !== this.calls) {
                return;
            }
            if (this.isUnsaved) {
                await this.reload(); // a card was moved meanwhile
                return;
            }
            Object.assign(this.state, data, { isLoading: false, error: "" });
        } catch (error) {
            if (call === this.calls) {
                Object.assign(this.state, { isLoading: false, error: error.data?.message || this.failure });
            }
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
                await this.orm.silent.call(LAYOUT, "save_layout", [layout, this.place]);
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
        const params = { model: LAYOUT, method: "save_layout", args: [this.layout, this.place], kwargs: { context: user.context } };
        const blob = new Blob([JSON.stringify({ jsonrpc: "2.0", method: "call", params })], { type: "application/json" });
        navigator.sendBeacon(`/web/dataset/call_kw/${LAYOUT}/save_layout`, blob);
    }

    async reset() {
        this.isUnsaved = false;
        await this.saves.exec(() => this.orm.call(LAYOUT, "reset_layout", [this.place]));
        this.state.message = _t("All widgets stand where they stood at first.");
        await this.reload();
    }
}
