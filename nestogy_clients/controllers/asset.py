from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from ..models.asset.maintenance_equipment import LABELS_LIMIT
from ..tools.asset_labels import label_pdf


class AssetCodes(Controller):
    """The codes on devices: where they lead, and the labels that hold them."""

    @route("/asset/<int:asset_id>", type="http", auth="user", methods=["GET"], readonly=True)
    def asset_code(self, asset_id, **kwargs):
        """Whoever scans a code and works here sees the asset, after signing in."""
        if not request.env.user._is_internal() or not 0 < asset_id < 2**31:
            raise NotFound
        return request.redirect(f"/odoo/assets/{asset_id}", code=303)

    @route("/asset/labels/<string:ids>", type="http", auth="user", methods=["GET"], readonly=True)
    def asset_labels(self, ids, **kwargs):
        """The labels of some assets, as a PDF with a page for each."""
        numbers = [int(part) for part in ids.split(",") if part.isascii() and part.isdigit() and len(part) < 10]
        if not request.env.user._is_internal() or not 0 < len(numbers) <= LABELS_LIMIT:
            raise NotFound
        # foreign and missing ones look alike
        assets = request.env["maintenance.equipment"].search([("id", "in", numbers)])
        if not assets:
            raise NotFound
        ordered = assets.browse([number for number in dict.fromkeys(numbers) if number in assets.ids])
        content = label_pdf(ordered._label_rows())
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", 'inline; filename="labels.pdf"'),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(content, headers=headers)
