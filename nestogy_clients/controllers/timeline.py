import json

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, content_disposition, request, route


class ClientTimelinePrint(Controller):
    """The activity of a client on paper."""

    @route("/nestogy/clients/<int:client_id>/activity.pdf", type="http", auth="user", methods=["GET"], readonly=True)
    def client_activity_pdf(self, client_id, filters="{}", **kwargs):
        """What the filters of the screen show, newest first.

        :param str filters: as in ``res.partner.get_client_timeline``, as JSON
        """
        if not request.env.user._is_internal() or not 0 < client_id < 2**31:
            raise NotFound
        try:
            wanted = json.loads(filters)
        except ValueError:
            raise NotFound from None
        # foreign and missing ones look alike
        client = request.env["res.partner"].search([("id", "=", client_id), ("is_client", "=", True)])
        if not client:
            raise NotFound
        try:
            content = client._client_timeline_pdf(wanted)
        except AccessError:
            raise NotFound from None
        except UserError as error:
            return request.make_response(str(error), status=400, headers=[("Content-Type", "text/plain")])
        name = request.env._("Activity of %s", client.name)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", content_disposition(f"{name}.pdf", "inline")),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(content, headers=headers)
