from . import portal_tickets
from . import ticket_requests
from . import job_report
