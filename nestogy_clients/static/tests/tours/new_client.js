import { registry } from "@web/core/registry";

const addContact = (name, email) => [
    { content: "Add a contact", trigger: "[name=client_contact_ids] .o_field_x2many_list_row_add a", run: "click" },
    { content: "Its name", trigger: ".modal [name=name] :is(input, textarea)", run: `edit ${name}` },
    { content: "Its e-mail", trigger: ".modal [name=email] input", run: `edit ${email}` },
    { content: "Save the contact", trigger: ".modal .o_form_button_save", run: "click" },
    { content: "It is listed", trigger: `[name=client_contact_ids] .o_data_cell:contains('${name}')` },
];

registry.category("web_tour.tours").add("nestogy_clients_new_client", {
    steps: () => [
        { content: "New client", trigger: ".o_list_button_add", run: "click" },
        { content: "Only a name", trigger: ".modal [name=name] input", run: "edit Tour Client" },
        { content: "Create it", trigger: ".modal button[name=action_create]", run: "click" },
        { content: "It has a Client ID", trigger: "[name=client_number] span:contains(/^C[0-9]+$/)" },
        { content: "Overview tells what is missing", trigger: ".alert:contains('Nothing can be mailed yet')" },
        { content: "Overview has its cards", trigger: ".o_nestogy_card[data-key=invoices]" },
        { content: "Contacts", trigger: ".nav-link[name=contacts]", run: "click" },
        ...addContact("Cy First", "cy@tour.example"),
        ...addContact("Bea Second", "bea@tour.example"),
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        {
            content: "Make the second one primary",
            trigger: ".o_data_row:contains('Bea Second') button[name=action_make_primary] i.fa-star-o",
            run: "click",
        },
        { content: "It is the primary one", trigger: ".o_data_row:contains('Bea Second') i.fa-star" },
        { content: "Templates", trigger: ".nav-link[name=settings]", run: "click" },
        {
            content: "Write one",
            trigger: "[name=client_mail_template_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { content: "Subject", trigger: ".modal [name=subject] input", run: "edit Tour invoice {number}" },
        {
            content: "A click puts a placeholder into the subject",
            trigger: ".modal .o_nestogy_placeholders button:contains('{client}')",
            run: "click",
        },
        {
            content: "The preview follows, with samples because there is no invoice",
            trigger: ".modal .o_nestogy_mail_preview:contains('Sample values') .o_nestogy_preview_subject:contains('Tour Client')",
        },
        { content: "Save the template", trigger: ".modal .o_form_button_save", run: "click" },
        { content: "It is listed", trigger: "[name=client_mail_template_ids] .o_data_cell:contains('Tour invoice')" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "Saved", trigger: ".o_form_saved" },
    ],
});
