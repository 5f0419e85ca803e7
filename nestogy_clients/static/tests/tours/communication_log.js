import { registry } from "@web/core/registry";

const DIALOG = ".o_nestogy_log";

/** The log is reached by the keyboard, as by the button. */
const pressLog = () => {
    const event = { key: "l", code: "KeyL", altKey: true, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", event));
};

registry.category("web_tour.tours").add("nestogy_clients_log", {
    steps: () => [
        { content: "The profile", trigger: ".o_form_view button[name=action_client_log]", run: pressLog },
        {
            content: "One key chooses the kind",
            trigger: `${DIALOG} .o_nestogy_log_kind[data-kind=call].active:focus`,
            run: "press t",
        },
        {
            content: "A text takes no time; back to a call",
            trigger: `${DIALOG}:not(:has(.o_nestogy_log_timer)) .o_nestogy_log_kind[data-kind=call]`,
            run: "click",
        },
        {
            content: "The number of the primary contact is there",
            trigger: `${DIALOG} input:value('(207) 555-0118')`,
        },
        { content: "Start the timer", trigger: `${DIALOG} .o_nestogy_log_start`, run: "click" },
        {
            content: "It runs; write, and put it away",
            trigger: `${DIALOG} .o_nestogy_log_clock[role=timer]`,
        },
        { content: "Notes", trigger: `${DIALOG} textarea`, run: "edit She agrees" },
        { content: "Close by accident", trigger: ".modal .btn-close", run: "click" },
        {
            content: "Nothing is lost, and the timer counts on",
            trigger: ".o_menu_systray .o_nestogy_log_menu:contains('0:02')",
            run: "click",
        },
        {
            content: "Go on with it",
            trigger: ".o-dropdown--menu .dropdown-item:contains('Tour Client'):contains('She agrees')",
            run: "click",
        },
        { content: "What was typed is there", trigger: `${DIALOG} textarea:value('She agrees')` },
        { content: "Stop", trigger: `${DIALOG} .o_nestogy_log_stop`, run: "click" },
        { content: "It stands", trigger: `${DIALOG} input.o_nestogy_log_clock` },
        { content: "More notes", trigger: `${DIALOG} textarea`, run: "edit She agrees to the plan." },
        { content: "Outcome", trigger: `${DIALOG} select[name=outcome]`, run: "select reached" },
        { content: "What follows", trigger: `${DIALOG} input[name=follow_up]`, run: "click" },
        { content: "Its summary", trigger: `${DIALOG} input[name=follow_up_summary]`, run: "edit Send the plan" },
        { content: "Enter goes to Save", trigger: `${DIALOG} input[name=follow_up_summary]`, run: "press Enter" },
        { content: "Enter again saves", trigger: ".o_nestogy_log_save:focus", run: "click" },
        { content: "It is told", trigger: ".o_notification:contains('Logged with Tour Client.')" },
        {
            content: "It is counted",
            trigger: "body:not(:has(.modal)) button[name=action_client_communications]:contains('1')",
        },
        { content: "Nothing waits", trigger: ".o_menu_systray:not(:has(.o_nestogy_log_menu))" },
        {
            content: "A note, by the quick functions",
            trigger: ".o_statusbar_buttons .o_client_quick button, .o_statusbar_buttons button:contains('More')",
            run: "click",
        },
        { content: "New Note", trigger: ".dropdown-item:contains('New Note')", run: "click" },
        { content: "Write it", trigger: `${DIALOG} textarea:focus`, run: "edit Key is at the desk" },
        { content: "Pin it", trigger: `${DIALOG} input[name=pinned]`, run: "click" },
        { content: "Save", trigger: `${DIALOG} textarea`, run: "press Control+Enter" },
        {
            content: "It stands on top of the profile",
            trigger: ".o_nestogy_pinned .o_kanban_record:contains('Key is at the desk')",
        },
    ],
});

registry.category("web_tour.tours").add("nestogy_clients_log_list", {
    steps: () => [
        {
            content: "The keyboard is on a row",
            trigger: ".o_data_row:contains('Tour Client') .o_data_cell[name=name]",
            run: ({ anchor }) => {
                anchor.focus();
                pressLog();
            },
        },
        {
            content: "The log of that client",
            trigger: `.modal:contains('Tour Client') ${DIALOG} .o_nestogy_log_kind.active:focus`,
            run: "press n",
        },
        { content: "Write", trigger: `${DIALOG} textarea:focus`, run: "edit Key is at the desk" },
        { content: "Save", trigger: `${DIALOG} textarea`, run: "press Control+Enter" },
        { content: "It is told", trigger: ".o_notification:contains('Logged with Tour Client.')" },
        {
            content: "Without a row the client is asked for",
            trigger: "body:not(:has(.modal)) .o_searchview_input",
            run: ({ anchor }) => {
                anchor.focus();
                pressLog();
            },
        },
        { content: "Find it", trigger: `${DIALOG} .o_nestogy_log_client input:focus`, run: "edit Tour Cl" },
        { content: "Choose it", trigger: ".o-autocomplete--dropdown-item:contains('Tour Client')", run: "click" },
        { content: "Discard", trigger: `${DIALOG}:has(textarea) .o_nestogy_log_discard`, run: "click" },
        { content: "Nothing waits", trigger: "body:not(:has(.modal)) .o_menu_systray:not(:has(.o_nestogy_log_menu))" },
    ],
});
