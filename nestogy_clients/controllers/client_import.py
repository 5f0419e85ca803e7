import tempfile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo.http import Controller, Response, content_disposition, request, route

from ..models.export.nestogy_client_export import FILE_TYPES
from .client_export import IN_MEMORY


class ClientImport(Controller):
    """What an import leaves behind."""

    @route(
        "/nestogy/clients/import/<int:import_id>/refused.<string:file_type>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def client_import_refused(self, import_id, file_type, **kwargs):
        """The rows that were not taken in, as they stood in the file, and why.

        :param int import_id: of the import
        :param str file_type: ``xlsx`` or ``csv``
        """
        work = request.env["nestogy.client.import"].browse(import_id).exists()
        if file_type not in FILE_TYPES or not work or not work._may_download():
            raise NotFound
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed when it was sent)
        work._write_refused(file, file_type)
        size = file.seek(0, 2)
        file.seek(0)
        response = Response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", FILE_TYPES[file_type]),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"refused-rows-{import_id}.{file_type}")),
                ("Cache-Control", "no-store"),
            ],
            direct_passthrough=True,
        )
        response.call_on_close(file.close)
        return response
