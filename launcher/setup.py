"""From nothing to a server and databases, as every command needs them."""

from . import browser, odoo_source, packages, postgres, processes
from .databases import Databases


def fetch(home, *more):
    """Fetch what is missing, all at the same time.

    :param more: further things to ``ensure``
    :return: Odoo's source and the environment
    """
    source, environment = odoo_source.OdooSource(home), packages.runtime(home)
    with home.lock("fetch", home.parts):
        processes.in_parallel(*(part.ensure for part in (source, environment, browser.Browser(home), *more)))
        packages.join_odoo(environment, source)
        packages.put_printer(home, environment)
    return source, environment


def databases(home, *more):
    """:return: the databases of the home, on a server that runs until we end"""
    home.make()
    source, environment = fetch(home, *more)
    return Databases(home, postgres.connect(home, environment), source, environment)
