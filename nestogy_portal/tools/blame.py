"""Whose fault an exception is: of what was asked for, or of our own code."""

import traceback

ADDONS = "odoo.addons."
OURS = "odoo.addons.nestogy"
CONTROLLERS = ".controllers."
UNSTORABLE = "cannot contain NUL (0x00) characters"  # as psycopg2 says of text that no page can have meant
# the doors every request comes through; where they stand says nothing
DOORS = (".ir_http", ".ir_http_guard", ".controllers.areas", ".controllers.security")


def _is_door(module):
    return module.endswith(DOORS)


def is_misunderstanding(error):
    """Whether an exception came from what was asked for, which Odoo's pages did not reckon with.

    Odoo binds the parameters of a request to its endpoint, and its own pages, like those of other addons, take them
    as they come. Ours look at each of them first: whatever fails in code of ours is a mistake of ours, and must be
    seen as one.

    :param BaseException error: as it was caught, with its traceback
    """
    if UNSTORABLE in str(error):
        return True
    modules = [frame.f_globals.get("__name__", "") for frame, _line in traceback.walk_tb(error.__traceback__)]
    addons = [module for module in modules if module.startswith(ADDONS) and not _is_door(module)]
    if not addons:
        return True  # it got no further than the binding, or to what is stored when the page is done
    readers = [module for module in addons if CONTROLLERS in module]
    return not (addons[-1].startswith(OURS) or (readers and readers[-1].startswith(OURS)))
