import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useState } from "@odoo/owl";

/** The macros for a ticket; they are asked for when the menu is opened. */
export class MacroMenu extends Component {
    static template = "nestogy_tickets.MacroMenu";
    static components = { Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ macros: [], isLoaded: false });
    }

    async load() {
        this.state.macros = await this.orm.call("helpdesk.ticket", "get_ticket_macros", [[this.props.record.resId]]);
        this.state.isLoaded = true;
    }

    async run(macro) {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        const action = await this.orm.call("helpdesk.ticket", "action_run_macro", [[record.resId], macro.id]);
        await this.action.doAction(action, { onClose: () => record.model.root.load() });
    }

    manage() {
        this.action.doAction("nestogy_tickets.nestogy_ticket_macro_action");
    }
}

registry.category("view_widgets").add("nestogy_ticket_macros", {
    component: MacroMenu,
    additionalClasses: ["d-inline-block"],
});
