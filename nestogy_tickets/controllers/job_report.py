import json

from werkzeug.exceptions import BadRequest, NotFound

from odoo.http import Controller, request, route

from odoo.addons.nestogy_clients.controllers.sent_file import begin_file, send_file

from ..report.nestogy_job_report_export import FILE_TYPES

DOMAIN_CHARACTERS = 20_000
FILTER_CHARACTERS = 500


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
        file = begin_file()
        report._write_file(file_type, conditions, filters[:FILTER_CHARACTERS], file)
        return send_file(file, FILE_TYPES[file_type], report._file_name(file_type))
