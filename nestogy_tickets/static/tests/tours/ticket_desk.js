import { registry } from "@web/core/registry";

// An agent takes a ticket out of the queue, sees the client's card beside it, and merges a duplicate into it.
registry.category("web_tour.tours").add("nestogy_ticket_desk", {
    steps: () => [
        { content: "The queue of nobody's tickets", trigger: ".o_nestogy_queues button[data-queue=queue_unassigned]", run: "click" },
        { content: "It is chosen", trigger: ".o_nestogy_queues button[data-queue=queue_unassigned][aria-pressed=true]" },
        {
            content: "Take the first one",
            trigger: ".o_data_row:contains('Radio on the bridge is silent') button[name=action_take]",
            run: "click",
        },
        {
            content: "It has left the queue",
            trigger: ".o_list_renderer:not(:contains('Radio on the bridge is silent'))",
        },
        { content: "My own queue", trigger: ".o_nestogy_queues button[data-queue=queue_mine]", run: "click" },
        {
            content: "Open it",
            trigger: ".o_data_row:contains('Radio on the bridge is silent') td[name=name]",
            run: "click",
        },
        { content: "The client's card", trigger: ".o_nestogy_client_card a:contains('Acme Dental')" },
        { content: "with its people", trigger: ".o_nestogy_client_card [data-section=people]:contains('Olive Owner')" },
        { content: "without money", trigger: ".o_nestogy_client_card:not(:has([data-section=money]))" },
        {
            content: "A similar one is named",
            trigger: ".o_nestogy_similar:contains('Bridge radio is silent') button:contains('Merge')",
            run: "click",
        },
        { content: "What moves", trigger: ".modal [name=preview]:contains('the text of the request')" },
        { content: "Merge", trigger: ".modal button[name=action_merge]", run: "click" },
        { content: "The other one leads here", trigger: "body:not(:has(.modal)) .o_form_view [name=merged_ticket_ids] .o_tag" },
        { content: "Nothing similar is left", trigger: ".o_form_view:not(:has(.o_nestogy_similar))" },
    ],
});
