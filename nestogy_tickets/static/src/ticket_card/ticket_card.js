import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillDestroy, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

const { DateTime } = luxon;
const CLOCK_MILLISECONDS = 20000;

const idOf = (value) => (value && typeof value === "object" ? value.id ?? value[0] : value) || false;

/**
 * Beside a ticket: who its client is, what is open, whom to call. One call brings all of it; the server decides what
 * the user may see.
 */
export class TicketClientCard extends Component {
    static template = "nestogy_tickets.TicketClientCard";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ card: null, clock: "" });
        this.key = "";
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
        const timer = setInterval(() => this.tick(), CLOCK_MILLISECONDS);
        onWillDestroy(() => clearInterval(timer)); // also when it was never mounted
    }

    async load(props) {
        const partnerId = idOf(props.record.data.partner_id);
        const ticketId = props.record.resId || false;
        const key = `${partnerId},${ticketId},${props.record.data.write_date || ""}`;
        if (key === this.key) {
            return;
        }
        this.key = key;
        const card = await this.orm.silent
            .call("helpdesk.ticket", "get_client_card", [partnerId, ticketId])
            .catch(() => null);
        if (key === this.key) {
            this.state.card = card;
            this.tick();
        }
    }

    tick() {
        const zone = this.state.card?.zone;
        const there = zone && DateTime.now().setZone(zone);
        this.state.clock = there && there.isValid ? there.toLocaleString({ weekday: "short", hour: "numeric", minute: "2-digit" }) : "";
    }

    open(model, id) {
        if (model === "res.partner") {
            return this.action.doAction("nestogy_clients.res_partner_action_client", {
                viewType: "form",
                props: { resId: id },
            });
        }
        return this.action.doAction({ type: "ir.actions.act_window", res_model: model, res_id: id, views: [[false, "form"]] });
    }
}

/** Above a ticket: open tickets of the same client that might be about the same thing. Never in the way. */
export class TicketSimilar extends Component {
    static template = "nestogy_tickets.TicketSimilar";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ tickets: [] });
        this.key = "";
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
    }

    async load(props) {
        const { record } = props;
        const partnerId = idOf(record.data.partner_id);
        const args = [record.resId || false, partnerId, record.data.name || "", idOf(record.data.equipment_id)];
        const key = JSON.stringify(args);
        if (key === this.key) {
            return;
        }
        this.key = key;
        if (!partnerId || record.data.closed || record.data.merged_into_id) {
            this.state.tickets = [];
            return;
        }
        const tickets = await this.orm.silent.call("helpdesk.ticket", "get_similar_tickets", args).catch(() => []);
        if (key === this.key) {
            this.state.tickets = tickets;
        }
    }

    get canMerge() {
        return Boolean(this.props.record.resId) && !this.props.readonly;
    }

    open(ticket) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "helpdesk.ticket",
            res_id: ticket.id,
            views: [[false, "form"]],
        });
    }

    async merge(ticket) {
        const { record } = this.props;
        if (await record.save()) {
            this.action.doAction(await this.orm.call("helpdesk.ticket", "action_merge", [[record.resId, ticket.id]]));
        }
    }
}

registry.category("view_widgets").add("nestogy_ticket_client_card", {
    component: TicketClientCard,
    fieldDependencies: [
        { name: "partner_id", type: "many2one" },
        { name: "write_date", type: "datetime" },
    ],
});
registry.category("view_widgets").add("nestogy_ticket_similar", {
    component: TicketSimilar,
    fieldDependencies: [
        { name: "partner_id", type: "many2one" },
        { name: "name", type: "char" },
        { name: "closed", type: "boolean" },
        { name: "equipment_id", type: "many2one" },
        { name: "merged_into_id", type: "many2one" },
    ],
});
