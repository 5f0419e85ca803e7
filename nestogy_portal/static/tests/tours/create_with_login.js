import { registry } from "@web/core/registry";

// A person becomes a client with a user name of its own and a generated password, which is shown once.
registry.category("web_tour.tours").add("nestogy_portal_create_with_login", {
    steps: () => [
        { content: "New client", trigger: ".o_list_button_add", run: "click" },
        { content: "A person", trigger: ".modal [name=company_type] input[data-value=person]", run: "click" },
        { content: "First name", trigger: ".modal [name=first_name] input", run: "edit Tour" },
        { content: "Last name", trigger: ".modal [name=last_name] input", run: "edit Person" },
        { content: "E-mail", trigger: ".modal [name=email] input", run: "edit tour@person.example" },
        { content: "Login", trigger: ".modal .nav-link[name=login]", run: "click" },
        { content: "A password", trigger: ".modal [name=portal_access] input[data-value=generate]", run: "click" },
        { content: "A name of its own", trigger: ".modal [name=username_kind] input[data-value=own]", run: "click" },
        { content: "One that is taken", trigger: ".modal [name=username] input", run: "fill login_tour_agent" },
        { content: "It says so", trigger: ".modal .o_nestogy_username_problem:contains('is taken')" },
        { content: "Another", trigger: ".modal [name=username] input", run: "edit Tour.Person" },
        { content: "It is free", trigger: ".modal .o_nestogy_username_free" },
        { content: "Create it", trigger: ".modal button[name=action_create]", run: "click" },
        { content: "The user name", trigger: ".modal .o_nestogy_login:contains(/^tour.person$/)" },
        { content: "The password", trigger: ".modal .o_nestogy_password:contains(/^.{5}-.{5}-.{5}-.{5}$/)" },
        { content: "It is strong", trigger: ".modal span:contains(/^Strong$/)" },
        { content: "On to the profile", trigger: ".modal footer .btn-primary:contains('Open the Profile')", run: "click" },
        { content: "It is the profile", trigger: "body:not(:has(.modal)) [name=client_number] span:contains(/^C[0-9]+$/)" },
    ],
});
