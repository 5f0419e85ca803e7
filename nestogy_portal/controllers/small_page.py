import base64
import secrets

from odoo.http import request

from ..tools import colors

POLICY = {
    "default-src": "'none'",
    "style-src": "'nonce'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def render_small_page(env, template, brand, status=200, policy=None, **values):
    """A page behind a link of a mail, without scripts and without the site around it.

    :param env: with the language of the reader
    :param str template: gets ``brand``, ``brand_css``, ``html_attributes``, ``csrf_token``, the ``nonce`` of its
        styles, and the values
    """
    nonce = base64.b64encode(secrets.token_bytes(16)).decode()
    shared = {
        "nonce": nonce,
        "html_attributes": env["res.lang"]._html_attributes(),
        "brand": brand,
        "brand_css": colors.style_variables(brand.colors),
        "csrf_token": request.csrf_token(),
    }
    response = request.make_response(
        f"<!DOCTYPE html>\n{env['ir.qweb']._render(template, shared | values)}",
        headers=[("Content-Type", "text/html; charset=utf-8")],
        status=status,
    )
    directives = POLICY | (policy or {})
    response.headers["Content-Security-Policy"] = "; ".join(
        f"{name} {value}".replace("'nonce'", f"'nonce-{nonce}'") for name, value in directives.items()
    )
    return harden(response)


def browser_lang():
    """The first installed language of those that the visitor's browser asks for; empty if it asks for none of them."""
    installed = [code for code, _name in request.env["res.lang"].get_installed()]
    for wanted in request.httprequest.accept_languages.values():
        code = wanted.replace("-", "_")
        language = code.partition("_")[0].lower()
        found = [each for each in installed if each == code] or [
            each for each in installed if each.partition("_")[0] == language
        ]
        if found:
            return found[0]
    return ""


def harden(response):
    """Let nobody keep an answer whose address is a secret, frame it, or pass the address on."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return response
