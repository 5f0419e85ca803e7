import { registry } from "@web/core/registry";

/** A contact who came in by his link looks at the statement, selects two documents and pays the oldest one. */
registry.category("web_tour.tours").add("nestogy_portal_main_road", {
    steps: () => [
        {
            content: "the first page shows what is to pay",
            trigger: "a[href='/my/statement']:contains('to pay')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the statement shows the total",
            trigger: ".nestogy-outstanding:contains('300.00')",
        },
        {
            content: "nothing is selected, and the page says so",
            trigger: ".nestogy-download-bar button:contains('Download selected')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert:contains('Select at least one document')",
        },
        {
            content: "select the first document",
            trigger: ".nestogy-documents tbody tr:first input[name='document_ids']",
            run: "check",
        },
        {
            trigger: ".nestogy-selected-count:contains('(1)')",
        },
        {
            content: "select all",
            trigger: ".nestogy-select-all:first",
            run: "check",
        },
        {
            trigger: ".nestogy-selected-count:contains('(2)')",
        },
        {
            content: "pay the first one",
            trigger: ".nestogy-documents tbody tr:first a.nestogy-pay",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the payment form is open",
            trigger: "#pay_with.show #customer_input",
            run: "edit 4242",
        },
        {
            content: "pay",
            trigger: "#pay_with.show button[name='o_payment_submit_button']:not([disabled])",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the invoice is paid at once",
            trigger: "div[name='invoice_paid_badge']:contains('Paid')",
        },
    ],
});
