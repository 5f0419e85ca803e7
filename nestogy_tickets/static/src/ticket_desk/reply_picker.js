import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, markup, onWillStart, useState } from "@odoo/owl";

/** Canned replies, filled for one ticket, to look through and choose from. */
export class ReplyPicker extends Component {
    static template = "nestogy_tickets.ReplyPicker";
    static components = { Dialog };
    static props = { ticketId: Number, onPick: Function, close: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.search = useAutofocus({ refName: "search" });
        this.state = useState({ query: "", replies: [], chosen: 0 });
        this.loadDebounced = useDebounced(() => this.load(), 250);
        onWillStart(() => this.load());
    }

    get title() {
        return _t("Canned Replies");
    }

    get chosen() {
        return this.state.replies[this.state.chosen];
    }

    async load() {
        const found = await this.keepLast.add(
            this.orm.call("nestogy.ticket.reply", "get_ticket_replies", [this.props.ticketId, this.state.query])
        );
        // the server rendered what colleagues wrote, cleaned; the values in it are escaped
        this.state.replies = found.map((reply) => ({ ...reply, html: markup(reply.html) }));
        this.state.chosen = 0;
    }

    onKeydown(ev) {
        const last = this.state.replies.length - 1;
        if (ev.key === "ArrowDown") {
            this.state.chosen = Math.min(this.state.chosen + 1, last);
        } else if (ev.key === "ArrowUp") {
            this.state.chosen = Math.max(this.state.chosen - 1, 0);
        } else if (ev.key === "Enter") {
            this.pick(this.state.chosen);
        } else {
            return;
        }
        ev.preventDefault();
    }

    async pick(index) {
        const reply = this.state.replies[index];
        if (!reply) {
            return;
        }
        const filled = await this.orm.call("nestogy.ticket.reply", "use_for_ticket", [reply.id, this.props.ticketId]);
        this.props.onPick({ ...filled, id: reply.id });
        this.props.close();
    }

    manage() {
        this.props.close();
        this.action.doAction("nestogy_tickets.nestogy_ticket_reply_action");
    }
}

/** The button of the full composer: puts a canned reply before what is written there. */
export class ReplyInsert extends Component {
    static template = "nestogy_tickets.ReplyInsert";
    static props = { ...standardWidgetProps };

    setup() {
        this.dialog = useService("dialog");
    }

    get ticketId() {
        const ids = JSON.parse(this.props.record.data.res_ids || "[]");
        return ids.length === 1 ? ids[0] : undefined;
    }

    open() {
        this.dialog.add(ReplyPicker, {
            ticketId: this.ticketId,
            onPick: ({ html }) => {
                const { record } = this.props;
                return record.update({ body: markup(html + (record.data.body || "")) });
            },
        });
    }
}

registry.category("view_widgets").add("nestogy_ticket_reply_insert", {
    component: ReplyInsert,
    fieldDependencies: [{ name: "res_ids", type: "text" }],
});
