import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, useRef } from "@odoo/owl";

/**
 * @param {number} hours
 * @param {number} dayHours hours of a day of work
 * @returns {string} `2 d` for whole days from two on, else `4:00 h`
 */
export function formatHours(hours, dayHours) {
    if (!hours) {
        return "";
    }
    if (hours >= 2 * dayHours && Math.abs(hours / dayHours - Math.round(hours / dayHours)) < 1e-9) {
        return _t("%s d", Math.round(hours / dayHours));
    }
    const minutes = Math.round(hours * 60);
    return _t("%(hours)s:%(minutes)s h", {
        hours: Math.floor(minutes / 60),
        minutes: String(minutes % 60).padStart(2, "0"),
    });
}

/**
 * @param {string} text such as `4`, `4:30`, `4.5 h`, `30 min`, `2 d`, `1 d 4 h`
 * @param {number} dayHours hours of a day of work
 * @returns {number|null} hours, 0 for nothing; null when nobody can tell
 */
export function parseHours(text, dayHours) {
    const clean = text.trim().toLowerCase().replace(/,/g, ".");
    if (!clean || ["-", "–", "0"].includes(clean)) {
        return 0;
    }
    const part = /^(?:(\d+):([0-5]\d)\s*(?:h\w*)?|(\d+(?:\.\d+)?)\s*(d|h|m)?[a-z]*)\s*/;
    let rest = clean;
    let hours = 0;
    while (rest) {
        const match = part.exec(rest);
        if (!match) {
            return null;
        }
        if (match[1] !== undefined) {
            hours += Number(match[1]) + Number(match[2]) / 60;
        } else {
            hours += Number(match[3]) * { d: dayHours, h: 1, m: 1 / 60 }[match[4] || "h"];
        }
        rest = rest.slice(match[0].length);
    }
    return hours;
}

/** The times of a policy as a table: priorities down, what is promised across. */
export class SlaMatrix extends Component {
    static template = "nestogy_tickets.SlaMatrix";
    static props = { ...standardFieldProps };

    setup() {
        this.notification = useService("notification");
        this.root = useRef("root");
        useBus(this.props.record.model.bus, "NEED_LOCAL_CHANGES", ({ detail }) => {
            const input = this.root.el?.querySelector("input:focus");
            if (input) {
                detail.proms.push(this.commit(input.dataset.cell, input));
            }
        });
    }

    get matrix() {
        const empty = { kinds: [], targets: [], priorities: [], hours: {}, day_hours: 24 };
        return this.props.record.data[this.props.name] || empty;
    }

    get dayText() {
        return formatHours(this.matrix.day_hours, 24) || "24 h";
    }

    hours(cell) {
        return this.matrix.hours[cell] || 0;
    }

    text(cell) {
        return formatHours(this.hours(cell), this.matrix.day_hours);
    }

    onChange(cell, ev) {
        return this.commit(cell, ev.target);
    }

    async commit(cell, input) {
        const hours = parseHours(input.value, this.matrix.day_hours);
        if (hours === null) {
            input.value = this.text(cell);
            this.notification.add(_t("Write the time as 4:00, 30 min or 2 d."), { type: "warning" });
            return;
        }
        if (Math.abs(hours - this.hours(cell)) > 1e-9) {
            const changed = { ...this.matrix, hours: { ...this.matrix.hours, [cell]: hours } };
            await this.props.record.update({ [this.props.name]: changed });
        }
        input.value = this.text(cell);
    }
}

registry.category("fields").add("nestogy_sla_matrix", {
    component: SlaMatrix,
    displayName: _t("SLA Times"),
    supportedTypes: ["json"],
    isEmpty: () => false,
});
