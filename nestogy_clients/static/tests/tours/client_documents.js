import { registry } from "@web/core/registry";

const TAB = ".o_field_nestogy_client_documents";

/** Files as a browser hands them over, chosen or dropped. */
const transfer = (files) => {
    const data = new DataTransfer();
    for (const [name, content] of Object.entries(files)) {
        data.items.add(new File([content], name));
    }
    return data;
};

registry.category("web_tour.tours").add("nestogy_clients_documents", {
    steps: () => [
        { content: "Documents", trigger: ".nav-link[name=documents]", run: "click" },
        { content: "None yet", trigger: `${TAB} .nestogy_no_documents` },
        {
            content: "Choose two files, one of them bad",
            trigger: `${TAB} .nestogy_upload button`,
            run: () => {
                const input = document.querySelector(`${TAB} input[type=file]`);
                input.files = transfer({ "notes.txt": "first", "bad.pdf": "no PDF" }).files;
                input.dispatchEvent(new Event("change"));
            },
        },
        { content: "The bad one is explained", trigger: ".o_notification:contains('this is no PDF file')" },
        {
            content: "The good one is listed: share it",
            trigger: `${TAB} .o_data_row:contains('notes') button[name=action_share]`,
            run: "click",
        },
        {
            content: "It is shared",
            trigger: `${TAB} .o_data_row:contains('notes') button[name=action_unshare]`,
            run: () => document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: transfer({ a: "b" }) })),
        },
        {
            content: "Drop two files: one is new, one a newer version",
            trigger: ".o-Dropzone",
            run: () => {
                const { x } = document.querySelector(TAB).getBoundingClientRect();
                const zones = [...document.querySelectorAll(".o-Dropzone")];
                const zone = zones.find((each) => Math.abs(each.getBoundingClientRect().x - x) < 40);
                const dataTransfer = transfer({ "plan.md": "plan", "notes.txt": "second" });
                zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
            },
        },
        { content: "What became of it is told", trigger: ".o_notification:contains('Is now version 2 of “notes”')" },
        { content: "Both are listed", trigger: `${TAB} .o_data_row:contains('plan')` },
        {
            content: "Preview",
            trigger: `${TAB} .o_data_row:contains('notes') .nestogy_document_file`,
            run: "click",
        },
        { content: "It is shown", trigger: ".o-FileViewer iframe[src*='/web/content/']" },
        { content: "Close", trigger: ".o-FileViewer [aria-label='Close'], .o-FileViewer .oi-close", run: "click" },
        { content: "Back on the profile", trigger: "body:not(:has(.o-FileViewer))" },
    ],
});
