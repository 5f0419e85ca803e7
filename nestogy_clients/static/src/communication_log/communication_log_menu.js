import { Component, onMounted, onWillDestroy, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { clockText, elapsedTime } from "./communication_clock";

/** What is being logged and not saved yet, in the bar at the top; nothing is shown when there is nothing. */
export class CommunicationLogMenu extends Component {
    static template = "nestogy_clients.CommunicationLogMenu";
    static components = { Dropdown, DropdownItem };
    static props = [];

    setup() {
        this.log = useService("nestogy_communication_log");
        this.state = useState(this.log.state);
        this.view = useState({ now: Date.now() });
        onMounted(() => {
            this.ticking = setInterval(() => this.running && (this.view.now = Date.now()), 1000);
        });
        onWillDestroy(() => clearInterval(this.ticking));
    }

    get running() {
        return this.state.drafts.find((draft) => draft.timer.startedAt);
    }

    clock(draft) {
        return clockText(elapsedTime(draft.timer, this.view.now));
    }

    text(draft) {
        return draft.name || draft.notes.trim().split("\n")[0].slice(0, 60);
    }
}

registry.category("systray").add("nestogy_communication_log", { Component: CommunicationLogMenu }, { sequence: 40 });
