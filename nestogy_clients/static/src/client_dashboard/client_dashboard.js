import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { onWillStart, onWillUpdateProps, toRaw } from "@odoo/owl";

import { ClientQuality } from "../client_quality/client_quality";
import { useQuickRun } from "../client_quick/client_quick";
import { CardBoard } from "./card_board";
import { ClientCard } from "./client_card";
import { ClientOverview } from "./client_overview";

/**
 * The profile of a client: a pane that says who it is, and a column of cards that each user arranges once for all
 * clients. One call brings all of it; the server decides what the user may see and computes no card that is not shown.
 */
export class ClientDashboard extends CardBoard {
    static template = "nestogy_clients.ClientDashboard";
    static components = { ClientCard, ClientOverview, ClientQuality, Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    setup() {
        super.setup();
        this.runQuick = useQuickRun();
        this.place = "profile";
        onWillStart(() => {
            this.load(this.props.record); // the form does not wait for it
        });
        onWillUpdateProps(({ record }) => {
            const isSame = record.resId === this.clientId;
            if (!isSame || toRaw(record.data) !== this.data) {
                this.load(record); // another client, or this one was saved or read again
            }
        });
    }

    get nothing() {
        return { isLoading: true, error: "", overview: null, balances: [], widgets: [] };
    }

    get failure() {
        return _t("The profile could not be loaded.");
    }

    reload() {
        return this.load(this.props.record);
    }

    async load(record) {
        this.saveLayout(); // what comes is in the order that was seen last
        if (record.resId !== this.clientId) {
            Object.assign(this.state, this.nothing); // nothing of the client before
        }
        this.clientId = record.resId;
        this.data = toRaw(record.data);
        this.calls++;
        if (!record.resId || !record.data.is_client) {
            return;
        }
        await this.readAll(() => this.orm.silent.call("res.partner", "get_client_dashboard", [record.resId]));
    }

    retry() {
        Object.assign(this.state, this.nothing);
        return this.reload();
    }

    readCard(key) {
        return this.orm.silent.call("res.partner", "get_client_dashboard_widget", [this.clientId, key]);
    }

    /**
     * @param {{method?: string, url?: string}} item
     * @param {number} [id] of a contact instead of the client
     */
    run(item, id) {
        return this.runQuick(item, this.props.record, id);
    }
}

registry.category("view_widgets").add("nestogy_client_dashboard", {
    component: ClientDashboard,
    fieldDependencies: [
        { name: "is_client", type: "boolean" },
        { name: "client_quality", type: "json" },
        { name: "comment", type: "html" },
    ],
});
