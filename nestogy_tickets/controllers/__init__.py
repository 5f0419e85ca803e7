from . import feedback
from . import invoice_questions
from . import portal_tickets
from . import rating
from . import ticket_requests
from . import job_report
from . import ticket_thread
