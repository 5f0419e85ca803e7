"""What the scripts of this folder share: a configured Odoo and an environment on one database."""

import contextlib
import json
import sys


def order():
    """:return: what the launcher wants, the first argument of the script"""
    return json.loads(sys.argv[1])


def configure(conf, database, *words):
    """Give Odoo its configuration; its log goes to standard error."""
    from odoo.tools import config

    config.parse_config(["-c", conf, "-d", database, "--no-http", *words], setup_logging=True)


@contextlib.contextmanager
def environment(database):
    """Yield an environment of the superuser; what is done in it is kept."""
    from odoo import SUPERUSER_ID
    from odoo.api import Environment
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cr:
        yield Environment(cr, SUPERUSER_ID, {})
