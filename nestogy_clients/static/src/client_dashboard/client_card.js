import { deserializeDateTime, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { Component, onWillUnmount, useEffect, useRef } from "@odoo/owl";

import { ClientChart } from "./client_chart";

const ROW = 8; // pixels of a row of the grid, as in client_dashboard.scss
const GAP = 16; // pixels below a card
const RECENT_DAYS = 7;
const STRENGTHS = [1, 0.6, 0.35];
const LONG_TEXT = 22; // characters; dates with their time are shorter
const ICONS = { success: "fa-check-circle", warning: "fa-exclamation-triangle", danger: "fa-exclamation-circle" };

/** One card of the profile: a header to move, refresh, minimise and hide it by, and the blocks that the server sends. */
export class ClientCard extends Component {
    static template = "nestogy_clients.ClientCard";
    static components = { ClientChart };
    static props = {
        widget: Object,
        isFirst: Boolean,
        isLast: Boolean,
        run: Function,
        move: Function,
        refresh: Function,
        toggle: Function,
        hide: Function,
    };

    setup() {
        this.action = useService("action");
        this.root = useRef("root");
        this.observer = new ResizeObserver(() => this.fit());
        useEffect(
            (el) => {
                this.observer.observe(el);
                return () => this.observer.unobserve(el);
            },
            () => [this.root.el]
        );
        useEffect(
            () => this.fit(),
            () => [this.props.widget.data, this.props.widget.is_open]
        );
        onWillUnmount(() => this.observer.disconnect());
    }

    /** Take as many rows of the grid as the card is high, so that cards stand below each other without holes. */
    fit() {
        const { el } = this.root;
        if (!el || el.classList.contains("o_dragged")) {
            return;
        }
        el.querySelectorAll(".o_nestogy_rows").forEach((box) => this.fitColumns(box));
        el.style.gridRowEnd = `span ${Math.ceil((el.offsetHeight + GAP) / ROW)}`;
    }

    /** Leave out columns from the right until the table fits; what it is, its amount, its state and its text stay. */
    fitColumns(box) {
        const rows = [...box.querySelectorAll("tr")];
        const columns = [...rows[0].cells];
        const text = columns.find((column) => column.classList.contains("o_nestogy_long"));
        rows.forEach((row) => [...row.cells].forEach((cell) => (cell.hidden = false)));
        for (let at = columns.length - 1; at > 0 && box.scrollWidth > box.clientWidth; at--) {
            const { dataset, classList } = columns[at];
            if (dataset.column !== "state" && !classList.contains("text-end") && columns[at] !== text) {
                rows.forEach((row) => (row.cells[at].hidden = true));
            }
        }
    }

    get data() {
        return this.props.widget.data || {};
    }

    /** What the signs of the header do. */
    get labels() {
        const { title, is_open } = this.props.widget;
        return {
            move: _t("Move %s: arrow up or down", title),
            all: _t("Show all: %s", title),
            refresh: _t("Refresh %s", title),
            toggle: is_open ? _t("Minimise %s", title) : _t("Open %s", title),
            hide: _t("Hide %s", title),
        };
    }

    get isEmpty() {
        const { figures, segments, chart, reasons, rows, events } = this.data;
        return ![figures, segments, chart?.datasets, reasons, rows, events].some((block) => block?.length);
    }

    /** Segments of the same colour are told apart by how strong it is. */
    get segments() {
        const seen = {};
        return (this.data.segments || []).map((segment) => {
            const nth = (seen[segment.tone] = (seen[segment.tone] ?? -1) + 1);
            return { ...segment, strength: STRENGTHS[nth % STRENGTHS.length] };
        });
    }

    /** The background "secondary" is too light for texts. */
    textClass(tone) {
        return tone ? `text-${tone === "secondary" ? "muted" : tone}` : "";
    }

    /** Whether a cell holds the moment for which its row is red. */
    isLate(column, row) {
        return row.tone === "danger" && ["sla", "due"].includes(column.name);
    }

    onHandleKeydown(ev) {
        const step = { ArrowUp: -1, ArrowDown: 1 }[ev.key];
        if (step) {
            ev.preventDefault();
            ev.stopPropagation();
            this.props.move(step);
        }
    }

    doAction(action) {
        return this.action.doAction(action);
    }

    /**
     * @param {MouseEvent} ev with a key for a new tab, the browser follows the link by itself
     * @param {{model: string, id: number, form_id?: number, path?: string}} item a path is that of an action
     */
    openRecord(ev, item) {
        if (!item.model || !item.id || ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: item.model,
            res_id: item.id,
            views: [[item.form_id || false, "form"]],
        });
    }

    url(item) {
        if (!item.model || !item.id) {
            return false;
        }
        return `/odoo/${item.path || `${item.model.includes(".") ? "" : "m-"}${item.model}`}/${item.id}`;
    }

    reasonIcon(reason) {
        return ICONS[reason.tone] || "fa-info-circle";
    }

    /** Figures stand at the right, the longest texts give way. */
    columnClass(column) {
        if (["amount", "price"].includes(column.name)) {
            return "text-end";
        }
        const isLong = this.data.rows.some((row) => String(row.cells[column.name] ?? "").length > LONG_TEXT);
        return isLong ? "o_nestogy_long" : "";
    }

    moment(event) {
        return deserializeDateTime(event.date.replace("T", " ").slice(0, 19));
    }

    /** How long ago when that says more than the date, else the date. */
    when(event) {
        const moment = this.moment(event);
        if (Math.abs(moment.diffNow("days").days) >= RECENT_DAYS) {
            return formatDate(moment);
        }
        return event.is_day ? moment.toRelativeCalendar() : moment.toRelative();
    }

    exactly(event) {
        return (event.is_day ? formatDate : formatDateTime)(this.moment(event));
    }
}
