from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError
from odoo.http import Controller, content_disposition, request, route


class ClientImportTemplate(Controller):
    """The file that people fill in and import."""

    @route(
        "/nestogy/clients/import/template.<string:file_type>", type="http", auth="user", methods=["GET"], readonly=True
    )
    def client_import_template(self, file_type, **kwargs):
        """Made from the configuration of today: statuses, groups, custom fields and what may stand in them.

        :param str file_type: ``xlsx`` or ``csv``
        """
        try:
            name, mimetype, content = request.env["res.partner"]._client_import_template(file_type)
        except (AccessError, KeyError):
            raise NotFound from None
        headers = [
            ("Content-Type", mimetype),
            ("Content-Disposition", content_disposition(name)),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(content, headers=headers)
