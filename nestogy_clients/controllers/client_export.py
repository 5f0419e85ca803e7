import json

from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity

from odoo.exceptions import UserError
from odoo.http import Controller, request, route, serialize_exception

from ..models.export.nestogy_client_export import FILE_TYPES
from .sent_file import begin_file, send_file

CHARACTERS = 2_000_000  # a selection of 200,000 records


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
        file = begin_file()
        try:
            entry = exports._export(values, file)
        except UserError as error:
            file.close()
            # as core's own exports tell the browser what is wrong
            payload = {"code": 200, "message": str(error), "data": serialize_exception(error)}
            raise UnprocessableEntity(json.dumps(payload)) from error
        return send_file(file, FILE_TYPES[entry.file_type], entry._file_name())
