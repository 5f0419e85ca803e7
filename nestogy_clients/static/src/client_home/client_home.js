import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { onWillStart } from "@odoo/owl";

import { CardBoard } from "../client_dashboard/card_board";
import { ClientCard } from "../client_dashboard/client_card";

/** The dashboard over all clients: where the Clients app opens. One call brings all of it, each figure opens its rows. */
export class ClientHome extends CardBoard {
    static template = "nestogy_clients.ClientHome";
    static components = { ClientCard, Dropdown, DropdownItem, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        super.setup();
        this.place = "home";
        this.display = { controlPanel: {} };
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({ scrollTop: this.scroller?.scrollTop || 0 }),
        });
        onWillStart(() => {
            this.reload(); // the page does not wait for it
        });
    }

    get scroller() {
        return this.root.el?.querySelector(".o_content");
    }

    get nothing() {
        return { isLoading: true, error: "", steps: false, widgets: [] };
    }

    get failure() {
        return _t("The dashboard could not be loaded.");
    }

    async reload() {
        this.saveLayout(); // what comes is in the order that was seen last
        await this.readAll(() => this.orm.silent.call("res.partner", "get_client_home", []));
        const { scrollTop } = this.props.state || {};
        if (scrollTop && !this.isRestored && this.root.el) {
            // cards take their places in the frames after they were drawn
            setTimeout(() => this.scroller?.scrollTo({ top: scrollTop }), 100);
        }
        this.isRestored = true;
    }

    retry() {
        Object.assign(this.state, this.nothing);
        return this.reload();
    }

    readCard(key) {
        return this.orm.silent.call("res.partner", "get_client_home_widget", [key]);
    }

    openClients() {
        return this.action.doAction("nestogy_clients.res_partner_action_client", { clearBreadcrumbs: true });
    }

    /** A step is over when its dialog is closed: there may be a client now. */
    doStep(step) {
        return this.action.doAction(step.action, { onClose: () => this.reload() });
    }

    run({ action }) {
        return this.action.doAction(action, { onClose: () => this.reload() });
    }
}

registry.category("actions").add("nestogy_client_home", ClientHome);
