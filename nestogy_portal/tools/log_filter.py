"""Keep the tokens of magic links out of the server's log."""

import logging
import re

LINK = re.compile(r"(/my/link/)(?!to/)[^\s/?#\"'&]+")
LOGGERS = ("werkzeug", "odoo.http", "odoo.addons.base.models.ir_http")


def mask(text):
    """Replace the token in each address of a link by ``***``."""
    return LINK.sub(r"\1***", text)


class LinkTokenFilter(logging.Filter):
    """Masks tokens in the message and its arguments; never drops a record."""

    def filter(self, record):
        text = record.getMessage()
        if "/my/link/" in text:
            record.msg, record.args = mask(text), ()
        return True


def install():
    """Put the filter on the loggers that write addresses; calling it again changes nothing."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, LinkTokenFilter) for each in logger.filters):
            logger.addFilter(LinkTokenFilter())
