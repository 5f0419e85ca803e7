from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from ..models.export.nestogy_client_export import FILE_TYPES
from .sent_file import begin_file, send_file


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
        file = begin_file()
        work._write_refused(file, file_type)
        return send_file(file, FILE_TYPES[file_type], f"refused-rows-{import_id}.{file_type}")
