import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { onWillStart } from "@odoo/owl";

import { ClientFormRenderer } from "../client_form/client_form";

const CREATE_ACTION = "nestogy_clients.nestogy_client_create_action";
const BULK_ACTION = "nestogy_clients.nestogy_client_bulk_ask_action";
const BULK_GROUPS = ["nestogy_clients.nestogy_clients_group_agent", "nestogy_clients.nestogy_clients_group_billing"];

/** "Bulk Action" deals with the selected clients, or with all that the filter matches. */
const withBulk = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            this.bulkActionService = useService("action");
            onWillStart(async () => {
                const answers = await Promise.all(BULK_GROUPS.map((group) => user.hasGroup(group)));
                this.mayBulk = answers.includes(true);
            });
        }

        getStaticActionMenuItems() {
            return {
                ...super.getStaticActionMenuItems(),
                bulk: {
                    isAvailable: () => this.mayBulk,
                    sequence: 5,
                    icon: "fa fa-bolt",
                    description: _t("Bulk Action"),
                    callback: () => this.openBulk(),
                },
            };
        }

        /** The filter itself goes along where all it matches are meant: they may be more than fit into a page. */
        async openBulk() {
            const root = this.model.root;
            const chosen = root.isDomainSelected
                ? root.domain
                : [["id", "in", await root.getResIds(true)], ["active", "in", [true, false]]];
            const domain = [["is_client", "=", true], ...chosen];
            await this.bulkActionService.doAction(BULK_ACTION, { additionalContext: { default_domain: domain } });
        }
    };

/** "New" in the list of clients asks for a client in a dialog, and the profile follows. */
export class ClientListController extends withBulk(ListController) {
    async createRecord() {
        await this.actionService.doAction(CREATE_ACTION, { additionalContext: this.model.root.context });
    }
}

export class ClientKanbanController extends withBulk(KanbanController) {}

/** "New" on a profile does the same, once what was being edited is saved. */
export class ClientFormController extends FormController {
    async create() {
        const isDirty = await this.model.root.isDirty();
        if (!isDirty || (await this.model.root.save())) {
            await this.env.services.action.doAction(CREATE_ACTION, { additionalContext: this.props.context });
        }
    }
}

registry.category("views").add("nestogy_client_list", { ...listView, Controller: ClientListController });
registry.category("views").add("nestogy_client_kanban", { ...kanbanView, Controller: ClientKanbanController });
registry.category("views").add("nestogy_client_form", {
    ...formView,
    Controller: ClientFormController,
    Renderer: ClientFormRenderer,
});
