import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useState } from "@odoo/owl";

const TEXTS = ["name", "email", "phone", "website", "vat", "street", "zip", "city"];
const DELAY = 350;

/**
 * Tells who types a client or a contact that it may be there already. It never stands in the way: nothing is asked
 * before something was typed, nothing is refused, and what the server does not answer is not missed.
 */
export class ClientDuplicates extends Component {
    static template = "nestogy_clients.ClientDuplicates";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ found: [] });
        this.asked = null;
        this.look = useDebounced((values, key) => this.ask(values, key), DELAY);
        useRecordObserver((record) => {
            const values = this.valuesOf(record);
            const key = JSON.stringify(values);
            if (this.asked === null) {
                // as the record was opened; a new one may have its values from the action
                this.asked = record.isNew && values.name ? "" : key;
            }
            if (key !== this.asked) {
                this.asked = key;
                this.look(values, key);
            }
        });
    }

    /**
     * @param {import("@web/model/relational_model/record").Record} record
     * @returns {Object} what is compared
     */
    valuesOf(record) {
        const data = record.data;
        const values = Object.fromEntries(TEXTS.map((name) => [name, data[name] || ""]));
        values.is_company = Boolean(data.is_company);
        if ("first_name" in data && !values.is_company && (data.first_name || data.last_name)) {
            values.name = [data.first_name, data.last_name].filter(Boolean).join(" ");
        }
        values.country_id = data.country_id?.id || 0;
        if (record.resModel === "res.partner") {
            values.id = record.resId || 0;
            values.parent_id = data.parent_id?.id || 0;
        }
        return values;
    }

    async ask(values, key) {
        let found = [];
        if (values.name.trim().length > 2 || values.email || values.phone || values.vat) {
            try {
                found = await this.orm.silent.call("res.partner", "find_client_duplicates", [values]);
            } catch {
                return; // saving goes on without the notice
            }
        }
        if (key === this.asked) {
            this.state.found = found;
        }
    }
}

registry.category("view_widgets").add("nestogy_duplicates", {
    component: ClientDuplicates,
    fieldDependencies: [{ name: "is_company", type: "boolean" }],
});
