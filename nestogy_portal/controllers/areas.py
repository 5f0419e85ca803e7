import functools

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError
from odoo.http import request


def area(key, acts=False):
    """Keep visitors out of a page whose area their portal has not, as if it did not exist.

    People without an account pass: what they may see hangs on the one document that they hold.

    :param str key: of a ``nestogy.portal.area``
    :param bool acts: the page changes something, so whoever only reads is kept out as well
    """

    def decorate(endpoint):
        @functools.wraps(endpoint)
        def wrapper(self, *args, **kwargs):
            user = request.env.user
            is_closed = user._portal_scope(key) == "none" or (acts and not user._portal_may_act())
            if not user._is_public() and is_closed:
                if request.dispatcher.routing_type == "http":
                    raise NotFound()
                raise AccessError(request.env._("This is not part of your portal. Ask the main contact of your firm."))
            return endpoint(self, *args, **kwargs)

        return wrapper

    return decorate
