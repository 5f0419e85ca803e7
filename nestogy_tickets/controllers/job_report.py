import json
import tempfile

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wsgi import wrap_file

from odoo.http import Controller, Response, content_disposition, request, route

from ..report.nestogy_job_report_export import FILE_TYPES

DOMAIN_CHARACTERS = 20_000
FILTER_CHARACTERS = 500
IN_MEMORY = 2**20


class JobReport(Controller):
    @route("/jobs/report/<string:file_type>", type="http", auth="user", methods=["POST"], readonly=True)
    def job_report(self, file_type, domain="[]", filters="", **kwargs):
        """All rows of a query on jobs as a file, with the rights of the user."""
        report = request.env["nestogy.job.report"]
        if file_type not in FILE_TYPES or not report.has_access("read"):
            raise NotFound
        if len(domain) > DOMAIN_CHARACTERS:
            raise BadRequest
        try:
            conditions = json.loads(domain)
        except ValueError as error:
            raise BadRequest from error
        if not isinstance(conditions, list):
            raise BadRequest
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed when it was sent)
        report._write_file(file_type, conditions, filters[:FILTER_CHARACTERS], file)
        size = file.tell()
        file.seek(0)
        response = Response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", FILE_TYPES[file_type]),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(report._file_name(file_type))),
                ("Cache-Control", "no-store"),
            ],
            direct_passthrough=True,
        )
        response.call_on_close(file.close)
        return response
