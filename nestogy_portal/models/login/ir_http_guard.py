import inspect
import logging

import psycopg2
from werkzeug.exceptions import BadRequest, NotFound

from odoo import models
from odoo.http import request

from ...tools.blame import is_misunderstanding

_logger = logging.getLogger(__name__)

LARGEST_ID = 2**31 - 1
# what Python says of a value that is not what a page reckoned with; a conflict in the database is none of them.
# Where it said so decides whether it was that value, see ``is_misunderstanding``.
MISUNDERSTANDINGS = (
    *(ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError),
    *(psycopg2.DataError, psycopg2.errors.UndefinedFunction),
)
PRIVATE = "no-store"
REFERRER = "strict-origin-when-cross-origin"
# pages that open with a secret in their address, and send it nowhere
SECRET_PATHS = ("/my/link", "/web/signup", "/web/reset_password", "/rate", "/mail/unfollow")
CLIENT_PATHS = ("/my", "/new/ticket", "/submitted/ticket", "/ticket", "/invoice", "/payment", "/portal", *SECRET_PATHS)
PUBLIC_PATHS = ("/my/brand",)  # pictures of a firm, which browsers and proxies may keep
SESSION_COOKIE = "session_id="


class IrHttp(models.AbstractModel):
    """What holds for every page that clients open, whichever addon it comes from.

    Odoo's own pages and those of other addons reckon with the addresses that they wrote themselves. Whatever else
    somebody types there is answered as what it is, a bad request, and not as a failure of the server.
    """

    _inherit = "ir.http"

    # ------------------------------------------------------------------
    # What comes in
    # ------------------------------------------------------------------

    @classmethod
    def _dispatch(cls, endpoint):
        if not cls._is_outsider():
            return super()._dispatch(endpoint)
        cls._check_parameters(endpoint)
        try:
            response = super()._dispatch(endpoint)
            if request.httprequest.method == "POST":
                request.env.flush_all()  # what cannot be stored shows here and not after the page
            return response
        except MISUNDERSTANDINGS as error:
            if not request.params or not is_misunderstanding(error):
                raise  # the failure is ours
            _logger.warning("%s could not do anything with what it was asked", request.httprequest.path, exc_info=True)
            if isinstance(error, psycopg2.Error):
                request.env.cr.rollback()  # the page that says so asks the database again
            raise BadRequest(request.env._("This address is not right.")) from error

    @classmethod
    def _is_outsider(cls):
        return not request.env.uid or request.env.user.share

    @classmethod
    def _check_parameters(cls, endpoint):
        """Refuse what no page can want, before any page sees it."""
        route = endpoint.routing
        for value in request.params.values():
            if isinstance(value, int) and not -1 <= value <= LARGEST_ID and route["type"] == "http":
                raise NotFound()  # out of the path: no record has such a number
        signature = inspect.signature(endpoint.original_endpoint)
        missing = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.default is parameter.empty
            and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            and name not in ("self", *request.params)
        ]
        if missing:
            raise BadRequest(f"Missing: {', '.join(missing)}")

    # ------------------------------------------------------------------
    # What goes out
    # ------------------------------------------------------------------

    @classmethod
    def _post_dispatch(cls, response):  # pylint: disable=missing-return
        super()._post_dispatch(response)
        cls._protect_session_cookie(response)
        cls._protect_page(response)

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        if hasattr(response, "headers"):
            cls._protect_session_cookie(response)
            cls._protect_page(response)
        return response

    @classmethod
    def _protect_session_cookie(cls, response):
        """Odoo's session cookie says neither that it goes over TLS only nor that other sites may not send it.

        ``Lax`` lets a payment provider lead a client back, which it does by GET.
        """
        cookies = response.headers.getlist("Set-Cookie")
        if not any(cookie.startswith(SESSION_COOKIE) for cookie in cookies):
            return
        response.headers.remove("Set-Cookie")
        for cookie in cookies:
            if cookie.startswith(SESSION_COOKIE) and "samesite" not in cookie.lower():
                cookie += "; SameSite=Lax"
                if request.httprequest.scheme == "https":
                    cookie += "; Secure"
            response.headers.add("Set-Cookie", cookie)

    @classmethod
    def _protect_page(cls, response):
        """Let no cache keep, no frame show and no other site learn of what a client sees; a page may be stricter."""
        headers, path = response.headers, request.httprequest.path
        if not any(path == each or path.startswith(f"{each}/") for each in CLIENT_PATHS):
            return
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer" if path.startswith(SECRET_PATHS) else REFERRER)
        headers.setdefault("Content-Security-Policy", "frame-ancestors 'self'")
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        if not path.startswith(PUBLIC_PATHS):
            headers["Cache-Control"] = PRIVATE
