import { registry } from "@web/core/registry";

const row = (name, rest = "") => `.o_nestogy_settings [data-setting=${name}] ${rest}`;

registry.category("web_tour.tours").add("nestogy_clients_settings", {
    steps: () => [
        { content: "Settings", trigger: ".nav-link[name=settings]", run: "click" },
        { content: "Payment terms come from the group", trigger: row("payment_term", ".badge:contains('Group Tour Group')") },
        { content: "Override them", trigger: row("payment_term", "button:contains('Override')"), run: "click" },
        { content: "Look for terms", trigger: row("payment_term", ".o_nestogy_setting_editor input[type=text]"), run: "edit Tour Own" },
        { content: "Choose them", trigger: ".o-autocomplete--dropdown-item:contains('Tour Own Terms')", run: "click" },
        { content: "Save", trigger: row("payment_term", "button:contains('Save'):not(:disabled)"), run: "click" },
        { content: "They are the client's", trigger: row("payment_term", ".badge:contains('This client')") },
        { content: "What would be inherited is said", trigger: row("payment_term", "td:contains('Tour Group Terms')") },
        { content: "The history says so", trigger: ".o-mail-Message:contains('Tour Own Terms (This client)')" },
        { content: "The button has the focus", trigger: row("payment_term", ".o_nestogy_setting_change:focus") },
        { content: "Delivery", trigger: row("invoice_delivery", "button:contains('Override')"), run: "click" },
        { content: "By hand", trigger: row("invoice_delivery", "select:focus"), run: "select manual" },
        { content: "Enter saves", trigger: row("invoice_delivery", "select"), run: "press Enter" },
        { content: "It is the client's", trigger: row("invoice_delivery", ".badge:contains('This client')") },
        { content: "Fiscal position", trigger: row("fiscal_position", "button:contains('Override')"), run: "click" },
        { content: "Escape leaves it", trigger: row("fiscal_position", "input[type=checkbox]"), run: "press Escape" },
        { content: "Still not the client's", trigger: row("fiscal_position", ".badge:contains('default')") },
        { content: "None on purpose", trigger: row("fiscal_position", "button:contains('Override')"), run: "click" },
        { content: "None", trigger: row("fiscal_position", "input[type=checkbox]"), run: "check" },
        { content: "Save", trigger: row("fiscal_position", "button:contains('Save'):not(:disabled)"), run: "click" },
        { content: "None is shown", trigger: row("fiscal_position", "td:contains('None: taxes as on the products')") },
        { content: "Inherit the terms again", trigger: row("payment_term", "button:contains('Inherit again')"), run: "click" },
        { content: "They are the group's", trigger: row("payment_term", ".badge:contains('Group Tour Group')") },
    ],
});
