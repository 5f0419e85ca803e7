import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { deskBus } from "./desk_bus";

const NOTICE = "nestogy_ticket/presence";
const SAY_AGAIN = 40_000; // milliseconds; only while somebody else is here
const FORGET = 100_000; // milliseconds without a word

/**
 * Colleagues who look at the same ticket now. Forms tell each other over the bus; whoever is alone sends one word when he
 * comes and one when he goes.
 */
export class TicketPresence extends Component {
    static template = "nestogy_tickets.TicketPresence";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.busService = useService("bus_service");
        this.state = useState({ others: {} });
        this.doing = "viewing";
        this.onNotice = this.onNotice.bind(this);
        this.busService.subscribe(NOTICE, this.onNotice);
        this.timer = browser.setInterval(() => this.tick(), SAY_AGAIN);
        this.onPageHide = () => this.say("left");
        browser.addEventListener("pagehide", this.onPageHide);
        useBus(deskBus, "WRITING", ({ detail }) => {
            const doing = detail.isWriting ? "writing" : "viewing";
            if (detail.id === this.ticketId && doing !== this.doing) {
                this.doing = doing;
                this.say(doing);
            }
        });
        useEffect(
            (id) => {
                if (!id) {
                    return;
                }
                this.state.others = {};
                this.doing = "viewing";
                this.busService.addChannel(`nestogy_ticket_${id}`);
                this.say("viewing", id);
                return () => {
                    this.say("left", id);
                    this.busService.deleteChannel(`nestogy_ticket_${id}`);
                };
            },
            () => [this.ticketId]
        );
        onWillUnmount(() => {
            browser.clearInterval(this.timer);
            browser.removeEventListener("pagehide", this.onPageHide);
            this.busService.unsubscribe(NOTICE, this.onNotice);
        });
    }

    get ticketId() {
        return this.props.record.resId;
    }

    get others() {
        return Object.values(this.state.others);
    }

    say(state, id = this.ticketId) {
        if (id) {
            // nobody waits for it, and nothing is lost when it fails
            this.orm.silent.call("helpdesk.ticket", "announce_presence", [id, state]).catch(() => {});
        }
    }

    onNotice({ ticket_id, user_id, name, state }) {
        if (ticket_id !== this.ticketId || user_id === user.userId) {
            return;
        }
        if (state === "left") {
            delete this.state.others[user_id];
            return;
        }
        const isNew = !(user_id in this.state.others);
        this.state.others[user_id] = { id: user_id, name, state, seenAt: Date.now() };
        if (isNew) {
            this.say(this.doing); // so that who came knows of us
        }
    }

    tick() {
        for (const other of this.others) {
            if (Date.now() - other.seenAt > FORGET) {
                delete this.state.others[other.id];
            }
        }
        if (this.others.length) {
            this.say(this.doing);
        }
    }

    sentence(other) {
        return other.state === "writing"
            ? _t("%s is writing a reply", other.name)
            : _t("%s is looking at this ticket", other.name);
    }
}

registry.category("view_widgets").add("nestogy_ticket_presence", { component: TicketPresence });
