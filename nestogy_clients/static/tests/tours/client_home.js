import { registry } from "@web/core/registry";

const card = (key, rest = "") => `.o_nestogy_home .o_nestogy_card[data-key=${key}] ${rest}`;
const patient = (steps) => steps.map((step) => ({ timeout: 60000, ...step })); // a busy machine takes long for a page

registry.category("web_tour.tours").add("nestogy_clients_home", {
    steps: () => patient([
        { content: "Clients by status", trigger: card("clients", ".o_nestogy_legend li:contains('Active')") },
        { content: "What is owed", trigger: card("receivables", ".o_nestogy_figure:contains('Overdue')") },
        { content: "What was promised", trigger: card("follow_ups", "td:contains('Ring back')") },
        {
            content: "How it is counted",
            trigger: card("follow_ups", "button.o_nestogy_figure[data-tooltip*='due before today']:contains('Overdue')"),
            run: "click",
        },
        { content: "Its only row", trigger: ".o_list_view .o_data_row:only-of-type:contains('Ring back')" },
        { content: "Back", trigger: ".o_back_button, .breadcrumb-item a:contains('Dashboard')", run: "click" },
        { content: "The dashboard again", trigger: card("follow_ups", "td:contains('Ring back')") },
        { content: "Hide what comes back every year", trigger: card("days", ".o_nestogy_hide"), run: "click" },
        { content: "Hidden", trigger: ".o_nestogy_cards_menu:contains('1 hidden')" },
        { content: "To the list of clients", trigger: ".o_nestogy_home_clients", run: "click" },
        { content: "There it is", trigger: ".o_list_view .o_data_row td[name=name]:contains('Home Tour Client')" },
    ]),
});
