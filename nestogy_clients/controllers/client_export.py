import json
import tempfile

from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity
from werkzeug.wsgi import wrap_file

from odoo.exceptions import UserError
from odoo.http import Controller, Response, content_disposition, request, route, serialize_exception

from ..models.export.nestogy_client_export import FILE_TYPES

CHARACTERS = 2_000_000  # a selection of 200,000 records
IN_MEMORY = 2**20


class ClientExport(Controller):
    """Clients as a file, written to disk and sent from there, whatever its size."""

    @route("/nestogy/clients/export", type="http", auth="user", methods=["POST"])
    def clients_export(self, data="{}", **kwargs):
        """
        :param str data: what is wanted as JSON, see ``nestogy.client.export._export``
        """
        exports = request.env["nestogy.client.export"]
        if not exports._may_export():
            raise NotFound
        if len(data) > CHARACTERS:
            raise BadRequest
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BadRequest from error
        if not isinstance(values, dict):
            raise BadRequest
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed when it was sent)
        try:
            entry = exports._export(values, file)
        except UserError as error:
            file.close()
            # as core's own exports tell the browser what is wrong
            payload = {"code": 200, "message": str(error), "data": serialize_exception(error)}
            raise UnprocessableEntity(json.dumps(payload)) from error
        size = file.seek(0, 2)
        file.seek(0)
        response = Response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", FILE_TYPES[entry.file_type]),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(entry._file_name())),
                ("Cache-Control", "no-store"),
            ],
            direct_passthrough=True,
        )
        response.call_on_close(file.close)
        return response
