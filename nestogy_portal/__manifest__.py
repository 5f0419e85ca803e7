{
    "name": "Nestogy Client Portal",
    "summary": "Clients sign in with one click, see what they owe, download documents and pay",
    "version": "19.0.1.0.0",
    "category": "Services/Clients",
    "author": "Nestogy",
    "website": "https://github.com/nestogy/nestogy-odoo",
    "license": "AGPL-3",
    "depends": [
        "nestogy_clients",
        "portal",
        "auth_signup",
        "sale",
        "account_payment",
        "payment_stripe",
        "payment_paypal",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/nestogy_portal_rules.xml",
        "views/nestogy_portal_link_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        "views/link_templates.xml",
        "views/portal_templates.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/payment_provider_demo.xml",
    ],
    "assets": {
        "web.assets_frontend": [
            "nestogy_portal/static/src/statement/statement.scss",
            "nestogy_portal/static/src/statement/statement.js",
        ],
        "web.assets_tests": ["nestogy_portal/static/tests/tours/**/*"],
    },
}
