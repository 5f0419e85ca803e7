import { registry } from "@web/core/registry";

const TIMELINE = ".o_nestogy_timeline";
const EVENT = `${TIMELINE} [data-key]`;
const count = () => document.querySelectorAll(EVENT).length;

registry.category("web_tour.tours").add("nestogy_clients_timeline", {
    steps: () => [
        { content: "Activity", trigger: ".nav-link[name=activity]", run: "click", timeout: 40000 },
        { content: "The pinned note is on top", trigger: ".o_nestogy_pinned .o_kanban_record:contains('Door code')" },
        { content: "The newest event is there", trigger: `${EVENT}:contains('Note 79')` },
        {
            content: "The end comes into view: older ones follow by themselves",
            trigger: `${TIMELINE} .o_nestogy_timeline_older, ${TIMELINE}:contains('This is the beginning')`,
            run: () => document.querySelector(`${TIMELINE} > :last-child`).scrollIntoView(),
        },
        {
            content: "The second page is there",
            trigger: `${TIMELINE}:has([data-key]:contains('Note 45')):has(.o_nestogy_timeline_older), ${TIMELINE}:contains('This is the beginning')`,
            run: () => document.querySelector(".o_nestogy_timeline_older")?.click(),
        },
        { content: "And the last one", trigger: `${EVENT}:contains('Note 0 of many')` },
        {
            content: "No event came twice",
            trigger: TIMELINE,
            run: () => {
                const keys = [...document.querySelectorAll(EVENT)].map((each) => each.dataset.key);
                if (new Set(keys).size !== keys.length) {
                    throw new Error("An event is shown twice");
                }
            },
        },
        { content: "Only calls", trigger: `${TIMELINE} button[data-kind=call]`, run: "click" },
        {
            content: "The others are gone",
            trigger: `${TIMELINE}:has([data-key]:contains('About the router')):not(:has([data-key]:contains('Note')))`,
        },
        { content: "The button says so", trigger: `${TIMELINE} button[data-kind=call][aria-pressed=true]` },
        { content: "Open the call", trigger: `${EVENT} button:contains('About the router')`, run: "click" },
        { content: "Its form", trigger: ".o_form_view:not(:has(.o_nestogy_timeline))" },
        { content: "Back", trigger: ".o_breadcrumb a:contains(Tour Client)", run: "click" },
        { content: "The filter is as it was", trigger: `${TIMELINE} button[data-kind=call][aria-pressed=true]` },
        {
            content: "And the place",
            trigger: `${EVENT} button:contains('About the router')`,
            run: () => {
                if (count() !== 1) {
                    throw new Error("The filter shows something else than the one call");
                }
            },
        },
        { content: "Search", trigger: `${TIMELINE} input[type=search]`, run: "edit nonsense" },
        { content: "Nothing is found", trigger: `${TIMELINE} .o_nestogy_timeline_empty:contains('Nothing matches')` },
        { content: "Show everything", trigger: `${TIMELINE} .o_nestogy_timeline_empty button`, run: "click" },
        { content: "All is back", trigger: `${EVENT}:contains('Note 79')` },
    ],
});
