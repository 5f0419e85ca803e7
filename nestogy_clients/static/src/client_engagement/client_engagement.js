import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { usePopover } from "@web/core/popover/popover_hook";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

const TONES = { hot: "danger", warm: "warning", cold: "info", dormant: "secondary" };

/** Why a client has its level, how it falls, and what was set by hand. */
export class ClientEngagementPopover extends Component {
    static template = "nestogy_clients.ClientEngagementPopover";
    static props = { engagement: Object, onOverride: Function, onCompute: Function, onHistory: Function, close: Function };

    get scale() {
        const { thresholds, half_life, day_points } = this.props.engagement;
        const levels = thresholds.map((each) => `${each.label} ${each.from}`).join(", ");
        return _t(
            "Points fade to a half in %(days)s days; one day and kind count %(most)s at most. From: %(levels)s.",
            { days: half_life, most: day_points, levels }
        );
    }

    leave(action) {
        this.props.close();
        action();
    }
}

/** How engaged a client is: its level, score and trend, with a line of its history; a click says why. */
export class ClientEngagement extends Component {
    static template = "nestogy_clients.ClientEngagement";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.popover = usePopover(ClientEngagementPopover, { position: "bottom-start", popoverClass: "o_nestogy_engagement_popover" });
    }

    get engagement() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        const { label, score, trend_label: trend } = this.engagement;
        return _t("Engagement: %(label)s, %(score)s of 100, %(trend)s; why?", { label, score, trend });
    }

    get tone() {
        return TONES[this.engagement.level] || "light";
    }

    get arrow() {
        return { up: "fa-long-arrow-up text-success", down: "fa-long-arrow-down text-danger" }[this.engagement.trend];
    }

    /** Points of the line, 60 wide and 18 high; by date, so that a gap is as wide as it was long. */
    get line() {
        const history = this.engagement.history;
        if (history.length < 2) {
            return "";
        }
        const days = history.map((each) => Date.parse(each.date));
        const span = days.at(-1) - days[0];
        return history.map((each, i) => `${((days[i] - days[0]) / span) * 60},${17 - each.score * 0.16}`).join(" ");
    }

    open(ev) {
        if (this.popover.isOpen) {
            this.popover.close();
            return;
        }
        this.popover.open(ev.currentTarget, {
            engagement: this.engagement,
            onOverride: () => this.run("action_engagement_override"),
            onCompute: () => this.run("action_engagement_compute"),
            onHistory: () => this.run("action_engagement_history"),
        });
    }

    async run(method) {
        const record = this.props.record;
        if (!(await record.save())) {
            return;
        }
        const action = await this.orm.call("res.partner", method, [[record.resId]]);
        if (action.type === "ir.actions.act_window" && action.target !== "new") {
            await this.action.doAction(action);
            return;
        }
        if (action.type === "ir.actions.act_window") {
            await this.action.doAction(action, { onClose: () => record.load() });
            return;
        }
        await record.load();
    }
}

registry.category("fields").add("nestogy_engagement", {
    component: ClientEngagement,
    supportedTypes: ["json"],
});
