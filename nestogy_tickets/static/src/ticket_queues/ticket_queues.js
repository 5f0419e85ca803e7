import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { listView } from "@web/views/list/list_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { Component, onWillDestroy, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

const REFRESH_MILLISECONDS = 60000;

/**
 * The queues above the tickets: a button for each filter of the search view that the server counts, and for lists that
 * stand elsewhere. The counters are fetched with the list, and each minute while the page is looked at.
 */
export class TicketQueues extends Component {
    static template = "nestogy_tickets.TicketQueues";
    static props = { list: { type: Object, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ queues: [] });
        onWillStart(() => this.load());
        onWillUpdateProps(() => {
            this.load();
        });
        const timer = setInterval(() => !document.hidden && this.load(), REFRESH_MILLISECONDS);
        onWillDestroy(() => clearInterval(timer)); // also when it was never mounted
    }

    async load() {
        const queues = await this.orm.silent.call("helpdesk.ticket", "get_ticket_queues", []);
        this.state.queues = queues.filter((queue) => queue.action || this.filterOf(queue));
    }

    filterOf(queue) {
        return this.env.searchModel.getSearchItems((item) => item.type === "filter" && item.name === queue.key)[0];
    }

    isActive(queue) {
        return Boolean(this.filterOf(queue)?.isActive);
    }

    open(queue) {
        if (queue.action) {
            this.action.doAction(queue.action);
            return;
        }
        const { searchModel } = this.env;
        const item = this.filterOf(queue);
        searchModel.query = [];
        searchModel.toggleSearchItem(item.id);
    }
}

export class TicketListRenderer extends ListRenderer {
    static template = "nestogy_tickets.TicketListRenderer";
    static components = { ...ListRenderer.components, TicketQueues };
}

export class TicketKanbanRenderer extends KanbanRenderer {
    static template = "nestogy_tickets.TicketKanbanRenderer";
    static components = { ...KanbanRenderer.components, TicketQueues };
}

registry.category("views").add("nestogy_ticket_list", { ...listView, Renderer: TicketListRenderer });
registry.category("views").add("nestogy_ticket_kanban", { ...kanbanView, Renderer: TicketKanbanRenderer });
