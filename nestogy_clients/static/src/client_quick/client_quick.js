import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useState } from "@odoo/owl";

/**
 * Call a method of a client, or of a contact of it, and do what it answers; what is on the screen is read again when
 * that is closed.
 *
 * @returns {(item: {method?: string, url?: string}, record: Object, id?: number) => Promise<void>}
 */
export function useQuickRun() {
    const orm = useService("orm");
    const actions = useService("action");
    return async (item, record, id = record.resId) => {
        if (item.url) {
            browser.open(item.url, "_self"); // a telephone takes over, the page stays
            return;
        }
        if (record.isInEdition && !(await record.save())) {
            return;
        }
        const action = await orm.call("res.partner", item.method, [id]);
        if (action) {
            await actions.doAction(action, { onClose: () => record.model.root.load() });
        }
    };
}

/**
 * The quick functions of a client, on its row, card and profile. The menu is asked for when it is opened, so that a list
 * pays nothing for it; the server decides what the user may do.
 */
export class ClientQuick extends Component {
    static template = "nestogy_clients.ClientQuick";
    static components = { Dropdown, DropdownItem };
    static props = {
        ...standardWidgetProps,
        skip: { type: Array, element: String, optional: true },
        label: { type: String, optional: true },
    };
    static defaultProps = { skip: [] };

    setup() {
        this.orm = useService("orm");
        this.runQuick = useQuickRun();
        this.state = useState({ items: [] });
    }

    get title() {
        return _t("Quick functions");
    }

    async load() {
        const items = await this.orm.call("res.partner", "get_client_quick_actions", [this.props.record.resId]);
        this.state.items = items.filter((item) => !this.props.skip.includes(item.key));
    }

    run(item) {
        return this.runQuick(item, this.props.record);
    }
}

registry.category("view_widgets").add("nestogy_client_quick", {
    component: ClientQuick,
    extractProps: ({ attrs, options }) => ({ skip: options.skip || [], label: attrs.string || "" }),
    additionalClasses: ["o_client_quick", "d-inline-block"],
    listViewWidth: 46,
});
