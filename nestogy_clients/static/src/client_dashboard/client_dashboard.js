import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

/**
 * The overview of a client's profile: amounts by currency and a card for each subject. One call brings all of it;
 * the server decides what the user may see.
 */
export class ClientDashboard extends Component {
    static template = "nestogy_clients.ClientDashboard";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ balances: [], widgets: [], error: "" });
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps((next) => this.load(next.record.resId));
    }

    async load(clientId) {
        if (!clientId || !this.props.record.data.is_client) {
            return;
        }
        try {
            const data = await this.orm.silent.call("res.partner", "get_client_dashboard", [clientId]);
            Object.assign(this.state, data, { error: "" });
        } catch (error) {
            this.state.error = error.data?.message || _t("The overview could not be loaded.");
        }
    }

    openRow(row) {
        if (!row.model) {
            return; // a figure, not a record
        }
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: row.model,
            res_id: row.id,
            views: [[false, "form"]],
        });
    }

    openAll(widget) {
        this.action.doAction(widget.action);
    }
}

registry.category("view_widgets").add("nestogy_client_dashboard", {
    component: ClientDashboard,
    fieldDependencies: [{ name: "is_client", type: "boolean" }],
});
