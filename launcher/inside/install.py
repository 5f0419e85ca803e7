"""Make a database of Odoo or bring modules into one; then make the bundles that the first page waits for."""

from session import configure, environment, order


def chart_of_accounts(env):
    """A company without a country gets no chart of accounts; ours is a firm in the United States."""
    if "account.chart.template" not in env or env.company.chart_template:
        return
    env.company.country_id = env.ref("base.us")
    env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)


def make_bundles(env):
    """Make the scripts and styles of all pages and reports, but not those of the pages of unit tests."""
    qweb = env["ir.qweb"]
    scripts, styles = (
        {name for name in names if name == "web.assets_tests" or "test" not in name}
        for names in qweb._get_bundles_to_pregenarate()
    )
    for bundle in sorted(scripts):
        qweb._get_asset_bundle(bundle, css=False).js()
    for bundle in sorted(styles):
        qweb._get_asset_bundle(bundle, js=False).css()
    for bundle in ("web.report_assets_pdf", "web.report_assets_common"):
        qweb._get_asset_bundle(bundle, js=False, autoprefix=True).css()


def main(wanted):
    """Do what the launcher wants.

    :param dict wanted: ``create`` whether to make the database, ``install`` and ``update`` names of modules
    """
    database = wanted["database"]
    configure(wanted["conf"], database)
    from odoo.modules.registry import Registry
    from odoo.service import db

    if wanted["create"]:
        db._create_empty_database(database)
    Registry.new(
        database,
        update_module=True,
        install_modules=wanted["install"],
        upgrade_modules=wanted["update"],
        new_db_demo=False,
    )
    with environment(database) as env:
        names = [*wanted["install"], *wanted["update"]]
        missing = set(names) - set(env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"))
        if missing:
            raise SystemExit(f"not installed: {', '.join(sorted(missing))}")
        chart_of_accounts(env)
        make_bundles(env)


if __name__ == "__main__":
    main(order())
