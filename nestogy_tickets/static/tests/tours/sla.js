import { registry } from "@web/core/registry";

const row = (title) => `.o_data_row:contains('${title}') .o_nestogy_sla_chip`;
const realNow = Date.now;

// What is counted in minutes leaves a slow machine a few of them.
// A list of tickets in all states, the form of one, and time that goes by without a call to the server.
registry.category("web_tour.tours").add("nestogy_sla_countdown", {
    steps: () => [
        { content: "In time", trigger: `${row("Fresh one")}.o_nestogy_sla_info:contains('First Response in 3 h 5')` },
        { content: "At risk", trigger: `${row("Risky one")}.o_nestogy_sla_warning:contains('First Response in 1')` },
        { content: "Late", trigger: `${row("Late one")}.o_nestogy_sla_danger:contains('First Response late by 1 h')` },
        { content: "Paused", trigger: `${row("Waiting one")}.o_nestogy_sla_secondary:contains('Paused: Stopped by hand')` },
        { content: "Answered: the solution counts", trigger: `${row("Answered one")}:contains('Resolution in 15 h 5')` },
        { content: "No policy for it", trigger: ".o_data_row:contains('Loose one'):not(:has(.o_nestogy_sla_chip))" },
        {
            content: "Open it",
            trigger: ".o_data_row:contains('Fresh one') td[name=name]",
            run: "click",
        },
        { content: "Both targets", trigger: ".o_form_view .o_nestogy_sla_chip[data-target=resolution]:contains('Resolution in 15 h')" },
        {
            content: "Nearly four hours go by",
            trigger: ".o_form_view .o_nestogy_sla_chip[data-target=response].o_nestogy_sla_info",
            run: () => {
                Date.now = () => realNow() + (3 * 60 + 50) * 60 * 1000;
            },
        },
        {
            content: "It turns amber by itself",
            trigger: ".o_form_view .o_nestogy_sla_chip[data-target=response].o_nestogy_sla_warning[role=timer]",
            run: () => {
                Date.now = () => realNow() + (4 * 60 + 30) * 60 * 1000;
            },
        },
        {
            content: "And red, in words",
            trigger: ".o_form_view .o_nestogy_sla_chip.o_nestogy_sla_danger:contains('First Response late by 3')",
            run: () => {
                Date.now = realNow;
            },
        },
        { content: "The ledger", trigger: ".o_notebook .nav-link[name=sla]", run: "click" },
        { content: "It says what counted", trigger: ".o_nestogy_sla_receipt:contains('Goal 4 h, used ')" },
    ],
});

// A manager writes times into the table of a policy, and gives a client its own.
registry.category("web_tour.tours").add("nestogy_sla_matrix", {
    steps: () => [
        { content: "The promise", trigger: "[name=promise]:contains('a first answer within 4 h')" },
        { content: "Half an hour", trigger: "input[data-cell='request.3.response']", run: "edit 30 min && press Tab" },
        { content: "Read as", trigger: "input[data-cell='request.3.response']:value('0:30 h')" },
        { content: "Days", trigger: "input[data-cell='job.0.resolution']", run: "edit 2 d && press Tab" },
        { content: "Read as", trigger: "input[data-cell='job.0.resolution']:value('2 d')" },
        { content: "Nonsense", trigger: "input[data-cell='job.1.resolution']", run: "edit soon && press Tab" },
        { content: "Is explained", trigger: ".o_notification:contains('Write the time as')" },
        { content: "And not taken", trigger: "input[data-cell='job.1.resolution']:value('8:00 h')" },
        { content: "The promise follows", trigger: "[name=promise]:contains('within 30 min to 4 h')" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "Saved", trigger: ".o_form_saved, .o_form_button_save:not(:visible)" },
    ],
});
