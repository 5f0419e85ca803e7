import { Component } from "@odoo/owl";
import { importRecordsItem } from "@base_import/import_records/import_records";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";

import { exportScope } from "../client_export/client_export_menu";

/** "Import" in the menu beside the title of the list of clients. */
class ClientImportMenu extends Component {
    static template = "nestogy_clients.ClientImportMenu";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.action = useService("action");
    }

    open() {
        return this.action.doAction("nestogy_clients.nestogy_client_import_new_action");
    }
}

registry.category("cogMenu").add(
    "nestogy-client-import",
    {
        Component: ClientImportMenu,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: async (env) =>
            ["kanban", "list"].includes(env.config.viewType) &&
            exportScope(env) === "clients" &&
            (await user.hasGroup("nestogy_clients.nestogy_clients_group_manager")),
    },
    { sequence: 1 }
);

// core's own knows neither contacts beside their client nor clients that are there already
patch(importRecordsItem, {
    isDisplayed(env) {
        return super.isDisplayed(env) && exportScope(env) !== "clients";
    },
});
