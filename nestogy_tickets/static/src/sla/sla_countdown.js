import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onWillUnmount, onWillUpdateProps, toRaw, useState } from "@odoo/owl";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK_ERROR_SECONDS = 60;

/** One timer for all countdowns of the page; it stands still while nobody looks. */
export const ticker = {
    listeners: new Set(),
    timer: null,
    add(listener) {
        if (!this.listeners.size) {
            this.onVisibility = () => (document.hidden ? this.stop() : this.start());
            document.addEventListener("visibilitychange", this.onVisibility);
        }
        this.listeners.add(listener);
        if (!document.hidden && !this.timer) {
            this.start();
        }
    },
    remove(listener) {
        this.listeners.delete(listener);
        if (!this.listeners.size) {
            this.stop();
            document.removeEventListener("visibilitychange", this.onVisibility);
        }
    },
    start() {
        this.stop();
        this.tick();
        this.timer = setInterval(() => this.tick(), 1000);
    },
    stop() {
        clearInterval(this.timer);
        this.timer = null;
    },
    tick() {
        for (const listener of this.listeners) {
            listener();
        }
    },
};

// how far the clock of this machine is from the server's, for each answer of the server
const skews = new WeakMap();

/**
 * @param {Object} status what the server said
 * @returns {number} the server's time in seconds
 */
function serverNow(status) {
    const key = toRaw(status);
    if (!skews.has(key)) {
        const skew = Math.round(deserializeDateTime(status.now).toSeconds() - Date.now() / 1000);
        // what the answer was under way is no error of the clock
        skews.set(key, Math.abs(skew) > CLOCK_ERROR_SECONDS ? skew : 0);
    }
    return Date.now() / 1000 + skews.get(key);
}

/**
 * @param {number} seconds
 * @returns {string} with at most two units, as a person would say it
 */
export function duration(seconds) {
    const whole = Math.floor(Math.abs(seconds));
    const days = Math.floor(whole / DAY);
    const hours = Math.floor((whole % DAY) / HOUR);
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    if (days) {
        return hours ? _t("%(days)s d %(hours)s h", { days, hours }) : _t("%s d", days);
    }
    if (hours) {
        return minutes ? _t("%(hours)s h %(minutes)s min", { hours, minutes }) : _t("%s h", hours);
    }
    return minutes ? _t("%s min", minutes) : _t("less than a minute");
}

/**
 * What there is to say about one target at a moment.
 *
 * @param {Object} target
 * @param {number} now in seconds
 * @returns {{text: string, tone: string, icon: string}}
 */
export function describe(target, now) {
    const label = target.label;
    if (target.state === "met") {
        return { text: _t("%s: met", label), tone: "success", icon: "fa-check" };
    }
    if (target.state === "missed") {
        return { text: _t("%s: missed", label), tone: "danger", icon: "fa-times" };
    }
    if (target.state === "paused") {
        const tone = target.breached ? "danger" : "secondary";
        return { text: target.paused || _t("%s: paused", label), tone, icon: "fa-pause" };
    }
    if (!target.deadline) {
        return { text: "", tone: "secondary", icon: "fa-minus" };
    }
    const left = deserializeDateTime(target.deadline).toSeconds() - now;
    if (left < 0) {
        const text = _t("%(what)s late by %(time)s", { what: label, time: duration(left) });
        return { text, tone: "danger", icon: "fa-exclamation-circle" };
    }
    const isAtRisk = target.risk_at && deserializeDateTime(target.risk_at).toSeconds() <= now;
    return {
        text: _t("%(what)s in %(time)s", { what: label, time: duration(left) }),
        tone: isAtRisk ? "warning" : "info",
        icon: isAtRisk ? "fa-bell-o" : "fa-clock-o",
    };
}

/**
 * How long there is until we have promised to answer and to solve; counts down by itself.
 *
 * The field is a deadline, so that lists can be sorted by it; what is shown comes from `sla_status`.
 */
export class SlaCountdown extends Component {
    static template = "nestogy_tickets.SlaCountdown";
    static props = { ...standardFieldProps, isDetailed: { type: Boolean, optional: true } };

    setup() {
        this.state = useState({ chips: [] });
        this.signature = "";
        const listener = () => this.refresh(this.props);
        listener();
        ticker.add(listener);
        onWillUpdateProps((nextProps) => this.refresh(nextProps));
        onWillUnmount(() => ticker.remove(listener));
    }

    /** Draw again only if the words or the colours are others than a second ago. */
    refresh(props) {
        const status = props.record.data.sla_status;
        const chips = status && status.targets ? this.chips(status, props.isDetailed) : [];
        const signature = JSON.stringify(chips);
        if (signature !== this.signature) {
            this.signature = signature;
            this.state.chips = chips;
        }
    }

    chips(status, isDetailed) {
        const now = serverNow(status);
        const chips = this.shownTargets(status.targets, isDetailed).map((target) => ({
            key: target.target,
            ...describe(target, now),
            info: JSON.stringify(this.tooltip(status, target)),
        }));
        // one pause holds both targets: it is said once
        return chips.filter((chip, index) => chips.findIndex(({ text }) => text === chip.text) === index);
    }

    /** Lists have room for one: what ends first, else what waits, else how it went in the end. */
    shownTargets(targets, isDetailed) {
        if (isDetailed || !targets.length) {
            return targets;
        }
        const running = targets
            .filter((target) => target.state === "running" && target.deadline)
            .sort((one, other) => (one.deadline < other.deadline ? -1 : 1));
        const paused = targets.filter((target) => target.state === "paused");
        const missed = targets.filter((target) => target.state === "missed");
        return [running[0] || paused[0] || missed[0] || targets[targets.length - 1]];
    }

    tooltip(status, target) {
        const lines = [];
        const add = (label, value) => value && lines.push({ label, value });
        add(_t("Goal"), target.goal_text);
        add(_t("Used"), target.consumed_text);
        add(_t("Due"), target.deadline && formatDateTime(deserializeDateTime(target.deadline)));
        add(_t("Policy"), status.policy);
        add(_t("Counts"), status.calendar);
        if (target.state === "running" && !status.open_now) {
            const opens = status.next_open && formatDateTime(deserializeDateTime(status.next_open));
            add(_t("Out of hours"), opens ? _t("goes on %s", opens) : _t("yes"));
        }
        return { title: target.label, lines };
    }
}

export const slaCountdown = {
    component: SlaCountdown,
    displayName: _t("SLA Countdown"),
    supportedTypes: ["datetime"],
    fieldDependencies: [{ name: "sla_status", type: "json", readonly: true }],
    isEmpty: () => false,
    extractProps: ({ options }) => ({ isDetailed: Boolean(options.detailed) }),
};

registry.category("fields").add("nestogy_sla_countdown", slaCountdown);
