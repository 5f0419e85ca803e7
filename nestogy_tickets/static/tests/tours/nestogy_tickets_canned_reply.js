import { registry } from "@web/core/registry";

// An agent answers a ticket with a canned reply, whose placeholders are filled, and sees before who gets it.
registry.category("web_tour.tours").add("nestogy_tickets_canned_reply", {
    steps: () => [
        { content: "Answer the client", trigger: ".o-mail-Chatter-sendMessage", run: "click" },
        { content: "Who gets it is named", trigger: ".o_ticket_readers:contains('owner@acme.example')" },
        {
            content: "Look through the canned replies",
            trigger: ".o-mail-Composer button[name='nestogy-ticket-reply']",
            run: "click",
        },
        { content: "Search", trigger: ".o_ticket_reply_picker input[type=search]", run: "edit router" },
        { content: "One is left", trigger: ".o_ticket_reply_list:not(:contains('Something else'))" },
        {
            content: "It is filled for this ticket",
            trigger: ".o_ticket_reply_preview:contains('Hello Olive Owner, about Printer smokes')",
        },
        { content: "Insert it", trigger: ".o_ticket_reply_insert", run: "click" },
        {
            content: "It stands in the composer",
            trigger: ".o-mail-Composer-input:value('Hello Olive Owner, about Printer smokes')",
        },
        { content: "Send it", trigger: ".o-mail-Composer-send:enabled", run: "click" },
        {
            content: "It was sent",
            trigger: ".o-mail-Message:not(.o_ticket_note):contains('Hello Olive Owner, about Printer smokes')",
        },
        { content: "Write a note", trigger: ".o-mail-Chatter-logNote", run: "click" },
        { content: "It looks different", trigger: ".o_ticket_note_composer .o-mail-Composer-input", run: "edit hush" },
        { content: "Log it", trigger: ".o-mail-Composer-send:enabled", run: "click" },
        { content: "It is marked as a note", trigger: ".o-mail-Message.o_ticket_note:contains('hush')" },
    ],
});
