"""Write the translation templates of modules, one ``<module>.pot`` each, into a folder."""

from pathlib import Path

from session import configure, environment, order


def main(wanted):
    configure(wanted["conf"], wanted["database"])
    from odoo.tools.translate import trans_export

    with environment(wanted["database"]) as env:
        for name in wanted["addons"]:
            with open(Path(wanted["folder"]) / f"{name}.pot", "wb") as target:
                trans_export(None, [name], target, "po", env)
        env.cr.rollback()


if __name__ == "__main__":
    main(order())
