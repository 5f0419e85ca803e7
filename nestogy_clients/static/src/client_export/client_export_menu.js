import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { exportAllItem } from "@web/views/list/export_all/export_all";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { ClientKanbanController, ClientListController } from "../client_create/client_create";
import { ClientExportDialog } from "./client_export_dialog";

const CONTACT_VIEWS = ["nestogy_contact_list", "nestogy_contact_kanban"];

/** @returns {string|false} whose list is shown: clients or contacts, and not some other list of partners */
export function exportScope({ config, searchModel }) {
    if (searchModel?.resModel !== "res.partner") {
        return false;
    }
    if (CONTACT_VIEWS.includes(config.viewSubType)) {
        return "contacts";
    }
    return searchModel.globalContext.nestogy_new_client ? "clients" : false;
}

/** The filter in the words of the search bar. */
function filterWords(searchModel) {
    return searchModel.facets
        .map((facet) => {
            const values = facet.values.join(` ${facet.separator || ","} `);
            return facet.title ? `${facet.title}: ${values}` : values;
        })
        .join("; ");
}

/**
 * @param {Object} env of the view
 * @param {Object} what
 * @param {Array} what.domain
 * @param {number[]} [what.ids] only these
 */
export function openExport(env, { domain, ids }) {
    const props = { scope: exportScope(env), domain, filters: filterWords(env.searchModel) };
    env.services.dialog.add(ClientExportDialog, ids ? { ...props, ids } : props);
}

/** "Export" in the menu beside the title: all that the filter matches. */
class ClientExportMenu extends Component {
    static template = "nestogy_clients.ClientExportMenu";
    static components = { DropdownItem };
    static props = {};

    open() {
        openExport(this.env, { domain: this.env.searchModel.domain });
    }
}

registry.category("cogMenu").add(
    "nestogy-client-export",
    {
        Component: ClientExportMenu,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: async (env) =>
            Boolean(exportScope(env)) &&
            ["kanban", "list"].includes(env.config.viewType) &&
            (await user.hasGroup("base.group_allow_export")),
    },
    { sequence: 10 }
);

// core's own would stand beside it, and leaves no row in the list of who exported what
patch(exportAllItem, {
    async isDisplayed(env) {
        return !exportScope(env) && super.isDisplayed(env);
    },
});

/** "Export" of what is ticked, or of all that the filter matches once that was chosen. */
const exportOfSelection = () => ({
    getStaticActionMenuItems() {
        const items = super.getStaticActionMenuItems();
        if (exportScope(this.env)) {
            items.export.description = _t("Export");
            items.export.callback = () => this.exportSelection();
        }
        return items;
    },
    async exportSelection() {
        const { root } = this.model;
        const ids = root.isDomainSelected ? undefined : await root.getResIds(true);
        openExport(this.env, { domain: root.domain, ids });
    },
});

export class ContactListController extends ListController {}
export class ContactKanbanController extends KanbanController {}

for (const Controller of [
    ClientListController,
    ClientKanbanController,
    ContactListController,
    ContactKanbanController,
]) {
    patch(Controller.prototype, exportOfSelection());
}
registry.category("views").add("nestogy_contact_list", { ...listView, Controller: ContactListController });
registry.category("views").add("nestogy_contact_kanban", { ...kanbanView, Controller: ContactKanbanController });
