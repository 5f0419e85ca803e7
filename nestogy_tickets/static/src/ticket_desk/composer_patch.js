import { Composer } from "@mail/core/common/composer";
import { registerComposerAction } from "@mail/core/common/composer_actions";
import { Message } from "@mail/core/common/message";
import { SuggestionService } from "@mail/core/common/suggestion_service";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { parseHTML } from "@html_editor/utils/html";
import { onMounted, onWillUnmount, toRaw, useEffect } from "@odoo/owl";
import { deskBus } from "./desk_bus";
import { ReplyPicker } from "./reply_picker";

const TICKET = "helpdesk.ticket";

registerComposerAction("nestogy-ticket-reply", {
    condition: ({ composer, owner }) =>
        composer.targetThread?.model === TICKET && Boolean(owner.env.inChatter) && !composer.message,
    icon: "fa fa-bolt",
    name: _t("Insert a Canned Reply"),
    onSelected: ({ owner }) => owner.openTicketReplies(),
    sequence: 4,
});

patch(SuggestionService.prototype, {
    async fetchSuggestions({ delimiter, term }, { thread } = {}) {
        if (delimiter === "::" && thread?.model === TICKET) {
            const found = await this.orm.silent.call("nestogy.ticket.reply", "get_ticket_replies", [thread.id, term]);
            this.ticketReplies = found.filter((reply) => reply.shortcut);
        }
        return super.fetchSuggestions(...arguments);
    },
    searchSuggestions({ delimiter, term }, { thread } = {}) {
        const found = super.searchSuggestions(...arguments);
        if (delimiter !== "::" || thread?.model !== TICKET) {
            return found;
        }
        const wanted = term.trim().toLowerCase();
        const replies = (this.ticketReplies || [])
            .filter(({ shortcut, name }) => shortcut.includes(wanted) || name.toLowerCase().includes(wanted))
            .map((reply) => ({ ticketReplyId: reply.id, source: reply.shortcut, substitution: reply.text }));
        return { ...found, suggestions: [...replies, ...found.suggestions] };
    },
});

patch(Composer.prototype, {
    setup() {
        super.setup();
        this.newestReplyId = 0;
        onMounted(async () => {
            if (this.answersTicket) {
                this.newestReplyId = (await this.fetchNewestReply()).id;
            }
        });
        useEffect(
            (id, isWriting) => {
                if (id) {
                    deskBus.trigger("WRITING", { id, isWriting });
                }
            },
            () => [this.isOnTicket && this.thread.id, Boolean(this.props.composer.composerText.trim())]
        );
        onWillUnmount(() => {
            if (this.isOnTicket) {
                deskBus.trigger("WRITING", { id: this.thread.id, isWriting: false });
            }
        });
    },
    get isOnTicket() {
        return this.thread?.model === TICKET && Boolean(this.env.inChatter) && !this.props.composer.message;
    },
    get answersTicket() {
        return this.isOnTicket && this.props.type !== "note" && Boolean(this.thread.id);
    },
    fetchNewestReply() {
        return this.env.services.orm.silent.call(TICKET, "get_newest_reply", [this.thread.id]);
    },
    /** A reply that is chosen by its shortcut is text that is put in, not a canned response of Odoo. */
    get navigableListProps() {
        const props = super.navigableListProps;
        for (const option of props.options) {
            if (option.cannedResponse?.ticketReplyId) {
                option.ticketReplyId = option.cannedResponse.ticketReplyId;
                delete option.cannedResponse;
            }
        }
        const { onSelect } = props;
        const ticketId = this.thread?.id;
        return {
            ...props,
            onSelect: (ev, option) => {
                if (option.ticketReplyId) {
                    this.env.services.orm.silent.call("nestogy.ticket.reply", "use_for_ticket", [
                        option.ticketReplyId,
                        ticketId,
                    ]);
                }
                onSelect(ev, option);
            },
        };
    },
    openTicketReplies() {
        const composer = toRaw(this.props.composer);
        this.env.services.dialog.add(ReplyPicker, {
            ticketId: this.thread.id,
            onPick: ({ html, text }) => {
                if (this.editor) {
                    this.editor.shared.dom.insert(parseHTML(this.editor.document, html));
                    this.editor.shared.history.addStep();
                } else {
                    composer.insertText(text, composer.selection.start);
                }
                composer.autofocus++;
            },
        });
    },
    async sendMessage() {
        if (!this.answersTicket) {
            return super.sendMessage();
        }
        const newest = await this.fetchNewestReply();
        if (newest.id <= this.newestReplyId || newest.is_own) {
            return super.sendMessage();
        }
        this.newestReplyId = newest.id;
        await this.thread.fetchNewMessages();
        const send = () => super.sendMessage();
        this.env.services.dialog.add(ConfirmationDialog, {
            title: _t("A newer reply exists"),
            body: _t("%s wrote while you did. Read it before you send yours.", newest.author),
            confirmLabel: _t("Send Anyway"),
            confirm: send,
            cancelLabel: _t("Back"),
            cancel: () => {},
        });
    },
});

patch(Message.prototype, {
    get attClass() {
        return {
            ...super.attClass,
            o_ticket_note: this.props.thread?.model === TICKET && this.message.isNote,
        };
    },
});
