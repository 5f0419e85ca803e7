import tempfile

from werkzeug.wsgi import wrap_file

from odoo.http import Response, content_disposition, request

IN_MEMORY = 2**20


def begin_file():
    """A file to write into, on disk once it is large; :func:`send_file` closes it."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


def send_file(file, content_type, name):
    """Answer with a file from where it was written, whatever its size.

    :param str name: under which the browser keeps it
    """
    size = file.seek(0, 2)
    file.seek(0)
    response = Response(
        wrap_file(request.httprequest.environ, file),
        headers=[
            ("Content-Type", content_type),
            ("Content-Length", str(size)),
            ("Content-Disposition", content_disposition(name)),
            ("Cache-Control", "no-store"),
        ],
        direct_passthrough=True,
    )
    response.call_on_close(file.close)
    return response
