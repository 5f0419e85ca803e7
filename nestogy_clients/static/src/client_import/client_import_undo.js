import { Dialog } from "@web/core/dialog/dialog";
import { useService } from "@web/core/utils/hooks";
import { Component, onWillStart, useState } from "@odoo/owl";

import { MODEL } from "./client_import_grid";

/** What stands in the way of taking an import back is shown before it is done. */
export class ClientImportUndo extends Component {
    static template = "nestogy_clients.ClientImportUndo";
    static components = { Dialog };
    static props = { importId: Number, close: Function, onDone: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ blockers: [], isBusy: false });
        onWillStart(async () => {
            this.state.blockers = await this.orm.call(MODEL, "get_undo_blockers", [[this.props.importId]]);
        });
    }

    async undo() {
        this.state.isBusy = true;
        try {
            await this.orm.call(MODEL, "action_undo", [[this.props.importId]]);
        } finally {
            this.props.close();
            this.props.onDone();
        }
    }
}
