import { Chatter } from "@mail/chatter/web_portal/chatter";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Component, useEffect, useState } from "@odoo/owl";

/** The line above the composer that names everybody whom an answer will be mailed to. */
export class TicketReaders extends Component {
    static template = "nestogy_tickets.TicketReaders";
    static props = { thread: Object };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ readers: [], isLoaded: false });
        useEffect(
            (id, key) => {
                this.load(id, JSON.parse(key));
            },
            () => [this.props.thread.id, JSON.stringify(this.partnerIds)]
        );
    }

    get recipients() {
        const { suggestedRecipients = [], additionalRecipients = [] } = this.props.thread;
        return [...suggestedRecipients, ...additionalRecipients];
    }

    get partnerIds() {
        return this.recipients.map((each) => each.partner_id).filter(Boolean);
    }

    get strangers() {
        return this.state.readers.filter((reader) => !reader.is_client);
    }

    /** Followers and those the composer adds; addresses without a contact get it, too. */
    get names() {
        return [
            ...this.state.readers.map((each) => (each.email ? `${each.name} <${each.email}>` : each.name)),
            ...this.recipients.filter((each) => !each.partner_id && each.email).map((each) => each.email),
        ];
    }

    get unreachable() {
        return this.state.readers.filter((reader) => !reader.is_valid).map((reader) => reader.name);
    }

    async load(id, partnerIds) {
        if (id) {
            this.state.readers = await this.keepLast.add(
                this.orm.silent.call("helpdesk.ticket", "get_reply_readers", [id, partnerIds])
            );
            this.state.isLoaded = true;
        }
    }
}

Object.assign(Chatter.components, { TicketReaders });
