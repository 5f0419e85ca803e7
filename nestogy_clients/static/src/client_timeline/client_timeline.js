import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillStart, onWillUnmount, onWillUpdateProps, useRef, useState } from "@odoo/owl";

const { DateTime } = luxon;
const NO_FILTERS = { kinds: [], person: 0, user: 0, date_from: "", date_to: "", text: "", upcoming: false };
const KEPT_MINUTES = 15;

/** What was shown of a client when an event was opened, so that coming back finds the same place. */
const places = new Map();

/**
 * Everything that happened with a client, newest first: filters, headings by day, and older events as one scrolls.
 * The next page begins behind the last event, so that new events move nothing.
 */
export class ClientTimeline extends Component {
    static template = "nestogy_clients.ClientTimeline";
    static props = { clientId: Number, refreshKey: { optional: true }, hidePinned: { type: Boolean, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.sentinel = useRef("sentinel");
        this.run = 0;
        this.reset({ ...NO_FILTERS });
        this.search = useDebounced(() => this.reload(), 300);
        this.refreshSoon = useDebounced(() => this.refresh(), 500);
        onWillStart(() => this.begin(this.props.clientId));
        onWillUpdateProps((next) => {
            if (next.clientId !== this.props.clientId) {
                this.reset({ ...NO_FILTERS });
                return this.begin(next.clientId);
            }
            this.refreshSoon(); // the record was read again: something may have been logged
        });
        onMounted(() => {
            this.observer = new IntersectionObserver(
                (entries) => entries.at(-1).isIntersecting && this.showOlder(), // the last one is how it is now
                { rootMargin: "300px" }
            );
            this.watch();
            this.restoreFocus();
        });
        onWillUnmount(() => this.observer.disconnect());
    }

    reset(filters) {
        const values = {
            filters,
            options: { kinds: [], persons: [], users: [] },
            items: [],
            pinned: [],
            cursor: false,
            more: false,
            isLoading: false,
            error: "",
        };
        if (this.state) {
            Object.assign(this.state, values);
        } else {
            this.state = useState(values);
        }
    }

    async begin(clientId) {
        this.clientId = clientId;
        const place = places.get(clientId);
        places.delete(clientId);
        const options = this.orm.silent
            .call("res.partner", "get_client_timeline_options", [clientId])
            .then((found) => Object.assign(this.state.options, found))
            .catch((error) => this.tell(error));
        if (place && place.until > Date.now()) {
            const { filters, items, pinned, cursor, more } = place;
            Object.assign(this.state, { filters, items, pinned, cursor, more });
            this.focusKey = place.key;
            this.refresh();
            return options;
        }
        return Promise.all([options, this.reload()]);
    }

    tell(error) {
        this.state.error = error.data?.message || _t("The activity could not be loaded. Try again in a moment.");
    }

    /** What the server is asked for: only filters that are set. */
    get filters() {
        const set = Object.entries(this.state.filters).filter(([, value]) => (value?.length ?? value) || value === true);
        return Object.fromEntries(set);
    }

    get isFiltered() {
        return Object.keys(this.filters).length > 0;
    }

    fetch(cursor) {
        return this.orm.silent.call("res.partner", "get_client_timeline", [this.clientId], {
            filters: this.filters,
            cursor,
        });
    }

    /** Load the first page; what an earlier filter still brings is dropped. */
    async reload() {
        const run = ++this.run;
        this.state.isLoading = true;
        try {
            const page = await this.fetch(false);
            if (run === this.run) {
                Object.assign(this.state, page, { error: "" });
            }
        } catch (error) {
            if (run === this.run) {
                Object.assign(this.state, { items: [], pinned: [], cursor: false, more: false });
                this.tell(error);
            }
        }
        if (run === this.run) {
            this.state.isLoading = false;
            this.watch();
        }
    }

    async showOlder() {
        if (this.state.isLoading || !this.state.more) {
            return;
        }
        const run = ++this.run;
        this.state.isLoading = true;
        try {
            const page = await this.fetch(this.state.cursor);
            if (run === this.run) {
                this.state.items.push(...page.items);
                Object.assign(this.state, { cursor: page.cursor, more: page.more, error: "" });
            }
        } catch (error) {
            if (run === this.run) {
                this.state.more = false; // no endless attempts; a filter or the button of the browser begins again
                this.tell(error);
            }
        }
        if (run === this.run) {
            this.state.isLoading = false;
            this.watch();
        }
    }

    /** Read the newest page again and put it before what is older, so that the place stays. */
    async refresh() {
        if (this.state.isLoading) {
            return;
        }
        const run = ++this.run;
        try {
            const page = await this.fetch(false);
            if (run !== this.run) {
                return;
            }
            const last = page.items.at(-1);
            const index = last ? this.state.items.findIndex((item) => item.key === last.key) : -1;
            this.state.pinned = page.pinned;
            this.state.error = "";
            if (page.more && index >= 0) {
                this.state.items = [...page.items, ...this.state.items.slice(index + 1)];
            } else {
                Object.assign(this.state, page);
            }
        } catch (error) {
            if (run === this.run) {
                this.tell(error);
            }
        }
    }

    /** Observe the end of the list anew: it may still be on the screen after a short page. */
    watch() {
        if (this.observer) {
            this.observer.disconnect();
            requestAnimationFrame(() => this.sentinel.el && this.observer.observe(this.sentinel.el));
        }
    }

    restoreFocus() {
        if (!this.focusKey) {
            return;
        }
        const key = this.focusKey;
        this.focusKey = null;
        // the form scrolls to its own top first
        setTimeout(() => {
            const item = this.root.el?.querySelector(`[data-key="${key}"]`);
            item?.scrollIntoView({ block: "center" });
            item?.querySelector("button")?.focus({ preventScroll: true });
        }, 50);
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    /** Not named day: in the template that is the day of the loop. */
    momentOf(item) {
        return item.is_day ? DateTime.fromISO(item.date.slice(0, 10)) : deserializeDateTime(item.date);
    }

    get days() {
        const days = [];
        for (const item of this.state.items) {
            const moment = this.momentOf(item);
            const iso = moment.toISODate();
            if (days.at(-1)?.iso !== iso) {
                days.push({ iso, key: `${iso}-${item.key}`, label: this.dayLabel(moment), items: [] });
            }
            days.at(-1).items.push(item);
        }
        return days;
    }

    dayLabel(moment) {
        const days = Math.round(moment.startOf("day").diff(DateTime.now().startOf("day"), "days").days);
        const date = moment.toLocaleString(DateTime.DATE_HUGE);
        if (days === 0) {
            return _t("Today, %s", date);
        }
        return days === -1 ? _t("Yesterday, %s", date) : date;
    }

    time(item) {
        return item.is_day ? "" : this.momentOf(item).toLocaleString(DateTime.TIME_SIMPLE);
    }

    shortDate(item) {
        return this.momentOf(item).toLocaleString(DateTime.DATE_MED);
    }

    people(item) {
        return [item.person, item.user].filter(Boolean).join(" · ");
    }

    get status() {
        if (this.state.isLoading) {
            return _t("Loading");
        }
        const count = this.state.items.length;
        return this.state.more ? _t("%s events shown, there are older ones", count) : _t("%s events shown", count);
    }

    get printUrl() {
        const filters = encodeURIComponent(JSON.stringify(this.filters));
        return `/nestogy/clients/${this.clientId}/activity.pdf?filters=${filters}`;
    }

    // ------------------------------------------------------------------
    // What one does
    // ------------------------------------------------------------------

    isChosen(kind) {
        return this.state.filters.kinds.includes(kind);
    }

    toggleKind(kind) {
        const { kinds } = this.state.filters;
        this.state.filters.kinds = kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind];
        return this.reload();
    }

    setFilter(name, value) {
        this.state.filters[name] = value;
        return this.reload();
    }

    onText(ev) {
        this.state.filters.text = ev.target.value;
        this.search();
    }

    clear() {
        this.state.filters = { ...NO_FILTERS };
        return this.reload();
    }

    open(item) {
        const { filters, items, pinned, cursor, more } = this.state;
        places.set(this.clientId, {
            ...JSON.parse(JSON.stringify({ filters, items, pinned, cursor, more })),
            key: item.key,
            until: Date.now() + KEPT_MINUTES * 60000,
        });
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: item.model,
            res_id: item.id,
            views: [[false, "form"]],
        });
    }
}

/** On the profile of a client. */
export class ClientTimelineWidget extends Component {
    static template = "nestogy_clients.ClientTimelineWidget";
    static components = { ClientTimeline };
    static props = { ...standardWidgetProps };
}

registry.category("view_widgets").add("nestogy_client_timeline", {
    component: ClientTimelineWidget,
    fieldDependencies: [{ name: "is_client", type: "boolean" }],
});

/** As a page of its own, for the quick functions of a list. */
export class ClientTimelineAction extends Component {
    static template = "nestogy_clients.ClientTimelineAction";
    static components = { ClientTimeline, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        useSetupAction();
        this.orm = useService("orm");
        onWillStart(async () => {
            if (this.clientId) {
                // after a reload of the browser nobody else knows whose page it is
                const [{ display_name }] = await this.orm.read("res.partner", [this.clientId], ["display_name"]);
                this.env.config.setDisplayName(_t("Activity of %s", display_name));
            }
        });
    }

    get clientId() {
        const { context, params } = this.props.action;
        return Number(params?.client_id || context?.active_id || 0);
    }
}

registry.category("actions").add("nestogy_client_timeline", ClientTimelineAction);
