import { registry } from "@web/core/registry";

const card = (key, rest = "") => `.o_nestogy_card[data-key=${key}]${rest.startsWith(":not") ? "" : " "}${rest}`;
const before = (first, second) => `.o_nestogy_card[data-key=${first}] ~ .o_nestogy_card[data-key=${second}]`;
const patient = (steps) => steps.map((step) => ({ timeout: 60000, ...step })); // a busy machine takes long for a page
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));

// as the first tour leaves it: estimates first, documents before invoices, contracts minimised, transactions hidden
const ARRANGED = [
    { content: "Estimates are the first", trigger: ".o_nestogy_card[data-key=estimates]:first-child" },
    { content: "Documents stand before invoices", trigger: before("documents", "invoices") },
    { content: "Contracts are minimised", trigger: card("contracts", ".o_nestogy_toggle[aria-expanded=false]") },
    { content: "One is hidden", trigger: ".o_nestogy_cards_menu:contains('1 hidden')" },
    { content: "It is the transactions", trigger: ".o_nestogy_cards:not(:has([data-key=transactions]))" },
];

registry.category("web_tour.tours").add("nestogy_clients_profile_arrange", {
    steps: () => patient([
        {
            content: "Whose profile it is",
            trigger: ".o_nestogy_overview .o_nestogy_number:contains(/^C[0-9]+/)",
        },
        { content: "What is due", trigger: ".o_nestogy_balances dd:contains('120.00')" },
        { content: "Nothing is late", trigger: ".o_nestogy_balances .badge:contains('Good standing')" },
        { content: "Whom to ask for", trigger: ".o_nestogy_people li:contains('Ann First') .fa-star" },
        { content: "What can be begun", trigger: ".o_nestogy_actions [data-action=note]" },
        { content: "Its invoice", trigger: card("invoices", ".o_nestogy_rows tbody tr:contains('120.00')") },
        { content: "Invoices stand before estimates at first", trigger: before("invoices", "estimates") },
        {
            content: "Estimates go up by keyboard, all the way",
            trigger: card("estimates", ".o_nestogy_handle"),
            async run(helpers) {
                helpers.anchor.focus();
                for (let presses = 0; presses < 40; presses++) {
                    if (document.querySelector(".o_nestogy_card").dataset.key === "estimates") {
                        return;
                    }
                    await helpers.press("ArrowUp");
                    await frame();
                }
                throw new Error("the card did not come to the top");
            },
        },
        { content: "It kept the focus", trigger: card("estimates", ".o_nestogy_handle:focus") },
        {
            content: "That is said to whoever cannot see it",
            trigger: ".o_nestogy_dashboard [role=status]:contains('Estimates is number 1 of')",
        },
        {
            content: "Documents go above invoices by mouse",
            trigger: card("documents", ".o_nestogy_handle"),
            run: `drag_and_drop ${card("invoices", ".o_nestogy_card_header")}`,
        },
        { content: "There they are", trigger: before("documents", "invoices") },
        { content: "Minimise contracts", trigger: card("contracts", ".o_nestogy_toggle"), run: "click" },
        { content: "Only its header is left", trigger: card("contracts", ":not(:has(p, .o_nestogy_rows))") },
        { content: "Hide transactions", trigger: card("transactions", ".o_nestogy_hide"), run: "click" },
        { content: "The menu has the focus", trigger: ".o_nestogy_cards_menu:focus:contains('1 hidden')" },
        {
            content: "Load the page again, at once",
            trigger: card("invoices", ".o_nestogy_refresh"),
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        ...ARRANGED,
    ]),
});

registry.category("web_tour.tours").add("nestogy_clients_profile_kept", {
    steps: () => patient([
        { content: "Another client", trigger: ".o_nestogy_people li:contains('Bea Second')" },
        ...ARRANGED,
        { content: "Open contracts", trigger: card("contracts", ".o_nestogy_toggle"), run: "click" },
        { content: "They are asked for now", trigger: card("contracts", ":is(p, .o_nestogy_rows)") },
        { content: "Refresh invoices", trigger: card("invoices", ".o_nestogy_refresh"), run: "click" },
        { content: "None", trigger: card("invoices", "p:contains('No invoice yet')") },
        { content: "The menu of cards", trigger: ".o_nestogy_cards_menu", run: "click" },
        { content: "Show transactions again", trigger: "[data-menu-key=transactions]", run: "click" },
        { content: "Here they are", trigger: card("transactions", ":is(p, .o_nestogy_rows)") },
        { content: "Back to the default", trigger: ".o_nestogy_cards_reset", run: "click" },
        { content: "Invoices stand before estimates again", trigger: before("invoices", "estimates") },
        { content: "And before documents", trigger: before("invoices", "documents") },
    ]),
});

registry.category("web_tour.tours").add("nestogy_clients_profile_pager", {
    steps: () => patient([
        { content: "Find both", trigger: ".o_searchview_input", run: "edit Tour Pager" },
        { content: "Search", trigger: ".o_searchview_input", run: "press Enter" },
        { content: "Found", trigger: ".o_searchview_facet:contains('Tour Pager')" },
        { content: "Open the first", trigger: ".o_data_row td[name=name]:contains('Tour Pager One')", run: "click" },
        { content: "Its invoice", trigger: card("invoices", "tbody tr:contains('120.00')") },
        { content: "Invoices stand first for this user", trigger: before("invoices", "estimates") },
        { content: "Next client", trigger: ".o_pager_next", run: "click" },
        { content: "Its person", trigger: ".o_nestogy_people li:contains('Bea Second')" },
        { content: "No invoice, and not that of the other", trigger: card("invoices", ":not(:has(tbody)) p:contains('No invoice yet')") },
        { content: "The form is whole", trigger: ".o_form_saved" },
    ]),
});
