import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// The staff's part of the main road: from a client with only a name to an invoice that is sent in the client's words.
registry.category("web_tour.tours").add("nestogy_main_road_staff", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Clients app",
            trigger: ".o_app[data-menu-xmlid='nestogy_clients.nestogy_clients_menu_root']",
            run: "click",
        },
        { content: "From the dashboard to the clients", trigger: ".o_nestogy_home_clients", run: "click" },
        { content: "New client", trigger: ".o_list_button_add", run: "click" },
        { content: "Only a name", trigger: ".modal [name=name] input", run: "edit Gull & Sons Marine" },
        { content: "Create it", trigger: ".modal button[name=action_create]", run: "click" },
        { content: "It has a Client ID", trigger: "[name=client_number] span:contains(/^C[0-9]+$/)" },
        { content: "It is active", trigger: ".o_statusbar_status .o_arrow_button_current:contains('Active')" },
        { content: "It is in the group General", trigger: ".o_nestogy_facts:contains('General')" },
        { content: "Contacts", trigger: ".nav-link[name=contacts]", run: "click" },
        {
            content: "Add a contact",
            trigger: "[name=client_contact_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { content: "Name", trigger: ".modal [name=name] :is(input, textarea)", run: "edit Otto Gull" },
        { content: "Save the contact", trigger: ".modal .o_form_button_save", run: "click" },
        { content: "Listed", trigger: "[name=client_contact_ids] .o_data_cell:contains('Otto Gull')" },
        {
            content: "Add another",
            trigger: "[name=client_contact_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { content: "Name", trigger: ".modal [name=name] :is(input, textarea)", run: "edit Petra Gull" },
        { content: "E-mail", trigger: ".modal [name=email] input", run: "edit petra@gull.example" },
        { content: "Save the contact", trigger: ".modal .o_form_button_save", run: "click" },
        { content: "Listed", trigger: "[name=client_contact_ids] .o_data_cell:contains('Petra Gull')" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        {
            content: "Make Petra primary",
            trigger: ".o_data_row:contains('Petra Gull') button[name=action_make_primary]:has(i.fa-star-o)",
            run: "click",
        },
        { content: "She is", trigger: ".o_data_row:contains('Petra Gull') i.fa-star" },
        { content: "Billing", trigger: ".nav-link[name=billing]", run: "click" },
        { content: "Tax ID", trigger: "[name=vat] input", run: "edit 22-7654321" },
        { content: "Details", trigger: ".nav-link[name=details]", run: "click" },
        { content: "Street", trigger: "[name=street] input", run: "edit 5 Ferry Landing" },
        { content: "City", trigger: "[name=city] input", run: "edit Rockport" },
        { content: "Templates", trigger: ".nav-link[name=settings]", run: "click" },
        {
            content: "Write one",
            trigger: "[name=client_mail_template_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { content: "Subject", trigger: ".modal [name=subject] input", run: "edit Ahoy! Invoice {number}" },
        {
            content: "Body",
            trigger: ".modal [name=body] .odoo-editor-editable",
            run: "editor Dear {contact}, {amount} is due on {due}.",
        },
        { content: "Save the template", trigger: ".modal .o_form_button_save", run: "click" },
        { content: "Listed", trigger: "[name=client_mail_template_ids] .o_data_cell:contains('Ahoy!')" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "Saved", trigger: ".o_form_saved" },
        { content: "New Invoice", trigger: "button[name=action_client_new_invoice]", run: "click" },
        { content: "It is for the client", trigger: "[name=partner_id] input:value(Gull & Sons Marine)" },
        {
            content: "Add a line",
            trigger: "[name=invoice_line_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "What for",
            trigger: "[name=invoice_line_ids] [name=product_id] input",
            run: "edit Radio maintenance",
        },
        {
            content: "From the list of products",
            trigger: "[name=invoice_line_ids] .o-autocomplete--dropdown-item a:contains('Radio maintenance')",
            run: "click",
        },
        { content: "Price", trigger: "[name=invoice_line_ids] td[name=price_unit]", run: "click" },
        { content: "Price", trigger: "[name=invoice_line_ids] [name=price_unit] input", run: "edit 250" },
        { content: "Confirm", trigger: "button[name=action_post]", run: "click" },
        { content: "Send", trigger: "button[name=action_invoice_sent]:visible", run: "click" },
        { content: "To the primary contact", trigger: ".modal .o_tag:contains('Petra Gull')" },
        { content: "In the client's words", trigger: ".modal [name=subject] input:value(/^Ahoy! Invoice INV/)" },
        { content: "Send it", trigger: ".modal button[name=action_send_and_print]", run: "click" },
        { content: "Sent", trigger: "body:not(:has(.modal))", timeout: 60000 },
        { content: "The mail is in the chatter", trigger: ".o-mail-Message:contains('Dear Petra Gull')" },
    ],
});

// The staff's answer to the ticket.
registry.category("web_tour.tours").add("nestogy_main_road_answer", {
    steps: () => [
        { content: "The overview shows the ticket", trigger: ".o_nestogy_card[data-key=tickets] td:contains('Radio is silent')" },
        {
            content: "Open it",
            trigger: ".o_nestogy_card[data-key=tickets] tr:contains('Radio is silent') a",
            run: "click",
        },
        { content: "It is open", trigger: ".o_last_breadcrumb_item:contains('Radio is silent')" },
        { content: "Write", trigger: ".o-mail-Chatter-sendMessage", run: "click" },
        { content: "Answer", trigger: ".o-mail-Composer-input", run: "edit Please press the red button for ten seconds." },
        { content: "Send", trigger: ".o-mail-Composer-send:enabled", run: "click" },
        { content: "Sent", trigger: ".o-mail-Message:contains('red button')" },
    ],
});
