import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";

const BUSY = ["waiting", "running"];
const CHANNEL = "nestogy.work";
const POLL = 5000; // milliseconds without a word from the server before it is asked

/**
 * How far work in the background is. The server tells over the bus; where no word comes through, it is asked.
 * The view around it is loaded anew when the state changes.
 */
export class WorkProgress extends Component {
    static template = "nestogy_clients.WorkProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.bus = useService("bus_service");
        this.orm = useService("orm");
        this.told = useState({ values: null });
        this.onTold = (values) => {
            if (values.model === this.props.record.resModel && values.id === this.props.record.resId) {
                this.take(values);
            }
        };
        onWillStart(() => {
            this.bus.subscribe(CHANNEL, this.onTold);
            this.wait();
        });
        onWillUnmount(() => {
            this.bus.unsubscribe(CHANNEL, this.onTold);
            clearTimeout(this.timer);
        });
    }

    get work() {
        const { state, total, done_count, refused_count } = this.props.record.data;
        const told = this.told.values;
        return told && told.state === state ? told : { state, total, done: done_count, refused: refused_count };
    }

    get isBusy() {
        return BUSY.includes(this.work.state);
    }

    get percent() {
        const { state, total, done, refused } = this.work;
        const whole = Math.max(total, done + refused);
        if (!whole) {
            return ["done", "undone"].includes(state) ? 100 : 0;
        }
        return Math.floor((100 * (done + refused)) / whole);
    }

    get text() {
        const { total, done, refused } = this.work;
        return refused
            ? _t("%(done)s done, %(refused)s refused, of %(total)s", { done, refused, total })
            : _t("%(done)s of %(total)s done", { done, total });
    }

    get tone() {
        return { failed: "danger", paused: "secondary", cancelled: "secondary", done: "success" }[this.work.state] || "primary";
    }

    wait() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.ask(), POLL);
    }

    take(values) {
        const before = this.props.record.data.state;
        this.told.values = values;
        this.wait();
        if (values.state !== before) {
            this.props.record.load();
        }
    }

    async ask() {
        const { resId, resModel } = this.props.record;
        if (resId && BUSY.includes(this.props.record.data.state)) {
            try {
                const [row] = await this.orm.silent.read(resModel, [resId], ["state", "total", "done_count", "refused_count"]);
                if (row) {
                    this.take({ state: row.state, total: row.total, done: row.done_count, refused: row.refused_count });
                }
            } catch {
                // the server is away for a moment; the next question tells
            }
        }
        this.wait();
    }
}

registry.category("fields").add("nestogy_work_progress", {
    component: WorkProgress,
    supportedTypes: ["integer"],
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "total", type: "integer" },
        { name: "done_count", type: "integer" },
        { name: "refused_count", type: "integer" },
    ],
});
