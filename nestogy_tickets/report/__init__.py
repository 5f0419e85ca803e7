from . import nestogy_sla_report
from . import nestogy_ticket_report
from . import nestogy_ticket_flow
from . import nestogy_job_report
from . import nestogy_job_report_export
