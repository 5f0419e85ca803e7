"""Bring the demo firm into a database: the demo files of our addons, then the clients of the sample file."""

import sys
from pathlib import Path

from session import configure, environment, order


def load_demo_files(env, names):
    """Load the demo files of our addons alone; Odoo's own demo firms would drown ours."""
    from odoo.modules.loading import load_data
    from odoo.modules.module_graph import ModuleGraph

    graph = ModuleGraph(env.cr, mode="load")
    graph.extend(env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"))
    env.registry.ready = False  # as on installation: the files may say when a record was made
    try:
        for package in graph:
            if package.name in names:
                load_data(env, {}, "init", kind="demo", package=package)
    finally:
        env.registry.ready = True
    # Links lead to where the demo is served, under whatever name an administrator opens it.
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    # From here on an update of the addon brings its demo files up to date, too.
    env["ir.module.module"].search([("name", "in", names)]).demo = True


def mail_domain(env, domain):
    """Addresses for answers, unless the demo files bring their own."""
    if not env["mail.alias.domain"].search_count([], limit=1):
        env["mail.alias.domain"].create({"name": domain})
    companies = env["res.company"].search([("alias_domain_id", "=", False)])
    companies.alias_domain_id = env["mail.alias.domain"].search([], limit=1)


def import_sample(env, path):
    """Import the sample clients; its bad rows are there on purpose and are told, not hidden."""
    admin = env.ref("base.user_admin")
    outcome = env["res.partner"].with_user(admin)._import_clients_file(path.read_bytes(), path.name)
    print(f"{path.name}: {len(outcome.created)} clients made, {len(outcome.errors)} rows refused")
    for line, message in outcome.errors:
        print(f"  line {line}: {message}")
    if not outcome.created:
        sys.exit(f"no client of {path.name} could be imported")


def main(wanted):
    configure(wanted["conf"], wanted["database"])
    with environment(wanted["database"]) as env:
        # nobody is told of what the demo brings along
        env = env(context={**env.context, "mail_auto_subscribe_no_notify": True})
        mail_domain(env, wanted["mail_domain"])
        load_demo_files(env, wanted["addons"])
        import_sample(env, Path(wanted["sample"]))


if __name__ == "__main__":
    main(order())
