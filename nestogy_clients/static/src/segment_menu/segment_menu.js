import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Component, onWillStart } from "@odoo/owl";

/**
 * "Save as segment" in the menu of the search bar above the clients: the filter that is shown gets a name.
 */
export class SegmentMenu extends Component {
    static template = "nestogy_clients.SegmentMenu";
    static components = { DropdownItem };
    static props = {};

    setup() {
        onWillStart(async () => {
            this.maySave = await user.hasGroup("nestogy_clients.nestogy_clients_group_agent");
        });
    }

    async save() {
        // the menu is gone before the answer comes, and a service of the component would keep it to itself
        const { searchModel, services } = this.env;
        const domain = searchModel._getDomain({ raw: true, withGlobal: false });
        const action = await services.orm.call("nestogy.client.segment", "get_filter_action", [
            searchModel.facets.flatMap((facet) => facet.values).join(", "),
            domain.toString(),
            domain.toList(searchModel.domainEvalContext),
        ]);
        services.action.doAction(action);
    }
}

registry.category("favoriteMenu").add(
    "nestogy-segment",
    {
        Component: SegmentMenu,
        groupNumber: 3,
        isDisplayed: ({ searchModel }) =>
            searchModel.resModel === "res.partner" && searchModel.globalContext.nestogy_new_client,
    },
    { sequence: 5 }
);
