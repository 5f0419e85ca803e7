import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { ClientFormRenderer } from "../client_form/client_form";

const CREATE_ACTION = "nestogy_clients.nestogy_client_create_action";

/** "New" in the list of clients asks for a client in a dialog, and the profile follows. */
export class ClientListController extends ListController {
    async createRecord() {
        await this.actionService.doAction(CREATE_ACTION, { additionalContext: this.model.root.context });
    }
}

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
registry.category("views").add("nestogy_client_form", {
    ...formView,
    Controller: ClientFormController,
    Renderer: ClientFormRenderer,
});
