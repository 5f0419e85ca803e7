import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("nestogy_tickets_main_road", {
    steps: () => [
        {
            content: "the home page leads to the tickets",
            trigger: ".o_portal_docs a[href='/my/tickets']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "there is none yet; open one",
            trigger: ".o_nestogy_new_ticket",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "title", trigger: "#subject", run: "edit The scanner is offline"},
        {content: "category", trigger: "#category", run: "selectByLabel Network"},
        {content: "description", trigger: "#description", run: "edit It does not send since this morning."},
        {
            content: "send it",
            trigger: ".o_nestogy_new_ticket_page button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "it was received", trigger: ".o_nestogy_ticket_page .alert-success:contains('HT')"},
        {content: "the page shows it", trigger: "h1:contains('The scanner is offline')"},
        {content: "in its first stage", trigger: ".o_nestogy_stage:contains('New')"},
        {
            content: "write a message",
            trigger: "#chatterRoot:shadow .o-mail-Composer-input",
            run: "edit It blinks red.",
        },
        {
            content: "send the message",
            trigger: "#chatterRoot:shadow .o-mail-Composer-send:enabled",
            run: "click",
        },
        {content: "it is shown", trigger: "#chatterRoot:shadow .o-mail-Message:contains('It blinks red.')"},
        {
            content: "back to the list",
            trigger: ".breadcrumb a[href='/my/tickets']",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "the list shows it", trigger: ".o_nestogy_ticket:contains('The scanner is offline')"},
    ],
});
