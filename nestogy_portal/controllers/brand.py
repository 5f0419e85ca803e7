from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from ..tools.images import MIMETYPES


class PortalBrand(Controller):
    @route(
        "/my/brand/<int:profile_id>/<any(logo,favicon):picture>/<string:file>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        save_session=False,
        sitemap=False,
    )
    def show_picture(self, profile_id, picture, file, **kwargs):
        """Send the logo or icon of a brand to anybody: mails and sign-in pages show them.

        Nothing else of the profile can be had here, and only kinds of pictures that hold no script. An older name
        gives the picture of today, for the sake of old mails.
        """
        profile_sudo = request.env["nestogy.portal.profile"].sudo().browse(profile_id).exists()  # as said above
        current = profile_sudo[f"brand_{picture}_file"] if profile_sudo else ""
        if not current:
            raise NotFound()
        extension = current.rpartition(".")[2]
        stream = request.env["ir.binary"]._get_stream_from(
            profile_sudo, f"brand_{picture}", filename=f"{picture}.{extension}", mimetype=MIMETYPES[extension]
        )
        stream.public = True
        response = stream.get_response(immutable=current == file)
        if current != file:
            response.headers["Cache-Control"] = "public, max-age=300"
        return response
