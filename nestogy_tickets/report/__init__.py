from . import nestogy_job_report
from . import nestogy_job_report_export
