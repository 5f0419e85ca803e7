import { registry } from "@web/core/registry";

const IMPORT = ".o_nestogy_import";
const GRID = `${IMPORT} .o_nestogy_import_grid`;
const FILE = [
    "Company;E-Mail;Town;Funny",
    "Tour New;new@tour.example;Portland;likes tea",
    "Tour Known;known@tour.example;Bangor;",
    "Tour Wrong;nonsense;Augusta;",
].join("\n");

/** Wait until the chip of a kind of rows has this count. */
const chip = (only, count) => `${GRID} [data-only='${only}'] .badge:contains(/^${count}$/)`;
const cell = (line, column) => `${GRID} tr[data-line='${line}'] td[data-place='${column}']`;

registry.category("web_tour.tours").add("nestogy_clients_import", {
    steps: () => [
        { content: "The menu beside the title", trigger: ".o_cp_action_menus button .fa-cog", run: "click" },
        { content: "Import", trigger: ".o_nestogy_client_import", run: "click" },
        { content: "There are templates", trigger: `${IMPORT} a[href$='template.xlsx']` },
        {
            content: "Drop a file",
            trigger: `${IMPORT} .o_nestogy_import_drop`,
            run: () => {
                const data = new DataTransfer();
                data.items.add(new File([FILE], "tour.csv"));
                const input = document.querySelector(".o_nestogy_import_input");
                input.files = data.files;
                input.dispatchEvent(new Event("change"));
            },
        },
        { content: "It is told how it was read", trigger: `${IMPORT}_detected:contains('semicolons')` },
        { content: "One is new", trigger: chip("create", 1) },
        { content: "One is there already", trigger: chip("update", 1) },
        { content: "It is known by its address", trigger: `${GRID} tr[data-line='3'] a:contains('Tour Known')` },
        { content: "One has a mistake: look at those", trigger: chip("refuse", 1), run: "click" },
        { content: "The others are away", trigger: `${GRID}:not(:has(tr[data-line='2'])) tr[data-line='4']` },
        {
            content: "The mistake is marked, and said to those who do not see it",
            trigger: `${cell(4, 1)}[aria-invalid='true'][data-tooltip*='nonsense'] .visually-hidden`,
        },
        {
            content: "It is said for the cell in focus",
            trigger: cell(4, 1),
            run: ({ anchor }) => anchor.focus(),
        },
        { content: "Below", trigger: `${IMPORT}_words:contains('Line 4, E-Mail'):contains('nonsense')` },
        {
            content: "Enter edits it",
            trigger: cell(4, 1),
            run: ({ anchor }) => anchor.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })),
        },
        { content: "Type, and leave it", trigger: `${cell(4, 1)} textarea`, run: "edit right@tour.example && press Escape" },
        { content: "Nothing changed", trigger: `${cell(4, 1)}[aria-invalid='true']:contains('nonsense')`, run: "dblclick" },
        { content: "Type, and keep it", trigger: `${cell(4, 1)} textarea`, run: "edit right@tour.example && press Tab" },
        { content: "The row is right now", trigger: `${cell(4, 1)}:not([aria-invalid]):contains('right@tour.example')` },
        { content: "And the focus is in the next cell", trigger: `${cell(4, 2)}:focus` },
        { content: "Two will be created", trigger: chip("create", 2) },
        { content: "All rows", trigger: `${GRID} [data-only='']`, run: "click" },
        { content: "An unknown column", trigger: `${GRID} th[data-column='3'] input`, run: "click" },
        { content: "Find its meaning", trigger: `${GRID} th[data-column='3'] input`, run: "edit notes" },
        { content: "Notes", trigger: ".o_select_menu_item:contains(/notes/i)", run: "click" },
        {
            content: "The town fills blanks only",
            trigger: `${GRID} th[data-column='2'] select`,
            run: "select fill",
        },
        { content: "Skip who is there already", trigger: `${IMPORT}_match input[value='skip']`, run: "click" },
        { content: "It is skipped", trigger: chip("skip", 1) },
        { content: "Or rather update", trigger: `${IMPORT}_match input[value='update']:enabled`, run: "click" },
        { content: "It is updated", trigger: chip("update", 1) },
        { content: "The correction is still there", trigger: `${cell(4, 1)}:contains('right@tour.example')` },
        { content: "Start", trigger: `${IMPORT}_go:enabled:contains('Create 2, update 1')`, run: "click" },
        { content: "The report", trigger: `${IMPORT}_report:contains('The import is done.')` },
        { content: "Rows cannot be edited any more", trigger: `${GRID} table[aria-readonly='true']` },
        { content: "Show the clients", trigger: `${IMPORT}_report button:contains('Show Clients')`, run: "click" },
        { content: "Three of them", trigger: ".o_list_view:has(.o_data_row:eq(2)):not(:has(.o_data_row:eq(3))) .o_data_row:contains('Tour New')" },
        { content: "Back", trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:last", run: "click" },
        { content: "Take it back", trigger: `${IMPORT}_undo`, run: "click" },
        { content: "Yes", trigger: ".modal .btn-primary:contains('Take Back')", run: "click" },
        { content: "It is", trigger: `body:not(:has(.modal)) ${IMPORT}_report:contains('The import was taken back.')` },
    ],
});
